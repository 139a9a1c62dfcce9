"""``provenance init``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provenance.cli import output
from provenance.cli.values import file_name
from provenance.cli.verb import verb
from provenance.cli.words import plain

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
@click.option("--passphrase", is_flag=True, help="Ask for a passphrase for the reading key (or give it as always).")
@click.option("--recovery-words", is_flag=True, help="Make twelve words that can restore reading, and show them once.")
def init(session: Session, *, passphrase: bool, seal_to: tuple[str, ...], **options: Any) -> None:
    """Make an archive and its keys. `provenance register` does it, too, without a question.

    With --passphrase-file or $PROVENANCE_PASSPHRASE the reading key is put under that passphrase; registering still
    never asks for it.
    """
    from provenance.founding import Init, open_or_create, read_recipient

    path = session.archive_path
    chosen = session.new_passphrase("New passphrase") if passphrase else session.given_passphrase()
    choices = Init(seal_to=tuple(read_recipient(Path(name)) for name in seal_to), passphrase=chosen, **options)
    custodian, first = open_or_create(path, choices, passphrase=lambda: chosen)
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
