"""Bounded walks over the outer structure of MP4/MOV, Matroska and RIFF files: is the index there, does the file end.

Only lengths and four-letter types are looked at, one read a box.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.errors import MediaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    #: (offset, size) to bytes, fewer at the end of the file.
    ReadAt = Callable[[int, int], bytes]

#: The Matroska segment (RFC 9559 section 5.1), and the end of an element of unknown size.
SEGMENT = 0x1853_8067
UNBOUNDED = 2**63


#: Boxes on the outermost level (ISO/IEC 14496-12 table 1, QuickTime File Format). Others there are appended bytes: what
#: follows the end of a recording is no damage to it.
OUTER_BOXES = frozenset(
    {b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"free", b"skip", b"wide", b"pnot", b"sidx", b"uuid", b"udta"}
    | {b"meta", b"mfra", b"prft", b"emsg", b"pdin", b"ssix"}
)


@dataclass(frozen=True, slots=True)
class Box:
    """One ISO BMFF box: type, where its payload starts, where it ends as it states (maybe behind the file)."""

    kind: bytes
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Outline:
    """What the outer structure says. ``unfinished``: data without an index; ``cut``: a part ends behind the file."""

    unfinished: bool = False
    cut: bool = False


def children(read_at: ReadAt, start: int, end: int, *, at_most: int) -> Iterator[Box]:
    """Boxes from ``start`` up to ``end``. Raises MediaError ``media.limit`` over ``at_most``."""
    at, count = start, 0
    while at + 8 <= end:
        count += 1
        if count > at_most:
            raise MediaError(f"more than {at_most} boxes", code="media.limit")
        head = read_at(at, 16)
        if len(head) < 8:  # noqa: PLR2004 - size and type
            return
        size, kind = struct.unpack_from(">I4s", head)
        payload = at + 8
        if size == 1:
            if len(head) < 16:  # noqa: PLR2004 - a 64-bit size follows
                return
            (size,) = struct.unpack_from(">Q", head, 8)
            payload = at + 16
        stop = end if size == 0 else at + size
        if stop < payload:
            return
        yield Box(kind, payload, stop)
        at = stop


def outline(read_at: ReadAt, size: int, container: str, *, at_most: int) -> Outline:
    """The outline of a file of ``size`` bytes; containers without lengths are never ``cut``."""
    if container == "mov":
        return _iso(read_at, size, at_most)
    if container == "matroska":
        return Outline(cut=_segment_end(read_at(0, 4096)) > size)
    if container in {"avi", "wav"}:
        head = read_at(0, 8)
        stated = 8 + int.from_bytes(head[4:8], "little")
        return Outline(cut=head[:4] == b"RIFF" and stated > size + 1)  # the pad byte may be missing
    return Outline()


def _iso(read_at: ReadAt, size: int, at_most: int) -> Outline:
    kinds: set[bytes] = set()
    cut = False
    for box in children(read_at, 0, size, at_most=at_most):
        kinds.add(box.kind)
        cut = cut or (box.kind in OUTER_BOXES and box.end > size)
    return Outline(unfinished=b"mdat" in kinds and not kinds & {b"moov", b"moof"}, cut=cut)


def _segment_end(head: bytes) -> int:
    """Where the Matroska segment ends as it states; 0 if it does not."""
    at = 0
    while at < len(head):
        number, begin, stop = element(head, at)
        if number == SEGMENT:
            return 0 if stop == UNBOUNDED else stop
        at = max(begin, stop)
    return 0


def element(head: bytes, at: int) -> tuple[int, int, int]:
    """(id, start of payload, end as stated) of the EBML element at ``at``; UNBOUNDED for an unknown size."""
    number, at = _vint(head, at, keep_marker=True)
    length = _vint_length(head, at)
    size, at = _vint(head, at, keep_marker=False)
    return number, at, UNBOUNDED if size == (1 << (7 * length)) - 1 else at + size


def _vint_length(head: bytes, at: int) -> int:
    return 9 - head[at].bit_length() if at < len(head) else 1


def _vint(head: bytes, at: int, *, keep_marker: bool) -> tuple[int, int]:
    """A variable-length integer (RFC 8794 section 4) and the position behind it."""
    length = _vint_length(head, at)
    value = int.from_bytes(head[at : at + length], "big")
    return (value if keep_marker else value & ((1 << (7 * length)) - 1)), at + length
