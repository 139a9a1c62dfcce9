"""Which evidence, in which pose, could questioned pictures come from? By codes first, then by local features.

Only proposals: `pieces` looks whether one holds, pair by pair.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import cv2
import faiss
import numpy as np

from provenance.binding import reduction
from provenance.binding.looks import codes
from provenance.evidence import CODE_BYTES, SMALL_SIDE
from provenance.matching.background import threshold
from provenance.matching.looks.agreeing import agreeing, in_perspective
from provenance.matching.looks.insets import inset_places
from provenance.matching.looks.pose import EIGHT, Pose, mapped, turned_codes, window

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from provenance.matching.looks.sight import Sight

    Features = tuple[NDArray[np.float32], NDArray[np.uint8]]

#: Bits of 256 by which a code may differ.
FARTHEST: Final = int(threshold("search.codes.farthest"))
#: Questioned pictures that are asked about, spread evenly. Features are kept of one evidence picture in 4 s: where the
#: camera moves, a questioned picture within a quarter of a second of it has to be among those asked.
ASKED_CODES, ASKED_FEATURES = 64, 64
#: Pairs of local features that are compared in all: 2 s on one thread. Of a large library fewer pictures are asked.
_MOST_COMPARED: Final = 2_000_000_000
#: Nearest codes looked at for each.
_NEAREST: Final = 8
#: Proposals that are looked into, of one evidence where each is compared by itself.
PROPOSED: Final = 8
#: Bits by which a local feature may differ from its like, and the part of its distance to the next best.
FEATURE_BITS, _RATIO = 64, 0.8
_LEAST_ASKED: Final = 8
#: Nearest local features looked at for each, and evidence pictures that are laid under a questioned one.
_NEAREST_FEATURES, _LAID = 3, 6
#: Local features that must agree on a pose. Unrelated pictures of 23 clips had 12 at most on a homography; a pose that
#: is wrong is refused by alignment, so that few are enough to try it.
INLIERS: Final = 8
#: Parts of the picture (1/480) by which a feature may lie off its place.
_OFF_PLACE: Final = 4 / 480
#: A border: lines whose mean contrast in the file stays below this (levels), or that never change.
_BORDER: Final = 2.0
_LEAST_SIDE: Final = 16


@dataclass(frozen=True, slots=True)
class Proposal:
    """An evidence and a pose; ``weight`` orders the proposals of one tier."""

    source: str
    pose: Pose
    weight: float


def by_codes(questioned: Sight, evidence: Sequence[Sight]) -> list[Proposal]:
    """Proposals from the codes of whole pictures, in the eight ways to lay them, with static borders taken away."""
    return _voted(laid_out(questioned, ASKED_CODES), evidence)


def by_insets(questioned: Sight, evidence: Sequence[Sight]) -> list[Proposal]:
    """Proposals from the codes of what may be a small picture in a large one, of the shape of each evidence."""
    found = []
    for one in evidence:
        frames = insets(questioned, ASKED_CODES, [one.shape / questioned.shape, 1 / (one.shape * questioned.shape)])
        found += _voted(frames, [one])
    return _best(found)


def _voted(frames: Sequence[Frame], evidence: Sequence[Sight]) -> list[Proposal]:
    """Proposals of all evidence in the eight ways to lay ``frames``, by votes of their codes."""
    library, owners, times = _library(evidence)
    if library is None:
        return []
    votes: dict[tuple[int, int, int], list[tuple[float, float]]] = defaultdict(list)
    for number, frame in enumerate(frames):
        for way, turned in enumerate(EIGHT):
            asked = turned_codes(frame.codes, turned)
            near, which = library.search(asked, min(_NEAREST, library.ntotal))
            for at, (bits, found) in enumerate(zip(near, which, strict=True)):
                for far, code in zip(bits, found, strict=True):
                    if code >= 0 and far <= FARTHEST:
                        offset = float(times[code] - frame.times[at])
                        votes[int(owners[code]), number, way].append((offset, FARTHEST + 1 - float(far)))
    proposals = [
        Proposal(
            evidence[owner].source,
            Pose(EIGHT[way].matrix @ np.linalg.inv(frames[number].matrix)),
            _agreeing(found),
        )
        for (owner, number, way), found in votes.items()
    ]
    return _best(proposals)


def _agreeing(found: Iterable[tuple[float, float]]) -> float:
    """Weight of the votes for one offset, to a second, or of half of all of them: speed may change."""
    offsets: dict[int, float] = defaultdict(float)
    for offset, weight in found:
        for bucket in (int(np.floor(offset)), int(np.floor(offset)) + 1):
            offsets[bucket] += weight
    return max(*offsets.values(), sum(weight for _, weight in found) / 2)


def _best(proposals: list[Proposal]) -> list[Proposal]:
    return sorted(proposals, key=lambda one: -one.weight)[:PROPOSED]


def _library(evidence: Sequence[Sight]) -> tuple[faiss.IndexBinaryFlat | None, NDArray[np.int64], NDArray[np.float64]]:
    """Codes of small pictures of all evidence, whose they are, and when."""
    rows, owners, times = [], [], []
    for owner, sight in enumerate(evidence):
        chosen = sight.places[sight.says[sight.places]]
        rows.append(sight.codes[chosen])
        owners.append(np.full(len(chosen), owner))
        times.append(sight.times[chosen])
    if not sum(map(len, rows)):
        return None, np.zeros(0, np.int64), np.zeros(0)
    index = faiss.IndexBinaryFlat(CODE_BYTES * 8)
    index.add(np.ascontiguousarray(np.concatenate(rows)))
    return index, np.concatenate(owners), np.concatenate(times)


@dataclass(frozen=True)
class Frame:
    """Codes of what lies inside a rectangle of the questioned picture; ``matrix``: from there to the whole picture."""

    codes: NDArray[np.uint8]
    times: NDArray[np.float64]
    matrix: NDArray[np.float64]


def laid_out(questioned: Sight, count: int) -> list[Frame]:
    """The whole picture, and what static or empty borders leave of it; of at most ``count`` pictures each."""
    telling = np.flatnonzero(questioned.says)
    chosen = telling[np.linspace(0, len(telling) - 1, min(len(telling), count)).astype(np.int64)]
    frames = []
    if len(chosen):
        frames.append(Frame(questioned.codes[chosen], questioned.times[chosen], np.eye(3)))
    rows = _spread(questioned, count)
    return [*frames, *(_inside(questioned, rows, box) for box in inners(questioned.small[rows]))]


def insets(questioned: Sight, count: int, shapes: Iterable[float]) -> list[Frame]:
    """What may be small pictures in it, of ``shapes`` (width by height in parts of the picture)."""
    rows = _spread(questioned, count)
    return [_inside(questioned, rows, box) for box in inset_places(questioned.small[rows], shapes)]


def _spread(questioned: Sight, count: int) -> NDArray[np.int64]:
    return np.linspace(0, len(questioned.small) - 1, min(len(questioned.small), count)).astype(np.int64)


def _inside(questioned: Sight, rows: NDArray[np.int64], box: tuple[int, int, int, int]) -> Frame:
    """Codes of what lies inside ``box`` (left, top, right, bottom in boxes) of some small pictures."""
    left, top, right, bottom = box
    cut = np.stack(
        [reduction.means(one[top:bottom, left:right], SMALL_SIDE, SMALL_SIDE) for one in questioned.small[rows]]
    )
    matrix = window(*(place / SMALL_SIDE for place in box))
    return Frame(codes(cut), questioned.times[questioned.places[rows]], matrix)


def inners(pictures: NDArray[np.uint8]) -> list[tuple[int, int, int, int]]:
    """Left, top, right, bottom in boxes of what may lie inside a border; none where there is none.

    A border is flat, or blurred so that neighbours differ less than inside: how much less is tried at a few levels.
    """
    wide = pictures.astype(np.float32)
    # Differences across and down at the same places; either alone is large along the edge of a border.
    contrast = np.minimum(
        np.abs(np.diff(wide[:, :-1], axis=2)).mean(0), np.abs(np.diff(wide[:, :, :-1], axis=1)).mean(0)
    )
    found = []
    for part in _BLURRED:
        left, top, right, bottom = 0, 0, SMALL_SIDE, SMALL_SIDE
        for _ in range(2):  # a caption in the border below makes columns of it look like the picture: rows tell first
            top, bottom = _run(contrast[:, left:right].mean(1), part)
            left, right = _run(contrast[top:bottom].mean(0), part)
        if (right - left, bottom - top) != (SMALL_SIDE, SMALL_SIDE):
            found.append((left, top, right, bottom))
    return list(dict.fromkeys(found))


#: Parts of the contrast inside below which a line may be border: of a flat one, and of what is blurred.
_BLURRED: Final = (0.0, 0.3, 0.5)
#: Lines of less contrast inside a picture, a part of its side: sky, or a wall.
_BRIDGED: Final = 0.06


def _run(contrast: NDArray[np.float32], part: float) -> tuple[int, int]:
    """First line of the longest stretch with contrast, and the one after its last; everything if little is left."""
    least = max(_BORDER, part * float(np.quantile(contrast, 0.9)))
    lines = np.flatnonzero(contrast > least)
    if not len(lines):
        return 0, SMALL_SIDE
    stretches = np.split(lines, np.flatnonzero(np.diff(lines) > 1 + _BRIDGED * SMALL_SIDE) + 1)
    longest = max(stretches, key=lambda one: one[-1] - one[0])
    first, last = int(longest[0]), int(longest[-1]) + 1
    if last - first < _LEAST_SIDE:
        return 0, SMALL_SIDE
    return first, SMALL_SIDE if last == len(contrast) else last


# --- local features ---


def asked_pictures(questioned: Sight, held: int, each: int | None = None) -> list[int]:
    """Numbers of the pictures whose local features are asked about among ``held`` ones, ``each`` of one picture."""
    chosen = questioned.featured
    if not len(chosen):
        return []
    of_one = each or len(questioned.features(int(chosen[0]))[1])
    asked = int(np.clip(_MOST_COMPARED // max(1, of_one * held), _LEAST_ASKED, ASKED_FEATURES))
    spread: list[int] = chosen[np.linspace(0, len(chosen) - 1, min(len(chosen), asked)).astype(np.int64)].tolist()
    return spread


def by_features(questioned: Sight, evidence: Sequence[Sight]) -> list[Proposal]:
    """Proposals from local features, also mirrored."""
    library = _FeatureLibrary(evidence)
    if library.index is None:
        return []
    found: dict[tuple[str, bool], list[Proposal]] = defaultdict(list)
    for picture in asked_pictures(questioned, library.index.ntotal):
        places, described = questioned.features(picture)
        if len(described) < INLIERS:
            continue
        near, which = library.index.search(described, _NEAREST_FEATURES)
        votes: dict[tuple[int, int], int] = defaultdict(int)
        for bits, rows in zip(near, which, strict=True):
            close = [int(row) for far, row in zip(bits, rows, strict=True) if row >= 0 and far <= FEATURE_BITS]
            for place in {library.owner(row) for row in close}:
                votes[place] += 1
        for owner, number in sorted(votes, key=lambda one: -votes[one])[:_LAID]:
            laid = agreed((places, described), evidence[owner].features(number))
            if laid is None:
                continue
            proposal = Proposal(evidence[owner].source, laid.pose, laid.count)
            found[proposal.source, laid.pose.turned.mirrored].append(proposal)
    return _best([one for poses in found.values() for one in recurring(poses)])


def recurring(poses: list[Proposal]) -> list[Proposal]:
    """Poses of one evidence that differ, each with the weight of all that agree with it.

    Where a car fills the picture, most local features of two pictures may agree on how it moved between them: another
    pose for each two pictures. Where the picture lies is one pose for all.
    """
    groups: list[list[Proposal]] = []
    for one in sorted(poses, key=lambda one: -one.weight):
        near = (each for each in groups if np.abs(each[0].pose.corners - one.pose.corners).max() <= _ONE_POSE)
        group = next(near, None)
        if group is None:
            groups.append(group := [])
        group.append(one)
    return [replace(group[0], weight=sum(one.weight for one in group)) for group in groups]


#: Parts of the picture by which corners of one pose may differ from pair to pair of pictures.
_ONE_POSE: Final = 0.04


class _FeatureLibrary:
    """Local features of all evidence in one index."""

    def __init__(self, evidence: Sequence[Sight]) -> None:
        self.index: faiss.IndexBinaryFlat | None = None
        self._owners: list[tuple[int, int]] = []
        rows: list[NDArray[np.uint8]] = []
        starts, total = [], 0
        for owner, sight in enumerate(evidence):
            for picture in sight.featured.tolist():
                described = sight.features(picture)[1]
                rows.append(described)
                starts.append(total)
                self._owners.append((owner, picture))
                total += len(described)
        self._starts = np.array(starts)
        if total:
            self.index = faiss.IndexBinaryFlat(CODE_BYTES * 8)
            self.index.add(np.ascontiguousarray(np.concatenate(rows)))

    def owner(self, row: int) -> tuple[int, int]:
        """Number of the evidence, and of its picture, that a row of the index is of."""
        return self._owners[int(np.searchsorted(self._starts, row, side="right")) - 1]


@dataclass(frozen=True)
class Agreement:
    """A pose, how many local features agree on it, and where they lie in the evidence picture, shape (n, 2)."""

    pose: Pose
    count: int
    places: NDArray[np.float32]


def agreed(questioned: Features, evidence: Features) -> Agreement | None:
    """The pose in which most local features of two pictures agree; each picture as `Sight` has it."""
    one, other = agreeing(questioned, evidence, bits=FEATURE_BITS, ratio=_RATIO)
    if len(one) < INLIERS:
        return None
    cv2.setRNGSeed(0)  # the same features give the same pose
    # A plane seen straight on needs half the agreement of a perspective one: tried first, with a few features, too.
    affine, on_it = cv2.estimateAffine2D(one, other, method=cv2.RANSAC, ransacReprojThreshold=_OFF_PLACE)
    poses = [(int(on_it.sum()), np.vstack([affine, [0.0, 0.0, 1.0]]))] if np.size(affine) == _AFFINE else []
    projective = in_perspective(one, other, off=_OFF_PLACE, tries=1000)
    if projective is not None and (not poses or projective[1] > poses[0][0] * _MORE_IN_PERSPECTIVE):
        poses = [(projective[1], projective[0])]
    if not poses or poses[0][0] < INLIERS:
        return None
    pose = Pose(poses[0][1])
    if not pose.is_sound:
        return None
    off = np.linalg.norm(mapped(pose.matrix, one.astype(np.float64)) - other, axis=1)
    return Agreement(pose, poses[0][0], other[off <= _OFF_PLACE])


#: Figures of an affine map; OpenCV gives none where it finds none.
_AFFINE: Final = 6
#: Times as many local features that have to agree in perspective, because two more points are free there.
_MORE_IN_PERSPECTIVE: Final = 1.2
