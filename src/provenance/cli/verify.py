"""``provenance verify``."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provenance.cli import output
from provenance.cli.values import byte_count, evidence_id_argument, file_name, split_ids, words_of
from provenance.cli.verb import verb
from provenance.errors import ProvenanceError, UsageError
from provenance.escaping import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.cli.session import Session
    from provenance.custodian import Custodian
    from provenance.verdict import Verdict

#: Answers weaker than an exact match that ``--accept`` may turn into status 0 (formats section 6).
ACCEPTABLE = ("rendition", "excerpt", "still", "altered")
#: What ``--require`` may ask for; ``--court`` asks for all of it.
REQUIRABLE = ("record=known", "log=witnessed", "time=quorum", "altered=none")


@verb("verify")
@click.argument("files", nargs=-1, required=True, type=file_name)
@click.option("--evidence", multiple=True, metavar="ID", help="Compare with this item of evidence only; repeatable.")
@click.option("--against", type=file_name, metavar="FILE", help="Compare with FILE itself: needs no archive.")
@click.option("--full", is_flag=True, help="Decode and compare every level, also when an early one settles it.")
@click.option("--deep", is_flag=True, help="Search everything held by every tier of appearance, however long it takes.")
@click.option("--findings", is_flag=True, help="List every check in the text, also those that held.")
@click.option("--record", is_flag=True, help="Append what was found to the archive, signed; else nothing is written.")
@click.option(
    "--accept", type=words_of(ACCEPTABLE), metavar="WORD,...", help=f"Also status 0: {', '.join(ACCEPTABLE)}."
)
@click.option(
    "--require", type=words_of(REQUIRABLE), metavar="WORD,...", help=f"Else status 1: {', '.join(REQUIRABLE)}."
)
@click.option("--court", is_flag=True, help="Require all of these.")
@click.option(
    "--at",
    metavar="TIME",
    help="A time (RFC 3339) to note in `inputs.at` of the JSON answer; in this version nothing else depends on it.",
)
@click.option("--max-bytes", type=byte_count, metavar="SIZE", help="Refuse files that are larger, e.g. 4GiB.")
def verify(session: Session, files: tuple[str, ...], **options: Any) -> int:
    """Tell how FILES relate to what was registered.

    An argument that is an evidence id limits the comparison to that item, like --evidence. Nothing is written, unless
    --record is given. With --json, one file gives the object, several give an array in the same order.

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
    choices = {
        "evidence_ids": tuple(evidence_id_argument(one) for one in (*ids, *options["evidence"])),
        "against": Path(options["against"]) if options["against"] else None,
        "full": options["full"],
        "deep": options["deep"],
        "max_bytes": options["max_bytes"],
        "record": options["record"],
        "at": _moment(options["at"]),
    }
    require = REQUIRABLE if options["court"] else options["require"] or ()
    with _custodian(session, options) as custodian:
        answers = _verdicts(session, custodian, names, choices)
        asked = {"accept": options["accept"] or (), "require": require}
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
            answer = error
        except OSError as error:
            answer = output.refusal(error)
        yield name, answer  # outside: the line is clear again


def _status(name: str, answer: Verdict | ProvenanceError, **asked: tuple[str, ...]) -> int:
    """The exit status for one file; what was required and is missing is named."""
    from provenance.verdict import exit_status, unmet

    if isinstance(answer, ProvenanceError):
        return output.TROUBLE
    missing = unmet(answer, asked["require"])
    if missing:
        output.warn(f"{plain(name)}: required and not met: {', '.join(missing)}")
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
