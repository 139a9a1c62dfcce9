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
from provenance.cli.words import details
from provenance.errors import RecordError, SignatureError
from provenance.escaping import plain

if TYPE_CHECKING:
    from provenance.cli.session import Session
    from provenance.evidence import DigestSet
    from provenance.receipts import CheckedSlip

#: A slip has at most 263 characters and twelve words at most 107; the rest is room for what a message puts around.
_MESSAGE_CHARACTERS = 4096
#: What is longer is a mistyped slip, no name worth repeating in an error.
_NAME = 100


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
    """Tell whether SLIP (its text, @ and the name of a file with it, or - for stdin) is about FILE. Needs no archive.

    The time in a slip is the claim of the device that made it. It dates the file only from when somebody else can
    show that they held the slip.

    Exit status: 0 the slip commits to exactly these bytes; 1 it does not; 2 trouble.
    """
    written = _slip_in(_text_of(text), text)
    said = _read(written)
    digests = _digests(session, file, max_bytes)
    matches = _matches(written, digests, _secret(words_file))
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


def _read(written: str) -> CheckedSlip:
    """What the slip says; an error of its text is one of copying it, and no fault of an archive."""
    from provenance.receipts import read_slip

    try:
        return read_slip(written)
    except SignatureError as error:
        raise RecordError(
            "the signature of this slip does not check: a character of it was changed", code="slip.signature"
        ) from error
    except RecordError as error:
        raise RecordError("this slip is not whole, or was changed", code="slip.malformed") from error


def _matches(written: str, digests: DigestSet, secret: bytes | None) -> bool:
    from provenance.receipts import check_slip

    try:
        check_slip(written, digests, slip_secret=secret)
    except RecordError as error:
        if error.code == "slip.other-file":
            return False
        raise RecordError(error.message, code=error.code) from error  # what to do here is in the table of codes
    return True


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


def _slip_in(message: str, argument: str) -> str:
    """The slip itself, out of whatever a messenger put around it. ``argument``: where the message came from."""
    found = [word for word in message.split() if word.startswith("PVR1:")]
    if len(found) == 1:
        return found[0]
    advice = "a slip is one word that begins with PVR1:"
    if message == argument and _is_file(argument):  # a name where the text was meant
        holds = Path(argument).stat().st_size <= _MESSAGE_CHARACTERS and "PVR1:" in read_text(argument)
        advice = (
            f"to read the slip from this file write @{argument}" if holds else "the slip comes first, then the file"
        )
    raise RecordError(
        f"{len(found)} slips are given, one is needed" if found else "there is no slip in it",
        code="slip.malformed",
        file=argument.removeprefix("@") if not found and argument != "-" and len(argument) < _NAME else None,
        advice=advice,
    )


def _is_file(argument: str) -> bool:
    try:
        return Path(argument).is_file()
    except OSError:  # a slip is longer than a name may be
        return False
