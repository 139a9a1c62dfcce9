"""Which files are meant: those that were named, and those inside folders that were named, in an order that stays."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provenance.errors import FileError, refusal
from provenance.escaping import plain
from provenance.media.formats import HEAD_BYTES, recognise
from provenance.media.source import open_source

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

#: Names under which recordings travel. What begins like none, and is called like none, is passed over inside folders:
#: a damaged recording keeps its name, a renamed one its first bytes.
_MEDIA_NAMES: Final = frozenset((
    "3g2", "3gp", "aac", "aif", "aiff", "amr", "asf", "avi", "avif", "bmp", "caf", "f4v", "flac", "flv",
    "gif", "h264", "h265", "heic", "heif", "hevc", "insv", "ivf", "jfif", "jpeg", "jpg", "lrv", "m2t", "m2ts",
    "m2v", "m4a", "m4v", "mka", "mkv", "mov", "mp3", "mp4", "mpeg", "mpg", "mts", "mxf", "oga", "ogg", "ogv",
    "opus", "png", "qt", "rm", "rmvb", "tif", "tiff", "ts", "vob", "wav", "webm", "webp", "wma", "wmv", "y4m",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gathered:
    """``files``: names to ask about, each once. ``passed_over``: (name, why) inside folders."""

    files: tuple[str, ...]
    passed_over: tuple[tuple[str, str], ...]


def gather(names: Sequence[str], *, own: Collection[str] = ()) -> Gathered:
    """The files that ``names`` mean: a file is taken as it is, a folder is walked, sorted by name.

    Inside folders hidden files and folders, symbolic links (they can lead outside, or round in a ring), devices, empty
    files, files that neither begin nor are called like media, and ``own`` output are passed over.

    Raises:
        ProvenanceError: a folder that was named cannot be read (``system``).
    """
    files: dict[str, None] = {}
    passed: list[tuple[str, str]] = []
    mine = {os.path.realpath(one) for one in own}
    for name in names:
        if not Path(name).is_dir():
            files[name] = None
            continue
        for found, why in _inside(name, mine):
            if why is None:
                files[found] = None
            else:
                passed.append((found, why))
    return Gathered(tuple(files), tuple(dict.fromkeys(passed)))


def _inside(folder: str, own: Collection[str]) -> Iterator[tuple[str, str | None]]:
    """(name, why it is passed over or None), depth first, in the order of names."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        raise refusal(error) from error
    for entry in entries:
        if entry.name.startswith("."):
            yield entry.path, "hidden"
        elif entry.is_symlink():
            yield entry.path, "symbolic link"
        elif entry.is_dir(follow_symlinks=False):
            yield from _inside(entry.path, own)
        else:
            yield entry.path, _why_not(entry, own)


def _why_not(entry: os.DirEntry[str], own: Collection[str]) -> str | None:
    try:
        state = entry.stat(follow_symlinks=False)
    except OSError:  # it is gone, or cannot be asked for: the answer about it says so
        return None
    if not stat.S_ISREG(state.st_mode):
        return "not a regular file"
    if state.st_size == 0:
        return "empty"
    if own and os.path.realpath(entry.path) in own:
        return "written by this command"
    if entry.name.rpartition(".")[2].lower() in _MEDIA_NAMES or _begins_like_media(entry.path):
        return None
    return "not media"


def _begins_like_media(path: str) -> bool:
    try:
        with open_source(path) as source:
            return recognise(source.read_at(0, HEAD_BYTES)) is not None
    except FileError:  # told when its turn comes
        return True


def told(passed_over: Sequence[tuple[str, str]], *, most: int = 3) -> list[str]:
    """One line a reason, with some of the names."""
    reasons: dict[str, list[str]] = {}
    for name, why in passed_over:
        reasons.setdefault(why, []).append(plain(name))
    return [
        f"passed over, {why}: {', '.join(names[:most])}{f' and {len(names) - most} more' if len(names) > most else ''}"
        for why, names in reasons.items()
    ]
