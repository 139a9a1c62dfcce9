"""What was changed inside the pictures of a piece, and down to what that would have been seen.

The piece is taken in windows, each with a tone and a noise of its own: a long copy is not equally good everywhere, and
memory stays bounded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import numpy as np

from provenance.comparison import Alteration, Limit, Note, Span
from provenance.evidence import CHROMA_SIDE, SMALL_SIDE
from provenance.matching.background import calibration
from provenance.matching.looks.changing.areas import Detector, areas, covered
from provenance.matching.looks.changing.held import held_in
from provenance.matching.looks.changing.lens import stretch
from provenance.matching.looks.changing.limit import seen_sides, smallest
from provenance.matching.looks.changing.lying import lies
from provenance.matching.looks.changing.naming import Place, called
from provenance.matching.looks.changing.noise import differences, noise_of
from provenance.matching.looks.changing.overlay import Overlaid, overlaid
from provenance.matching.looks.changing.surroundings import surroundings
from provenance.matching.looks.changing.tone import colouring, in_range

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from provenance.comparison import Segment
    from provenance.matching.looks.changing.areas import Area
    from provenance.matching.looks.changing.held import Held
    from provenance.matching.looks.pieces import Piece
    from provenance.matching.looks.sight import Sight

    Array = NDArray[np.float32]

#: Small pictures of the evidence in a window: 60 s where none were thinned. A window takes about 60 MB.
_WINDOW: Final = 150
#: Small pictures of the evidence that are needed to say anything.
_LEAST: Final = 3


@dataclass(frozen=True)
class Changes:
    """``limit`` is None where noise hides everything, or too little can be compared."""

    alterations: tuple[Alteration, ...]
    limit: Limit | None


def changes_in(questioned: Sight, piece: Piece) -> Changes:
    """Alterations inside the pictures of a piece, with the limit below which there may be others."""
    rows = _rows(questioned, piece)
    around = surroundings(questioned, piece)
    if len(rows) < _LEAST:
        return Changes(around, None)
    count = max(1, -(-len(rows) // _WINDOW))
    told: list[Alteration] = [*around]
    limits: list[Limit | None] = []
    for part in np.array_split(rows, count):
        laid = overlaid(questioned, piece, part)
        if laid is None or not lies(laid):
            return Changes(tuple(joined(told)), None)
        found, limit = _window(questioned, piece, laid)
        told.extend(found)
        limits.append(limit)
    whole = None if any(one is None for one in limits) else largest([one for one in limits if one is not None])
    return Changes(tuple(joined(told)), whole)


def _rows(questioned: Sight, piece: Piece) -> NDArray[np.int64]:
    evidence = piece.evidence
    moments = (evidence.times[evidence.places] - piece.course.offset) / piece.course.speed
    half = questioned.gap / 2
    low, high = questioned.times[piece.first] - half, questioned.times[piece.last] + half
    rows: NDArray[np.int64] = np.flatnonzero((moments >= low) & (moments <= high))
    return rows


@dataclass(frozen=True)
class _Channel:
    """Differences and noise of one plane."""

    apart: Array
    scale: Array


def _window(questioned: Sight, piece: Piece, laid: Overlaid) -> tuple[list[Alteration], Limit | None]:
    held = held_in(questioned, laid)
    seconds = _seconds(laid)
    if held:
        standing = np.array([any(one.first <= row <= one.last for one in held) for row in range(len(laid.moments))])
        laid = laid.without(standing)
        if len(laid.moments) < _LEAST:
            return [_as_held(questioned, one) for one in held], None
    luma = _Channel(
        differences(laid.evidence, laid.questioned, laid.beside),
        noise_of(laid.evidence, laid.questioned, laid.moves(laid.beside), laid.seen).scale,
    )
    planes = [_colour(laid, plane) for plane in (0, 1)]
    place = Place(questioned, piece, laid)
    found = [_as_held(questioned, one) for one in held]
    of_luma, of_colours = Detector.of("luma"), Detector.of("colours")
    changed = _areas(of_luma, luma, laid.seen, SMALL_SIDE)
    found.extend(place.alteration(area, *called(laid, area, place)) for area in changed)
    for plane in planes:
        for area in _areas(of_colours, plane, laid.seen_colours, CHROMA_SIDE):
            if not any(area.touches(other) for other in changed):  # else it is told already, by its light
                changed.append(area)
                found.append(place.alteration(area, "colour", "recoloured"))
    beside = (laid.seen & ~covered(changed, SMALL_SIDE), laid.seen_colours & ~covered(changed, CHROMA_SIDE))
    shown = laid.questioned, laid.questioned_colours
    shown = in_range(shown, full=questioned.is_full_range, wanted=piece.evidence.is_full_range)
    what = colouring(laid.as_coded, shown, beside)
    if what is not None:
        found.append(Alteration("colour", None, None, what))
    return found, _limit(piece, laid, (luma, *planes), seconds)


def _colour(laid: Overlaid, plane: int) -> _Channel:
    evidence, questioned = laid.colours[:, plane], laid.questioned_colours[:, plane]
    beside = laid.colours_beside[:, :, plane]
    apart = differences(evidence, questioned, beside)
    return _Channel(apart, noise_of(evidence, questioned, laid.moves(beside), laid.seen_colours).scale)


def _areas(detector: Detector, channel: _Channel, seen: NDArray[np.bool_], side: int) -> list[Area]:
    found = detector.found(detector.strength(channel.apart, channel.scale, seen))
    return areas(found, channel.apart, channel.scale, side) if found.any() else []


def _as_held(questioned: Sight, one: Held) -> Alteration:
    return Alteration("frozen", questioned.span(one.begins, one.ends), None, "the picture stands still")


def _limit(piece: Piece, laid: Overlaid, channels: Sequence[_Channel], seconds: Fraction) -> Limit | None:
    luma, *planes = channels
    table = calibration("looks.changes")
    light = seen_sides(Detector.of("luma"), laid.evidence, laid.questioned, luma.scale, laid.seen)
    tints = [
        seen_sides(
            Detector.of("colours"),
            laid.colours[:, plane],
            laid.questioned_colours[:, plane],
            planes[plane].scale,
            laid.seen_colours,
        )
        for plane in (0, 1)
    ]
    covers = stretch(piece.pose.matrix)  # a box of a copy that is small inside bars covers several
    mixed = max(0, math.ceil(covers - _WHOLE) - 1)
    best = smallest(light.mixed(mixed), tints, part=1 / max(covers**2, 1e-6))
    margin = float(table["margin"]) * (float(table["small"]) if mixed else 1)
    if best is None or best[0] * margin > float(table["largest"]):
        return None
    region, contrast, colours = best
    return Limit(
        Fraction(max(1, int(np.ceil(region * margin * 10_000))), 10_000),
        seconds,
        contrast,
        "luma+chroma" if colours else "luma",
    )


#: Part of a box by which those of a copy may be larger without mixing more.
_WHOLE: Final = 0.05


def _seconds(laid: Overlaid) -> Fraction:
    """Whatever lasts as long shows in two small pictures of the evidence in a row, and just beside them."""
    gaps = np.diff(laid.wanted)
    two = gaps[1:] + gaps[:-1] if len(gaps) > 1 else gaps
    return Fraction(int(np.ceil((float(two.max()) + _BESIDE * laid.gap) * 100 + 1e-6)), 100)


#: Questioned pictures by which a change has to reach over those pairs: one is asked on either side of each picture, and
#: each may be paired with its neighbour.
_BESIDE: Final = 4


def largest(limits: Sequence[Limit]) -> Limit | None:
    """The limit down to which all of them saw."""
    if not limits:
        return None
    return Limit(
        max(one.region for one in limits),
        max(one.seconds for one in limits),
        max(one.contrast for one in limits),
        "luma" if any(one.channels == "luma" for one in limits) else "luma+chroma",
    )


def said_of(segments: Sequence[Segment], limit: Limit | None) -> Iterator[Note]:
    """What was looked for inside the pictures, and what was found."""
    found = [one for segment in segments for one in segment.alterations if one.kind in {"picture", "colour", "frozen"}]
    if found:
        detail = ", ".join(dict.fromkeys(one.what or one.kind for one in found))
        yield Note("softBinding.altered", "failure", detail)
    if limit is None:
        without = sum(one.limit is None for one in segments)
        further = "further ones, " if found else ""
        yield Note("softBinding.noLimit", "informational", f"{further}in {without} of {len(segments)} segments")
        return
    size = f"{float(limit.region * 100):.2g} % of the picture for {float(limit.seconds):.2g} s"
    detail = f"{size}, {limit.contrast} levels of {limit.channels}"
    yield Note("softBinding.limit", "informational", detail)


def joined(told: Sequence[Alteration]) -> list[Alteration]:
    """Those of one kind and place that go on from window to window, as one."""
    kept: list[Alteration] = []
    for one in told:
        for at, other in enumerate(kept):
            if _goes_on(other, one):
                assert one.questioned is not None
                assert other.questioned is not None
                span = Span(other.questioned.start, max(one.questioned.end, other.questioned.end))
                kept[at] = Alteration(one.kind, span, _hull(one, other), other.what)
                break
            if other == one:
                break
        else:
            kept.append(one)
    return kept


def _goes_on(before: Alteration, after: Alteration) -> bool:
    if before.kind != after.kind or before.what != after.what or None in (before.questioned, after.questioned):
        return False
    if before.region is None or after.region is None:
        return False
    assert before.questioned is not None
    assert after.questioned is not None
    near = after.questioned.start - before.questioned.end <= 1
    left, top, width, height = (float(one) for one in before.region)
    x, y, wide, high = (float(one) for one in after.region)
    return near and x < left + width and left < x + wide and y < top + height and top < y + high


def _hull(one: Alteration, other: Alteration) -> tuple[Fraction, Fraction, Fraction, Fraction]:
    assert one.region is not None
    assert other.region is not None
    left, top = min(one.region[0], other.region[0]), min(one.region[1], other.region[1])
    right = max(one.region[0] + one.region[2], other.region[0] + other.region[2])
    bottom = max(one.region[1] + one.region[3], other.region[1] + other.region[3])
    return left, top, right - left, bottom - top
