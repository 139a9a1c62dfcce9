"""A straight course: which moment of the evidence a moment of a questioned file shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from provenance.matching.looks.laying import Pair

    Times = NDArray[np.float64]

#: Speeds tried, evidence seconds per questioned second: at 1 first, then in steps of 1 %.
SPEEDS: Final = tuple(step / 100 for step in range(50, 201) if step != 100)  # noqa: PLR2004 - the one tried first
#: Times the fastest and the slowest speed that a course may have by its moments: a file at twice the speed is not lost.
BEYOND: Final = 1.05
#: Questioned seconds up to which a course from end to end of both files is tried: in longer ones moments tell it.
SHORT: Final = 4.0
#: Seconds that a questioned small picture may lie off the moment of an evidence picture, and still be compared with it.
OFF_MOMENT: Final = 0.25


@dataclass(frozen=True, slots=True)
class Course:
    """Evidence seconds = ``speed`` x questioned seconds + ``offset``.

    ``score``: mean likeness along it; ``gain``: how much speaks for it.
    """

    score: float
    speed: float
    offset: float
    gain: float = 0.0

    def here(self, there: Times) -> Times:
        """Questioned seconds of evidence seconds."""
        moments: Times = (there - self.offset) / self.speed
        return moments

    def there(self, here: float) -> float:
        """Evidence seconds of a questioned second."""
        return float(self.speed * here + self.offset)


def step_of(pair: Pair) -> float:
    """Seconds from one small picture of the questioned track to the next, the median."""
    return float(np.median(np.diff(pair.questioned_times))) if len(pair.questioned_times) > 1 else 0.04


def reached(here: Times, moments: Times, near: NDArray[np.int64], step: float) -> NDArray[np.bool_]:
    """Whether questioned pictures at ``here`` show ``moments``, of which ``near`` are the nearest, ``step`` s apart.

    Not before the first nor after the last. Files of hours have a small picture in seconds only: what lies between two
    of them is not compared.
    """
    inside = (moments >= here[0] - step / 2) & (moments <= here[-1] + step / 2)
    found: NDArray[np.bool_] = inside & (np.abs(here[near] - moments) <= max(OFF_MOMENT, min(step, 2 * OFF_MOMENT)))
    return found
