"""``provenance explain``."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

import click

from provenance.cli import output
from provenance.cli.verb import verb
from provenance.cli.words import details, plain
from provenance.errors import UsageError

if TYPE_CHECKING:
    from provenance.cli.session import Session


_ROWS = (("kind", "kind"), ("usual outcome", "outcome"), ("it does not say", "unsaid"), ("what to do", "advice"))


@verb("explain")
@click.argument("codes", nargs=-1, metavar="[CODE...]")
def explain(session: Session, codes: tuple[str, ...]) -> None:
    """Say what CODE means: a finding of a verdict, a fault of an audit, or an error. Without CODE, all, a line each.

    With --json, always an array: a code of several kinds has an object for each.
    """
    known = _known()
    names = {each["code"]: None for each in known}
    for code in codes:
        if code not in names:
            close = get_close_matches(code, [str(name) for name in names], n=1)
            raise UsageError(
                f"{code!r} is no code of this version",
                code="usage.unknown-code",
                advice=f"did you mean {close[0]}?" if close else "`provenance explain` lists all of them",
            )
    wanted = [each for code in codes for each in known if each["code"] == code] if codes else known
    if session.json:
        output.say_json(wanted)
        return
    for each in wanted:
        output.say(f"{each['code']}: {each['meaning']}")
        if codes and not session.quiet:
            output.say(details([(name, plain(str(each[key]))) for name, key in _ROWS if each[key]]))


def _known() -> list[dict[str, str | None]]:
    """What is said about each code, kind by kind."""
    from provenance.auditing import faults
    from provenance.error_codes import ERRORS
    from provenance.findings import MEANINGS

    found = [
        _entry(code, "finding", one.plain, outcome=one.outcome, unsaid=one.unsaid) for code, one in MEANINGS.items()
    ]
    found += [_entry(code, "fault", one.plain, advice=one.advice) for code, one in faults.MEANINGS.items()]
    return found + [_entry(code, "error", one.meaning, advice=one.advice) for code, one in ERRORS.items()]


def _entry(
    code: str,
    kind: str,
    meaning: str,
    *,
    outcome: str | None = None,
    unsaid: str | None = None,
    advice: str | None = None,
) -> dict[str, str | None]:
    return {
        "schema": "provenance/explanation/v1",
        "code": code,
        "kind": kind,
        "meaning": meaning,
        "outcome": outcome,
        "unsaid": unsaid,
        "advice": advice,
    }
