"""A file of one picture, or of so few that they show no movement: which moment of which recording (docs/adr/0035)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from provenance.comparison import Comparison, Note
from provenance.matching.background import threshold
from provenance.matching.looks import sightings
from provenance.matching.looks.another_camera import at_edges
from provenance.matching.looks.captions import under_a_caption
from provenance.matching.looks.glimpse import glimpse, lay_one, nearest_row, weight
from provenance.matching.looks.moments import Moments
from provenance.matching.looks.stills_told import scene_found, still_found

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from provenance.matching.looks.glimpse import Glimpse, Laid
    from provenance.matching.looks.moments import Telling
    from provenance.matching.looks.sight import Sight
    from provenance.matching.looks.sightings import Sighting

#: Pictures of a file that are looked at one by one: with fewer than four small pictures no movement can be compared.
MOST_PICTURES: Final = 3
#: Thresholds of one picture, each measured (background.json, docs/adr/0055).
LIKE: Final = threshold("looks.still.like")
SAME: Final = threshold("looks.still.same")
ROUGHLY: Final = threshold("looks.still.roughly")
TELLING: Final = threshold("looks.still.telling")
TELLING_CODES: Final = threshold("looks.still.telling-codes")
AGREEING: Final = threshold("looks.still.agreeing")
CAPTION_BITS: Final = threshold("looks.still.caption.bits")
UNUSUAL: Final = threshold("looks.still.unusual")
PART_TELLING: Final = threshold("looks.still.part.telling")
PART_CODES: Final = threshold("looks.still.part.codes")
LEAST_WEIGHT: Final = threshold("looks.still.weight")
LEAST_QUALITY: Final = threshold("looks.still.quality")
LEAST_ENERGY: Final = threshold("looks.movement.energy")
#: Places by which a moment is told from others.
LEAST_PLACES: Final = 16
#: Bits of codes by which it is told, and the part of the recording's picture that has to be seen for that: the rest is
#: filled from the recording itself.
LEAST_BITS, _MOST_OF_IT = 32, 0.6
#: Small pictures of the view away from the moment, below which nothing says what is usual in it.
LEAST_OTHERS: Final = 3
#: As many from which small pictures may tell where codes agree less: in a pan over a flat picture there was one.
MANY_OTHERS: Final = 8
#: Proposals of each tier that are laid, and those that are followed up.
_TRIED, _FOLLOWED = 5, 3
#: A laid proposal of this likeness needs no further tier.
_WELL: Final = 0.9
#: Part of the questioned picture that lies in the recording's, below which a better moment is looked for nearby; how
#: near, in seconds, and among how many pictures.
_INSIDE, _BETWEEN, _MOST_BETWEEN = 0.9, 4.2, 24
#: Part of the recording's picture above which codes tell a moment to the picture.
_WHOLE: Final = 0.8


@dataclass(frozen=True)
class Found:
    """``same``: told from the other moments of the view; ``scene``: it looks alike and is not."""

    seen: Glimpse
    moments: Moments
    standing: Literal["same", "scene"]
    #: by what it is told where a caption hides a part of it
    beside: Telling | None = None

    @property
    def is_flat(self) -> bool:
        """Whether nothing in the view differs by which moments could be told apart."""
        return self.seen.energy < LEAST_ENERGY or self.seen.places < LEAST_PLACES

    @property
    def is_exact(self) -> bool:
        """Whether codes, which are kept of every picture, tell the moment in nearly the whole picture."""
        told = self.moments.told
        return self.seen.view.seen >= _WHOLE and told.bits >= LEAST_BITS and told.here >= TELLING_CODES


def is_still(file: Sight) -> bool:
    """Whether a file has so few pictures that each is looked at by itself."""
    return len(file.times) <= MOST_PICTURES


def shows_anything(file: Sight, at: int) -> bool:
    """Whether picture ``at`` has anything to be told by: less is asked of it than of pictures that vote."""
    return file.track.looks is not None and file.track.looks.qualities[at] >= LEAST_QUALITY


def compare_stills(file: Sight, held: Sequence[Sight]) -> Comparison | None:
    """What appearance says of a file of one to three pictures; None where nothing looks alike."""
    pictures = [at for at in range(len(file.times)) if shows_anything(file, at)]
    held = [one for one in held if len(one.places) and one.says.any()]
    if not pictures or not held:
        return None
    found: dict[int, list[Found]] = {at: [] for at in pictures}
    notes: list[Note] = []
    for one in held:  # each by itself: what else is held neither crowds it out nor moves its score
        library = sightings.Features([one])
        for at in pictures:
            found[at] += looks_like(file, at, [one], library)
        if library.left_out:
            detail = "not every local feature of the recording was searched"
            notes.append(Note("evidence.notMeasured", "informational", detail))
    for at in pictures:
        found[at].sort(key=lambda one: (one.standing != "same", -_weight(one.seen)))
    best = {at: each[0] for at, each in found.items() if each and each[0].standing == "same"}
    sources = {each.seen.evidence.source for each in best.values()}
    if len(best) == len(pictures) and len(sources) == 1:
        return still_found(file, best, found, notes)
    everything = [one for each in found.values() for one in each]
    return scene_found(everything, notes) if everything else None


def looks_like(file: Sight, at: int, held: Sequence[Sight], library: sightings.Features) -> list[Found]:
    """What one picture looks like, one entry a recording, the best first."""
    small = sightings.small_of(file, at)
    laid = _laid(small, sightings.by_codes(file, at, held))
    near = library.like(file.features(at)[1])
    laid += _laid(small, sightings.by_features(file, at, near))
    if max((one[2][1] for one in laid if weight(one[2]) >= LEAST_WEIGHT), default=0.0) < _WELL:
        laid += _laid(small, sightings.by_sliding(file, at, near))
    laid.sort(key=lambda one: -weight(one[2]))
    if laid and laid[0][2][0].inside < _INSIDE:  # the camera pans, and what was proposed is a moment nearby
        around = [(laid[0][0].evidence, place) for place in _around(laid[0][0].evidence, laid[0][0].time)]
        laid += _laid(small, sightings.by_sliding(file, at, around))
        laid.sort(key=lambda one: -weight(one[2]))
    best: dict[str, Glimpse] = {}
    for sighting, row, lain in laid[:_FOLLOWED]:
        seen = glimpse(small, sighting.evidence, row, lain)
        known = best.get(sighting.evidence.source)
        if known is None or _weight(seen) > _weight(known):
            best[sighting.evidence.source] = seen
    ordered = sorted(best.values(), key=lambda one: -_weight(one))
    return [told for one in ordered if (told := _told(file, at, one)) is not None]


def _laid(small: NDArray[np.uint8], proposed: Iterable[Sighting]) -> list[tuple[Sighting, int, Laid]]:
    """Proposals of one tier laid on the kept picture that each names, a few different ones."""
    found, tried = [], set()
    for one in proposed:
        turned = one.pose.turned
        key = one.evidence.source, turned, round(one.time / 4)
        if key in tried:
            continue
        tried.add(key)
        row = nearest_row(one.evidence, one.time)
        lain = lay_one(small, one.evidence, row, one.pose)
        if lain is not None:
            found.append((one, row, lain))
        if len(tried) == _TRIED:
            break
    return found


def _around(evidence: Sight, time: float) -> list[int]:
    """Kept pictures between those with local features, which are 4 s apart."""
    times = evidence.times[evidence.places]
    return [int(place) for place in evidence.places[np.abs(times - time) <= _BETWEEN]][:_MOST_BETWEEN]


def _weight(seen: Glimpse) -> float:
    return weight((seen.view, seen.likeness))


def _told(file: Sight, at: int, seen: Glimpse) -> Found | None:
    if seen.likeness < LIKE or _weight(seen) < LEAST_WEIGHT:
        return None
    moments = Moments(seen)
    whole = moments.is_whole(file, at, seen.evidence)
    scene = Found(seen, moments, "scene")
    if scene.is_flat or moments.contradicted(file, at, seen.evidence):
        return scene
    beside = None
    if not _is_told(seen, moments, whole=whole):
        beside = _beside_a_caption(seen, moments)
        if beside is None:
            return scene
    # A pan over a place lays a photograph of it on one of its pictures, and what is beyond the edge was never recorded.
    more = not whole and at_edges(file, seen.view.pose, at, at) == "goes on"
    return scene if more else Found(seen, moments, "same", beside)


def _is_told(seen: Glimpse, moments: Moments, *, whole: bool) -> bool:
    """Whether a picture holds what its moment differs from the others of the view by.

    Codes are kept of every picture, small pictures 0.4 s apart: where something moves fast only codes tell. A caption
    spoils codes, and of a small part they say little, because the rest is filled from the recording itself.
    """
    told = moments.told
    if told.bits < LEAST_BITS or told.others < LEAST_OTHERS:
        # The view is left at once, and over a flat picture a shift fits many moments: only the frame tells this one.
        return whole and seen.telling >= TELLING and seen.likeness >= SAME
    if told.here - told.usual < UNUSUAL:
        return False
    if seen.view.seen < _MOST_OF_IT:
        return seen.telling >= PART_TELLING and told.here >= PART_CODES and seen.likeness >= SAME
    if told.here >= TELLING_CODES and seen.likeness >= ROUGHLY:
        return True
    well_known = told.others >= MANY_OTHERS and told.here >= AGREEING
    return well_known and seen.telling >= TELLING and seen.likeness >= SAME


def _beside_a_caption(seen: Glimpse, moments: Moments) -> Telling | None:
    """What tells a moment of which a band across the picture is hidden; None where it is not told so."""
    if seen.view.seen < _MOST_OF_IT or moments.told.bits < LEAST_BITS or moments.told.others < LEAST_OTHERS:
        return None
    told = under_a_caption(seen)
    if told is None or told.bits < CAPTION_BITS:
        return None
    return told if told.here >= TELLING_CODES and told.here - told.usual >= UNUSUAL else None
