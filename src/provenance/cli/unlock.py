"""``provenance unlock``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from provenance.cli import output
from provenance.cli.session import read_small, read_text
from provenance.cli.values import file_name, time_span
from provenance.cli.verb import verb
from provenance.errors import UsageError
from provenance.escaping import plain

if TYPE_CHECKING:
    from provenance.attest.keys import ReadingKey
    from provenance.cli.session import Session
    from provenance.custodian import Custodian

#: As the design has it: a working day.
_DEFAULT = "8h"


@verb("unlock")
@click.option("--for", "span", type=time_span, metavar="SPAN", help=f"How long: 30m, 8h, 2d. Default: {_DEFAULT}.")
@click.option("--lock", is_flag=True, help="Forget the key now.")
@click.option("--words", is_flag=True, help="Open with the twelve recovery words, asked for at the terminal.")
@click.option("--words-file", type=file_name, metavar="FILE", help="Open with the recovery words in FILE.")
@click.option(
    "--key-file", type=file_name, metavar="NAME.key", help="Open with a recipient's key, as `key new` wrote it."
)
def unlock(session: Session, span: int | None, *, lock: bool, **other: Any) -> None:
    """Keep the reading key at hand, so that other commands do not ask for the passphrase.

    It lies in your runtime folder, readable by you alone. Registering never needs it. What is sealed opens with the
    archive's own reading key, with the recovery words that `provenance init` showed, or with a recipient's NAME.key
    for whose NAME.pub it was sealed; --passphrase-file is then the passphrase of NAME.key.
    """
    if lock and span is not None:
        raise UsageError("--for and --lock contradict each other", advice="give one of them")
    if sum(map(bool, (lock, *other.values()))) > 1:
        raise UsageError(
            "only one of --lock, --words, --words-file and --key-file makes sense", advice="give one of them"
        )
    seconds = time_span(_DEFAULT) if span is None else span
    key = _other_key(session, **other)
    with session.open(ask=not lock and key is None) as custodian:
        if lock:
            was = custodian.lock()
            answer: dict[str, object] = {"locked": True, "seconds": None}
            text = "locked" if was else "was locked already"
        else:
            _keep(custodian, key, seconds)
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


def _keep(custodian: Custodian, key: ReadingKey | None, seconds: int) -> None:
    if key is None:
        custodian.unlock(seconds)
    else:
        custodian.unlock_with(key, seconds)


def _other_key(session: Session, *, words: bool, words_file: str | None, key_file: str | None) -> ReadingKey | None:
    """The key to open with if it is not the archive's own; opened before the archive, so that nothing waits for it."""
    if words or words_file is not None:
        from provenance.attest.recovery import recover

        return recover(_asked_words() if words_file is None else read_text(words_file)).reading
    if key_file is None:
        return None
    from provenance.attest.keys import ReadingKey, needs_passphrase

    data = read_small(key_file)
    passphrase = session.passphrase(f"Passphrase of {plain(key_file)}") if needs_passphrase(data) else None
    return ReadingKey.from_file(data, passphrase)


def _asked_words() -> str:
    if not sys.stdin.isatty():
        raise UsageError("nobody can be asked for the words", code="usage.passphrase", advice="give --words-file FILE")
    answer: str = click.prompt("Recovery words", hide_input=True, err=True)
    return answer


def _span(seconds: int) -> str:
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds % length == 0 and seconds >= length:
            count = seconds // length
            return f"{count} {unit.removesuffix('s') if count == 1 else unit}"
    return f"{seconds} seconds"
