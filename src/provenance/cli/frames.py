"""``provenance frames``."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provenance.cli import output
from provenance.cli.located import opened
from provenance.cli.side_by_side import Asked, side_by_side
from provenance.cli.values import file_name, media_time
from provenance.cli.verb import verb
from provenance.cli.words import size
from provenance.errors import UsageError
from provenance.escaping import plain

if TYPE_CHECKING:
    from provenance.cli.session import Session

#: Options that speak of one exact picture, and those that speak of a comparison.
_EXACT, _COMPARE = ("number", "moment", "track"), ("video", "place", "names", "pairs")


@verb("frames")
@click.argument("files", nargs=-1, required=True, type=file_name, metavar="FILE...")
@click.option("--exact", is_flag=True, help="One picture as decoded, sample for sample.")
@click.option("--number", type=click.IntRange(min=0), metavar="N", help="Picture N of the track, the first being 0.")
@click.option("--time", "moment", type=media_time, metavar="TIME", help="The picture shown at TIME: 12.5, 03:20.040.")
@click.option("--track", type=click.IntRange(min=0), metavar="N", help="Track N of the file. Default: its first video.")
@click.option("--compare", "questioned", type=file_name, metavar="QUESTIONED", help="Lay QUESTIONED beside FILE.")
@click.option("--video", type=file_name, metavar="OUT.mp4", help="Also, or only, a clip of both side by side.")
@click.option("--pairs", type=click.IntRange(1, 24), metavar="N", help="About N pairs along the way. Default: 6.")
@click.option("--names", is_flag=True, help="Write the names of the files into the picture; else it names nobody.")
@click.option("--file", "place", type=file_name, metavar="PATH", help="Where the bytes of the evidence id FILE are.")
@click.option("-o", "--output", "target", type=file_name, metavar="OUT", help="Where to write: .mkv or .png.")
@click.option("--force", is_flag=True, help="Replace what exists.")
def frames(session: Session, files: tuple[str, ...], **options: Any) -> int | None:
    """Take pictures out of FILE, or out of the registered file with this evidence id.

    --exact writes one picture without loss (FFV1 in Matroska) in the format in which it was decoded, so that
    `provenance verify` finds it as a still of the recording, exact to the sample.

    --compare writes a sheet of pictures of QUESTIONED, each beside its counterpart in FILE (a file, or evidence ids),
    with the time codes of both, what was changed outlined, and the part that QUESTIONED shows. What is a counterpart
    is what `provenance verify` finds. Where it finds none, nothing is written and the exit status is that of verify.
    """
    if options["exact"] == (options["questioned"] is not None):
        raise UsageError("say what to make", advice="give either --exact or --compare QUESTIONED")
    for name in _COMPARE if options["exact"] else _EXACT:
        if options[name] not in {None, False}:
            made = "--exact" if options["exact"] else "--compare"
            raise UsageError(f"an option does not go with {made}", advice="`provenance frames --help` tells which do")
    if options["questioned"] is None:
        if len(files) != 1 or options["target"] is None:
            raise UsageError("takes one file and -o OUT.mkv", advice="name one file")
        _exact(session, files[0], **options)
        return None
    return side_by_side(
        session,
        Asked(
            options["questioned"],
            files,
            picture=options["target"],
            video=options["video"],
            file=options["place"],
            names=options["names"],
            spread=options["pairs"] or 6,
            force=options["force"],
        ),
    )


def _exact(session: Session, file: str, *, target: str, **options: Any) -> None:
    """Write one picture without loss."""
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

    with opened(session, file) as source:
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
