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
    """The archive is beside the files of the test; the home folder is one of its own (tests/conftest.py)."""
    monkeypatch.setenv("PROVENANCE_ARCHIVE", str(tmp_path / "archive.sqlite"))


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
