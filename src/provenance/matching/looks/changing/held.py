"""Pictures that stand still in the questioned file while the recording goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from provenance.matching.looks.changing.overlay import Overlaid
    from provenance.matching.looks.sight import Sight

#: Levels of mean difference below which a picture is the one before it, coded again; and below which it is the one
#: that a run began with.
_SAME, _STAYS = 0.45, 1.0
#: Seconds that a picture stands still at least; times as long as pictures usually do in this file.
_LEAST, _USUAL = 0.3, 3.0
#: Times the usual difference from the recording, and levels, that a held picture differs from it at least.
_WRONG, _LEVELS = 2.5, 1.5
#: Part of that difference by which the recording itself goes on, at least. Before a fixed camera a scene may stand for
#: a second in both, and what is painted over it then is no standstill: 7 of 12 such changes were called one.
_GOES_ON = 0.5
#: Levels, so that a picture of one colour is no division by zero.
_FLAT = 1e-3


@dataclass(frozen=True)
class Held:
    """Pictures ``begins`` to ``ends`` show what the first of them shows; rows ``first`` to ``last`` lie there."""

    begins: int
    ends: int
    first: int
    last: int


def held_in(questioned: Sight, laid: Overlaid) -> list[Held]:
    """Runs that stand still beside small pictures of the evidence that do not."""
    off = np.abs(laid.evidence - laid.questioned)[:, laid.seen].mean(1)
    usual = float(np.median(off))
    # Not as it was fitted to the copy's tone, picture by picture: a large change drags its own picture's tone along.
    own, toned = laid.as_coded[0][:, laid.seen], laid.evidence[:, laid.seen]
    own = own * np.median(toned.std(1)) / max(float(np.median(own.std(1))), _FLAT)
    found = []
    for begins, ends in _runs(questioned, laid):
        low, high = questioned.times[begins], questioned.times[ends] + questioned.gap
        rows = np.flatnonzero((laid.wanted > low + questioned.gap) & (laid.wanted < high))
        if not len(rows) or len(rows) > len(off) / 2:
            continue
        worst = rows[off[rows].argmax()]
        went_on = np.abs(own[worst] - own[max(rows[0] - 1, 0)]).mean()
        if off[worst] >= max(_WRONG * usual, usual + _LEVELS) and went_on >= _GOES_ON * off[worst]:
            found.append(Held(begins, ends, int(rows[0]), int(rows[-1])))
    return found


def _runs(questioned: Sight, laid: Overlaid) -> list[tuple[int, int]]:
    """First and last picture of every run that stands still long enough."""
    places = questioned.places
    inside = np.flatnonzero(
        (questioned.times[places] >= laid.wanted[0] - 1) & (questioned.times[places] <= laid.wanted[-1] + 1)
    )
    small = questioned.small[inside].astype(np.int16)
    if len(small) < 3:  # noqa: PLR2004 - no run in it
        return []
    steps = np.array([np.abs(one - other).mean() for one, other in zip(small[1:], small[:-1], strict=True)])
    runs, start = [], 0
    for at in range(1, len(small) + 1):
        goes_on = at < len(small) and steps[at - 1] < _SAME and np.abs(small[at] - small[start]).mean() < _STAYS
        if not goes_on:
            runs.append((start, at - 1))
            start = at
    times = questioned.times[places[inside]]
    lengths = np.array([times[last] - times[first] + questioned.gap for first, last in runs])
    least = max(_LEAST, _USUAL * float(np.median(lengths)))
    return [
        (int(places[inside[first]]), int(places[inside[last]]))
        for (first, last), length in zip(runs, lengths, strict=True)
        if length >= least
    ]
