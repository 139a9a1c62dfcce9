"""A verdict as people read it: one plain sentence, then where, then what differs, then what was checked.

The sentence is built from relation, basis and what was altered (formats section 6). The four strengths of a match are
never worded alike: bytes, coded units, decoded pictures, and sound alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.verdict import alterations

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

    from provenance.comparison import Alteration, Basis, Comparison, Relation, Segment, SoundRelation, Span
    from provenance.verdict import Axes, Finding, Verdict

_RELATIONS: Final[dict[Relation, str]] = {
    "identical": "Identical to a registered file",
    "same-streams": "The whole of a registered recording in other wrapping",
    "same-pictures": "The whole of a registered recording, coded again without loss",
    "rendition": "Looks like the whole of a registered recording",
    "excerpt": "Excerpt of a registered recording",
    "composite": "Put together from several parts",
    "derivative": "A registered recording with changes",
    "still": "A moment of a registered recording",
    "no-match": "No match",
    "undetermined": "Undetermined",
}
_BASES: Final[dict[Basis, str]] = {
    "bytes": "every byte is the same",
    "packets": "exact to the coded unit",
    "pictures": "exact to the decoded picture",
    "visual": "by appearance",
    "sound": "by its sound alone",
    "none": "",
}
_SOUND: Final[dict[SoundRelation, str]] = {
    "identical": "all coded units are those of the recording",
    "same": "decoded, it equals the recording's sample for sample",
    "excerpt": "what there is of it is that of the recording",
    "replaced": "other sound than the recording's",
    "partly-replaced": "in part other sound than the recording's",
    "silent": "silent where the recording has sound",
    "absent": "none",
    "different": "not exactly that of the recording",
    "not-checked": "not checked",
}
_KINDS: Final[dict[str, str]] = {
    "picture": "the picture differs",
    "damage": "coded pictures are damaged",
    "removed": "pictures are left out",
    "inserted": "other pictures are put in",
    "frozen": "a picture is held in place of others",
    "crop": "another part of the picture is shown",
    "speed": "it is shown at another speed",
    "rotation": "it is shown turned",
    "mirror": "it is shown mirrored",
    "range": "its brightness range is read differently",
    "aspect": "its shape is stretched",
    "colour": "its colours are read differently",
    "captions": "captions differ",
    "track": "a track was added or taken out",
    "sound": "the sound differs",
    "sound-offset": "the sound is shifted against the picture",
    "hidden": "stored parts of the recording are not shown",
}
_MARKS: Final = {"success": "+", "informational": "i", "failure": "!"}
#: Alterations and segments listed before "and N more": a screen.
LISTED: Final = 12


def render(verdict: Verdict) -> str:
    """Plain text of several lines, the first of which can stand alone; no trailing line end."""
    return "\n".join(
        [
            f"{_plain(verdict.questioned.name)}: {headline(verdict.comparison)}",
            *_places(verdict),
            *_differences(verdict.comparison),
            *_axes(verdict),
            *_findings(verdict.findings),
            *(f"  {limit}" for limit in verdict.limits),
        ]
    )


def headline(comparison: Comparison) -> str:
    """One sentence without a full stop: relation, basis, alterations."""
    words = _RELATIONS[comparison.relation]
    basis = _BASES[comparison.basis]
    sentence = f"{words}, {basis}" if basis else words
    if comparison.relation in {"no-match", "undetermined"}:
        return sentence
    kinds = list(dict.fromkeys(_KINDS[one.kind] for one in alterations(comparison)))
    if kinds:
        return f"{sentence} - changed: {'; '.join(kinds)}"
    if comparison.altered.get("presentation") == "cannot-tell":
        return f"{sentence}; how it is shown cannot be told"
    return sentence


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
        yield f"  {_span(segment.questioned)} is {_name(verdict, segment)}[{_span(segment.evidence)}]{_how(segment)}"
    if len(comparison.segments) > LISTED:
        yield f"  and {len(comparison.segments) - LISTED} more segments"
    if comparison.source is not None and not comparison.segments:
        yield f"  {verdict.evidence[comparison.source].id or 'the file compared with'}"
    if comparison.unmatched:
        yield f"  not of the recording: {_spans(comparison.unmatched)}"
    if comparison.missing:
        yield f"  left out of the recording: {_spans(comparison.missing)}"


def _name(verdict: Verdict, segment: Segment) -> str:
    return verdict.evidence[segment.source].id or "the file compared with"


def _how(segment: Segment) -> str:
    how = []
    if segment.speed != 1:
        how.append(f"at {float(1 / segment.speed):.3g} times the length")
    if segment.mirrored:
        how.append("mirrored")
    if segment.rotation:
        how.append(f"turned by {segment.rotation} degrees")
    if segment.stored_evidence is not None:
        how.append(f"stored: {_span(segment.stored_evidence)}")
    return f" ({', '.join(how)})" if how else ""


def _spans(spans: tuple[Span, ...]) -> str:
    more = f" and {len(spans) - LISTED} more" if len(spans) > LISTED else ""
    return ", ".join(_span(span) for span in spans[:LISTED]) + more


def _differences(comparison: Comparison) -> Iterator[str]:
    if comparison.relation in {"no-match", "undetermined", "identical"}:
        return
    found = alterations(comparison)
    for one in found[:LISTED]:
        yield f"  changed {_alteration(one)}"
    if len(found) > LISTED:
        yield f"  and {len(found) - LISTED} more changes"
    shift = f" (shifted by {float(comparison.sound.shift):+.3f} s)" if comparison.sound.shift else ""
    yield f"  sound: {_SOUND[comparison.sound.relation]}{shift}"


def _alteration(one: Alteration) -> str:
    where = "throughout" if one.questioned is None else f"at {_span(one.questioned)}"
    return f"{where}: {_KINDS[one.kind]}{f' ({one.what})' if one.what else ''}"


def _axes(verdict: Verdict) -> Iterator[str]:
    axes: Axes = verdict.axes
    if verdict.comparison.source is None or axes.record == "not-checked":
        return
    signer = f" ({_plain(axes.signer)})" if axes.signer else ""
    yield f"  record: {axes.record}{signer} - standing: {axes.standing}"
    yield f"  time: {axes.time} - log: {axes.log} - custody: {axes.custody}"
    claimed = verdict.evidence[verdict.comparison.source].claimed_at
    if claimed:
        yield f"  registered at {_plain(claimed)}, by the clock of the registering device"


def _findings(findings: tuple[Finding, ...]) -> Iterator[str]:
    for finding in findings:
        yield f"  {_MARKS[finding.outcome]} {finding.code}: {_plain(finding.detail)}"


def _plain(text: str) -> str:
    """Names and details can come from strangers: what could steer a terminal is escaped."""
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)
