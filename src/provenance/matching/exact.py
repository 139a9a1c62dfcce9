"""The exact ladder over all candidates: what the stories call.

Pure: two measurements in, a comparison out; the same inputs give the same answer, and the comparison of one pair never
depends on what else is held.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from provenance.comparison import Comparison, Note
from provenance.matching.line import Level, Lines
from provenance.matching.pair import compare_pair
from provenance.matching.relation import NO_AXES
from provenance.matching.several import decide

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from provenance.comparison import AlterationKind, SoundRelation
    from provenance.evidence import FileState, Measurement, NotMeasured

#: Kinds that coded units, configuration and presentation settle; decoding would add nothing to them.
_SETTLED: Final[frozenset[AlterationKind]] = frozenset(
    {"removed", "speed", "rotation", "mirror", "range", "aspect", "crop", "captions", "track", "sound-offset", "hidden"}
)
_SETTLED_SOUND: Final[frozenset[SoundRelation]] = frozenset({"identical", "same", "excerpt", "absent"})


def compare(
    questioned: Measurement, evidence: Mapping[str, Measurement], *, chunks: Mapping[str, int] | None = None
) -> Comparison:
    """How ``questioned`` relates to all candidates.

    ``evidence``: opaque source → measurement, in log order. ``chunks``: source → bytes that both files begin with.
    """
    file = Lines(questioned)
    pairs = {source: compare_pair(file, Lines(known), source) for source, known in evidence.items()}
    answer = decide(pairs) or _nothing(questioned, evidence, pairs)
    prefix = (chunks or {}).get(answer.source or "", 0)
    notes = [*answer.notes]
    if prefix:
        notes.append(Note("hardBinding.prefix", "informational", f"the first {prefix} bytes are the same"))
    if questioned.state in {"damaged", "unfinished-recording"}:
        notes.append(Note("questioned.damaged", "informational", questioned.state))
    return replace(answer, notes=tuple(dict.fromkeys(notes)))


def levels_left_open(questioned_streams: Measurement, candidates: Mapping[str, Measurement]) -> bool:
    """Whether coded units, configuration and presentation leave anything open, so that pictures have to be decoded.

    ``questioned_streams``: a measurement of depth ``streams``. Nothing is open where nothing could be decoded.
    """
    if not questioned_streams.of_kind("video") and not questioned_streams.of_kind("sound"):
        return False
    answer = compare(questioned_streams, candidates)
    if answer.relation in {"no-match", "undetermined"} or answer.unmatched:
        return True
    if answer.basis == "sound" and questioned_streams.of_kind("video"):
        return True
    has_sound = bool(questioned_streams.of_kind("sound")) and answer.sound.relation not in _SETTLED_SOUND
    return has_sound or any(alteration.kind not in _SETTLED for alteration in answer.alterations)


def keys(measured: Measurement) -> Iterator[tuple[Level, bytes]]:
    """(level, digest) of every distinct unit that discriminates: what the archive's index holds and is asked for.

    Black, silence, small units and the shipped list are left out: they would point to every recording.
    """
    lines = Lines(measured)
    levels: tuple[Level, ...] = ("packets", "pictures", "blocks")
    for track in (*measured.of_kind("video"), *measured.of_kind("sound")):
        for level in levels:
            line = lines.of(level, track)
            if line is not None:
                yield from ((level, digest) for digest in dict.fromkeys(line.digests) if digest not in line.neutral)


def _nothing(
    questioned: Measurement, evidence: Mapping[str, Measurement], pairs: Mapping[str, Comparison]
) -> Comparison:
    """No candidate matches: ``no-match`` if everything was comparable, else ``undetermined`` with the reasons."""
    notes = list(dict.fromkeys(note for pair in pairs.values() for note in pair.notes))
    open_questions = [*unmeasured(questioned), *_unexamined(evidence)]
    if not open_questions:
        notes.append(Note("hardBinding.none", "informational", _searched(len(evidence))))
        return Comparison("no-match", "none", altered=dict(NO_AXES), notes=tuple(notes))
    return Comparison("undetermined", "none", altered=dict(NO_AXES), notes=(*notes, *open_questions))


def _searched(count: int) -> str:
    if not count:
        return "nothing that is held shares a coded unit, a picture or sound with it"
    if count == 1:
        return "1 recording was compared by its units"
    return f"{count} recordings were compared by their units"


#: State of a file of which nothing but bytes can be compared -> the finding that says so.
_BYTES_ONLY: Final[dict[FileState, str]] = {
    "not-media": "questioned.bytesOnly",
    "unfinished-recording": "questioned.unfinished",
    "unreadable": "questioned.unreadable",
}


def unmeasured(questioned: Measurement) -> list[Note]:
    """What of the questioned file could not be compared."""
    code = "questioned.notMeasured"
    why = "; ".join(dict.fromkeys(one.why for one in questioned.not_measured))
    if _is_bytes_only(questioned):
        return [Note(_BYTES_ONLY[questioned.state], "informational", why or questioned.state)]
    if questioned.kind == "image" and not questioned.tracks:
        return [Note(code, "informational", why or "a still that cannot be measured")]
    reasons = [f"{missing.what}: {missing.why}" for missing in _left_out(questioned)]
    if questioned.depth == "streams" and questioned.of_kind("video"):
        reasons.append("pictures: not decoded")
    return [Note(code, "informational", "; ".join(dict.fromkeys(reasons)))] if reasons else []


def _is_bytes_only(measurement: Measurement) -> bool:
    return measurement.state in _BYTES_ONLY and not measurement.tracks


def _left_out(measurement: Measurement) -> list[NotMeasured]:
    """What was not measured of picture and sound: other tracks are compared with nothing."""
    return [
        missing
        for missing in measurement.not_measured
        if missing.track is None or _kind_of(measurement, missing.track) in {"video", "sound"}
    ]


def _kind_of(measurement: Measurement, index: int) -> str:
    """Kind of the track with number ``index``; empty if there is none."""
    return next((track.kind for track in measurement.tracks if track.index == index), "")


def _unexamined(evidence: Mapping[str, Measurement]) -> list[Note]:
    """Candidates that could only be compared in part."""
    partly = [one for one in evidence.values() if _left_out(one) or one.depth == "streams" or _is_bytes_only(one)]
    if not partly:
        return []
    if len(evidence) == 1 and _is_bytes_only(partly[0]):
        why = "; ".join(dict.fromkeys(one.why for one in partly[0].not_measured)) or partly[0].state
        return [Note("evidence.bytesOnly", "informational", why)]
    return [Note("evidence.notMeasured", "informational", f"{len(partly)} of {len(evidence)} candidates, in part")]
