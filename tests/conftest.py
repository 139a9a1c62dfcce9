"""What every test stands on: no network, no folder of a real user, clips and media.

The guard patches Python's own sockets in this process. It cannot see sockets that C libraries open by themselves
(FFmpeg's protocols) or that child processes open; those are started without proxy settings, and the child that parses
media is shown to have no network by tests of its own.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from pathlib import Path

import pytest

import trial
from clips import Studio
from media_folder import media_folder
from provenance import threads

# As the command does: read when FAISS and OpenCV are loaded, and by the processes that run tests side by side.
threads.one_each()

LOOPBACK_NAMES = {"localhost", "ip6-localhost", "", None}


class NetworkUsed(OSError):
    """A test tried to reach beyond this machine."""


_attempts: list[str] = []


def _is_local(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse(what: str, host: object) -> None:
    _attempts.append(f"{what} {host!r}")
    raise NetworkUsed(f"tests reach no network: {what} {host!r}")


def _guarded(method: str, original):
    def call(self, *arguments, **keywords):
        address = arguments[-1] if arguments else None  # the address comes last in all of them
        inet = self.family in {socket.AF_INET, socket.AF_INET6}
        if inet and isinstance(address, tuple) and not _is_local(address[0]):
            _refuse(method, address[0])
        return original(self, *arguments, **keywords)

    return call


def _guarded_look_up(original):
    def call(host, *arguments, **keywords):
        if not _is_local(host):
            _refuse("getaddrinfo", host)
        return original(host, *arguments, **keywords)

    return call


@pytest.fixture(scope="session", autouse=True)
def _no_network():
    with pytest.MonkeyPatch.context() as patch:
        for method in ("connect", "connect_ex", "sendto", "sendmsg"):
            patch.setattr(socket.socket, method, _guarded(method, getattr(socket.socket, method)))
        for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
            patch.setattr(socket, name, _guarded_look_up(getattr(socket, name)))
        for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
            patch.delenv(name)
        yield


@pytest.fixture(autouse=True)
def network_attempts():
    """What this test tried to reach; anything left in the list fails the test, even if the code caught the error."""
    _attempts.clear()
    yield _attempts
    if _attempts:
        pytest.fail("opened a socket beyond this machine: " + ", ".join(_attempts), pytrace=False)


@pytest.fixture(autouse=True)
def _no_real_folders(monkeypatch, tmp_path_factory):
    """Every test has its own home, so that none touches the archive, keys or last heads of whoever runs it."""
    home = tmp_path_factory.mktemp("home")
    for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(home))
    for name in ("DATA", "STATE", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    runtime = home / "runtime"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    monkeypatch.setenv("PROVENANCE_ARCHIVE", str(home / "archive"))
    monkeypatch.delenv("PROVENANCE_PASSPHRASE", raising=False)


@pytest.fixture
def archive_path(tmp_path) -> Path:
    """Where a test's archive lies; its folder exists, the archive does not yet."""
    folder = tmp_path / "archive"
    folder.mkdir()
    return folder / "archive"


@pytest.fixture(scope="session")
def studio(tmp_path_factory) -> Studio:
    """Makes synthesised clips (tests/clips.py), kept for the session and shared by all its processes."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    return Studio(shared / "clips")


@pytest.fixture(scope="session")
def clip(studio):
    """``clip(recording, **options)``: path of a synthesised clip."""
    return studio.clip


@pytest.fixture(scope="session")
def media() -> Path:
    """The folder of real media; a test that needs it is skipped, by name, where it is missing."""
    folder = media_folder()
    if not folder.is_dir():
        pytest.skip(f"no folder of real media at {folder.name!r}: set PROVENANCE_MEDIA")
    return folder


def pytest_sessionfinish(session):
    """A process that runs tests for another tells it which truth tables it kept rows for."""
    if hasattr(session.config, "workeroutput"):  # of pytest-xdist, in its workers only
        session.config.workeroutput["truth tables"] = sorted(trial.kept)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """Take over what a worker tells; one that died tells nothing."""
    trial.kept.update(getattr(node, "workeroutput", {}).get("truth tables", ()))


def pytest_terminal_summary(terminalreporter):
    """Say where the tables of expected and seen verdicts are, if this session kept rows for them."""
    for edition in sorted(trial.kept):
        table = trial.write_table(edition)
        terminalreporter.write_line(f"truth table: {table} · {table.read_text().splitlines()[0]}")
