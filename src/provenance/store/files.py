"""Files that must be whole or absent: written to a temporary name, synced, then given their name."""

from __future__ import annotations

import contextlib
import os
import secrets
from typing import TYPE_CHECKING

from provenance.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PRIVATE = 0o600
_PRIVATE_FOLDER = 0o700


def private_folder(path: Path) -> Path:
    """Make ``path`` and its parents; the folder itself is for its owner alone (0700)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=_PRIVATE_FOLDER)
    return path


def sync_folder(path: Path) -> None:
    """Make the names in ``path`` durable. Windows has no such call: there the rename itself is all there is."""
    if os.name == "nt":
        return
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_new(path: Path, data: bytes, *, force: bool = False, mode: int = _PRIVATE) -> None:
    """Write ``data`` to ``path`` so that it is whole or absent, and durable on return.

    Raises as :func:`new_file`.
    """
    with new_file(path, force=force, mode=mode) as fd, os.fdopen(fd, "wb", closefd=False) as file:
        file.write(data)


@contextlib.contextmanager
def new_file(path: Path, *, force: bool = False, mode: int = _PRIVATE) -> Iterator[int]:
    """A descriptor to write to; on return the file has its name and is durable, after an error it never was.

    Raises :class:`ArchiveError` (``file.exists``) when ``path`` exists and ``force`` is not set, and
    (``file.unwritable``) when the folder cannot be written, or a device or a link lies there, which would be replaced.
    """
    if force and (path.is_symlink() or (path.exists() and not path.is_file())):
        raise ArchiveError(
            "is no regular file", code="file.unwritable", file=str(path), advice="name another file to write to"
        )
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        fd = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
        try:
            try:
                yield fd
                os.fsync(fd)
            finally:
                os.close(fd)
            if force:
                partial.replace(path)
            else:
                _name_new(partial, path)
        finally:
            partial.unlink(missing_ok=True)
        sync_folder(path.parent)
    except FileExistsError as error:
        raise ArchiveError(
            "exists already", code="file.exists", file=str(path), advice="choose another name or pass --force"
        ) from error
    except OSError as error:
        raise ArchiveError(
            f"cannot be written: {error.strerror}",
            code="file.unwritable",
            file=str(path),
            advice="choose another place",
        ) from error


def _name_new(partial: Path, path: Path) -> None:
    """Give ``partial`` the name ``path`` without ever replacing another file."""
    try:
        os.link(partial, path)
    except FileExistsError:
        raise
    except OSError:  # FAT and some network folders have no links: exclusive creation is the next best
        with path.open("xb"):
            pass
        partial.replace(path)
