"""The clip: segments of the questioned file, each with its counterpart beside it, and the time codes of both below."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from provenance.media import formats
from provenance.media.render import graph, program, strip
from provenance.media.render.laid import Turn, whole_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import ExitStack

    from provenance.comparison import Segment
    from provenance.media.render.footage import Footage
    from provenance.media.render.words import Words

#: Segments in one clip, the longest: each opens both files once more.
MOST_SEGMENTS: Final = 6
#: Seconds in all: what is watched at one go. What is left out is told.
MOST_SECONDS: Final = Fraction(600)
#: Pictures a second: phones play 30; surveillance has 10 and less, which a player would show no better.
_RATES: Final = (Fraction(10), Fraction(30))
#: Wall clock for a second of clip, and to begin: 2.8 s of 854 x 480 beside itself took 22 s in all while thirty other
#: processes wanted the same two cores.
_SECONDS_A_SECOND, _TO_BEGIN = 20, 120
#: Bytes a second of clip that are not reached: synthesised texture, which codes worse than any scene, took 0.8 million.
_BYTES_A_SECOND, _LEAST_BYTES = 8_000_000, 8_000_000


@dataclass(frozen=True, slots=True)
class Reel:
    """What a clip shows: (number of the segment, pictures of it), pictures a second, seconds, layers that held."""

    parts: tuple[tuple[int, int], ...]
    rate: Fraction
    left_out: Fraction
    layers: tuple[str, ...]

    @property
    def seconds(self) -> Fraction:
        """How long it runs."""
        return sum(count for _, count in self.parts) / self.rate


def reel(words: Words, questioned: Footage, evidence: Mapping[str, Footage], *, into: int, stack: ExitStack) -> Reel:
    """Write the clip (MP4, H.264, AAC) to the descriptor ``into``. ``stack`` closes what is opened.

    Raises:
        MediaError: ``media.render``, ``media.limit``, ``file.unwritable``.
    """
    rate = min(max(questioned.rate.limit_denominator(1001), _RATES[0]), _RATES[1])
    chosen, left_out = _chosen(words.comparison.segments, rate)
    lanes = [
        (_lane(questioned, one, None, stack), _lane(evidence[one.source], one, one.source, stack)) for one, _ in chosen
    ]
    plan = graph.Plan(
        tuple(graph.Part(*pair, one, count) for pair, (one, count) in zip(lanes, chosen, strict=True)),
        rate,
        graph.layout(*([graph.shape(lane) for lane in side] for side in zip(*lanes, strict=True))),
    )
    numbers = {id(one): number for number, one in enumerate(words.comparison.segments)}
    parts = tuple((numbers[id(one)], count) for one, count in chosen)
    seconds = float(sum(count for _, count in parts) / rate)
    bounds = program.Bounds(_TO_BEGIN + _SECONDS_A_SECOND * seconds, int(_LEAST_BYTES + _BYTES_A_SECOND * seconds))
    descriptors = [*(lane.descriptor for pair in lanes for lane in pair), into]
    feed = strip.strips(words, parts, rate, plan.layout)
    layers = program.run(graph.arguments(plan, into), descriptors=descriptors, feed=feed, bounds=bounds)
    return Reel(parts, rate, left_out, layers)


def _chosen(segments: tuple[Segment, ...], rate: Fraction) -> tuple[list[tuple[Segment, int]], Fraction]:
    """(segments with their number of pictures, in order; seconds that are left out)."""
    order = sorted(range(len(segments)), key=lambda number: -segments[number].questioned.length)
    room = MOST_SECONDS
    taken: list[tuple[int, int]] = []
    for number in order[:MOST_SEGMENTS]:
        length = min(segments[number].questioned.length, room)
        count = int(length * rate)
        if count or not taken:
            taken.append((number, max(1, count)))
            room -= length
    total = sum((one.questioned.length for one in segments), Fraction(0))
    left_out = total - (MOST_SECONDS - room)
    return [(segments[number], count) for number, count in sorted(taken)], left_out


def _lane(footage: Footage, segment: Segment, source: str | None, stack: ExitStack) -> graph.Lane:
    """One file's side of a segment, on a descriptor of its own: places in a file are shared by copies of one."""
    again = stack.enter_context(footage.source.again())
    form = formats.recognise(again.read_at(0, formats.HEAD_BYTES))
    span = segment.questioned if source is None else segment.evidence
    pace = Fraction(1)
    if source is not None and segment.questioned.length > 0 and span.length > 0:
        pace = span.length / segment.questioned.length
    return graph.Lane(
        descriptor=again.fd,
        demuxer="" if form is None else form.demuxer,
        track=footage.track.index,
        sound=footage.sound if source is None else None,
        start=span.start + footage.zero,
        pace=pace,
        shown=footage.turn,
        size=footage.size,
        part=None if source is None else segment.region,
        turn=Turn() if source is None else whole_of(segment),
    )
