"""``provenance archive``: adopt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provenance.cli import output
from provenance.cli.lazy import LazyGroup
from provenance.cli.verb import verb
from provenance.errors import UsageError
from provenance.escaping import plain

if TYPE_CHECKING:
    from provenance.cli.session import Session


@click.group(
    "archive",
    cls=LazyGroup,
    lazy={"adopt": ("archive:adopt", "Go on with an archive that was moved, copied or restored.")},
)
def archive() -> None:
    """Take over an archive that this account has not written before."""


@verb("adopt")
@click.option("--moved", is_flag=True, help="It lives only here now: the same log goes on.")
@click.option(
    "--copied", is_flag=True, help="It is a copy or a restored backup: a new log begins, pointing to the old."
)
def adopt(session: Session, *, moved: bool, copied: bool) -> None:
    """Go on with an archive that came from another device or account, or from a backup.

    If a moved archive is still written elsewhere, two histories come to be signed with one key. When in doubt, say
    --copied.
    """
    from provenance.founding import adopt as take_over

    if moved == copied:
        raise UsageError("say how the archive came here", advice="give either --moved or --copied")
    with session.open(write=True) as custodian:
        done = take_over(custodian, "moved" if moved else "copied")
        origin = custodian.archive.current_log().origin
        path = str(custodian.archive.path)
    if session.json:
        value = {"schema": "provenance/adopt/v1", "archive": path, "how": "moved" if moved else "copied"}
        output.say_json({**value, "origin": origin})
    else:
        output.say(f"{plain(path)}: taken over\n  {plain(done)}\n  the log that grows is {origin}")
