"""``provenance batch``."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provenance.cli import output
from provenance.cli.asking import asked_of, choices_of, comparing, judging, say_unmet
from provenance.cli.values import file_name
from provenance.cli.verb import verb
from provenance.cli.words import plural
from provenance.errors import UsageError
from provenance.escaping import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from provenance.batching.answers import Answer
    from provenance.batching.journal import Journal
    from provenance.cli.progress import Meter
    from provenance.cli.session import Session


@verb("batch")
@click.argument("names", metavar="FILE|DIR...", nargs=-1, required=True, type=file_name)
@click.option("-j", "--jobs", type=click.IntRange(1, 256), metavar="N", help="Processes. Default: one a core.")
@click.option("--resume", type=file_name, metavar="JOURNAL", help="Note each answer there, and go on where it ends.")
@click.option("--csv", type=file_name, metavar="OUT.csv", help="Write a table of all answers, too.")
@click.option("--force", is_flag=True, help="Replace OUT.csv if it exists.")
@comparing
@judging
def batch(session: Session, names: tuple[str, ...], **options: Any) -> int:
    """Tell how many files, or all in folders, relate to what was registered.

    A process a core; the archive is opened once in each, a passphrase is asked for once. Answers come in the order
    given, inside folders in the order of names, as one line each; with --json as lines of JSON, each the verdict that
    `verify --json` gives. In folders, what is hidden, a link, empty or no media is passed over, and named.

    With --resume, a run that was stopped goes on: what was answered is not asked again, unless the file has changed.
    A table that an earlier run wrote is then written anew.
    Exit status as for `verify`, the worst of all files.
    """
    if options["csv"]:
        options["force"] |= bool(options["resume"]) and _is_table(options["csv"])
        _refuse_existing(options["csv"], force=options["force"])
    elif options["force"]:
        raise UsageError("--force replaces the file of --csv, and none is named", advice="leave it out")
    files = _gathered(session, names, options)
    with session.open_to_read() as custodian:
        from provenance import batch as story

        setup = story.prepared(custodian, choices_of(options), asked_of(options))
        about = story.about(custodian, setup)
        session.say_remarks(custodian)
    jobs = min(options["jobs"] or story.cores(), len(files))
    session.note(f"asking about {plural(len(files), 'file')}, {plural(jobs, 'process', 'processes')}")
    with _journal(options["resume"], about) as journal, session.meter().of("") as meter:
        if journal is not None and journal.done:
            session.note(f"going on: {plural(len(journal.done), 'answer')} in {plain(options['resume'])}")
        listener = story.Listener(_telling(meter), _noting(session, meter))
        found = story.answers(files, setup, jobs=jobs, journal=journal, listener=listener)
        with contextlib.closing(found):
            told = [_said(session, meter, answer) for answer in _until_stopped(found, options["resume"])]
    if options["csv"]:
        _write_table(options["csv"], told, force=options["force"])
    session.note(_summary(told))
    return max((answer.status for answer in told), default=0)


def _is_table(target: str) -> bool:
    """Whether a run before this one wrote it: going on, its table is made again with what was missing."""
    from provenance.batching.table import is_table

    path = Path(target)
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return is_table(file.read(_HEAD_BYTES))


#: More than the head of a table has.
_HEAD_BYTES = 1024


def _refuse_existing(target: str, *, force: bool) -> None:
    if Path(target).exists() and not force:  # told before the work; `write_new` decides
        raise UsageError(
            "exists already", code="file.exists", file=target, advice="choose another name or pass --force"
        )


def _gathered(session: Session, names: tuple[str, ...], options: Mapping[str, Any]) -> tuple[str, ...]:
    from provenance.batching.files import gather, told

    own = [one for one in (options["resume"], options["csv"], os.fspath(session.archive_path)) if one]
    found = gather(names, own=own)
    for line in told(found.passed_over):
        session.note(line)
    if not found.files:
        raise UsageError("there is no file to ask about", advice="name files, or a folder that holds recordings")
    return found.files


@contextlib.contextmanager
def _journal(name: str | None, about: Mapping[str, Any]) -> Iterator[Journal | None]:
    if name is None:
        yield None
        return
    from provenance.batching.journal import Journal

    with Journal.open(Path(name), about) as journal:
        yield journal


def _telling(meter: Meter) -> Any:
    return lambda done, total: meter("files", done, total)


def _noting(session: Session, meter: Meter) -> Callable[[str], None]:
    def note(remark: str) -> None:
        with meter.aside():
            session.note(plain(remark))

    return note


def _until_stopped(found: Iterator[Answer], journal: str | None) -> Iterator[Answer]:
    try:
        yield from found
    except (KeyboardInterrupt, SystemExit):
        how = "--resume JOURNAL would have kept them" if journal is None else f"--resume {plain(journal)} goes on"
        output.warn(f"\nprovenance: stopped before every file was answered; {how}")
        raise


def _said(session: Session, meter: Meter, answer: Answer) -> Answer:
    """Say one answer, on a clear line."""
    trouble = answer.trouble()
    with meter.aside():
        if session.json:
            value = answer.verdict if trouble is None else output.error_value(trouble, file=answer.file)
            output.say_line(value)
        elif trouble is not None:
            output.say_error(trouble, file=answer.file)
        else:
            output.say(f"{plain(answer.file)}: {plain(answer.headline)}{_source(answer)}")
        say_unmet(answer.file, answer.unmet)
    return answer


def _source(answer: Answer) -> str:
    evidence = None if answer.verdict is None else answer.verdict.get("evidence")
    return f" [{plain(str(evidence['id']))}]" if evidence else ""


def _write_table(target: str, told: list[Answer], *, force: bool) -> None:
    from provenance.batching.table import to_csv
    from provenance.store.files import write_new

    write_new(Path(target), to_csv(told), force=force)


def _summary(told: list[Answer]) -> str:
    """How many answers of which kind."""
    relations = Counter(str(one.verdict["relation"]) for one in told if one.verdict is not None)
    failed = sum(one.verdict is None for one in told)
    parts = [f"{count:,} {relation}" for relation, count in relations.most_common()]
    if failed:
        parts.append(f"{failed:,} could not be compared")
    return f"{plural(len(told), 'file')}: {', '.join(parts)}"
