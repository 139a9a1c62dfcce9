"""The sheet: pairs of pictures one below the other, made for a phone held upright, as a PNG without metadata."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from provenance.comparison import WHOLE_PICTURE
from provenance.media.render import lettering
from provenance.media.render.footage import SIDE, laid
from provenance.media.render.laid import Turn, inside, whole_of, within
from provenance.media.render.outline import outline, stroke

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.comparison import Segment
    from provenance.media.render.footage import Picture, Still
    from provenance.media.render.pairs import Choice, Pair
    from provenance.media.render.words import Words

#: Pixels. Phones are 1080 wide; a picture column is then half of that.
WIDTH: Final = 1080
_MARGIN: Final = 16
_NEAR: Final = 6
COLUMN: Final = (WIDTH - 3 * _MARGIN) // 2
#: Heights of capitals: 27 of 1080 pixels are 1.6 mm on a phone 65 mm wide, as in a newspaper.
_LARGE, _TEXT, _SMALL = 30, 27, 24
_LEADING: Final = 1.75
_PAPER, _INK, _GREY, _EMPTY = (250, 250, 248), (20, 20, 20), (90, 90, 90), (226, 226, 222)


@dataclass(frozen=True, slots=True)
class Shown:
    """A pair with its pictures; None on the side that has no counterpart."""

    pair: Pair
    questioned: Still | None
    evidence: Still | None


def sheet(rows: Sequence[Shown], choice: Choice, words: Words) -> bytes:
    """The PNG of all ``rows``, with heading, legend and limit."""
    blocks = [*_heading(words)]
    last: int | None = None
    for row in rows:
        if row.pair.segment is not None and row.pair.segment != last:
            last = row.pair.segment
            blocks += [_rule(), _paragraph(words.segment(last), _TEXT), _space(_NEAR)]
        blocks += _row(row, words)
    blocks += [_rule(), *_legend(rows, words), *_more(choice)]
    blocks += [*(_paragraph(limit, _SMALL, _GREY) for limit in words.limits), _space(_MARGIN)]
    picture = np.vstack(blocks)
    done, data = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    assert done
    return data.tobytes()


def _heading(words: Words) -> Iterator[Picture]:
    yield _space(_MARGIN)
    yield _paragraph(words.headline, _LARGE)
    for one in words.named():
        yield _line([(lettering.shortened(one, _TEXT, WIDTH - 2 * _MARGIN), _MARGIN)], _TEXT)
    left, right = (lettering.wrapped(one, _SMALL, COLUMN) for one in words.columns)
    for lines in zip_longest(left, right, fillvalue=""):
        yield _line(_centred(lines, _SMALL), _SMALL, _GREY)


def _row(row: Shown, words: Words) -> Iterator[Picture]:
    said = words.pair(row.pair)
    if said:
        yield _paragraph(said, _TEXT)
        yield _space(_NEAR)
    left, right = _pictures(row, words)
    height = max(left.shape[0], right.shape[0])
    block = _space(height)
    for picture, start in ((left, _MARGIN), (right, 2 * _MARGIN + COLUMN)):
        x, y = start + (COLUMN - picture.shape[1]) // 2, (height - picture.shape[0]) // 2
        block[y : y + picture.shape[0], x : x + picture.shape[1]] = picture
    yield block
    stills = ((None, row.questioned), (row.pair.source, row.evidence))
    yield _line(_centred(["" if one is None else words.time(key, one.start) for key, one in stills], _TEXT), _TEXT)
    yield _space(_MARGIN)


def _centred(texts: Sequence[str], capital: int) -> list[tuple[str, int]]:
    """Two texts, each in the middle of its column."""
    starts = (_MARGIN, 2 * _MARGIN + COLUMN)
    return [
        (text, start + (COLUMN - lettering.width(text, capital)) // 2)
        for text, start in zip(texts, starts, strict=True)
    ]


def _pictures(row: Shown, words: Words) -> tuple[Picture, Picture]:
    """Both pictures as large as the column allows, laid alike and outlined."""
    segment = None if row.pair.segment is None else words.comparison.segments[row.pair.segment]
    turn = Turn() if segment is None else whole_of(segment)
    mine = None if row.questioned is None else fitted(row.questioned.picture)
    theirs = None if row.evidence is None else fitted(laid(row.evidence.picture, turn))
    # Of one place that was changed in two ways one outline is drawn: two would hide each other.
    for region in dict.fromkeys(one.region for one in row.pair.changes if one.region is not None):
        if mine is not None:
            outline(mine, region, "changed")
        if theirs is None or segment is None:
            continue
        if (there := within(segment.place, region)) is not None:  # what lies in bars has no place in it
            outline(theirs, inside(turn.region(segment.region), there), "changed")
    if segment is not None:
        _outline_parts(mine, theirs, segment)
    if mine is None:
        mine = _nothing("left out of A", theirs)
    if theirs is None:
        theirs = _nothing("no counterpart found", mine)
    return mine, theirs


def _outline_parts(mine: Picture | None, theirs: Picture | None, segment: Segment) -> None:
    """The part of the recording that is seen, and where in the file in question it is, unless that is all of them."""
    if theirs is not None and segment.region != WHOLE_PICTURE:
        outline(theirs, whole_of(segment).region(segment.region), "visible")
    if mine is not None and segment.place != WHOLE_PICTURE:
        outline(mine, segment.place, "visible")


def fitted(picture: Picture) -> Picture:
    """A copy of ``picture`` as large as a column allows: its width, and at most :data:`SIDE` high."""
    height, width = picture.shape[:2]
    scale = min(COLUMN / width, SIDE / height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, size, interpolation=how), np.uint8)


def _is_part(segment: Segment) -> bool:
    return {segment.region, segment.place} != {WHOLE_PICTURE}


def _nothing(text: str, beside: Picture | None) -> Picture:
    height, width = (COLUMN * 9 // 16, COLUMN) if beside is None else beside.shape[:2]
    empty = np.full((height, width, 3), _EMPTY, np.uint8)
    lines = lettering.wrapped(text, _SMALL, width - 2 * _MARGIN)
    for number, line in enumerate(lines):
        y = height // 2 + round((number - (len(lines) - 1) / 2) * _SMALL * _LEADING) + _SMALL // 2
        lettering.write(empty, line, ((width - lettering.width(line, _SMALL)) // 2, y), _SMALL, _GREY)
    return empty


def _legend(rows: Sequence[Shown], words: Words) -> Iterator[Picture]:
    drawn = {words.comparison.segments[row.pair.segment] for row in rows if row.pair.segment is not None}
    if any(change.region is not None for row in rows for change in row.pair.changes):
        yield _sample("changed", "changed in A, and the same place in B")
    if any(_is_part(segment) for segment in drawn):
        yield _sample("visible", "the part of B that A shows, and where")


def _sample(style: str, text: str) -> Picture:
    block = _line([(text, _MARGIN + 120)], _SMALL)
    middle = block.shape[0] // 2
    stroke(block, (_MARGIN + 8, middle), (_MARGIN + 96, middle), "changed" if style == "changed" else "visible")
    return block


def _more(choice: Choice) -> Iterator[Picture]:
    if choice.left_out:
        yield _paragraph(f"{choice.left_out} more parts or changes are not shown here.", _SMALL)


def _paragraph(text: str, capital: int, colour: lettering.Colour = _INK) -> Picture:
    lines = lettering.wrapped(text, capital, WIDTH - 2 * _MARGIN)
    return np.vstack([_line([(line, _MARGIN)], capital, colour) for line in lines])


def _line(texts: Sequence[tuple[str, int]], capital: int, colour: lettering.Colour = _INK) -> Picture:
    """One line of (text, left end) pairs."""
    block = _space(round(capital * _LEADING))
    for text, left in texts:
        lettering.write(block, text, (left, round(capital * (1 + _LEADING) / 2)), capital, colour)
    return block


def _rule() -> Picture:
    block = _space(2 * _MARGIN)
    block[_MARGIN - 1 : _MARGIN + 1, _MARGIN:-_MARGIN] = _GREY
    return block


def _space(height: int) -> Picture:
    return np.full((height, WIDTH, 3), _PAPER, np.uint8)
