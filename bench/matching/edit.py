"""One copy in the making: every step adds to a filter graph of ffmpeg and to what is true of the result, together.

Steps are taken in this order: the time line is rearranged (:meth:`Edit.arrange`) while it is still the source's, then
the picture is changed, then rate and speed. Sound follows the time line.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import drawing
import numpy as np
from footage import UPRIGHT, Context, Footage
from geometry import WHOLE, Geometry, Rect, common, inside, mirrored, outside, turned
from graph import Graph
from ground import NotPossible
from sources import number_of
from truths import Piece, Planted, Range, Sound

if TYPE_CHECKING:
    from collections.abc import Callable

#: The sound of a copy of which nothing was changed but its coding and, in an excerpt, its length.
SAME = Sound(("same", "identical", "excerpt"))
#: Containers that count milliseconds state times a little too late, which rounding up makes a whole picture.
EARLY = "setpts='max(PTS-0.002/TB,0)'"
NONE = Sound(("absent", "not-checked", "silent"), None)


@dataclass(frozen=True)
class Part:
    """A stretch of the new time line: a range of the source, or ``seconds`` of something else.

    ``frozen`` stands still at the start of ``own``; ``partner`` is the beginning of another registered recording.
    """

    own: Range | None = None
    seconds: float = 0.0
    what: str = "own"  # or "foreign", "partner", "frozen"

    @property
    def length(self) -> float:
        return self.own[1] - self.own[0] if self.own and self.what == "own" else self.seconds


class Edit(Graph):
    """Built by the functions of the families; :mod:`making` writes the file."""

    def __init__(self, footage: Footage, context: Context, name: str) -> None:
        super().__init__(footage.source.path)
        self.footage, self.context, self.name = footage, context, name
        self.random = np.random.default_rng(number_of(footage.source.name, name))
        self.size, self.seconds, self.rate_now = footage.size, footage.seconds, footage.rate
        self.pieces = [Piece((0.0, self.seconds), (0.0, self.seconds), footage.source.name)]
        self.geometry = Geometry()
        self.planted: list[Planted] = []
        self.relation: tuple[str, ...] = ("whole",)
        self.still = self.blind = False  # one picture only; no picture, or none of the evidence
        self.audible = bool(footage.material.sounds)
        self.sound: Sound | None = SAME if self.audible else NONE
        start = f"PTS-{footage.first:.9f}/TB"
        self.v = self.chain(f"[0:v:0]setpts={start},{UPRIGHT}")
        if self.audible:
            whole = (
                f"aresample=48000:async=1:first_pts=0,aformat=channel_layouts=stereo,apad,atrim=end={self.seconds:.6f}"
            )
            self.a = self.chain(f"[0:a:0]asetpts={start},{whole}", sound=True)

    def image(self, image: drawing.Image) -> str:
        """Label of a drawn image."""
        path = self.context.scratch / f"{self.name}-{len(self.inputs)}.pam"
        return f"[{self.take('-i', drawing.save(image, path))}:v]"

    def foreign(self, seconds: float, size: tuple[int, int], other: Footage | None = None) -> str:
        """Label of a stretch of the stranger, cut to fill a size; or of ``other``, with bars so that all is seen."""
        path = other.source.path if other else self.context.stranger(self.footage)
        number = self.take("-stream_loop", "-1", "-i", path)
        width, height = size
        grown, fill = ("decrease", f"pad={width}:{height}:-1:-1") if other else ("increase", f"crop={width}:{height}")
        scale = f"scale={width}:{height}:force_original_aspect_ratio={grown}:out_range=tv,{fill},setsar=1"
        rate = f"setpts=PTS-STARTPTS,fps={self.footage.rate:.6f}"
        return self.chain(f"[{number}:v:0]{rate},trim=end={seconds:.6f},{scale},format=yuv420p")

    def tune(self, seconds: float) -> str:
        """Label of sound that belongs to no recording."""
        number = self.take("-i", self.context.tune(self.footage.source.name, seconds + 1))
        return self.chain(f"[{number}:a]aformat=channel_layouts=stereo,atrim=end={seconds:.6f}", sound=True)

    # --- time --------------------------------------------------------------------------------------------------------

    def need(self, seconds: float) -> None:
        if self.footage.seconds < seconds:
            raise NotPossible(f"{self.footage.seconds:.1f} s are too short, {seconds:g} s are needed")

    def own(self, start: float, end: float) -> Part:
        """A range of the source, begun and ended with a picture."""
        return Part((self.footage.snap(start), self.footage.snap(end)))

    def arrange(self, *parts: Part) -> None:
        """Make the time line of these parts; pieces follow. The sound of a frozen picture goes on."""
        assert not self.planted, "first the time line"
        pieces: list[Piece] = []
        labels, at = [], 0.0
        for part in parts:
            labels.append(self._picture_of(part))
            if self.audible:
                labels.append(self._sound_of(part))
            span = (at, at + part.length)
            if part.what in {"own", "partner"} and part.own:
                partner = self.context.partner(self.footage) if part.what == "partner" else self.footage
                assert partner is not None
                pieces.append(Piece(span, part.own, partner.source.name))
            at = span[1]
        self.v, self.a = self.label(), self.label(sound=True) if self.audible else ""
        self.texts.append(f"{''.join(labels)}concat=n={len(parts)}:v=1:a={int(self.audible)}{self.v}{self.a}")
        self.pieces, self.seconds = pieces, at

    def _picture_of(self, part: Part) -> str:
        if part.what == "foreign":
            return self.foreign(part.seconds, self.size)
        if part.what == "partner":
            return self.foreign(part.seconds, self.size, self.context.partner(self.footage))
        assert part.own is not None
        copy, rate = self.twice(), self.footage.rate
        start, end = part.own
        if part.what == "own":
            return self.chain(f"{copy}trim=start={start - 1e-4:.6f}:end={end - 1e-4:.6f},setpts=PTS-STARTPTS")
        one = f"trim=start={start - 1e-4:.6f},trim=end_frame=1,loop=loop=-1:size=1:start=0"
        return self.chain(f"{copy}{one},setpts=N/{rate:.6f}/TB,fps={rate:.6f},trim=end={part.seconds - 1e-4:.6f}")

    def _sound_of(self, part: Part) -> str:
        if part.what in {"foreign", "partner"}:
            return self.tune(part.seconds)
        assert part.own is not None
        start = part.own[0]
        range_ = f"atrim=start={start:.6f}:end={start + part.length:.6f},asetpts=PTS-STARTPTS"
        return self.chain(self.sound_twice() + range_, sound=True)

    def excerpt(self, start: float, end: float) -> None:
        self.arrange(self.own(start, end))
        self.relation = ("excerpt",)

    def moment_at(self, part: float) -> None:
        """Keep one picture."""
        time = self.footage.times[int(part * (len(self.footage.times) - 1))]
        self.filter(f"trim=start={time - 1e-4:.6f},trim=end_frame=1,setpts=PTS-STARTPTS")
        self.pieces = [Piece((0.0, 0.0), (time, time), self.footage.source.name)]
        self.relation, self.still, self.audible, self.seconds, self.sound = ("still",), True, False, 0.0, None

    def rate(self, fps: float) -> None:
        """Another rate: at each new time the picture that is shown then (``round=up``; ``near`` shows later ones)."""
        self.filter(f"{EARLY},fps={fps:.6f}:round=up")
        self.rate_now = fps

    def speed(self, factor: float) -> None:
        """Faster for a factor above 1, at the same rate of pictures; the sound keeps its pitch."""

        def faster(span: Range) -> Range:
            return (span[0] / factor, span[1] / factor)

        self.filter(f"setpts=PTS/{factor},{EARLY},fps={self.rate_now:.6f}:round=up")
        self.hear(f"atempo={factor}")
        self.seconds /= factor
        self.pieces = [replace(one, questioned=faster(one.questioned), speed=factor) for one in self.pieces]
        self.planted = [replace(one, questioned=one.questioned and faster(one.questioned)) for one in self.planted]
        self.sound = None if self.audible else NONE
        self.plant("speed", "speed")

    # --- the picture -------------------------------------------------------------------------------------------------

    def plant(self, kind: str, what: str, region: Rect | None = None, span: Range | None = None) -> None:
        self.planted.append(Planted(kind, what, span, region))

    def _move(self, rule: Callable[[Rect], Rect | None]) -> None:
        """Carry what was planted along; what is no longer in the picture is forgotten."""
        moved = [(one, rule(one.region) if one.region else None) for one in self.planted]
        self.planted = [replace(one, region=where) for one, where in moved if where or not one.region]

    def resize(self, width: float, height: float) -> None:
        self.size = (even(width), even(height))
        self.filter(f"scale={self.size[0]}:{self.size[1]}:flags=bicubic,setsar=1")

    def crop(self, frame: Rect) -> None:
        """Keep a part of the picture."""
        wide, high = self.size
        left, top = even(frame[0] * wide, 0), even(frame[1] * high, 0)
        across, down = min(even(frame[2] * wide), wide - left), min(even(frame[3] * high), high - top)
        self.filter(f"crop={across}:{down}:{left}:{top}")
        kept = (left / wide, top / high, across / wide, down / high)

        def rule(region: Rect) -> Rect | None:
            both = common(region, kept)
            return inside(both, kept) if both else None

        self.geometry, self.size = self.geometry.crop(kept), (across, down)
        self._move(rule)

    def bound(self, frame: Rect) -> None:
        """What is left of the picture moves about; in the mean it is ``frame`` of it."""
        wide, high = self.size
        self.size = int(wide * frame[2] / 2) * 2, int(high * frame[3] / 2) * 2
        self.geometry = self.geometry.crop(frame).roughly()
        self._move(lambda region: common(inside(region, frame), WHOLE))

    def _put(self, size: tuple[int, int], left: int, top: int) -> None:
        frame = (left / size[0], top / size[1], self.size[0] / size[0], self.size[1] / size[1])
        self.geometry, self.size = self.geometry.put(frame), size
        self._move(lambda region: outside(region, frame))

    def place(self, frame: Rect) -> None:
        """The evidence was moved to ``frame`` by a filter that no rectangle describes exactly; so was what is on it."""
        before = self.geometry.placed
        self.geometry = replace(self.geometry, placed=frame, exact=False)
        self._move(lambda region: common(outside(inside(region, before), frame), WHOLE))

    def bars(self, width: int, height: int, *, colour: str = "black", blurred: float = 0.0) -> None:
        """Put the picture in the middle of a larger one, filled with a colour or with itself, out of focus."""
        wide, high = self.size
        left, top = even((width - wide) / 2, 0), even((height - high) / 2, 0)
        if blurred:
            grown = f"scale={width}:{height}:force_original_aspect_ratio=increase,crop={width}:{height}"
            behind = self.chain(f"{self.twice()}{grown},gblur=sigma={blurred},setsar=1")
            self.v = self.chain(f"{behind}{self.v}overlay={left}:{top}")
        else:
            self.filter(f"pad={width}:{height}:{left}:{top}:{colour}")
        self._put((width, height), left, top)
        sides = ((0, 0, width, top), (0, top + high, width, height - top - high))
        ends = ((0, 0, left, height), (left + wide, 0, width - left - wide, height))
        for x, y, across, down in (*sides, *ends):
            if min(across, down) > 2:
                self.plant("picture", "bars", (x / width, y / height, across / width, down / height))

    def inset(self, share: float) -> None:
        """Show the picture small, over footage of something else."""
        width, height = self.size
        self.resize(width * share, height * share)
        left, top = (even(float(self.random.uniform(0.05, 0.95 - share)) * side, 0) for side in (width, height))
        behind = self.foreign(self.seconds + 1, (width, height))
        self.v = self.chain(f"{behind}{self.v}overlay={left}:{top}:shortest=1")
        self._put((width, height), left, top)
        self.plant("picture", "surround")

    def mirror(self) -> None:
        self.filter("hflip")
        self.geometry = self.geometry.mirror()
        self._move(mirrored)

    def turn(self, degrees: int) -> None:
        """Clockwise, by quarters."""
        self.filter({90: "transpose=1", 180: "hflip,vflip", 270: "transpose=2"}[degrees])
        self.geometry = self.geometry.turn(degrees)
        self._move(lambda region: turned(region, degrees))
        if degrees != 180:
            self.size = self.size[1], self.size[0]

    def over(self, image: drawing.Image, at: tuple[float, float], what: str, span: Range | None = None) -> None:
        """Lay an image over the picture, its corner at these parts of it; it is planted as ``what``."""
        height, width, _ = image.shape
        self.lay(self.image(image), at, (width, height), what, span)

    def rework(self, frame: Rect, filters: str, what: str, span: Range | None = None) -> None:
        """Filter a part of the picture only."""
        wide, high = self.size
        width, height = even(frame[2] * wide), even(frame[3] * high)
        left, top = even(frame[0] * wide, 0), even(frame[1] * high, 0)
        part = self.chain(f"{self.twice()}crop={width}:{height}:{left}:{top},{filters}")
        self.lay(part, (left / wide, top / high), (width, height), what, span)

    def lay(
        self, label: str, at: tuple[float, float], size: tuple[int, int], what: str, span: Range | None = None
    ) -> None:
        """As :meth:`over`, with the label of a picture and its size in pixels."""
        wide, high = self.size
        left, top = even(at[0] * wide, 0), even(at[1] * high, 0)
        self.v = self.chain(f"{self.v}{label}overlay={left}:{top}{during(span)}")
        region = common((left / wide, top / high, size[0] / wide, size[1] / high), WHOLE)
        self.plant("picture", what, region, span)


def even(value: float, least: int = 2) -> int:
    return max(least, round(value / 2) * 2)


def during(span: Range | None) -> str:
    """The option of a filter that works for a time only."""
    return f":enable='gte(t,{span[0] - 1e-3:.6f})*lt(t,{span[1] - 1e-3:.6f})'" if span else ""
