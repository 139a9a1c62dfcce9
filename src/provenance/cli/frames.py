"""``provenance frames``."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provenance.cli import output
from provenance.cli.values import file_name, media_time
from provenance.cli.verb import verb
from provenance.cli.words import plain, size
from provenance.errors import UsageError

if TYPE_CHECKING:
    from provenance.cli.session import Session


@verb("frames")
@click.argument("file", type=file_name)
@click.option("--exact", is_flag=True, required=True, help="The picture as decoded, sample for sample.")
@click.option("--number", type=click.IntRange(min=0), metavar="N", help="Picture N of the track, the first being 0.")
@click.option("--time", "moment", type=media_time, metavar="TIME", help="The picture shown at TIME: 12.5, 03:20.040.")
@click.option("--track", type=click.IntRange(min=0), metavar="N", help="Track N of the file. Default: its first video.")
@click.option("-o", "--output", "target", type=file_name, required=True, metavar="FILE.mkv", help="Where to write it.")
@click.option("--force", is_flag=True, help="Replace FILE.mkv if it exists.")
def frames(session: Session, file: str, target: str, **options: Any) -> None:
    """Take one exact picture out of FILE.

    It is written without loss (FFV1 in Matroska) in the format in which it was decoded, so that `provenance verify`
    finds it as a still of the recording, exact to the sample.
    """
    number, moment = options["number"], options["moment"]
    if (number is None) == (moment is None):
        raise UsageError("say which picture", advice="give either --number N or --time TIME")
    if Path(target).exists() and not options["force"]:
        raise UsageError(
            "exists already", code="file.exists", file=target, advice="choose another name or pass --force"
        )
    from provenance.media.child import exact_picture
    from provenance.media.source import open_source
    from provenance.store.files import write_new

    with open_source(Path(file)) as source, session.meter().of(file):
        data = exact_picture(source, track=options["track"], number=number, time=moment)
        source.check_unchanged()
    write_new(Path(target), data, force=bool(options["force"]), mode=0o644)
    if session.json:
        output.say_json(_value(file, target, data, options))
    else:
        output.say(f"{plain(target)}: one picture of {plain(file)}, {size(len(data))}")


def _value(file: str, target: str, data: bytes, options: dict[str, Any]) -> dict[str, object]:
    return {
        "schema": "provenance/frames/v1",
        "file": file,
        "output": target,
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "track": options["track"],
        "number": options["number"],
        "time": None if options["moment"] is None else str(options["moment"]),
    }
