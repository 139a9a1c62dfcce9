"""A picture as a player shows it, for people: how the child hands it over, and what its parent makes sure of.

A view is never measured and decides nothing: it is scaled, and its samples are turned into red, green and blue.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction

from provenance.errors import MediaError

#: First and following picture's pts, ticks and seconds of the time base, width, height.
_HEAD = struct.Struct(">qqIIII")
#: Bytes of a pixel: red, green, blue.
PIXEL_BYTES = 3
#: A pixel that is more than this times as wide as high, or the reverse, is a mistake of the file.
MOST_ASPECT = 4


@dataclass(frozen=True, slots=True)
class View:
    """One picture, not yet turned as a player would. ``start``/``end``: seconds on the file's own clock.

    ``pixels``: ``height`` x ``width`` x (red, green, blue), square pixels.
    """

    start: Fraction
    end: Fraction
    width: int
    height: int
    pixels: bytes

    @property
    def middle(self) -> Fraction:
        """Seconds half way through the time for which it is shown: safe from how clocks round."""
        return (self.start + self.end) / 2


def to_blob(ticks: tuple[int, int], base: Fraction, size: tuple[int, int], pixels: bytes) -> bytes:
    """A view as bytes: ``ticks`` = (start, end) of ``base`` seconds, ``size`` = (width, height)."""
    return _HEAD.pack(*ticks, base.numerator, base.denominator, *size) + pixels


def from_blob(blob: bytes, *, side: int) -> View:
    """The view in ``blob``, at most ``side`` pixels wide and high.

    Raises:
        MediaError: ``media.protocol``.
    """
    if len(blob) < _HEAD.size:
        raise _unusable("a view is cut short")
    start, end, ticks, seconds, width, height = _HEAD.unpack_from(blob)
    if not ticks or not seconds or start >= end:
        raise _unusable("a view has no time")
    if not (0 < width <= side and 0 < height <= side) or len(blob) != _HEAD.size + width * height * PIXEL_BYTES:
        raise _unusable("a view has another size than was asked for")
    base = Fraction(ticks, seconds)
    return View(start * base, end * base, width, height, blob[_HEAD.size :])


def _unusable(why: str) -> MediaError:
    message = f"the measuring process gave an answer that cannot be used: {why}"
    return MediaError(message, code="media.protocol")
