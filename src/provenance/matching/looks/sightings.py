"""Where in which recording could one picture lie? Proposals by codes, by local features, and by sliding.

A picture shows no stretch of time that votes could agree on, so that weak proposals count: each is laid on the kept
picture that it names before it is believed (`glimpse`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import faiss
import numpy as np

from provenance.binding import reduction
from provenance.binding.looks import codes
from provenance.evidence import CODE_BYTES, SMALL_SIDE
from provenance.matching.looks.agreeing import agreeing, in_perspective
from provenance.matching.looks.candidates import FARTHEST, inners
from provenance.matching.looks.pose import EIGHT, Pose, turned_codes, window
from provenance.matching.looks.sharing import FEATURES_AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from provenance.matching.looks.sight import Sight

    Array = NDArray[np.float32]

#: Bits of 256 that coding a picture again changes at most (design/matching.md: 10 to 30).
CODED_AGAIN: Final = 30
#: Nearest codes and local features looked at for each.
_NEAREST, _NEAREST_FEATURES = 12, 8
#: Bits by which a local feature may differ to vote, and to lie in a pose; and the part of its distance to the next.
_VOTES, _FEATURE_BITS, _RATIO = 80, 64, 0.85
#: Local features that must agree on a pose, and pictures of recordings that are laid under one. Fewer than for videos:
#: a pose that is wrong is refused when it is laid.
_INLIERS, _LAID = 8, 24
#: Parts of the picture (1/480) by which a feature may lie off its place.
_OFF_PLACE: Final = 5 / 480
#: Width of what is shared, as a part of the wider picture, in steps of about 10 %.
_PARTS: Final = (1.0, 0.9, 0.82, 0.75, 0.68, 0.62, 0.56, 0.5, 0.44, 0.38)
#: Boxes that what is shared has at least in either direction, and likeness from which it is proposed.
_LEAST_BOXES, _LEAST_ALIKE = 20, 0.25


@dataclass(frozen=True, slots=True)
class Sighting:
    """A recording, a pose and the seconds at which it was proposed; ``weight`` orders the proposals of one tier."""

    evidence: Sight
    pose: Pose
    time: float
    weight: float


def by_codes(questioned: Sight, at: int, evidence: Sequence[Sight]) -> list[Sighting]:
    """Pictures with a code near that of picture ``at``, whole or without its border, in the eight ways.

    Of those with a small picture, and very near ones of all: in a fast pan, a moment is like none of the former.
    """
    found = _by_codes(questioned, at, [(sight, sight.places) for sight in evidence], FARTHEST)
    found += _by_codes(questioned, at, [(sight, np.arange(len(sight.times))) for sight in evidence], CODED_AGAIN)
    return sorted(found, key=lambda one: -one.weight)


def _by_codes(
    questioned: Sight, at: int, evidence: Sequence[tuple[Sight, NDArray[np.int64]]], farthest: int
) -> list[Sighting]:
    rows, owners, times = [], [], []
    for owner, (sight, places) in enumerate(evidence):
        chosen = places[sight.says[places]]
        rows.append(sight.codes[chosen])
        owners.append(np.full(len(chosen), owner))
        times.append(sight.times[chosen])
    if not sum(map(len, rows)):
        return []
    index = faiss.IndexBinaryFlat(CODE_BYTES * 8)
    index.add(np.ascontiguousarray(np.concatenate(rows)))
    owner_of, time_of = np.concatenate(owners), np.concatenate(times)
    found = []
    for code, matrix in frames(questioned, at):
        for turned in EIGHT:
            near, which = index.search(turned_codes(code, turned), min(_NEAREST, index.ntotal))
            for far, row in zip(near[0], which[0], strict=True):
                if row >= 0 and far <= farthest:
                    pose = Pose(turned.matrix @ np.linalg.inv(matrix))
                    weight = FARTHEST + 1 - float(far)
                    found.append(Sighting(evidence[owner_of[row]][0], pose, float(time_of[row]), weight))
    return found


def frames(questioned: Sight, at: int) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.float64]]]:
    """Codes of picture ``at``, shape (1, 32), whole and without its border; each with the map to the whole from it."""
    yield questioned.codes[at : at + 1], np.eye(3)
    small = small_of(questioned, at)
    for left, top, right, bottom in inners(small[None]):
        cut = reduction.means(small[top:bottom, left:right], SMALL_SIDE, SMALL_SIDE)
        yield codes(cut[None]), window(*(place / SMALL_SIDE for place in (left, top, right, bottom)))


def small_of(questioned: Sight, at: int) -> NDArray[np.uint8]:
    """The small picture of picture ``at``, or the nearest that is kept; shape (96, 96)."""
    small: NDArray[np.uint8] = questioned.small[int(np.abs(questioned.places - at).argmin())]
    return small


class Features:
    """Local features of all evidence in one index; ``left_out``: recordings that there was no room for."""

    def __init__(self, evidence: Sequence[Sight]) -> None:
        self._index = faiss.IndexBinaryFlat(CODE_BYTES * 8)
        self._evidence = evidence
        self._owners: list[tuple[int, int]] = []
        self.left_out = 0
        starts = []
        for owner, sight in enumerate(evidence):
            mine = [(picture, sight.features(picture)[1]) for picture in sight.featured.tolist()]
            if self._index.ntotal + sum(len(described) for _, described in mine) > FEATURES_AT_ONCE:
                self.left_out += 1
                continue
            for picture, described in mine:
                starts.append(self._index.ntotal)
                self._owners.append((owner, picture))
                self._index.add(described)
        self._starts = np.array(starts)

    def like(self, described: NDArray[np.uint8]) -> list[tuple[Sight, int]]:
        """Pictures whose local features are most like these: recording and number of the picture, the best first."""
        votes: dict[int, float] = defaultdict(float)
        if len(self._owners) <= _LAID:
            votes.update(dict.fromkeys(range(len(self._owners)), 0.0))
        if self._index.ntotal and len(described):
            near, which = self._index.search(described, min(_NEAREST_FEATURES, self._index.ntotal))
            for far, row in zip(near.ravel(), which.ravel(), strict=True):
                if row >= 0 and far <= _VOTES:
                    votes[int(np.searchsorted(self._starts, row, side="right")) - 1] += (_VOTES - float(far)) / _VOTES
        chosen = (self._owners[one] for one in sorted(votes, key=lambda one: -votes[one])[:_LAID])
        return [(self._evidence[owner], picture) for owner, picture in chosen]


def by_features(questioned: Sight, at: int, near: Sequence[tuple[Sight, int]]) -> list[Sighting]:
    """Poses in which local features of picture ``at`` agree with those of pictures ``near``."""
    places, described = questioned.features(at)
    found = []
    for sight, number in near:
        laid = _laid(places, described, sight, number)
        if laid is not None:
            found.append(Sighting(sight, laid[0], float(sight.times[number]), laid[1]))
    return sorted(found, key=lambda one: -one.weight)


def _laid(
    places: NDArray[np.float32], described: NDArray[np.uint8], evidence: Sight, picture: int
) -> tuple[Pose, int] | None:
    """The pose in which most local features of two pictures agree."""
    one, other = agreeing((places, described), evidence.features(picture), bits=_FEATURE_BITS, ratio=_RATIO)
    if len(one) < _INLIERS:
        return None
    cv2.setRNGSeed(0)  # the same features give the same pose
    found = in_perspective(one, other, off=_OFF_PLACE, tries=2000)
    if found is None or found[1] < _INLIERS:
        return None
    pose = Pose(found[0])
    return (pose, found[1]) if pose.is_sound else None


def by_sliding(questioned: Sight, at: int, near: Sequence[tuple[Sight, int]]) -> list[Sighting]:
    """Upright poses in which one picture is a part of the other: small details are lost, large shapes are not.

    Needs the sizes at which both are shown, which say how wide a part is that is so high.
    """
    own = _flattened(small_of(questioned, at))
    found = []
    for sight, number in near:
        ratio = sight.shape / questioned.shape
        there = _flattened(small_of(sight, number))
        for mirrored in (False, True):
            one = np.ascontiguousarray(own[:, ::-1]) if mirrored else own
            alike, matrix = max(_slid(one, there, ratio), key=lambda each: each[0])
            if alike > _LEAST_ALIKE:
                pose = Pose(matrix @ EIGHT[4].matrix if mirrored else matrix)
                found.append(Sighting(sight, pose, float(sight.times[number]), alike))
    return sorted(found, key=lambda one: -one.weight)


def _slid(own: Array, there: Array, ratio: float) -> Iterator[tuple[float, NDArray[np.float64]]]:
    """For each width of what is shared, the best place: likeness, and the map from the questioned picture."""
    yield 0.0, np.eye(3)
    for inside in (True, False):
        outer, part = (there, own) if inside else (own, there)
        for width in _PARTS:
            across, down = round(SMALL_SIDE * width), round(SMALL_SIDE * width * (ratio if inside else 1 / ratio))
            if not (_LEAST_BOXES <= across <= SMALL_SIDE and _LEAST_BOXES <= down <= SMALL_SIDE):
                continue
            shrunk = cv2.resize(part, (across, down), interpolation=cv2.INTER_AREA)
            alike = cv2.matchTemplate(outer, shrunk, cv2.TM_CCOEFF_NORMED)
            y, x = divmod(int(alike.argmax()), alike.shape[1])
            box = window(*(place / SMALL_SIDE for place in (x, y, x + across, y + down)))
            sure = float(np.sqrt(min(1.0, 4 * across * down / SMALL_SIDE**2)))  # a small part is alike by chance
            yield float(alike[y, x]) * sure, box if inside else np.linalg.inv(box).astype(np.float64)


def _flattened(small: NDArray[np.uint8]) -> Array:
    wide = small.astype(np.float32)
    return np.asarray(cv2.GaussianBlur(wide, (0, 0), 0.8) - cv2.GaussianBlur(wide, (0, 0), 8), np.float32)
