"""``provenance unlock``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provenance.cli import output
from provenance.cli.values import time_span
from provenance.cli.verb import verb
from provenance.errors import UsageError

if TYPE_CHECKING:
    from provenance.cli.session import Session

#: As the design has it: a working day.
_DEFAULT = "8h"


@verb("unlock")
@click.option("--for", "span", type=time_span, metavar="SPAN", help=f"How long: 30m, 8h, 2d. Default: {_DEFAULT}.")
@click.option("--lock", is_flag=True, help="Forget the key now.")
def unlock(session: Session, span: int | None, *, lock: bool) -> None:
    """Keep the reading key at hand, so that other commands do not ask for the passphrase.

    It lies in your runtime folder, readable by you alone. Registering never needs it.
    """
    if lock and span is not None:
        raise UsageError("--for and --lock contradict each other", advice="give one of them")
    seconds = time_span(_DEFAULT) if span is None else span
    with session.open(ask=not lock) as custodian:
        if lock:
            was = custodian.lock()
            answer: dict[str, object] = {"locked": True, "seconds": None}
            text = "locked" if was else "was locked already"
        else:
            custodian.unlock(seconds)
            answer = {"locked": False, "seconds": seconds}
            text = f"unlocked for {_span(seconds)}; `provenance unlock --lock` ends it"
    if not lock:
        _settle(session)
    if session.json:
        output.say_json({"schema": "provenance/unlock/v1", **answer})
    else:
        output.say(text)


def _settle(session: Session) -> None:
    """Index what was registered while locked; the same bytes under two ids are joined by a record that says so."""
    from provenance.custody import settle

    with session.open(write=True, ask=False) as custodian:
        for later, earlier in settle(custodian):
            session.note(f"{later} has the same bytes as {earlier}; a record says so now")


def _span(seconds: int) -> str:
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds % length == 0 and seconds >= length:
            count = seconds // length
            return f"{count} {unit.removesuffix('s') if count == 1 else unit}"
    return f"{seconds} seconds"
