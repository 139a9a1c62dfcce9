"""A verdict as people read it: one plain sentence, then where, then what differs, then what was checked.

The sentence is built from relation, basis and what was altered (formats section 6). The four strengths of a match are
never worded alike: bytes, coded units, decoded pictures, and sound alone.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from provenance.comparison import AXES_OF_KIND, EXACT_BASES, WHOLE_PICTURE
from provenance.escaping import plain
from provenance.findings import MEANINGS
from provenance.verdict import alterations, is_about_records
from provenance.verdict_words import (
    ALTERATIONS,
    BASES,
    BY_PRINT,
    BY_SOUND,
    CODED_SOUND,
    CUSTODIES,
    LOGS,
    REASONS,
    RECORDS,
    RELATIONS,
    SILENT_BOTH,
    SOUNDS,
    STANDINGS,
    TIMES,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    from provenance.comparison import Alteration, Basis, Comparison, Limit, Relation, Segment, Span
    from provenance.verdict import Axes, Finding, Verdict

#: Outcome of a finding -> the word before it; what differs between files is no failed check.
_OUTCOMES: Final = {"success": "held", "informational": "note", "failure": "failed"}
#: Said by the lines on time and log, which stand above.
_SAID_ABOVE: Final = frozenset({"time.none", "log.ownOnly"})
#: Finding that the first line of an undetermined verdict rests on -> what that line says, too.
_SAID_FIRST: Final = {
    "questioned.empty": frozenset({"questioned.empty"}),
    "questioned.unfinished": frozenset({"questioned.damaged"}),
}
#: Said by the line on what was looked for.
_LIMITS: Final = frozenset({"softBinding.limit", "softBinding.noLimit"})
#: Their details are sentences of their own; with others the meaning goes before.
_ALONE: Final = frozenset(
    {
        "cut.reorderTail",
        "evidence.unreadable",
        "hardBinding.none",
        "hardBinding.prefix",
        "presentation.notCompared",
        "sound.notCompared",
        "tracks.differ",
    }
)
#: Details are worded for any number; JSON keeps them as they are.
_ONE_OF_MANY: Final = re.compile(r"\b1 ((?:\w+ )?)(picture|place|record|recording)s\b(?:([^;]*?)\bare\b)?")
#: What words say of a file that is held; of two files that are only compared nothing is known to be registered.
_REGISTERED: Final = re.compile(r"\b[Aa] registered(?= file| recording)")
#: Alterations and segments listed before "and N more": a screen.
LISTED: Final = 12


def render(verdict: Verdict, *, every_finding: bool = False) -> str:
    """Plain text of several lines, the first of which can stand alone; no trailing line end.

    Findings that held, or that another line says, are folded, unless ``every_finding`` is asked for.
    """
    findings = _every_finding(verdict.findings) if every_finding else _findings(verdict)
    return "\n".join(
        [
            f"{plain(verdict.questioned.name)}: {headline(verdict.comparison, registered=is_registered(verdict))}",
            *_advice(verdict.comparison),
            *_places(verdict),
            *_differences(verdict.comparison),
            *_axes(verdict),
            *findings,
            *(f"  {limit}" for limit in verdict.limits),
        ]
    )


def headline(comparison: Comparison, *, registered: bool = True) -> str:
    """One sentence without a full stop: relation, basis, alterations.

    ``registered``: what it was compared with is held as registered; else it is only the other of two files.
    """
    reason = _reason(comparison)
    if reason is not None:
        return f"Undetermined: {REASONS[reason][0]}"
    words = _related(comparison.relation, comparison.basis)
    if not registered:
        words = _REGISTERED.sub(_of_the_other, words)
    basis = BASES[comparison.basis].said
    sentence = f"{words}, {basis}" if basis else words
    if comparison.relation in {"no-match", "undetermined"}:
        return sentence
    seen = _part_seen(comparison)
    if seen is not None:
        sentence = f"{sentence}, shows {seen:.0%} of the recording's picture"
    kinds = list(dict.fromkeys(_kind(one, comparison) for one in alterations(comparison)))
    if kinds:
        return f"{sentence} - changed{_first_moment(comparison)}: {'; '.join(kinds)}"
    if comparison.limit is not None:
        least = f"\N{GREATER-THAN OR EQUAL TO} {_size(comparison.limit)}"
        return f"{sentence}, no change found {least}; smaller changes not excluded"
    if comparison.altered.get("presentation") == "cannot-tell":
        return f"{sentence}; how it is shown cannot be told"
    return sentence


def _reason(comparison: Comparison) -> str | None:
    """The finding by which the first line says why nothing is settled; None where it is not one of those few."""
    if comparison.relation != "undetermined":
        return None
    codes = {note.code for note in comparison.notes}
    return next((code for code in REASONS if code in codes), None)


def _advice(comparison: Comparison) -> Iterator[str]:
    reason = _reason(comparison)
    if reason is not None and REASONS[reason][1]:
        yield f"  what can be done: {REASONS[reason][1]}"


def _related(relation: Relation, basis: Basis) -> str:
    by_sound = BY_SOUND.get(relation) if basis == "sound" else None
    return by_sound or RELATIONS[relation].said


def _kind(one: Alteration, comparison: Comparison) -> str:
    """What was changed; sound that was only coded again is not said to differ."""
    return CODED_SOUND if one.kind == "sound" and _sounds_alike(comparison) else ALTERATIONS[one.kind].said


def _sounds_alike(comparison: Comparison) -> bool:
    return comparison.sound.relation in BY_PRINT and comparison.sound.is_by_print


def is_registered(verdict: Verdict) -> bool:
    """Whether what it was compared with is held as registered, and not only the other of two files."""
    source = verdict.comparison.source
    return source is None or bool(verdict.evidence[source].id)


def _of_the_other(found: re.Match[str]) -> str:
    return "The other" if found[0][0] == "A" else "the other"


def _first_moment(comparison: Comparison) -> str:
    """`` at 00:03.000-00:04.200``: where pictures that were matched by looks were changed, and not throughout."""
    if comparison.basis != "visual":
        return ""
    spans = sorted({one.questioned for one in _told(comparison) if one.questioned}, key=lambda one: one.start)
    if not spans:
        return ""
    rest = len(spans) - 1
    more = f" and at {rest} more place{'s' if rest > 1 else ''}" if rest else ""
    return f" at {_span(spans[0])}{more}"


def _size(limit: Limit) -> str:
    """``0.4 % of the picture for 0.8 s``."""
    return f"{float(limit.region * 100):.2g} % of the picture for {float(limit.seconds):.2g} s"


def _part_seen(comparison: Comparison) -> float | None:
    """The largest part of the recording's picture that a matched piece shows; None if one shows all of it."""
    seen = [one.region[2] * one.region[3] for one in comparison.segments if one.basis == "visual"]
    return float(max(seen)) if seen and len(seen) == len(comparison.segments) and max(seen) < 1 else None


def moment(seconds: Fraction) -> str:
    """``02:50.960``; with hours where there are any; rounded half-even to milliseconds."""
    thousandths = round(seconds * 1000)
    sign, thousandths = ("-", -thousandths) if thousandths < 0 else ("", thousandths)
    minutes, rest = divmod(thousandths, 60_000)
    hours, minutes = divmod(minutes, 60)
    clock = f"{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"
    return f"{sign}{hours}:{clock}" if hours else f"{sign}{clock}"


def _span(span: Span) -> str:
    return moment(span.start) if span.start == span.end else f"{moment(span.start)}\N{EN DASH}{moment(span.end)}"


def _places(verdict: Verdict) -> Iterator[str]:
    comparison = verdict.comparison
    for segment in comparison.segments[:LISTED]:
        if comparison.relation == "still":
            yield f"  from {_span(segment.evidence)} of {_name(verdict, segment)}{_how(segment)}"
            continue
        exact = segment.basis in EXACT_BASES and comparison.basis == "visual"  # of a file of which a part looks alike
        how = f"{_how(segment)}, {BASES[segment.basis].said}" if exact else _how(segment)
        yield f"  {_span(segment.questioned)} is {_name(verdict, segment)}[{_span(segment.evidence)}]{how}"
    if len(comparison.segments) > LISTED:
        yield f"  and {len(comparison.segments) - LISTED} more segments"
    if comparison.source is not None and not comparison.segments:
        yield f"  {verdict.evidence[comparison.source].id or 'the other file'}"
    yield from _others(verdict)
    if comparison.unmatched:
        yield f"  without counterpart in the recording: {_spans(comparison.unmatched)}"
    if comparison.missing:
        yield f"  left out of the recording: {_spans(comparison.missing)}"


def _others(verdict: Verdict) -> Iterator[str]:
    others = verdict.comparison.others
    for source, relation, basis, _ in others[:LISTED]:
        if relation == "undetermined":
            yield f"  looks like {_id(verdict, source)}, and is not shown to come from it"
            continue
        yield f"  also: {_related(relation, basis)}, {BASES[basis].said}: {_id(verdict, source)}"
    if len(others) > LISTED:
        yield f"  and {len(others) - LISTED} more recordings"


def _name(verdict: Verdict, segment: Segment) -> str:
    return _id(verdict, segment.source)


def _id(verdict: Verdict, source: str) -> str:
    return verdict.evidence[source].id or "the other file"


def _how(segment: Segment) -> str:
    how = []
    if segment.speed != 1:
        how.append(f"{float(segment.speed):.3g} times as fast, at {float(1 / segment.speed):.3g} times the length")
    if segment.mirrored:
        how.append("mirrored")
    if segment.rotation:
        how.append(f"turned by {segment.rotation} degrees")
    if segment.basis == "visual" and segment.region != WHOLE_PICTURE:
        left, top, width, height = (f"{float(part):.0%}" for part in segment.region)
        how.append(f"shows {width} of the recording's width from {left} on, {height} of its height from {top} on")
    if segment.basis == "visual" and segment.place != WHOLE_PICTURE:
        left, top, width, height = (f"{float(part):.0%}" for part in segment.place)
        how.append(f"seen in {width} of this file's width from {left} on, {height} of its height from {top} on")
    if segment.stored_evidence is not None:
        how.append(f"stored: {_span(segment.stored_evidence)}")
    return f" ({', '.join(how)})" if how else ""


def _spans(spans: tuple[Span, ...]) -> str:
    more = f" and {len(spans) - LISTED} more" if len(spans) > LISTED else ""
    return ", ".join(_span(span) for span in spans[:LISTED]) + more


def _differences(comparison: Comparison) -> Iterator[str]:
    if comparison.relation in {"no-match", "undetermined", "identical"}:
        return
    found = _told(comparison)
    for one in found[:LISTED]:
        yield f"  changed {_alteration(one, comparison)}"
    if len(found) > LISTED:
        yield f"  and {len(found) - LISTED} more changes"
    if whose := _whose(found):
        yield f"  {whose}"
    shift = f" (shifted by {float(comparison.sound.shift):+.3f} s)" if comparison.sound.shift else ""
    if geometry := _geometry(comparison):
        accepted = {"derivative": "rendition"}.get(comparison.relation, comparison.relation)
        how = "" if comparison.relation == "composite" else f" (status 0 with --accept {accepted},altered)"
        where = "in places" if _IN_PARTS in geometry else "throughout"
        yield f"  changed {where}: {geometry}{how}"
    told = _alike(comparison) if _sounds_alike(comparison) else None
    if looked := looked_for(comparison, sized=bool(found)):
        yield f"  {looked}"
    yield f"  sound: {told or SOUNDS[comparison.sound.relation].said}{shift}"


def _alike(comparison: Comparison) -> str:
    silent = all(one.distinctive == 0 for one in comparison.sound.segments)
    return SILENT_BOTH if silent else BY_PRINT[comparison.sound.relation]


#: Said of what holds in some segments alone.
_IN_PARTS: Final = " in parts"


def _geometry(comparison: Comparison) -> str:
    """What of a copy that looks like the recording is shown otherwise, where no alteration says it (formats 6)."""
    if comparison.basis != "visual" or comparison.altered.get("presentation") != "found":
        return ""
    if any("presentation" in AXES_OF_KIND[one.kind] for one in alterations(comparison)):
        return ""
    parts = {
        "it is cropped": [one.region != WHOLE_PICTURE for one in comparison.segments],
        "it is turned": [bool(one.rotation) for one in comparison.segments],
    }
    told = [f"{words}{'' if all(holds) else _IN_PARTS}" for words, holds in parts.items() if any(holds)]
    return " and ".join(told) or "another part of the picture is shown"


def looked_for(comparison: Comparison, *, sized: bool = True) -> str | None:
    """Down to what changes inside pictures that were matched by looks would have been seen; None for other matches.

    ``sized``: area and time, too, which the headline says where nothing was changed.
    """
    if comparison.basis != "visual":
        return None
    limit, picture = comparison.limit, comparison.altered.get("picture")
    if picture == "not-examined":
        return "changes inside the pictures: not examined"
    if limit is None and picture == "found":
        return "further changes inside the pictures: cannot tell everywhere, in places what is there hides them"
    if limit is None:
        return "changes inside the pictures: cannot tell; what is there hides them, or the view moves"
    colour = "light or colour" if limit.channels == "luma+chroma" else "light (colour was not compared)"
    area = f"of {_size(limit)}, " if sized else "of that size and length, "
    return f"looked for: changes {area}by {limit.contrast} of 255 levels of {colour}; not below that"


def _told(comparison: Comparison) -> tuple[Alteration, ...]:
    """Every alteration as it is listed: what goes on throughout some of several segments has the times of those."""
    told: list[Alteration] = []
    for one in alterations(comparison):
        holding = [segment for segment in comparison.segments if one in segment.alterations]
        if one.questioned is not None or len(holding) in {0, len(comparison.segments)}:
            told.append(one)
        else:
            told.extend(replace(one, questioned=segment.questioned) for segment in holding)
    return tuple(told)


def _whose(found: Sequence[Alteration]) -> str:
    """Whose clock and picture changes are told by, where any are; of the recording's nothing is said there."""
    parts = {
        "times": any(one.questioned is not None for one in found),
        "places": any(one.region not in {None, WHOLE_PICTURE} for one in found),
    }
    told = " and ".join(part for part, is_told in parts.items() if is_told)
    return f"({told} of changes are those of this file, not of the recording)" if told else ""


def _alteration(one: Alteration, comparison: Comparison) -> str:
    said = _kind(one, comparison)
    what = f" ({_one(one.what)})" if one.what and said != CODED_SOUND else ""
    where = "throughout" if one.questioned is None else f"at {_span(one.questioned)}"
    return f"{where}{_region(one)}: {said}{what}"


def _region(one: Alteration) -> str:
    """Where in the picture; nothing for all of it."""
    if one.region is None or one.region == WHOLE_PICTURE:
        return ""
    left, top, width, height = (f"{float(part):.0%}" for part in one.region)
    return f", in {width} of the width from {left} on, {height} of the height from {top} on"


def _axes(verdict: Verdict) -> Iterator[str]:
    axes: Axes = verdict.axes
    if verdict.comparison.source is None or axes.record == "not-checked":
        return
    if len({segment.source for segment in verdict.comparison.segments}) > 1:
        yield f"  of {_id(verdict, verdict.comparison.source)} alone (`provenance show ID` tells it of another):"
    signer = f" ({plain(axes.signer)})" if axes.signer else ""
    yield f"  record: {RECORDS[axes.record].said}{signer}, {STANDINGS[axes.standing].said}"
    yield f"  custody: {CUSTODIES[axes.custody].said}; log: {LOGS[axes.log].said}"
    claimed = verdict.evidence[verdict.comparison.source].claimed_at
    clock = f"{plain(claimed)}, device clock; " if claimed else ""
    yield f"  registered: {clock}{TIMES[axes.time].said}"


def _findings(verdict: Verdict) -> Iterator[str]:
    """What nothing above says, and how to see the rest."""
    for finding in verdict.findings:
        if finding.outcome != "success" and not _is_said(finding, verdict):
            yield f"  {_outcome(finding)}: {_explained(finding)}"
    count = len(verdict.findings)
    every = f"--findings, all {count} checks; " if count > 1 else ""
    comparison = verdict.comparison
    words = comparison.relation if comparison.basis == "none" else f"{comparison.relation} {comparison.basis}"
    yield f"  more: {every}`provenance explain {words}`, what that means"


def _every_finding(findings: tuple[Finding, ...]) -> Iterator[str]:
    for finding in findings:
        yield f"  {_outcome(finding)}: {finding.code}: {plain(finding.detail)}"


def _is_said(finding: Finding, verdict: Verdict) -> bool:
    if finding.outcome == "failure":
        return not is_about_records(finding) and bool(alterations(verdict.comparison))
    if finding.code in _SAID_FIRST.get(_reason(verdict.comparison) or "", ()):
        return True
    if finding.code in _LIMITS:
        return looked_for(verdict.comparison) is not None
    return finding.code in _SAID_ABOVE and verdict.axes.record != "not-checked"


def _outcome(finding: Finding) -> str:
    if finding.outcome == "failure" and not is_about_records(finding):
        return "differs"
    return _OUTCOMES[finding.outcome]


def _explained(finding: Finding) -> str:
    """The meaning, the code to look up, and the detail unless it only repeats the meaning."""
    detail = _one(plain(finding.detail))
    meaning = MEANINGS[finding.code].plain.removesuffix(".")
    if finding.code in _ALONE:
        return f"{detail} ({finding.code})"
    told = {word.strip(".,;:").lower() for word in meaning.split()}
    adds = not {word.strip(".,;:").lower() for word in detail.split()} <= told
    return f"{meaning} ({finding.code}{f': {detail}' if adds else ''})"


def _one(text: str) -> str:
    return _ONE_OF_MANY.sub(lambda one: f"1 {one[1]}{one[2]}" + ("" if one[3] is None else f"{one[3]}is"), text)
