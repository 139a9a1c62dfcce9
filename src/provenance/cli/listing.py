"""``provenance list``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provenance.cli import output
from provenance.cli.table import Column, draw
from provenance.cli.verb import verb
from provenance.cli.words import plain, plural, size

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
    draw(
        [
            Column("evidence", "evidence id"),
            Column("at", "registered (our clock)"),
            Column("size", "size", right=True),
            Column("examined", "examined"),
            Column("name", "file", fold=True),
        ],
        [_row(item) for item in items],
    )
    session.note(plural(len(items), "item of evidence", "items of evidence"))


def _row(item: dict[str, Any]) -> list[str]:
    hidden = "sealed" if item["sealed"] else "-"
    return [
        item["evidence_id"],
        (item["observed_at"] or hidden).replace("T", " ").removesuffix("Z"),
        hidden if item["size"] is None else size(item["size"]),
        "yes" if item["examined"] else "no",
        plain(item["file_name"] or hidden),
    ]
