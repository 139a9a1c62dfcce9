"""Long files and long recordings: asked about in windows, and compared where codes propose it, with all that is kept.

Of a file 256 pictures are asked about and 3,000 small ones compared. Of hours both lie so far apart that pieces of some
seconds fall between them (docs/adr/0060-long-files.md).
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from provenance.comparison import Span
from provenance.matching.looks.part import part_of
from provenance.matching.looks.sight import MOST_COMPARED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.matching.looks.library import Place
    from provenance.matching.looks.part import PartOfSight
    from provenance.matching.looks.sight import Sight

#: Seconds of a window: with the 256 pictures that are asked about one a second, so that a piece of 5 s has five.
WINDOW: Final = 256
#: Windows of one file: of up to 4.5 hours; of a longer file they are longer.
MOST_WINDOWS: Final = 64
#: Places that are compared, of one window and in all: each takes 0.1 to 1 s.
PLACES, MOST_PLACES = 3, 64
#: Seconds up to which a recording is compared by every small picture that is kept of it, 0.4 s apart.
THINNED: Final = 0.4 * MOST_COMPARED
#: Seconds around the pictures that voted in which a piece may begin and end: those asked about lie a second apart,
#: codes in the index at most 4 s.
_AROUND: Final = 4.0


def is_long(file: Sight) -> bool:
    """Whether a file has more than one window."""
    return file.length() > WINDOW


def windows(file: Sight) -> Iterator[PartOfSight]:
    """``file``, blind but for one window after the other; those that say nothing are left out."""
    whole = file.whole()
    count = min(MOST_WINDOWS, -(-int(whole.length) // WINDOW) or 1)
    for number in range(count):
        start = whole.start + whole.length * number / count
        window = part_of(file, [Span(start, start + whole.length / count)])
        if window.says.any() and len(window.places):
            yield window


def laid_at(file: Sight, recording: Sight, place: Place) -> tuple[PartOfSight, PartOfSight]:
    """Both, blind but for ``place`` and what lies around it."""
    first = float(recording.times[0])  # codes in the index count from the first picture
    there = (place.there[0] + first, place.there[1] + first)
    return part_of(file, [_around(place.here)]), part_of(recording, [_around(there)])


def _around(seconds: tuple[float, float]) -> Span:
    return Span(Fraction(seconds[0] - _AROUND), Fraction(seconds[1] + _AROUND))


def seconds_apart(file: Sight) -> float:
    """Seconds between pictures of a file that are asked about, or that are compared, whichever lie further apart."""
    return max(float(file.length()) / (MOST_WINDOWS * WINDOW), file.spacing)
