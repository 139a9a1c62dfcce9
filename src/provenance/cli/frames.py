"""``provenance frames``."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provenance.cli import output
from provenance.cli.values import file_name, media_time, split_ids
from provenance.cli.verb import verb
from provenance.cli.words import size
from provenance.errors import FileError, UsageError
from provenance.escaping import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.cli.session import Session
    from provenance.evidence import DigestSet
    from provenance.media.source import Source


@verb("frames")
@click.argument("file", type=file_name)
@click.option("--exact", is_flag=True, required=True, help="The picture as decoded, sample for sample.")
@click.option("--number", type=click.IntRange(min=0), metavar="N", help="Picture N of the track, the first being 0.")
@click.option("--time", "moment", type=media_time, metavar="TIME", help="The picture shown at TIME: 12.5, 03:20.040.")
@click.option("--track", type=click.IntRange(min=0), metavar="N", help="Track N of the file. Default: its first video.")
@click.option("-o", "--output", "target", type=file_name, required=True, metavar="OUT.mkv", help="Where to write it.")
@click.option("--force", is_flag=True, help="Replace OUT.mkv if it exists.")
def frames(session: Session, file: str, target: str, **options: Any) -> None:
    """Take one exact picture out of FILE, or out of the registered file with this evidence id.

    It is written without loss (FFV1 in Matroska) in the format in which it was decoded, so that `provenance verify`
    finds it as a still of the recording, exact to the sample.
    """
    number, moment, track = options["number"], options["moment"], options["track"]
    if (number is None) == (moment is None):
        raise UsageError("say which picture", advice="give either --number N or --time TIME")
    if Path(target).suffix.lower() != ".mkv":
        raise UsageError(
            f"{target!r} does not end in .mkv",
            advice="the picture is written as it was decoded, in Matroska: name it so",
        )
    if Path(target).exists() and not options["force"]:  # told before the work; `write_new` decides
        raise UsageError(
            "exists already", code="file.exists", file=target, advice="choose another name or pass --force"
        )
    from provenance.media.child import exact_picture
    from provenance.store.files import write_new

    with _opened(session, file) as source:
        data = exact_picture(source, track=track, number=number, time=moment)
        source.check_unchanged()
    write_new(Path(target), data, force=options["force"], mode=0o644)
    if session.json:
        value = {"file": file, "output": target, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        when = None if moment is None else str(moment)
        output.say_json({"schema": "provenance/frames/v1", **value, "track": track, "number": number, "time": when})
    else:
        which = f"picture {number}" if moment is None else f"the picture shown at {float(moment):.3f} s"
        output.say(f"{plain(target)}: {which} of {plain(file)}, {size(len(data))}")


@contextmanager
def _opened(session: Session, file: str) -> Iterator[Source]:
    """FILE itself, or for an evidence id the registered bytes: digested on the descriptor that is then measured."""
    from provenance.media.source import open_source

    if not split_ids([file])[0]:
        with open_source(file) as source:
            yield source
        return
    from provenance.records import digests_of, locations

    with session.open() as custodian:
        wanted = digests_of(custodian, file)
        places = [place.path for place in locations(custodian, file)]
    for path in places:
        with ExitStack() as opened:
            try:
                source = opened.enter_context(open_source(path))
                holds = _holds(session, source, wanted)
            except FileError:
                continue  # gone, or not readable now: the next place may do
            if holds:
                yield source
                return
    raise FileError(
        "the registered bytes are at none of the places where they were seen",
        code="file.missing",
        file=file,
        advice=f"`provenance locate {file} PATH` says where they are",
    )


def _holds(session: Session, source: Source, wanted: DigestSet) -> bool:
    from provenance.media.source import digest

    with session.meter().of(source.name) as meter:
        return source.size == wanted.size and digest(source, meter.reading)[0] == wanted
