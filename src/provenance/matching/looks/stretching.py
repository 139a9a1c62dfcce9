"""Whether a copy shows the recording wider or narrower than it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from provenance.comparison import Alteration
from provenance.matching.background import threshold
from provenance.matching.looks.pose import mapped

if TYPE_CHECKING:
    from provenance.matching.looks.pose import Pose
    from provenance.matching.looks.sight import Sight

#: Times as long as in the recording that one direction may be beside another: poses are right to a few parts in a
#: hundred, and pixels are not always what a container says.
_MOST: Final = threshold("looks.aspect")
#: Part of the picture by which slopes of the pose are taken, in its middle.
_STEP: Final = 1e-3


def stretched(questioned: Sight, evidence: Sight, pose: Pose) -> Alteration | None:
    """The alteration ``aspect``, where lengths as they are shown have changed by more in one direction than across it.

    Turning and tilting change no lengths. ``pose`` is of the small pictures.
    """
    places = mapped(pose.inverse, np.array([[0.5, 0.5], [0.5 + _STEP, 0.5], [0.5, 0.5 + _STEP]]))
    slopes = ((places[1:] - places[0]) / _STEP).T
    here, there = questioned.shape * questioned.read, evidence.shape * evidence.read
    long, short = np.linalg.svd(np.diag([here, 1.0]) @ slopes @ np.diag([1 / there, 1.0]), compute_uv=False)
    if short <= 0 or long / short < _MOST:
        return None
    return Alteration("aspect", what=f"one direction is {float(long / short):.2f} times as long beside the other")
