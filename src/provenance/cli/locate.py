"""``provenance locate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from provenance.cli import output
from provenance.cli.values import evidence_id_argument, file_name
from provenance.cli.verb import verb
from provenance.escaping import plain

if TYPE_CHECKING:
    from provenance.cli.session import Session


@verb("locate")
@click.argument("evidence_id", metavar="ID")
@click.argument("path", type=file_name)
def locate(session: Session, evidence_id: str, path: str) -> None:
    """Say that the bytes of ID are at PATH now.

    The file is hashed; it is remembered, in the sealed part of the archive, only if its digests are those that were
    registered.
    """
    from provenance.custody import locate as locate_file

    wanted = evidence_id_argument(evidence_id)
    with session.open(write=True) as custodian, session.meter().of(path) as meter:
        locate_file(custodian, wanted, Path(path), meter)
    if session.json:
        output.say_json({"schema": "provenance/locate/v1", "evidence_id": wanted, "file": path})
    else:
        output.say(f"{plain(path)}: holds the bytes of {wanted}; remembered")
