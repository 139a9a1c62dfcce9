"""A home of its own for every test, and a way to call the command line as a shell does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass

import pytest

from provenance.attest import passphrase
from provenance.cli.main import run


@dataclass(frozen=True)
class Answer:
    """What a command printed and returned."""

    status: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """No archive, passphrase, state or runtime folder of the person who runs the tests is seen or touched."""
    for name in [name for name in os.environ if name.startswith(("PROVENANCE_", "XDG_"))]:
        monkeypatch.delenv(name)
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    for name in ("STATE", "DATA", "CACHE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(folder / name.lower()))
    runtime = folder / "run"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    monkeypatch.setenv("PROVENANCE_ARCHIVE", str(tmp_path / "archive.sqlite"))
    return folder


@pytest.fixture
def call(home, capfdbinary, monkeypatch):
    """Call the command line inside this process, with passphrases that cost little to try."""
    monkeypatch.setattr(passphrase, "SCRYPT_N", 2**10)

    def called(*arguments):
        capfdbinary.readouterr()
        status = run([str(argument) for argument in arguments])
        captured = capfdbinary.readouterr()
        return Answer(status, captured.out.decode(), captured.err.decode())

    return called


@pytest.fixture
def start(home):
    """Start the command line as a process of its own."""

    def started(*arguments, **kwargs):
        kwargs = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, **kwargs}
        return subprocess.Popen([sys.executable, "-m", "provenance", *map(os.fspath, arguments)], **kwargs)

    return started


@pytest.fixture
def note_file(tmp_path):
    """A small file that is no video: it registers as bytes."""
    path = tmp_path / "note.txt"
    path.write_bytes(b"a statement of two lines\nwritten by nobody\n")
    return path


@pytest.fixture
def registered(call, note_file):
    """The evidence id of the small file, registered and not examined."""
    return call("register", "--no-examine", "--json", note_file).json[0]["evidence_id"]
