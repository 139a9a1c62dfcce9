"""The keys of an archive, beside it in ``PATH.keys/`` (0700): two that work unattended, one that opens what is sealed.

- ``signing.pem``, ``log-N.pem``: Ed25519; registering never asks for anything.
- ``reading.pub``: seals for the holder. ``reading.key``: opens; under a passphrase when one is set. A write-only
  device has neither, only the ``recipients/*.pub`` it seals to.

This room keeps bytes; what they mean is `attest.keys`' business.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import stat
import time
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from platformdirs import user_runtime_path

from provenance.errors import ArchiveError, KeyFileError
from provenance.store.files import private_folder, write_new

if TYPE_CHECKING:
    from pathlib import Path

_UNLOCK_LIMIT = 10_000  # bytes; an unlock file holds one small JSON object
_KEY_BYTES = 32
_HALF_NAMED = 60  # seconds after which a file that got no name gets none


@dataclass(frozen=True, slots=True)
class Keyring:
    """The key files beside the archive at ``archive``."""

    archive: Path

    @property
    def folder(self) -> Path:
        """``PATH.keys``."""
        return self.archive.with_name(self.archive.name + ".keys")

    def make_folder(self) -> None:
        """Make the folder, for its owner alone."""
        private_folder(self.folder)

    def read(self, name: str) -> bytes:
        """The bytes of one key file; raises :class:`KeyFileError` (``key.missing``)."""
        path = self.folder / name
        try:
            return path.read_bytes()
        except FileNotFoundError as error:
            raise KeyFileError(
                "is missing",
                code="key.missing",
                file=str(path),
                advice="put back a copy of the keys folder; without it the archive can be read and not added to",
            ) from error
        except OSError as error:
            raise KeyFileError(f"cannot be read: {error.strerror}", file=str(path), advice="check its owner") from error

    def has(self, name: str) -> bool:
        """Whether a key file is there."""
        return (self.folder / name).is_file()

    def write(self, name: str, data: bytes, *, force: bool = False) -> None:
        """Store a key file (0600), durable on return."""
        self.make_folder()
        path = self.folder / name
        private_folder(path.parent)
        write_new(path, data, force=force)

    def names(self) -> list[str]:
        """Every key file, by its name in the folder."""
        return sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file())

    def set_aside(self) -> str | None:
        """Give a folder that is in the way another name, and return it; nothing in it is lost."""
        if not self.folder.is_dir():
            return None
        return self.folder.rename(self.folder.with_name(f"{self.folder.name}.unused-{secrets.token_hex(4)}")).name

    def recipients(self) -> list[bytes]:
        """The texts of every ``--seal-to`` recipient, in the order of their file names."""
        folder = self.folder / "recipients"
        if not folder.is_dir():
            return []
        return [path.read_bytes() for path in sorted(folder.glob("*.pub"))]

    def too_open(self) -> list[str]:
        """Names of key files and folders that others on this machine may read (POSIX modes; empty on Windows)."""
        if os.name == "nt" or not self.folder.is_dir():
            return []
        paths = [self.folder, *(path for path in self.folder.rglob("*") if path.suffix != ".pub")]
        return [str(path) for path in paths if path.stat().st_mode & 0o077]


# --- the reading key between commands -------------------------------------------------------------------------------


def _unlock_path(reading_public: bytes) -> Path:
    with warnings.catch_warnings():  # platformdirs warns of an unusable XDG_RUNTIME_DIR; its fallback is checked below
        warnings.simplefilter("ignore")
        folder = user_runtime_path("provenance", appauthor=False)
    return folder / f"{reading_public.hex()[:32]}.unlocked"


def _check_private(folder: Path) -> None:
    """Raise unless ``folder`` is this user's alone: the fallback lies where others could have made it first."""
    if os.name == "nt":
        return
    state = folder.stat()
    if state.st_uid != os.geteuid() or state.st_mode & 0o077:
        raise KeyFileError(
            "belongs to another user or is open to others",
            code="key.runtime-folder",
            file=str(folder),
            advice="set XDG_RUNTIME_DIR to a folder of your own with mode 0700",
        )


def keep_unlocked(reading_public: bytes, private: bytes, *, seconds: float) -> None:
    """Keep the opened reading key in the user's runtime folder (0600) for ``seconds``."""
    path = _unlock_path(reading_public)
    _check_private(private_folder(path.parent))
    record = {"until": time.time() + seconds, "key": private.hex()}
    write_new(path, json.dumps(record).encode(), force=True)


def unlocked(reading_public: bytes) -> bytes | None:
    """The reading key if `unlock` has put it at hand and its time is not over; an expired one is removed.

    A file that is malformed, open to others or not this user's gives nothing: what lies in a runtime folder must not
    stop a registration. Whether the key belongs to the archive is for the caller to check.
    """
    path = _unlock_path(reading_public)
    try:
        record = _kept(path)
    except (KeyFileError, OSError):
        return None
    if record.until > time.time():
        return record.key
    _remove(path)
    return None


def readable_key_lies_here(reading_public: bytes) -> bool:
    """Whether a finder would read the key in the runtime folder, its time over or not: nothing removes it by itself."""
    try:
        return bool(_kept(_unlock_path(reading_public)).key)
    except (KeyFileError, OSError):
        return False


def forget_expired() -> None:
    """Remove every reading key in the runtime folder whose time is over, and what a killed `unlock` left half-named.

    Called when a command begins: between commands nothing of ours runs. Never raises.
    """
    try:
        folder = _unlock_path(b"").parent
        _check_private(folder)
        kept = list(folder.iterdir())
    except (KeyFileError, OSError):
        return
    for path in kept:
        with contextlib.suppress(KeyFileError, OSError):
            if path.name.endswith(".part"):
                over = path.stat().st_mtime < time.time() - _HALF_NAMED
            else:
                over = path.suffix == ".unlocked" and _kept(path).until <= time.time()
            if over:
                _remove(path)


@dataclass(frozen=True, slots=True)
class _Kept:
    until: float
    key: bytes


def _kept(path: Path) -> _Kept:
    """What an unlock file says; raises :class:`KeyFileError` or ``OSError`` unless all about it is as we make it."""
    _check_private(path.parent)
    fd = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(fd, "rb") as file:
        state = os.fstat(fd)
        private = os.name == "nt" or (state.st_uid == os.geteuid() and not state.st_mode & 0o077)
        data = file.read(_UNLOCK_LIMIT) if private and stat.S_ISREG(state.st_mode) else b""
    try:
        record = json.loads(data)
        found = _Kept(float(record["until"]), bytes.fromhex(record["key"]))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise KeyFileError("is open to others or malformed", file=str(path)) from error
    if len(found.key) != _KEY_BYTES:
        raise KeyFileError("is malformed", file=str(path))
    return found


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def lock(reading_public: bytes) -> bool:
    """Forget the unlocked reading key; whether there was one."""
    path = _unlock_path(reading_public)
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise ArchiveError(f"cannot be removed: {error.strerror}", file=str(path)) from error
    return True
