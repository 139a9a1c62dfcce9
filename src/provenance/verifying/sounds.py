"""The step of sound: whose sound is it, where neither coded units nor pictures say anything?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from provenance.comparison import Note
from provenance.errors import RecordError
from provenance.verifying.known import measurement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from provenance.comparison import Comparison
    from provenance.custodian import Custodian
    from provenance.evidence import Measurement
    from provenance.verifying.file import FileInHand
    from provenance.verifying.known import Known
    from provenance.verifying.questions import Questions

#: Recordings whose sound is compared, the last registered first. Each costs the reading of its blobs,
#: about 10 ms a minute of video; more are named with ``--evidence``.
LISTENED_TO: Final = 64


def by_sound(
    custodian: Custodian | None, file: FileInHand, comparison: Comparison, known: Known, questions: Questions
) -> Comparison:
    """What sound alone adds where neither units nor pictures match; what appearance said stays beside it."""
    measured = file.measured
    if measured is None or not any(track.sound_print for track in measured.tracks):
        return comparison
    held, left_out = (known.measured, 0) if custodian is None else _listened_to(custodian, known, questions)
    from provenance.matching.sounds.relation import compare_alone  # loads numpy

    bare = sum(bool(one.of_kind("sound")) and not any(t.sound_print for t in one.tracks) for one in held.values())
    notes = [*comparison.notes, *_not_heard(left_out, bare)]
    found = compare_alone(measured, held)
    if found is None:
        undecided = comparison.relation == "no-match" and (left_out or bare)
        return replace(comparison, relation="undetermined" if undecided else comparison.relation, notes=tuple(notes))
    kept = [note for note in notes if note.code != "hardBinding.none"]
    others = tuple(one for one in comparison.others if one[0] not in {segment.source for segment in found.segments})
    return replace(found, notes=tuple(dict.fromkeys((*found.notes, *kept))), others=(*found.others, *others))


def _not_heard(left_out: int, bare: int) -> Iterator[Note]:
    """What was not compared: recordings beyond those that are listened to, and those without a print of their sound."""
    told = {
        f"{left_out} recordings were not compared by their sound; --evidence names one": left_out,
        f"{bare} recordings have no print of their sound; `provenance examine --renew` measures it": bare,
    }
    for detail, count in told.items():
        if count:
            yield Note("evidence.notMeasured", "informational", detail)


def _listened_to(custodian: Custodian, known: Known, questions: Questions) -> tuple[Mapping[str, Measurement], int]:
    """Recordings to compare by their sound, in log order, and how many more there are."""
    if questions.evidence_ids:
        return known.measured, 0
    rows = custodian.archive.statements(predicate="examination")
    every = list(dict.fromkeys(row.evidence_id for row in rows if row.evidence_id is not None))
    found = {}
    for evidence_id in every[-LISTENED_TO:]:
        try:
            measured = known.measured.get(evidence_id) or measurement(custodian, evidence_id)
        except RecordError:  # `audit` tells why
            measured = None
        if measured is not None:
            found[evidence_id] = measured
    return found, len(every) - len(found)
