"""Rows of decoded, presented pictures of one track."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from provenance.evidence import PICTURE_LOW_INFORMATION, UNIT_DIGEST_BYTES, PictureRows

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Plane:
    """Samples of one plane as they lie in memory.

    ``data``: ``rows`` lines, each ``stride`` bytes apart, of which the first ``width`` bytes are samples.
    ``bottom_up``: the last line comes first in memory.
    """

    data: memoryview
    stride: int
    width: int
    rows: int
    bottom_up: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """One decoded picture: ``pts`` in ticks, planes in the order of its format.

    The first plane holds a luma sample (or the first of a packed pixel) every ``step`` bytes, in ``bits`` bits shifted
    up by ``shift``, low byte first.
    """

    pts: int
    planes: tuple[Plane, ...]
    bits: int = 8
    shift: int = 0
    step: int = 1


class Look(Protocol):
    """What reads samples of a picture; numpy stays behind it."""

    def packed(self, plane: Plane) -> Iterable[memoryview]:
        """The samples of a plane without padding, in pieces."""

    def is_low_information(self, picture: Picture) -> bool:
        """Whether the picture is black, one colour, bars."""


class PictureObserver:
    """Observer of pictures in presentation order."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._digests: list[bytes] = []
        self._pts: list[int] = []
        self._flags: list[int] = []

    def update(self, picture: Picture) -> None:
        """Take the next picture."""
        self._digests.append(picture_digest(picture, self._look)[:UNIT_DIGEST_BYTES])
        self._pts.append(picture.pts)
        self._flags.append(PICTURE_LOW_INFORMATION if self._look.is_low_information(picture) else 0)

    def result(self) -> PictureRows:
        """The rows."""
        return PictureRows(tuple(self._digests), tuple(self._pts), tuple(self._flags))


def picture_digest(picture: Picture, look: Look) -> bytes:
    """SHA-256 of the samples, plane after plane, without padding: what ``framehash -hash sha256`` prints."""
    whole = hashlib.sha256()
    for plane in picture.planes:
        for piece in look.packed(plane):
            whole.update(piece)
    return whole.digest()
