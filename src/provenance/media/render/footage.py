"""A file as pictures for people are taken from it: which track, which clock, and how a player turns it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from provenance.errors import MediaError
from provenance.matching.line import Lines
from provenance.media import child, formats
from provenance.media.render.laid import Turn
from provenance.media.view import MOST_ASPECT, PIXEL_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from provenance.evidence import Measurement, Track
    from provenance.media.source import Source
    from provenance.media.view import View

    #: Height x width x (red, green, blue).
    Picture = NDArray[np.uint8]

#: Pixels either way of a picture that is asked of the child: a column of the sheet is 516 wide, an upright picture
#: in it at most this high.
SIDE = 640
#: Size of pictures whose container states none.
_UNKNOWN = (640, 360)


@dataclass(frozen=True, slots=True)
class Still:
    """One picture as a player shows it, and when: seconds as verdicts count them."""

    picture: Picture
    start: Fraction
    end: Fraction

    @property
    def middle(self) -> Fraction:
        """Seconds half way through the time for which it is shown."""
        return (self.start + self.end) / 2


@dataclass(frozen=True, slots=True)
class Footage:
    """An open file. ``zero``: seconds on its own clock where verdicts begin to count; ``track``: its picture track.

    ``is_still``: it holds one picture, which has no time.
    """

    source: Source
    zero: Fraction
    track: Track
    sound: int | None
    is_still: bool = False

    @classmethod
    def of(cls, source: Source) -> Footage:
        """What is needed of ``source``, by demuxing it once. Raises MediaError ``media.no-picture``."""
        measured = child.measure(source, depth="streams")
        # The picture of a HEIF grid has no coded unit of its own.
        pictures = [one for one in measured.of_kind("video") if one.packets or measured.kind == "image"]
        if not pictures:
            raise MediaError("no video in this file", code="media.no-picture", file=source.name)
        form = formats.recognise(source.read_at(0, formats.HEAD_BYTES))
        is_still = form is not None and not form.demuxer
        return cls(source, Lines(measured).zero, _shown(pictures), _sound(measured), is_still)

    @property
    def turn(self) -> Turn:
        """What a player does to the pictures as they are coded."""
        return Turn(self.track.presentation.mirrored, self.track.presentation.rotation)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of its pictures before a player turns them, with square pixels."""
        stated = self.track.presentation.stated
        width, height = stated.size or _UNKNOWN
        aspect = stated.sample_aspect or Fraction(1)
        if not Fraction(1, MOST_ASPECT) <= aspect <= MOST_ASPECT:
            aspect = Fraction(1)
        return max(2, round(width * aspect)), height

    @property
    def rate(self) -> Fraction:
        """Pictures a second on average, at least one."""
        rows, duration = self.track.packets, self.track.presentation.duration
        return max(Fraction(1), Fraction(len(rows or ())) / duration) if duration else Fraction(1)

    def stills(self, moments: Sequence[Fraction]) -> list[Still]:
        """The pictures shown at ``moments`` (seconds as verdicts count them, any order), as a player turns them."""
        order = sorted(set(moments))
        views = child.views(self.source, [one + self.zero for one in order], track=self.track.index, side=SIDE)
        found = {moment: self._still(one) for moment, one in zip(order, views, strict=True)}
        return [found[moment] for moment in moments]

    def _still(self, view: View) -> Still:
        picture = np.frombuffer(view.pixels, np.uint8).reshape(view.height, view.width, PIXEL_BYTES)
        return Still(laid(picture, self.turn), view.start - self.zero, view.end - self.zero)


def laid(picture: Picture, turn: Turn) -> Picture:
    """``picture``, mirrored and turned so."""
    over = picture[:, ::-1] if turn.mirrored else picture
    return np.ascontiguousarray(np.rot90(over, -turn.quarters))


def _shown(pictures: Sequence[Track]) -> Track:
    """The track that a player shows, as comparison by looks takes it."""
    return next((one for one in pictures if one.presentation.default), pictures[0])


def _sound(measured: Measurement) -> int | None:
    sounds = [one for one in measured.of_kind("sound") if one.packets]
    return next((one.index for one in sounds if one.presentation.default), sounds[0].index if sounds else None)
