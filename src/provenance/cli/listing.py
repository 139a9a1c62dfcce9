"""``provenance list``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provenance.cli import output
from provenance.cli.table import Column, draw
from provenance.cli.verb import verb
from provenance.cli.words import plural, size
from provenance.escaping import plain

if TYPE_CHECKING:
    from provenance.cli.session import Session


@verb("list")
def listing(session: Session) -> None:
    """List what is registered, in log order.

    On a terminal a table, into a pipe one line an item with tabs between the columns. In a locked archive sealed
    values are shown as `sealed`, and are null in JSON.
    """
    from provenance.records import listing as held

    with session.open_to_read() as custodian:
        items = held(custodian)
    if session.json:
        output.say_json(items)
        return
    if not items:
        session.note("nothing is registered yet")
        return
    draw(_COLUMNS, [_row(item) for item in items])
    pending = sum(not item["examined"] for item in items)
    waiting = f", {pending} of which nothing was measured (`provenance examine`)" if pending else ""
    session.note(plural(len(items), "item of evidence", "items of evidence") + waiting)


_COLUMNS = (
    Column("evidence", "evidence"),
    Column("registered", "registered (UTC)", narrow=10),  # the day
    Column("size", "size", right=True),
    Column("examined", "examined"),
    Column("name", "file", fold=True),
)


def _row(item: dict[str, Any]) -> list[str]:
    hidden = "sealed" if item["sealed"] else "-"
    at = item["observed_at"]
    return [
        item["evidence_id"],
        hidden if at is None else at.replace("T", " ")[:16],  # to the minute; `show` has the second
        hidden if item["size"] is None else size(item["size"]),
        "yes" if item["examined"] else "no",
        plain(item["file_name"] or hidden),
    ]
