"""``provenance slip``: show and check."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provenance.cli import output
from provenance.cli.lazy import LazyGroup
from provenance.cli.session import read_text
from provenance.cli.values import byte_count, evidence_id_argument, file_name
from provenance.cli.verb import verb
from provenance.cli.words import details, plain
from provenance.errors import RecordError

if TYPE_CHECKING:
    from provenance.cli.session import Session
    from provenance.evidence import DigestSet

#: A slip has at most 263 characters and twelve words at most 107; the rest is room for what a message puts around.
_MESSAGE_CHARACTERS = 4096


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

    Whoever has the slip and not the file cannot tell what it is about; whoever has both can.
    """
    from provenance.receipts import make_slip
    from provenance.records import digests_of

    wanted = evidence_id_argument(evidence_id)
    with session.open() as custodian:
        text = make_slip(custodian, digests_of(custodian, wanted))
    if session.json:
        output.say_json({"schema": "provenance/slip/v1", "evidence_id": wanted, "slip": text})
    else:
        output.say(text)


@verb("check")
@click.argument("text", metavar="SLIP")
@click.argument("file", type=file_name)
@click.option("--words-file", type=file_name, metavar="FILE", help="The recovery words that open a sealed slip.")
@click.option("--max-bytes", type=byte_count, metavar="SIZE", help="Refuse a file that is larger, e.g. 4GiB.")
def check(session: Session, text: str, file: str, words_file: str | None, max_bytes: int | None) -> int:
    """Tell whether SLIP (its text, @FILE, or - for stdin) is about FILE. Needs no archive.

    The time in a slip is the claim of the device that made it. It dates the file only from when somebody else can
    show that they held the slip.

    Exit status: 0 the slip commits to exactly these bytes; 1 it does not; 2 trouble.
    """
    from provenance.receipts import check_slip, read_slip

    written = _slip_in(_text_of(text))
    said = read_slip(written)
    digests = _digests(session, file, max_bytes)
    try:
        check_slip(written, digests, slip_secret=_secret(words_file))
    except RecordError as error:
        if error.code != "slip.other-file":
            raise
        matches = False
    else:
        matches = True
    value = {
        "file": file,
        "matches": matches,
        "mode": said.mode,
        "log": said.log_origin,
        "log_size": said.size,
        "root": said.root.hex(),
        "claimed_at": said.claimed_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if session.json:
        output.say_json({"schema": "provenance/slip-check/v1", **value})
    else:
        _say(session, value)
    return 0 if matches else 1


def _say(session: Session, value: dict[str, object]) -> None:
    answer = "is what the slip commits to, byte for byte" if value["matches"] else "is NOT what the slip commits to"
    output.say(f"{plain(str(value['file']))}: {answer}")
    if not session.quiet:
        rows = [
            ("made", f"{value['claimed_at']}, as the device that made it claims"),
            ("log", f"{value['log']}, {value['log_size']} entries"),
            ("signature", "checks under the key of that log; whose key it is, the slip does not say"),
        ]
        output.say(details(rows))


def _digests(session: Session, file: str, max_bytes: int | None) -> DigestSet:
    from provenance.media.source import digest, open_source

    with open_source(Path(file), max_bytes=max_bytes) as source, session.meter().of(file) as meter:
        found, _ = digest(source, meter.reading)
    return found


def _secret(words_file: str | None) -> bytes | None:
    if words_file is None:
        return None
    from provenance.attest.recovery import recover

    return recover(read_text(words_file)).slip_secret


def _text_of(argument: str) -> str:
    if argument == "-":
        return sys.stdin.read(_MESSAGE_CHARACTERS)
    return read_text(argument[1:]) if argument.startswith("@") else argument


def _slip_in(message: str) -> str:
    """The slip itself, out of whatever a messenger put around it."""
    found = [word for word in message.split() if word.startswith("PVR1:")]
    if len(found) != 1:
        raise RecordError(
            "this is not one slip", code="slip.malformed", advice="a slip is one word that begins with PVR1:"
        )
    return found[0]
