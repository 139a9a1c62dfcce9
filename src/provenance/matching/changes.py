"""What the gaps of a course mean: alterations, questioned units without counterpart, evidence units left out."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from provenance.comparison import Alteration, AlterationKind, Note, Span
from provenance.evidence import PACKET_CORRUPT, PACKET_KEY
from provenance.matching.course import Gap

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from provenance.matching.align import Run
    from provenance.matching.course import Course, Stretch
    from provenance.matching.strand import Strand

#: Pictures that may be stored after one that is shown later: the most that H.264 (A.3.1 h, max_dec_frame_buffering) and
#: HEVC (A.4.2, sps_max_dec_pic_buffering) let a decoder hold.
REORDER_DEPTH: Final = 16

#: Seconds before the moment asked for at which FFmpeg looks for the key picture that a cut without re-encoding begins
#: with (fftools/ffmpeg_demux.c, "dts_heuristic": 3/23 s back, for reordered pictures). A key picture further back than
#: this could have been begun with, so that what lies before it is hidden, not needed.
STEP_BACK: Final = Fraction(3, 23)

#: Alterations of one kind in one segment that are listed singly; beyond it, those less than a second apart are joined
#: (every other picture taken out of an hour would be 54,000 lines).
LISTED_SINGLY: Final = 64


@dataclass(slots=True)
class Changes:
    """``of_stretch[i]``: alterations of stretch i; ``unmatched``/``missing``: questioned and evidence units (indices).

    ``holes``: seconds of each place where the evidence goes further than the copy; ``foreign``: pictures were put in.
    """

    of_stretch: list[list[Alteration]]
    unmatched: list[int] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    holes: list[Fraction] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    foreign: bool = False


def changes_of(course: Course) -> Changes:
    """Everything the gaps, joints and hidden units of ``course`` say."""
    found = Changes([[] for _ in course.stretches])
    absent = 0
    for number, stretch in enumerate(course.stretches):
        for run, gap in stretch.gaps:
            if _is_reorder_tail(course, number, run, gap=gap):
                absent += len(gap.evidence)
            else:
                _read_gap_in_place(course, found, number, run=run, gap=gap)
        absent += _reordered_at_cuts(course, stretch)
        if stretch.rhythm.uneven:
            found.of_stretch[number].extend(Alteration("speed", span, what="uneven") for span in stretch.rhythm.uneven)
        elif stretch.rhythm.speed != 1:
            found.of_stretch[number].append(Alteration("speed", what="another speed throughout"))
    for number, joint in enumerate(course.joints):
        _read_joint(course, found, number, joint=joint)
    found.unmatched.extend((*course.before.questioned, *course.after.questioned))
    _read_hidden(course, found)
    if absent:
        found.notes.append(Note("cut.reorderTail", "informational", f"{absent} pictures beside a cut are absent"))
    if course.partial is not None:
        found.notes.append(Note("cut.partialUnit", "informational", "the last coded unit is incomplete"))
    found.of_stretch = [_joined(alterations) for alterations in found.of_stretch]
    return found


def _is_reorder_tail(course: Course, number: int, run: int, *, gap: Gap) -> bool:
    """Whether ``gap`` is a few absent pictures at most a reorder depth away from a cut of the recording."""
    if gap.questioned or len(gap.evidence) > REORDER_DEPTH or not 0 < run < len(course.stretches[number].runs):
        return False
    runs = course.stretches[number].runs
    is_last, is_first = number == len(course.stretches) - 1, number == 0
    cut_after = not is_last or bool(course.after.evidence) or course.partial is not None
    cut_before = not is_first or bool(course.before.evidence)
    return (cut_after and _are_few(runs, run, len(runs))) or (cut_before and _are_few(runs, 0, run))


def _are_few(runs: Sequence[Run], start: int, end: int) -> bool:
    """Whether runs ``start`` to ``end`` hold no more units than a reorder depth (each holds one at least)."""
    return end - start <= REORDER_DEPTH and sum(run.length for run in runs[start:end]) <= REORDER_DEPTH


def _reordered_at_cuts(course: Course, stretch: Stretch) -> int:
    """Evidence packets beside the ends of a stretch that belong, by pts, before its end or after its start."""
    evidence = course.strand.evidence
    if evidence.level != "packets":
        return 0
    first, last = stretch.runs[0], stretch.runs[-1]
    tail = range(last.evidence_end, min(last.evidence_end + REORDER_DEPTH, len(evidence)))
    head = range(max(first.evidence - REORDER_DEPTH, 0), first.evidence)
    latest = max(evidence.starts[max(last.evidence, last.evidence_end - REORDER_DEPTH) : last.evidence_end])
    earliest = min(evidence.starts[first.evidence : first.evidence + REORDER_DEPTH])
    return sum(1 for unit in tail if evidence.shown[unit] and evidence.starts[unit] < latest) + sum(
        1 for unit in head if evidence.shown[unit] and evidence.starts[unit] > earliest
    )


def _read_gap_in_place(course: Course, found: Changes, number: int, *, run: int, gap: Gap) -> None:
    strand = course.strand
    if not gap.questioned:
        corrupt = _is_beside_corrupt(course, number, run)
        span = _place_of(course, number, gap)
        found.of_stretch[number].append(Alteration("damage" if corrupt else "removed", span))
        found.missing.extend(gap.evidence)
        found.holes.append(strand.evidence.length(gap.evidence))
    elif not gap.evidence:
        kind: AlterationKind = "frozen" if _only_repeats(strand, gap) else "inserted"
        found.of_stretch[number].extend(Alteration(kind, span) for span in strand.questioned.spans(gap.questioned))
        if kind == "inserted":
            found.unmatched.extend(gap.questioned)
            found.foreign = True
    else:
        kinds = _kinds_in_place(strand, gap)
        for kind, units in kinds.items():
            found.of_stretch[number].extend(Alteration(kind, span) for span in strand.questioned.spans(units))
        absent = () if "damage" in kinds else _without_successor(course, number, gap)
        if absent:
            found.of_stretch[number].append(Alteration("removed", _place_of(course, number, Gap((), absent))))
            found.missing.extend(absent)
            found.holes.append(strand.evidence.length(absent))


def _without_successor(course: Course, number: int, gap: Gap) -> tuple[int, ...]:
    """Evidence units of a gap in whose place nothing is shown, where the copy has fewer units there."""
    if len(gap.evidence) <= len(gap.questioned):
        return ()
    scale, line = course.scale, course.strand.questioned
    tick = int(line.tick * scale.rate)
    taken = sorted(line.starts[unit] * tick for unit in gap.questioned)
    absent = []
    for unit in gap.evidence:
        place = _moment_of(course, number, course.strand.evidence.starts[unit])
        at = bisect_left(taken, place - scale.tolerance - 1)  # places are rounded down
        if at == len(taken) or taken[at] > place + scale.tolerance + 1:
            absent.append(unit)
    return tuple(absent)


def _kinds_in_place(strand: Strand, gap: Gap) -> dict[AlterationKind, list[int]]:
    """Each questioned unit of a gap with units on both sides, by what happened to it."""
    kinds: dict[AlterationKind, list[int]] = {}
    if _only_repeats(strand, gap):
        return {"frozen": list(gap.questioned)}
    packets, others = strand.questioned.track.packets, strand.evidence.track.packets
    pairs = len(gap.questioned) == len(gap.evidence)
    for index, unit in enumerate(gap.questioned):
        damaged = False
        if strand.questioned.level == "packets" and packets is not None and others is not None:
            same_size = pairs and packets.sizes[unit] == others.sizes[gap.evidence[index]]
            damaged = same_size or bool(packets.flags[unit] & PACKET_CORRUPT)
        kinds.setdefault("damage" if damaged else "picture", []).append(unit)
    return kinds


def _only_repeats(strand: Strand, gap: Gap) -> bool:
    """Whether the questioned units of ``gap`` only repeat the matched one before them."""
    first = gap.questioned[0]
    if first == 0 or strand.partner[first - 1] < 0:
        return False
    digests = strand.questioned.digests
    return all(digests[unit] == digests[first - 1] for unit in gap.questioned)


def _is_beside_corrupt(course: Course, number: int, run: int) -> bool:
    """Whether the demuxer flagged the questioned packet before or after the gap as corrupt."""
    packets = course.strand.questioned.track.packets
    if course.strand.questioned.level != "packets" or packets is None:
        return False
    runs = course.stretches[number].runs
    beside = [runs[run - 1].questioned_end - 1] if run else []
    beside += [runs[run].questioned] if run < len(runs) else []
    return any(packets.flags[unit] & PACKET_CORRUPT for unit in beside)


def _place_of(course: Course, number: int, gap: Gap) -> Span:
    """Where on the questioned time line the left-out evidence units would have been shown."""
    evidence = course.strand.evidence
    edges = (min(evidence.starts[unit] for unit in gap.evidence), max(evidence.ends[unit] for unit in gap.evidence))
    return course.scale.span(_moment_of(course, number, edges[0]), _moment_of(course, number, edges[1]))


def _moment_of(course: Course, number: int, start: int) -> int:
    """The questioned moment (in the clock of the scale) of an evidence time in ticks, by the rhythm of a stretch."""
    rhythm = course.stretches[number].rhythm
    tick = int(course.strand.evidence.tick * course.scale.rate)
    return rhythm.origin[0] + (start * tick - rhythm.origin[1]) * rhythm.slow // rhythm.base


def _read_joint(course: Course, found: Changes, number: int, *, joint: Gap | None) -> None:
    """What lies between stretches ``number`` and ``number + 1``; the alteration is told with the first of them."""
    strand, questioned = course.strand, course.strand.questioned
    before, then = course.stretches[number].runs[-1], course.stretches[number + 1].runs[0]
    if joint is None:
        between = [unit for unit in range(before.questioned_end, then.questioned) if questioned.shown[unit]]
        found.unmatched.extend(between)
        found.foreign = found.foreign or bool(between)
        return
    seam = questioned.seconds(questioned.starts[then.questioned])
    if joint.evidence:
        found.of_stretch[number].append(Alteration("removed", Span(seam, seam)))
        found.missing.extend(joint.evidence)
        found.holes.append(strand.evidence.length(joint.evidence))
    if joint.questioned and _only_repeats(strand, joint):
        spans = questioned.spans(joint.questioned)
        found.of_stretch[number].extend(Alteration("frozen", span) for span in spans)
    elif joint.questioned:
        spans = questioned.spans(joint.questioned)
        found.of_stretch[number].extend(Alteration("inserted", span) for span in spans)
        found.unmatched.extend(joint.questioned)
        found.foreign = True
    if joint.is_empty and not _is_edited(strand, before, then):
        found.of_stretch[number].append(_held_or_hurried(course, before, then, seam=seam))


def _held_or_hurried(course: Course, before: Run, then: Run, *, seam: Fraction) -> Alteration:
    """Nothing was taken out or put in, but the last picture before the joint is shown for another time."""
    questioned, evidence = course.strand.questioned, course.strand.evidence
    last, other = before.questioned_end - 1, before.evidence_end - 1
    shown = (questioned.starts[then.questioned] - questioned.starts[last]) * questioned.tick
    longer = shown > (evidence.starts[then.evidence] - evidence.starts[other]) * evidence.tick
    start = min(questioned.seconds(questioned.starts[last]), seam)
    return Alteration("frozen" if longer else "speed", Span(start, seam), what="held longer" if longer else "uneven")


def _is_edited(strand: Strand, before: Run, then: Run) -> bool:
    """Whether time jumps between two runs because units of them are hidden, or shown again, there."""
    shown, others = strand.questioned.shown, strand.evidence.shown
    beside = [
        *range(max(before.questioned, before.questioned_end - REORDER_DEPTH), before.questioned_end),
        *range(then.questioned, min(then.questioned + REORDER_DEPTH, then.questioned_end)),
    ]
    skipped = range(before.questioned_end, then.questioned)
    return any(shown[unit] != others[strand.partner[unit]] for unit in beside) or bool(skipped)


def _read_hidden(course: Course, found: Changes) -> None:
    """Evidence pictures that the questioned file stores without showing them. Hiding is never informational."""
    strand, line = course.strand, course.strand.questioned
    pairs = strand.shown_pairs
    displayed = {other for _, other in pairs}  # edits give units again that are shown elsewhere, to begin decoding
    hidden = [
        unit
        for unit, other in enumerate(strand.partner)
        if other >= 0 and not line.shown[unit] and strand.evidence.shown[other] and other not in displayed
    ]
    if not hidden or not line.order:
        return
    first, last = line.starts[line.order[0]], line.starts[line.order[-1]]
    head = [unit for unit in hidden if line.starts[unit] < first]
    tail = [unit for unit in hidden if line.starts[unit] > last]
    # A cut without re-encoding stores what a decoder needs before the first shown picture. A file that stores the whole
    # recording and shows a part was not cut.
    if (
        not course.is_whole
        and _is_needed(course, head, first=first)
        and len(tail) <= REORDER_DEPTH
        and len(head) + len(tail) == len(hidden)
    ):
        if head:
            found.notes.append(
                Note("cut.preroll", "informational", f"{len(head)} pictures are stored before the first")
            )
        if tail:
            found.notes.append(Note("cut.differentPlayback", "informational", f"{len(tail)} pictures are not shown"))
        return
    # Their own times say little: an edit may have put them anywhere. They belong after what the evidence shows before.
    starts = strand.evidence.starts
    earliest = min(starts[strand.partner[unit]] for unit in hidden)
    at = line.seconds(max((line.ends[unit] for unit, other in pairs if starts[other] < earliest), default=first))
    found.of_stretch[0].append(Alteration("hidden", Span(at, at), what=f"{len(hidden)} stored pictures are not shown"))
    shown = sorted(starts[other] for _, other in pairs)
    found.missing.extend(
        other for unit in hidden if shown and shown[0] < starts[other := strand.partner[unit]] < shown[-1]
    )


def _is_needed(course: Course, head: Sequence[int], *, first: int) -> bool:
    """Whether a decoder needs the units of ``head`` for what is shown from ``first`` (ticks) on: no key further on."""
    line = course.strand.questioned
    packets = line.track.packets
    assert packets is not None
    keys = sorted(line.starts[unit] for unit in head if packets.flags[unit] & PACKET_KEY)
    picture = line.ends[line.order[0]] - line.starts[line.order[0]]
    return all(first - key <= STEP_BACK / line.tick + picture for key in keys[1:])


def _joined(alterations: Sequence[Alteration]) -> list[Alteration]:
    """Alterations in order of time; where there are very many of one kind, those close together become one."""
    kinds: dict[tuple[str, str | None], list[Alteration]] = {}
    for alteration in alterations:
        kinds.setdefault((alteration.kind, alteration.what), []).append(alteration)
    kept = [
        alteration for same in kinds.values() for alteration in (_merged(same) if len(same) > LISTED_SINGLY else same)
    ]
    return sorted(kept, key=lambda one: (one.questioned.start if one.questioned else Fraction(-1), one.kind))


def _merged(alterations: Iterable[Alteration]) -> list[Alteration]:
    merged: list[Alteration] = []
    for alteration in sorted(alterations, key=lambda one: one.questioned.start if one.questioned else Fraction(-1)):
        last = merged[-1].questioned if merged else None
        span = alteration.questioned
        if last is not None and span is not None and span.start - last.end < 1:
            merged[-1] = Alteration(alteration.kind, Span(last.start, max(last.end, span.end)), what=alteration.what)
        else:
            merged.append(alteration)
    return merged
