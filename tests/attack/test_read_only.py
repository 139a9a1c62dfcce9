"""An archive on write-protected media lists, shows, verifies and is audited; nothing is made beside it."""

import os
import shutil
import subprocess

import commands
import pytest

import archives

#: Root writes where modes forbid it, unless it gives these powers away first.
POWERS = "-dac_override,-dac_read_search,-fowner"


@pytest.fixture
def before():
    """What to put before a command so that modes hold for it, too."""
    if os.name == "nt":
        pytest.skip("this system has no file modes")
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("running as root, and setpriv is not installed")
    return ("setpriv", f"--bounding-set={POWERS}", f"--inh-caps={POWERS}")


@pytest.fixture
def stick(tmp_path, home):
    folder = tmp_path / "stick"
    folder.mkdir()
    archive = archives.filled(folder)
    files = {evidence_id: path.rename(tmp_path / path.name) for evidence_id, path in archive.files.items()}
    for path in sorted(folder.rglob("*"), reverse=True):
        path.chmod(0o500 if path.is_dir() else 0o400)
    folder.chmod(0o555)
    yield archive, files
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)


def answer(home, archive, before, *arguments):
    process = commands.start(home, archive.path, *arguments, "--json", before=before)
    out, err = process.communicate(timeout=120)
    return process.returncode, commands.json.loads(out), err.decode()


def test_the_protection_of_the_test_holds(stick, before):
    archive, _ = stick
    tried = subprocess.run([*before, "touch", archive.path.with_name("new")], capture_output=True, check=False)
    assert tried.returncode != 0


def test_a_write_protected_archive_lists_shows_and_is_audited(stick, home, before):
    archive, files = stick
    kept = sorted(archive.folder.rglob("*"))
    status, listed, err = answer(home, archive, before, "list")
    assert (status, len(listed)) == (0, 3), err
    status, shown, err = answer(home, archive, before, "show", next(iter(files)))
    assert (status, len(shown["statements"])) == (0, 2), err
    status, report, err = answer(home, archive, before, "audit")
    assert (status, report["faults"]) == (0, []), err
    assert sorted(archive.folder.rglob("*")) == kept


def test_a_write_protected_archive_verifies(stick, home, before):
    archive, files = stick
    evidence_id, path = next(iter(files.items()))
    status, verdict, err = answer(home, archive, before, "verify", path)
    assert (status, verdict["relation"], verdict["evidence"]["id"]) == (0, "identical", evidence_id), err


def test_a_write_protected_archive_refuses_a_registration_in_one_line(stick, home, before, tmp_path):
    archive, _ = stick
    file = tmp_path / "new.mp4"
    file.write_bytes(b"new")
    process = commands.start(home, archive.path, "register", "--no-examine", file, before=before)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "Traceback" not in err.decode()


def test_half_a_transaction_on_write_protected_media_is_not_shown(stick, home, before):
    """What a killed writer left cannot be put back there, and must not be read as if it were whole."""
    archive, _ = stick
    archive.folder.chmod(0o755)
    archive.path.chmod(0o600)
    commands.leave_half_a_transaction(archive.path)
    archive.path.chmod(0o400)
    archive.folder.chmod(0o555)
    status, error, _ = answer(home, archive, before, "list")
    assert (status, error["error"]["code"]) == (2, "archive.read-only")
    assert "copy" in error["error"]["advice"]
