import json
import os
import time

import pytest

from provenance.store import keyring

PUBLIC, PRIVATE = b"p" * 32, b"k" * 32

pytestmark = pytest.mark.skipif(os.name == "nt", reason="this system has no file modes")


@pytest.fixture
def kept():
    """The file of an unlocked key."""
    keyring.keep_unlocked(PUBLIC, PRIVATE, seconds=60)
    return keyring._unlock_path(PUBLIC)


def write(path, **record):
    path.write_text(json.dumps(record))


def test_an_unlocked_key_is_at_hand_and_a_finder_reads_it(kept):
    assert keyring.unlocked(PUBLIC) == PRIVATE
    assert keyring.readable_key_lies_here(PUBLIC)
    assert keyring.unlocked(b"q" * 32) is None


SPOILT = {
    "open to others": lambda path: path.chmod(0o644),
    "malformed": lambda path: path.write_text("{"),
    "not text": lambda path: path.write_bytes(b"\xff\xfe"),
    "deep": lambda path: path.write_text("[" * 5000),
    "another object": lambda path: path.write_text("[]"),
    "no number": lambda path: write(path, until="soon", key=PRIVATE.hex()),
    "no key": lambda path: write(path, until=time.time() + 60, key="00"),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "a link": lambda path: (path.rename(path.with_name("x")), path.symlink_to("x")),
    "a pipe": lambda path: (path.unlink(), os.mkfifo(path)),
    "a folder open to others": lambda path: path.parent.chmod(0o755),
    "a folder that is a file": lambda path: (path.unlink(), path.parent.rmdir(), path.parent.write_bytes(b"")),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_whatever_lies_in_the_runtime_folder_the_archive_is_only_locked(kept, spoil):
    spoil(kept)
    assert keyring.unlocked(PUBLIC) is None
    keyring.forget_expired()


def test_a_folder_that_cannot_be_read_is_locked(kept, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    assert keyring.unlocked(PUBLIC) is None
    keyring.forget_expired()


def test_an_expired_key_is_told_and_removed_when_a_command_begins(kept):
    write(kept, until=time.time() - 1, key=PRIVATE.hex())
    half = kept.with_name(f".{kept.name}.0123abcd.part")
    half.write_bytes(b"half")
    os.utime(half, (1, 1))
    fresh = kept.with_name(f".{kept.name}.4567abcd.part")
    fresh.write_bytes(b"being written")
    keyring.keep_unlocked(b"q" * 32, PRIVATE, seconds=60)
    assert keyring.readable_key_lies_here(PUBLIC)
    keyring.forget_expired()
    assert not keyring.readable_key_lies_here(PUBLIC)
    assert {path.name for path in kept.parent.iterdir()} == {fresh.name, keyring._unlock_path(b"q" * 32).name}
