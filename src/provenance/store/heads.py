"""The last head that this user account saw of each log, kept outside the archive (formats section 4).

One folder an origin, one file a tree size: a writer only ever adds a larger size and then removes smaller ones, so
that processes that finish out of order cannot move the memory backwards, without a lock.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from platformdirs import user_state_path

from provenance.errors import ArchiveError
from provenance.store.files import private_folder, write_new

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SIZE = re.compile(r"\d{20}")


def state_folder() -> Path:
    """Where this account keeps what must outlive an archive that is rolled back."""
    return user_state_path("provenance", appauthor=False)


def _origin_folder(origin: str) -> Path:
    return state_folder() / "heads" / origin.replace("/", "-")


def last_seen(origin: str) -> tuple[int, str] | None:
    """The largest tree size of ``origin`` that this account saw, with its note; None if it never saw the log.

    Raises :class:`ArchiveError` (``archive.state-folder``) when the memory cannot be read.
    """
    folder = _origin_folder(origin)
    with _translated(folder):
        try:
            sizes = sorted(path.name for path in folder.iterdir() if _SIZE.fullmatch(path.name))
        except FileNotFoundError:
            return None
        for name in reversed(sizes):
            try:
                return int(name), (folder / name).read_text("utf-8")
            except FileNotFoundError:  # a writer with a larger head has just removed it
                return last_seen(origin)
    return None


def remember(origin: str, size: int, note: str) -> None:
    """Note that the log ``origin`` had ``size`` entries and the signed head ``note``.

    Raises :class:`ArchiveError` (``archive.state-folder``) when it cannot be written.
    """
    with _translated(_origin_folder(origin)):
        folder = private_folder(private_folder(state_folder() / "heads") / origin.replace("/", "-"))
        try:
            write_new(folder / f"{size:020d}", note.encode("utf-8"))
        except ArchiveError as error:
            if error.code != "file.exists":
                raise _unusable(folder, error.message) from error
        for path in list(folder.iterdir()):
            if _SIZE.fullmatch(path.name) and int(path.name) < size:
                with contextlib.suppress(OSError):  # a smaller head that stays does no harm
                    path.unlink(missing_ok=True)


@contextlib.contextmanager
def _translated(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _unusable(folder, error.strerror or "it failed") from error


def _unusable(folder: Path, why: str) -> ArchiveError:
    return ArchiveError(
        f"the memory of the last head seen cannot be used: {why}",
        code="archive.state-folder",
        file=str(folder),
        advice="check that the folder is yours and can be read and written",
    )
