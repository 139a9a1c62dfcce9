"""``provenance log``: checkpoint and receipt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from provenance.cli import output
from provenance.cli.lazy import LazyGroup
from provenance.cli.values import evidence_id_argument, file_name
from provenance.cli.verb import verb
from provenance.cli.words import plain

if TYPE_CHECKING:
    from provenance.cli.session import Session


@click.group(
    "log",
    cls=LazyGroup,
    lazy={
        "checkpoint": ("log:checkpoint", "Sign a head of the log to give away."),
        "receipt": ("log:receipt", "Show that a record is in the log."),
    },
)
def log() -> None:
    """Heads and receipts of the log, to be kept by others: a later rewrite contradicts them."""


@verb("checkpoint")
@click.option("-o", "--output", "target", type=file_name, metavar="FILE", help="Write it to FILE instead of stdout.")
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
def checkpoint(session: Session, target: str | None, *, force: bool) -> None:
    """Sign the head of the log, to be kept by somebody else.

    A signed note in the C2SP form. It tells how long the log is and nothing of what is in it.
    """
    from provenance.custody import checkpoint as sign_checkpoint

    with session.open(write=True) as custodian:
        note = sign_checkpoint(custodian)
    _give(session, note, target, force=force, value={"schema": "provenance/checkpoint/v1", "note": note})


@verb("receipt")
@click.argument("evidence_id", metavar="ID")
@click.option("-o", "--output", "target", type=file_name, metavar="FILE", help="Write it to FILE instead of stdout.")
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
def receipt(session: Session, evidence_id: str, target: str | None, *, force: bool) -> None:
    """Show that the registration of ID is in the log: an inclusion proof with the head it leads to.

    A C2SP tlog-proof; whoever has the envelope can check it without this archive.
    """
    from provenance.custody import receipt as make_receipt

    wanted = evidence_id_argument(evidence_id)
    with session.open() as custodian:
        text = make_receipt(custodian, wanted)
    value = {"schema": "provenance/receipt/v1", "evidence_id": wanted, "receipt": text}
    _give(session, text, target, force=force, value=value)


def _give(session: Session, text: str, target: str | None, *, force: bool, value: dict[str, object]) -> None:
    if target is not None:
        from provenance.store.files import write_new

        write_new(Path(target), text.encode("utf-8"), force=force, mode=0o644)
    if session.json:
        output.say_json({**value, "file": target})
    elif target is not None:
        output.say(f"{plain(target)}: written")
    else:
        output.say(text.rstrip("\n"))
