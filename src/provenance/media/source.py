"""One file, opened and checked once: everything that reads it reads this one descriptor.

A symbolic link to a regular file is followed (people keep links to footage); what is refused is decided on the opened
descriptor, so that nothing can be swapped in between. Opening never waits: a FIFO is refused, not read.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from provenance.binding.digest import BytesDigest
from provenance.errors import FileError
from provenance.escaping import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from provenance.binding.digest import Observer
    from provenance.evidence import DigestSet

    #: Called with (bytes done, bytes in all) now and then.
    Progress = Callable[[int, int], None]

#: Bytes a read: long enough that handing buffers to threads costs nothing, short enough that twelve of them wait in
#: 48 MiB. A multiple of the 64 KiB chunk.
_READ_BYTES = 4 * 2**20

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class Source:
    """An open regular file. Reads use positions of their own and leave the descriptor's alone; not for two threads."""

    def __init__(self, descriptor: int, name: str, *, keeps_atime: bool, path: str | bytes | None = None) -> None:
        self.fd = descriptor
        self._path = path
        #: The name the caller used, plain text whatever bytes it has.
        self.name = name
        self.stat = os.fstat(descriptor)
        #: Whether reading leaves the access time alone; else the file system decides (``relatime`` mostly).
        self.keeps_atime = keeps_atime

    @property
    def size(self) -> int:
        """Bytes, when it was opened."""
        return self.stat.st_size

    def read_once(self, observer: Observer, progress: Progress | None = None) -> None:
        """Feed all bytes to ``observer``, holes included, and check that the file is still what was opened.

        Raises:
            FileError: ``file.changed`` if size, times or content moved under the read; ``file.unreadable``.
        """
        done = 0
        while data := self._read(done):
            observer.update(data)
            done += len(data)
            if done > self.size:
                raise self._changed()
            if progress:
                progress(done, self.size)
        if done != self.size:
            raise self._changed()
        self.check_unchanged()

    def read_at(self, offset: int, size: int) -> bytes:
        """Up to ``size`` bytes from ``offset`` on; fewer at the end of the file. Raises FileError."""
        try:
            return pread(self.fd, size, offset)
        except OSError as error:
            raise FileError(f"cannot be read: {_reason(error)}", file=self.name) from error

    def check_unchanged(self) -> None:
        """Raise FileError ``file.changed`` unless size, mtime, ctime and inode are those of the moment of opening."""
        now, then = os.fstat(self.fd), self.stat
        if (now.st_size, now.st_mtime_ns, now.st_ctime_ns, now.st_ino, now.st_dev) != (
            then.st_size,
            then.st_mtime_ns,
            then.st_ctime_ns,
            then.st_ino,
            then.st_dev,
        ):
            raise self._changed()

    @contextmanager
    def again(self) -> Iterator[Source]:
        """The same file on a descriptor of its own: two that read a file at places of their own need two.

        Raises FileError (``file.changed``) if another file has its name now.
        """
        if self._path is None:
            raise self._changed()
        with open_source(self._path) as other:
            here, there = self.stat, other.stat
            if (here.st_dev, here.st_ino, here.st_size, here.st_mtime_ns) != (
                there.st_dev,
                there.st_ino,
                there.st_size,
                there.st_mtime_ns,
            ):
                raise self._changed()
            yield other

    def _read(self, offset: int) -> bytes:
        return self.read_at(offset, _READ_BYTES)

    def _changed(self) -> FileError:
        return FileError(
            "changed while it was read",
            code="file.changed",
            file=self.name,
            advice="try again when nothing writes to it any more",
        )


@contextmanager
def open_source(path: str | bytes | os.PathLike[str], *, max_bytes: int | None = None) -> Iterator[Source]:
    """Open ``path`` for reading, once, without waiting and without touching its times where the system permits.

    Raises:
        FileError: ``file.missing``, ``file.not-regular``, ``file.too-large`` (over ``max_bytes``), ``file.unreadable``.
    """
    raw = os.fspath(path)
    name = plain(os.fsdecode(raw))
    descriptor, keeps_atime = _open(raw, name)
    try:
        source = Source(descriptor, name, keeps_atime=keeps_atime, path=raw)
        for is_kind, words in _KINDS:
            if is_kind(source.stat.st_mode):
                raise FileError(f"is {words}, not a file", code="file.not-regular", file=name)
        if not stat.S_ISREG(source.stat.st_mode):
            raise FileError("is not a regular file", code="file.not-regular", file=name)
        if max_bytes is not None and source.size > max_bytes:
            raise FileError(
                f"has {source.size} bytes, more than the {max_bytes} allowed", code="file.too-large", file=name
            )
        yield source
    finally:
        os.close(descriptor)


def digest(source: Source, progress: Progress | None = None) -> tuple[DigestSet, bytes]:
    """Both digests with the size, and the chunk leaf hashes (32 bytes each), in one read. Raises FileError."""
    with BytesDigest() as observer:
        source.read_once(observer, progress)
        return observer.result()


def _open(raw: str | bytes, name: str) -> tuple[int, bool]:
    """The descriptor, and whether reading it keeps the access time."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    quiet = getattr(os, "O_NOATIME", 0)
    try:
        if quiet:
            try:
                return os.open(raw, flags | quiet), True
            except PermissionError:  # only the owner may ask for it (open(2))
                return os.open(raw, flags), False
        return os.open(raw, flags), False
    except FileNotFoundError as error:
        raise FileError("no such file", code="file.missing", file=name) from error
    except OSError as error:
        if error.errno in {errno.ENXIO, errno.ENODEV, errno.EISDIR}:  # a socket, a device without driver, a folder
            raise FileError("is not a regular file", code="file.not-regular", file=name) from error
        raise FileError(f"cannot be opened: {_reason(error)}", file=name) from error
    except ValueError as error:  # a NUL in the name
        raise FileError("has a name that no file can have", code="file.missing", file=name) from error


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


def pread(descriptor: int, size: int, offset: int) -> bytes:
    """Up to ``size`` bytes from ``offset`` on; the position of the descriptor stays where it was."""
    if hasattr(os, "pread"):
        return os.pread(descriptor, size, offset)
    # Windows has none. The container in the child reads at the position that this descriptor shares with its own.
    position = os.lseek(descriptor, 0, os.SEEK_CUR)
    os.lseek(descriptor, offset, os.SEEK_SET)
    try:
        return os.read(descriptor, size)
    finally:
        os.lseek(descriptor, position, os.SEEK_SET)
