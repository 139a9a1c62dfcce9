"""The strip below a clip: the time codes of both panes, one picture of it for each of the clip's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from provenance.media.render import lettering
from provenance.media.render.graph import STRIP
from provenance.media.render.laid import counterpart

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    from provenance.media.render.graph import Layout
    from provenance.media.render.words import Words

_CAPITAL: Final = 26
_PAPER, _INK = 250, 20


def strips(words: Words, parts: Sequence[tuple[int, int]], rate: Fraction, layout: Layout) -> Iterator[bytes]:
    """Grey samples of one strip after another: ``STRIP`` rows of the clip's width.

    ``parts``: (number of the segment, pictures of it).
    """
    for number, count in parts:
        segment = words.comparison.segments[number]
        for picture in range(count):
            moment = segment.questioned.start + picture / rate
            codes = (words.time(None, moment), words.time(segment.source, counterpart(segment, moment)))
            yield _strip(codes, layout)


def _strip(codes: tuple[str, str], layout: Layout) -> bytes:
    canvas = np.full((STRIP, layout.width), _PAPER, np.uint8)
    for text, left, width in zip(codes, (0, layout.second), (layout.left, layout.right), strict=True):
        capital = _CAPITAL
        while capital > 8 and lettering.width(text, capital) > width:  # noqa: PLR2004 - below it nothing is read
            capital -= 1
        place = left + max(0, (width - lettering.width(text, capital)) // 2), (STRIP + capital) // 2
        lettering.write(canvas, text, place, capital, (_INK, _INK, _INK))
    return canvas.tobytes()
