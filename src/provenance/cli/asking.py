"""What the commands that compare are asked: options that `verify` and `batch` share, written once."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

import click

from provenance.cli import output
from provenance.cli.values import byte_count, evidence_id_argument, words_of
from provenance.escaping import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Command = Callable[..., Any]

#: Answers weaker than an exact match that ``--accept`` may turn into status 0 (formats section 6).
ACCEPTABLE = ("rendition", "excerpt", "still", "altered")
#: What ``--require`` may ask for; ``--court`` asks for all of it.
REQUIRABLE = ("record=known", "log=witnessed", "time=quorum", "altered=none")


def comparing(command: Command) -> Command:
    """Options that say what to compare with, and how deeply."""
    return _with(
        command,
        click.option(
            "--evidence", multiple=True, metavar="ID", help="Compare with this item of evidence only; repeatable."
        ),
        click.option("--full", is_flag=True, help="Decode and compare every level, also when an early one settles it."),
        click.option(
            "--deep", is_flag=True, help="Search everything held by every tier of appearance, however long it takes."
        ),
        click.option("--max-bytes", type=byte_count, metavar="SIZE", help="Refuse files that are larger, e.g. 4GiB."),
    )


def judging(command: Command) -> Command:
    """Options that say which answers end with status 0."""
    return _with(
        command,
        click.option(
            "--accept",
            type=words_of(ACCEPTABLE),
            metavar="WORD,...",
            help=f"Also status 0: {', '.join(ACCEPTABLE)} (what is changed, cropped or turned needs it beside).",
        ),
        click.option(
            "--require", type=words_of(REQUIRABLE), metavar="WORD,...", help=f"Else status 1: {', '.join(REQUIRABLE)}."
        ),
        click.option("--court", is_flag=True, help="Require all of these."),
    )


def choices_of(options: Mapping[str, Any], ids: Sequence[str] = ()) -> dict[str, Any]:
    """The options of :func:`comparing` as :func:`provenance.verify.verify` takes them; ``ids``: given as arguments."""
    return {
        "evidence_ids": tuple(evidence_id_argument(one) for one in (*ids, *options["evidence"])),
        "full": options["full"],
        "deep": options["deep"],
        "max_bytes": options["max_bytes"],
    }


def asked_of(options: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The options of :func:`judging` as :func:`provenance.verdict.exit_status` takes them."""
    require = REQUIRABLE if options["court"] else options["require"] or ()
    return {"accept": options["accept"] or (), "require": require}


def say_unmet(name: str, missing: Sequence[str]) -> None:
    """Name what was required and is weaker."""
    if missing:
        output.warn(f"{plain(name)}: required and not met: {', '.join(missing)}")


def _with(command: Command, *options: Callable[[Command], Command]) -> Command:
    """``command`` with ``options`` in the order in which its help lists them."""
    return reduce(lambda made, option: option(made), reversed(options), command)
