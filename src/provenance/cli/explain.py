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


@verb("explain")
@click.argument("codes", nargs=-1, metavar="[CODE...]")
def explain(session: Session, codes: tuple[str, ...]) -> None:
    """Say what CODE means: a finding of a verdict, or an error. Without CODE, all of them, a line each.

    With --json, one CODE gives the object, otherwise an array.
    """
    known = _known()
    unknown = [code for code in codes if code not in known]
    if unknown:
        close = get_close_matches(unknown[0], known, n=1)
        raise UsageError(
            f"{unknown[0]!r} is no code of this version",
            code="usage.unknown-code",
            advice=f"did you mean {close[0]}?" if close else "`provenance explain` lists all of them",
        )
    wanted = [known[code] for code in codes] or list(known.values())
    if session.json:
        output.say_json(wanted[0] if len(codes) == 1 else wanted)
        return
    for each in wanted:
        output.say(f"{each['code']}: {each['meaning']}")
        rows = [(name, str(each[key])) for name, key in _ROWS if each[key]]
        if codes and not session.quiet:
            output.say(details([(name, plain(text)) for name, text in rows]))


_ROWS = (("kind", "kind"), ("outcome", "outcome"), ("it does not say", "unsaid"), ("what to do", "advice"))


def _known() -> dict[str, dict[str, str | None]]:
    """What is said about each code: findings first, then errors."""
    from provenance.error_codes import ERRORS
    from provenance.findings import MEANINGS

    empty: dict[str, str | None] = {"outcome": None, "unsaid": None, "advice": None}
    schema = "provenance/explanation/v1"
    found = {
        code: {**empty, "schema": schema, "code": code, "kind": "finding", "meaning": one.plain,
               "outcome": one.outcome, "unsaid": one.unsaid}
        for code, one in MEANINGS.items()
    }  # fmt: skip
    errors = {
        code: {**empty, "schema": schema, "code": code, "kind": "error", "meaning": one.meaning, "advice": one.advice}
        for code, one in ERRORS.items()
    }
    both = {code: {**errors[code], **found[code], "advice": errors[code]["advice"]} for code in found.keys() & errors}
    return {**errors, **found, **both}
