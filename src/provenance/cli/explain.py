"""``provenance explain``."""

from __future__ import annotations

from difflib import get_close_matches
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

import click

from provenance.cli import output
from provenance.cli.verb import verb
from provenance.cli.words import details
from provenance.errors import UsageError
from provenance.escaping import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.cli.session import Session


_ROWS = (
    ("kind", "kind"),
    ("in the text", "said"),
    ("usual outcome", "outcome"),
    ("it does not say", "unsaid"),
    ("what to do", "advice"),
)

#: What the codes are, under the words of a verdict; kind by kind.
_CODES = {
    "finding": "finding: what `verify` has checked",
    "fault": "fault: what `audit` finds wrong in an archive",
    "error": "error: why a command gave no answer",
}


@verb("explain")
@click.argument("words", nargs=-1, metavar="[WORD...]")
def explain(session: Session, words: tuple[str, ...]) -> None:
    """Say what WORD means: a word of a verdict, or the code of a finding, of a fault of an audit, or of an error.

    Without WORD, all, a line each, under headings by kind. With --json, always an array: a word of several kinds has
    an object for each.
    """
    known = list(_known())
    names = {each["code"]: None for each in known}
    for word in words:
        if word not in names:
            close = get_close_matches(word, [str(name) for name in names], n=1)
            raise UsageError(
                f"{word!r} is no word or code of this version",
                code="usage.unknown-code",
                advice=f"did you mean {close[0]}?" if close else "`provenance explain` lists all of them",
            )
    wanted = [each for word in words for each in known if each["code"] == word] if words else known
    if session.json:
        output.say_json(wanted)
    elif words:
        _say(session, wanted)
    else:
        _say_all(session, wanted)


def _say(session: Session, wanted: list[dict[str, str | None]]) -> None:
    for each in wanted:
        output.say(f"{each['code']}: {each['meaning']}")
        if not session.quiet:
            output.say(details([(name, plain(str(each[key]))) for name, key in _ROWS if each[key]]))


def _say_all(session: Session, wanted: list[dict[str, str | None]]) -> None:
    from provenance.verdict_words import KINDS

    headings = {kind: f"{kind}: {about}" for kind, (_, about, _) in KINDS.items()} | _CODES
    for kind, group in groupby(wanted, key=itemgetter("kind")):
        if not session.quiet:
            output.say(f"{chr(10) if kind != wanted[0]['kind'] else ''}{headings[str(kind)]}")
        output.say(details([(str(each["code"]), str(each["meaning"])) for each in group]))


def _known() -> Iterator[dict[str, str | None]]:
    """What is said about each word and code, kind by kind."""
    from provenance.auditing import faults
    from provenance.error_codes import ERRORS
    from provenance.findings import MEANINGS
    from provenance.verdict_words import KINDS

    for kind, (_, _, words) in KINDS.items():
        for word, one in words.items():
            yield _entry(word, kind, one.meaning, said=one.said or None)
    for code, finding in MEANINGS.items():
        yield _entry(code, "finding", finding.plain, outcome=finding.outcome, unsaid=finding.unsaid)
    for code, fault in faults.MEANINGS.items():
        yield _entry(code, "fault", fault.plain, advice=fault.advice)
    for code, error in ERRORS.items():
        yield _entry(code, "error", error.meaning, advice=error.advice)


def _entry(code: str, kind: str, meaning: str, **more: str | None) -> dict[str, str | None]:
    said = dict.fromkeys(("said", "outcome", "unsaid", "advice")) | more
    return {"schema": "provenance/explanation/v1", "code": code, "kind": kind, "meaning": meaning, **said}
