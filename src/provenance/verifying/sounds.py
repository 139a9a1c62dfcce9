"""The step of sound: whose sound is it, where neither coded units nor pictures say anything?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from provenance import lookup
from provenance.comparison import Note
from provenance.errors import RecordError
from provenance.store.segments import SOUNDS
from provenance.verifying.known import measurement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from provenance.comparison import Comparison
    from provenance.custodian import Custodian
    from provenance.evidence import Measurement
    from provenance.verifying.file import FileInHand
    from provenance.verifying.known import Known
    from provenance.verifying.questions import Questions

#: Recordings that are listened to although the index does not propose them, the last registered first: played at
#: another pitch, sound shares no words with the recording. Each costs the reading of its blobs, about 10 ms a minute.
_UNPROPOSED: Final = 8


def by_sound(
    custodian: Custodian | None, file: FileInHand, comparison: Comparison, known: Known, questions: Questions
) -> Comparison:
    """What sound alone adds where neither units nor pictures match; what appearance said stays beside it."""
    measured = file.measured
    if measured is None or not any(track.sound_print for track in measured.tracks):
        return comparison
    if custodian is None or questions.evidence_ids:
        held, notes = known.measured, list(_not_heard(0, _bare(known.measured.values())))
    else:
        held, notes = _listened_to(custodian, measured, known)
    from provenance.matching.sounds.relation import compare_alone  # loads numpy

    found = compare_alone(measured, held)
    incomplete, notes = bool(notes), [*comparison.notes, *notes]
    if found is None:
        silence = list(_silence(measured))
        notes.extend(silence)
        undecided = comparison.relation == "no-match" and (incomplete or silence)
        return replace(comparison, relation="undetermined" if undecided else comparison.relation, notes=tuple(notes))
    kept = [note for note in notes if note.code != "hardBinding.none"]
    others = tuple(one for one in comparison.others if one[0] not in {segment.source for segment in found.segments})
    return replace(found, notes=tuple(dict.fromkeys((*found.notes, *kept))), others=(*found.others, *others))


def _silence(questioned: Measurement) -> Iterator[Note]:
    """That a file of sound alone holds none: it could be from any recording, or from none."""
    from provenance.matching.sounds.heard import Heard  # loads numpy

    heard = Heard.of("", questioned)
    if not questioned.of_kind("video") and heard is not None and not heard.is_loud.any():
        yield Note("sound.notCompared", "informational", "the file is silent: by silence nothing can be told apart")


def _not_heard(left_out: int, bare: int) -> Iterator[Note]:
    """What was not compared: recordings beyond those that are listened to, and those without a print of their sound."""
    told = {
        f"{left_out} recordings were not searched by their sound: they are in no index, or cannot be read": left_out,
        f"{bare} recordings have no print of their sound; `provenance examine --renew` measures it": bare,
    }
    for detail, count in told.items():
        if count:
            yield Note("evidence.notMeasured", "informational", detail)


def _bare(held: Iterable[Measurement]) -> int:
    """Recordings with sound and no print of it."""
    return sum(bool(one.of_kind("sound")) and not any(track.sound_print for track in one.tracks) for one in held)


def _listened_to(
    custodian: Custodian, questioned: Measurement, known: Known
) -> tuple[Mapping[str, Measurement], list[Note]]:
    """Recordings that the index proposes by sound, with some of the last registered; and what was not searched."""
    from provenance.matching.sounds.heard import Heard  # loads numpy, faiss
    from provenance.matching.sounds.kept import MOST_PROPOSED, PrintLibrary

    library, unindexed = lookup.searched(custodian, SOUNDS, PrintLibrary)
    heard = Heard.of("", questioned)
    ranked = [] if heard is None else library.ranked(heard)[:MOST_PROPOSED]
    last = custodian.archive.in_log_order(set(library.sources) | set(unindexed))[-_UNPROPOSED:]
    found, unread = {}, 0
    for evidence_id in custodian.archive.in_log_order({*ranked, *last, *known.measured}):
        try:
            measured = known.measured.get(evidence_id) or measurement(custodian, evidence_id)
        except RecordError:  # `audit` tells why
            measured = None
        if measured is None:
            unread += 1
        else:
            found[evidence_id] = measured
    left_out = len(set(unindexed) - set(found)) + unread
    return found, list(_not_heard(left_out, len(library.bare)))
