"""``provenance log``: checkpoint and receipt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from provenance.cli import output
from provenance.cli.lazy import LazyGroup
from provenance.cli.values import file_name
from provenance.cli.verb import verb
from provenance.escaping import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

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
@click.option("--pad", is_flag=True, help="Hide the count: fill the log up to a multiple of 64. Filmers always do.")
@click.option("-o", "--output", "target", type=file_name, metavar="FILE", help="Write it to FILE instead of stdout.")
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
def checkpoint(session: Session, target: str | None, *, pad: bool, force: bool) -> None:
    """Sign the head of the log, to be kept by somebody else.

    A signed note in the C2SP form. It tells how long the log is and nothing of what is in it.
    """
    from provenance.receipts import checkpoint as sign_checkpoint

    with session.open(write=True) as custodian:
        note = sign_checkpoint(custodian, pad=pad)
    _give(session, note, target, force=force, value={"schema": "provenance/checkpoint/v1", "note": note})


@verb("receipt")
@click.argument("item", metavar="ID")
@click.option("-o", "--output", "target", type=file_name, metavar="FILE", help="Write it to FILE instead of stdout.")
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
def receipt(session: Session, item: str, target: str | None, *, force: bool) -> None:
    """Show that a record is in the log: an inclusion proof with the head it leads to.

    ID is an evidence id, for its registration, or the digest of any envelope, as `provenance show` lists them. The
    receipt is a C2SP tlog-proof; whoever has the envelope can check it without this archive.
    """
    from provenance.receipts import receipt as make_receipt

    with session.open(ask=False) as custodian:
        text = make_receipt(custodian, item)
    value = {"schema": "provenance/receipt/v1", "item": item, "receipt": text}
    _give(session, text, target, force=force, value=value)


def _give(session: Session, text: str, target: str | None, *, force: bool, value: Mapping[str, object]) -> None:
    if target is not None:
        from provenance.store.files import write_new

        write_new(Path(target), text.encode("utf-8"), force=force, mode=0o644)
    if session.json:
        output.say_json({**value, "file": target})
    elif target is not None:
        output.say(f"{plain(target)}: written")
    else:
        output.say_exactly(text.rstrip("\n"))
