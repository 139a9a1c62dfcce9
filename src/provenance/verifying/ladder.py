"""The steps of a comparison: each is taken only if those before it leave anything open.

1. coded units, configuration and presentation
2. decoded pictures and sound, with the candidates that the index proposes for them
3. appearance: pictures that were coded again, cropped, turned, played faster, and the sound beside them by its print;
   also of parts that share no unit with the recording that the rest comes from
4. sound that was coded again, where pictures say nothing
5. replay: registered units in a file that cannot be played, and the reverse

Equal bytes are asked for before all of them (`same_bytes`). `climb` holds the order: a further step is a function that
takes what was found so far and returns it or what it knows better, with a line of its own there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from provenance.comparison import Note
from provenance.errors import MediaError
from provenance.matching import exact
from provenance.replay import replayed
from provenance.verifying.chunks import compare_bytes, with_chunks
from provenance.verifying.known import candidates
from provenance.verifying.looks import beside_exact, by_looks
from provenance.verifying.sounds import by_sound

if TYPE_CHECKING:
    from provenance.comparison import Comparison, Relation
    from provenance.custodian import Custodian
    from provenance.evidence import Measurement
    from provenance.verifying.file import FileInHand
    from provenance.verifying.known import Known
    from provenance.verifying.questions import Questions

#: Relations that leave the whole question to the next step.
_OPEN: Final[frozenset[Relation]] = frozenset({"no-match", "undetermined"})


def climb(custodian: Custodian | None, file: FileInHand, known: Known, questions: Questions) -> Comparison:
    """How ``file`` relates to ``known``; without a custodian, to the one file that is known."""
    measured = file.measure("full" if questions.full else "streams")
    if measured.depth == "full" or not exact.levels_left_open(measured, known.measured):
        comparison = _exactly(file, measured, known)
    else:
        comparison = _by_pictures(custodian, file, known, questions)
    if comparison.relation in _OPEN or comparison.basis == "sound":
        comparison = by_looks(custodian, file, comparison, known, questions)
    else:
        comparison = beside_exact(custodian, file, comparison, known, questions)
    if comparison.relation in _OPEN:
        comparison = by_sound(custodian, file, comparison, known, questions)
    if custodian is None:  # what follows asks the archive
        return comparison
    if comparison.relation in _OPEN:
        comparison = _by_replay(custodian, file, comparison, questions)
    return _not_compared(custodian, comparison, known, questions)


def _exactly(file: FileInHand, measured: Measurement, known: Known) -> Comparison:
    """By everything that ``measured`` holds: coded units, and pictures and sound if they were decoded."""
    of_bytes = compare_bytes(file.chunks, known.chunks)
    prefixes = {source: found.prefix for source, found in of_bytes.items()}
    return with_chunks(exact.compare(measured, known.measured, chunks=prefixes), of_bytes)


def _by_pictures(custodian: Custodian | None, file: FileInHand, known: Known, questions: Questions) -> Comparison:
    """By pictures and sound, too; what cannot be decoded is a note beside what coded units say."""
    streams = file.measure("streams")
    try:
        measured = file.measure("full")
    except MediaError as error:
        comparison = _exactly(file, streams, known)
        note = Note("questioned.notMeasured", "informational", error.message)
        return replace(comparison, notes=(*comparison.notes, note))
    if custodian is not None:  # pictures can propose what no coded unit does
        proposed = candidates(custodian, file, questions)
        known = replace(known, measured={**proposed.measured, **known.measured})
    return _exactly(file, measured, known)


def _by_replay(custodian: Custodian, file: FileInHand, comparison: Comparison, questions: Questions) -> Comparison:
    """What replay adds: its match, or that something could not be searched; the earlier notes stay."""
    leaves = file.chunks.leaves
    replay = replayed(custodian, file.source, file.measure("streams"), leaves, questions.evidence_ids)
    if replay is None:
        return comparison
    if replay.relation != "undetermined":
        return replay
    return replace(comparison, relation="undetermined", notes=(*comparison.notes, *replay.notes))


def _not_compared(custodian: Custodian, comparison: Comparison, known: Known, questions: Questions) -> Comparison:
    """`no-match` holds only if everything held could be compared (formats section 6, relation 7)."""
    if comparison.relation != "no-match":
        return comparison
    pending = [one for one in custodian.archive.pending() if questions.ask_for(one)]
    notes = list(comparison.notes)
    if pending:
        notes.append(
            Note("evidence.notMeasured", "informational", f"{len(pending)} registered recordings were never examined")
        )
    undecided = bool(pending or known.unreadable)
    return replace(comparison, relation="undetermined" if undecided else "no-match", notes=tuple(notes))
