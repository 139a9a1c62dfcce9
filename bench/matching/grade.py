"""One verdict against one truth. What was not answered, or not yet can be, is a miss like any other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from geometry import WHOLE, common, overlap

if TYPE_CHECKING:
    from truths import Piece, Planted, Range, Truth

CLASS = {
    "identical": "whole",
    "same-streams": "whole",
    "same-pictures": "whole",
    "rendition": "whole",
    "derivative": "whole",
    "excerpt": "excerpt",
    "composite": "composite",
    "still": "still",
}
ALARMS = {"picture", "inserted", "removed", "frozen"}
#: A cut, or the end of an alteration, is found within this many seconds.
NEAR = 0.2
#: Parts of a time line at which two speeds are called equal, and seconds of an equal shift of the sound.
SPEED, SHIFT = 0.01, 0.1
#: Area of both over area of either, above which a visible region is right: known exactly, or only bounded.
REGION = {True: 0.9, False: 0.6}
#: An alarm names a planted region if it covers half of it and is not much larger, as a part of the picture.
COVERED, LARGER, LARGEST = 0.5, 20.0, 0.1
#: Told by other columns (speed by geometry, sound by its relation), or no alteration of the recording.
NOT_COUNTED = {"speed", "surround", "replaced", "muted", "overdubbed", "shifted"}


@dataclass
class Grade:
    """None: does not apply. ``wrong``: evidence that was accepted and has nothing to do with the copy.

    ``named``: the right recording stands anywhere in the answer; ``first``: it is what the file is said to come from
    or, where nothing is accepted, the first that it is said to look like (retrieval's top-1).
    """

    truth: Truth
    accepted: bool = False
    named: bool = False
    first: bool = False
    wrong: tuple[str, ...] = ()
    wrong_by_sound: tuple[str, ...] = ()
    trouble: bool = False
    relation: str = "none"
    right_class: bool | None = None
    geometry: bool | None = None
    offsets: list[float] = field(default_factory=list)
    bounds: list[float] = field(default_factory=list)
    cuts: tuple[int, int] = (0, 0)  # found, there
    false_cuts: int | None = None
    alarms: tuple[str, ...] | None = None  # kinds, on a copy in which nothing was altered
    planted: list[tuple[Planted, bool]] = field(default_factory=list)
    sound: bool | None = None
    sound_told: str = "none"
    still_span: float | None = None


def evidence_ids(verdict: dict[str, Any]) -> set[str]:
    """All that an accepting verdict says the file comes from; none if it accepts nothing."""
    if verdict.get("relation") not in CLASS:
        return set()
    found = {segment.get("evidence_id") for segment in verdict.get("segments", ())}
    return {one for one in found or {(verdict.get("evidence") or {}).get("id")} if one}


def grade(truth: Truth, verdict: dict[str, Any], ids: dict[str, str]) -> Grade:
    """``ids``: evidence id of every registered recording."""
    found = Grade(truth, cuts=(0, len(truth.cuts)))
    found.planted = [(one, False) for one in truth.planted if one.what not in NOT_COUNTED]
    if "error" in verdict:
        found.trouble = True
        return found
    told = evidence_ids(verdict)
    right = ids.get(truth.source)
    allowed = {ids.get(one) for one in (truth.source, *(piece.source for piece in truth.pieces))}
    names = {one: name for name, one in ids.items()}
    wrong = tuple(sorted(names.get(one, one) for one in told - allowed))
    by_sound = verdict.get("basis") == "sound"
    found.relation = verdict.get("relation", "none")
    found.wrong, found.wrong_by_sound = ((), wrong) if by_sound else (wrong, ())
    found.accepted = right in told and not (by_sound and truth.picture)
    others = [one["evidence_id"] for one in verdict.get("others", ())]
    found.named = found.accepted or right in told or right in others
    found.first = right in told if told else others[:1] == [right]
    if found.accepted:
        _details(found, verdict, str(right))
    return found


def _details(found: Grade, verdict: dict[str, Any], right: str) -> None:
    truth = found.truth
    mine = [one for one in verdict["segments"] if one.get("evidence_id") in {right, None}]
    found.right_class = CLASS[found.relation] in truth.relation
    if truth.picture and mine:
        found.geometry = _geometry_right(truth, max(mine, key=lambda one: one["questioned"][1] - one["questioned"][0]))
    if truth.relation == ("still",):
        _moment(found, mine)
    else:
        _times(found, verdict, mine)
    _alterations(found, verdict)
    told = verdict.get("audio") or {}
    found.sound_told = told.get("relation", "none")
    if truth.sound is not None:
        near = truth.sound.shift is None or abs((told.get("shift") or 0.0) - truth.sound.shift) <= SHIFT
        found.sound = found.sound_told in truth.sound.relation and near


def _geometry_right(truth: Truth, segment: dict[str, Any]) -> bool:
    x, y, width, height = segment.get("region") or WHOLE
    return bool(
        bool(segment.get("mirrored")) == truth.mirrored
        and segment.get("rotation", 0) == truth.rotation
        and abs(segment.get("speed", 1.0) / truth.speed - 1) <= SPEED
        and overlap((x, y, width, height), truth.region) >= REGION[truth.exact_geometry]
    )


def _moment(found: Grade, mine: list[dict[str, Any]]) -> None:
    time = found.truth.pieces[0].evidence[0]
    away = [max(one["evidence"][0] - time, time - one["evidence"][1], 0.0) for one in mine]
    if mine:
        best = min(range(len(mine)), key=away.__getitem__)
        found.offsets = [away[best]]
        found.still_span = mine[best]["evidence"][1] - mine[best]["evidence"][0]


def _shared(one: Range, other: Range) -> float:
    return min(one[1], other[1]) - max(one[0], other[0])


def _times(found: Grade, verdict: dict[str, Any], mine: list[dict[str, Any]]) -> None:
    truth = found.truth
    for piece in truth.pieces:
        if piece.source == truth.source:
            _piece(found, piece, mine)
    seen = _inner(_told_bounds(verdict), truth.seconds)
    cuts = truth.cuts
    found.cuts = (sum(any(abs(one - cut) <= NEAR for one in seen) for cut in cuts), len(cuts))
    if truth.honest and not cuts:
        found.false_cuts = len(seen)


def _piece(found: Grade, piece: Piece, mine: list[dict[str, Any]]) -> None:
    """The offset in the middle of the longest common stretch; the ends of all that is told of this piece."""
    here = [one for one in mine if _belongs(one, piece)]
    if not here:
        return
    one = max(here, key=lambda one: _shared(one["questioned"], piece.questioned))
    start, end = one["questioned"]
    middle = (max(start, piece.questioned[0]) + min(end, piece.questioned[1])) / 2
    found.offsets.append(abs(one["evidence"][0] + (middle - start) * one.get("speed", 1.0) - piece.at(middle)))
    for line in ("questioned", "evidence"):
        wanted: Range = getattr(piece, line)
        found.bounds.append(abs(min(one[line][0] for one in here) - wanted[0]))
        found.bounds.append(abs(max(one[line][1] for one in here) - wanted[1]))


def _belongs(segment: dict[str, Any], piece: Piece) -> bool:
    start, end = segment["questioned"]
    return bool(_shared(segment["questioned"], piece.questioned) > 0.5 * (end - start))


def _told_bounds(verdict: dict[str, Any]) -> list[float]:
    spans = [one["questioned"] for one in verdict["segments"]] + list(verdict.get("unmatched", ()))
    spans += [one["questioned"] for one in _alterations_of(verdict) if one["kind"] in ALARMS - {"picture"}]
    return [time for span in spans if span for time in span]


def _inner(times: list[float], seconds: float) -> list[float]:
    """Inside the file, each once."""
    ordered = sorted(time for time in times if NEAR < time < seconds - NEAR)
    return [time for place, time in enumerate(ordered) if not place or time - ordered[place - 1] > NEAR]


def _alterations_of(verdict: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for segment in verdict["segments"] for one in segment.get("alterations", ())]


def _alterations(found: Grade, verdict: dict[str, Any]) -> None:
    truth, told = found.truth, _alterations_of(verdict)
    if truth.honest:
        found.alarms = tuple(one["kind"] for one in told if one["kind"] in ALARMS)
    found.planted = [(one, _found(one, truth, verdict, told)) for one, _ in found.planted]


def _found(planted: Planted, truth: Truth, verdict: dict[str, Any], told: list[dict[str, Any]]) -> bool:
    if planted.kind == "inserted" and planted.questioned:
        free = sum(max(0.0, _shared(one, planted.questioned)) for one in verdict.get("unmatched", ()))
        if free >= 0.5 * (planted.questioned[1] - planted.questioned[0]):
            return True
    if planted.kind == "removed":
        gap = (truth.pieces[0].evidence[1], truth.pieces[1].evidence[0])
        if any(_shared(one, gap) >= 0.5 * (gap[1] - gap[0]) for one in verdict.get("missing", ())):
            return True
    return any(one["kind"] == planted.kind and _there(planted, one) for one in told)


def _there(planted: Planted, told: dict[str, Any]) -> bool:
    """Whether an alteration of the right kind is at the right time and place."""
    if planted.questioned and told.get("questioned") and _shared(told["questioned"], planted.questioned) < -NEAR:
        return False
    if planted.region is None or not told.get("region"):
        return planted.region is None or bool(told.get("questioned"))
    x, y, width, height = told["region"]
    both = common((x, y, width, height), planted.region)
    area = planted.region[2] * planted.region[3]
    covered = both[2] * both[3] if both else 0.0
    return bool(covered >= COVERED * area and width * height <= max(LARGER * area, LARGEST))
