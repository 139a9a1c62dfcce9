"""``provenance verify``."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provenance.cli import output
from provenance.cli.asking import asked_of, choices_of, comparing, judging, say_unmet
from provenance.cli.repeating import check_alone, repeat
from provenance.cli.values import file_name, split_ids
from provenance.cli.verb import verb
from provenance.errors import ProvenanceError, UsageError, refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.cli.session import Session
    from provenance.custodian import Custodian
    from provenance.verdict import Verdict


@verb("verify")
@click.argument("files", nargs=-1, required=True, type=file_name)
@comparing
@click.option("--against", type=file_name, metavar="FILE", help="Compare with FILE itself: needs no archive.")
@click.option(
    "--repeat",
    type=file_name,
    metavar="EARLIER.json",
    help="Compare again: does the verdict in EARLIER.json come out? Status 0 equal, 1 differs, 2 cannot tell.",
)
@click.option("--findings", is_flag=True, help="List every check in the text, also those that held.")
@click.option("--record", is_flag=True, help="Append what was found to the archive, signed; else nothing is written.")
@judging
@click.option(
    "--at",
    metavar="TIME",
    help="A time (RFC 3339) to note in `inputs.at` of the JSON answer; in this version nothing else depends on it.",
)
def verify(session: Session, files: tuple[str, ...], **options: Any) -> int:
    """Tell how FILES relate to what was registered.

    An argument that is an evidence id limits the comparison to that item, like --evidence. Nothing is written, unless
    --record is given. With --json, one file gives the object, several give an array in the same order.

    "A is ID[B]": A on the clock of the file in hand shows what the recording shows at B. Times and places of changes
    are those of the file in hand; what it shows, and what is left out, are parts of the recording.

    Exit status: 0 an exact match (bytes, packets or pictures) with nothing altered, missing or added and no record
    check failed; 1 anything else that was compared; 2 undetermined, unreadable, wrong use. Of several, the worst.
    """
    ids, names = split_ids(files)
    if not names:
        raise UsageError("names no file to verify", advice="a file whose name has the form of an id: write ./NAME")
    if options["against"] and (ids or options["evidence"] or options["record"]):
        raise UsageError(
            "--against compares two files without the archive", advice="leave out evidence ids and --record"
        )
    if options["repeat"]:
        check_alone(names, options)
    choices = {
        **choices_of(options, ids),
        "against": Path(options["against"]) if options["against"] else None,
        "record": options["record"],
        "at": _moment(options["at"]),
    }
    with _custodian(session, options) as custodian:
        if options["repeat"]:
            return repeat(session, custodian, names[0], options["repeat"], choices)
        answers = _verdicts(session, custodian, names, choices)
        asked = asked_of(options)
        if session.json:
            return _say_json(answers, len(names), **asked)
        return _say_text(session, answers, len(names), every_finding=options["findings"], **asked)


@contextlib.contextmanager
def _custodian(session: Session, options: dict[str, Any]) -> Iterator[Custodian | None]:
    if options["against"]:
        yield None
        return
    with session.open_to_read(write=options["record"]) as custodian:
        yield custodian


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is not a time", advice="write it as 2026-02-03T12:00:00Z") from error
    if moment.tzinfo is None:
        raise UsageError(f"{text!r} lacks its zone", advice="write it as 2026-02-03T12:00:00Z")
    return moment.astimezone(UTC)


def _verdicts(
    session: Session, custodian: Custodian | None, names: list[str], choices: dict[str, Any]
) -> Iterator[tuple[str, Verdict | ProvenanceError]]:
    """One verdict or error a file, in order."""
    from provenance.verify import verify as verify_file

    for name in names:
        answer: Verdict | ProvenanceError
        try:
            with session.meter().of(name) as meter:
                answer = verify_file(custodian, Path(name), progress=meter, **choices)
        except ProvenanceError as error:
            if error.code == "file.not-regular" and Path(name).is_dir():
                error.advice = "`provenance batch` asks about all files in a folder"
            answer = error
        except OSError as error:
            answer = refusal(error)
        session.say_remarks(custodian)
        yield name, answer  # outside: the line is clear again


def _status(name: str, answer: Verdict | ProvenanceError, **asked: tuple[str, ...]) -> int:
    """The exit status for one file; what was required and is missing is named."""
    from provenance.verdict import exit_status, unmet

    if isinstance(answer, ProvenanceError):
        return output.TROUBLE
    say_unmet(name, unmet(answer, asked["require"]))
    return exit_status(answer, **asked)


def _say_json(answers: Iterator[tuple[str, Verdict | ProvenanceError]], count: int, **asked: tuple[str, ...]) -> int:
    worst = 0
    with output.JsonArray() if count > 1 else output.JsonSingle() as array:
        for name, answer in answers:
            worst = max(worst, _status(name, answer, **asked))
            array.add(_json_of(name, answer))
    return worst


def _json_of(name: str, answer: Verdict | ProvenanceError) -> str:
    from provenance.verdict import to_json

    if isinstance(answer, ProvenanceError):
        return output.to_json(output.error_value(answer, file=name))
    return to_json(answer).decode("utf-8").rstrip("\n")


def _say_text(
    session: Session,
    answers: Iterator[tuple[str, Verdict | ProvenanceError]],
    count: int,
    *,
    every_finding: bool,
    **asked: tuple[str, ...],
) -> int:
    from provenance.verdict_text import render

    worst = 0
    for number, (name, answer) in enumerate(answers, 1):
        if isinstance(answer, ProvenanceError):
            output.say_error(answer, file=name)
        else:
            text = render(answer, every_finding=every_finding)
            output.say(text.split("\n", 1)[0] if session.quiet else text)
            if number < count and not session.quiet:
                output.say()
        worst = max(worst, _status(name, answer, **asked))
    return worst
