"""``provenance init``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provenance.cli import output
from provenance.cli.values import file_name
from provenance.cli.verb import verb
from provenance.escaping import plain

if TYPE_CHECKING:
    from provenance.cli.session import Session


@verb("init")
@click.option(
    "--profile",
    type=click.Choice(["organisation", "filmer"]),
    default="organisation",
    show_default=True,
    help="filmer: records carry no week and public heads do not tell how much was filmed.",
)
@click.option("--captured", is_flag=True, help="State of every file, unless said otherwise, that its holder filmed it.")
@click.option(
    "--seal-to",
    type=file_name,
    multiple=True,
    metavar="ORG.pub",
    help="Seal for this recipient; this device then only writes and cannot read. Repeatable.",
)
@click.option(
    "--recovery-words/--no-recovery-words",
    default=None,
    help="Make twelve words that open the archive, shown once (`unlock --words`). Default: at a terminal, without "
    "--seal-to.",
)
def init(session: Session, *, recovery_words: bool | None, seal_to: tuple[str, ...], **options: Any) -> None:
    """Make an archive and its keys. `provenance register` does it, too, without a question.

    At a terminal a passphrase for the reading key is asked for; elsewhere it is the one of --passphrase-file or
    $PROVENANCE_PASSPHRASE, if any. Registering never needs it.
    """
    from provenance.founding import Init, open_or_create, read_recipient

    path = session.archive_path
    recipients = tuple(read_recipient(Path(name)) for name in seal_to)
    chosen = None if recipients else session.optional_passphrase()
    if recovery_words is None:  # shown once, never into a file; and who seals for others keeps nothing that opens
        recovery_words = not recipients and not session.json and sys.stdin.isatty() and sys.stdout.isatty()
    choices = Init(seal_to=recipients, passphrase=chosen, recovery_words=recovery_words, **options)
    custodian, first = open_or_create(path, choices, passphrase=lambda: chosen, must_be_new=True)
    assert first is not None
    with custodian:
        origin = custodian.archive.current_log().origin
    if session.json:
        output.say_json(
            {
                "schema": "provenance/init/v1",
                "archive": str(path),
                "origin": origin,
                "recovery_words": first.recovery_words,
                "notices": list(first.notices),
            }
        )
        return
    output.say(f"{plain(str(path))}: archive made, log {origin}")
    for notice in first.notices:
        output.say(f"  {plain(notice)}")
    if first.recovery_words is not None:
        output.say(f"\nwrite these words down now, they are not shown again:\n\n  {first.recovery_words}")
