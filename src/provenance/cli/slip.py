"""``provenance slip``: show and check."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provenance.cli import output
from provenance.cli.lazy import LazyGroup
from provenance.cli.values import byte_count, evidence_id_argument, file_name
from provenance.cli.verb import verb
from provenance.cli.words import details, plain
from provenance.errors import RecordError, UsageError

if TYPE_CHECKING:
    from provenance.cli.session import Session

#: A slip has at most 263 characters; the rest is room for what a messenger puts around it.
_SLIP_FILE = 4096


@click.group(
    "slip",
    cls=LazyGroup,
    lazy={
        "show": ("slip:show", "Print the slip of an item of evidence."),
        "check": ("slip:check", "Tell whether a slip is about a file."),
    },
)
def slip() -> None:
    """A signed line of at most 263 characters that commits to a file, to be left with somebody else."""


@verb("show")
@click.argument("evidence_id", metavar="ID")
def show(session: Session, evidence_id: str) -> None:
    """Print the slip of ID: send it to a friend in a message.

    It tells nothing about the file to whoever does not have the file.
    """
    from provenance.custody import make_slip

    wanted = evidence_id_argument(evidence_id)
    with session.open() as custodian:
        text = make_slip(custodian, wanted)
    if session.json:
        output.say_json({"schema": "provenance/slip/v1", "evidence_id": wanted, "slip": text})
    else:
        output.say(text)


@verb("check")
@click.argument("text", metavar="SLIP")
@click.argument("file", type=file_name)
@click.option("--max-bytes", type=byte_count, metavar="SIZE", help="Refuse a file that is larger, e.g. 4GiB.")
def check(session: Session, text: str, file: str, max_bytes: int | None) -> int:
    """Tell whether SLIP (its text, @FILE, or - for stdin) is about FILE. Needs no archive.

    Exit status: 0 the slip commits to exactly these bytes; 1 it does not; 2 trouble.
    """
    from provenance.custody import check_slip

    written = _read(text)
    checked = check_slip(written, Path(file), max_bytes=max_bytes)
    if session.json:
        output.say_json({"schema": "provenance/slip-check/v1", "file": file, **checked.to_json_value()})
    elif checked.matches:
        output.say(f"{plain(file)}: is what the slip commits to, byte for byte")
        output.say(details(checked.rows()))
    else:
        output.say(f"{plain(file)}: is not what the slip commits to")
    return 0 if checked.matches else 1


def _read(text: str) -> str:
    """The slip itself, out of whatever the message put around it."""
    if text == "-":
        text = sys.stdin.read(_SLIP_FILE)
    elif text.startswith("@"):
        try:
            with Path(text[1:]).open(encoding="utf-8", errors="replace") as file:
                text = file.read(_SLIP_FILE)
        except OSError as error:
            raise UsageError(f"cannot be read: {error.strerror}", file=text[1:], advice="name another file") from error
    found = [word for word in text.split() if word.startswith("PVR1:")]
    if len(found) != 1:
        raise RecordError(
            "this is not one slip", code="slip.malformed", advice="a slip is one word that begins with PVR1:"
        )
    return found[0]
