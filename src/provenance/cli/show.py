"""``provenance show``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from provenance.cli import output
from provenance.cli.values import evidence_id_argument
from provenance.cli.verb import verb
from provenance.cli.words import details, plural, seconds, size
from provenance.escaping import plain

if TYPE_CHECKING:
    from provenance.cli.session import Session

#: Fields that only serve checking; ``--json`` has them.
_UNSAID = frozenset({"decoys"})


@verb("show")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
def show(session: Session, ids: tuple[str, ...]) -> None:
    """Show all that is recorded about items of evidence: statements, tracks, and where the bytes were last seen.

    With --json, one ID gives the object, several give an array in the same order.
    """
    from provenance.records import show as shown

    wanted = [evidence_id_argument(one) for one in ids]
    with session.open_to_read() as custodian:
        items = [shown(custodian, one) for one in wanted]
    if session.json:
        output.say_json(items[0] if len(items) == 1 else items)
        return
    for item in items:
        output.say(_first_line(item))
        if not session.quiet:
            _say_details(item)


def _first_line(item: dict[str, Any]) -> str:
    name = f": {plain(item['file_name'])}" if item["file_name"] else ""
    when = f", registered {item['observed_at']} by our clock" if item["observed_at"] else ""
    return f"{item['evidence_id']}{name}{when}, log entry {item['log_index']}"


def _say_details(item: dict[str, Any]) -> None:
    rows = [
        ("came", item["how"]),
        ("SHA-256", item["sha256"]),
        ("size", None if item["size"] is None else f"{size(item['size'])} ({item['size']:,} bytes)"),
        ("examined", "yes" if item["examined"] else "not yet"),
    ]
    output.say(details([(name, "sealed" if value is None else plain(value)) for name, value in rows]))
    for place in item["locations"] or ():
        output.say(details([("bytes at", f"{plain(place['path'])} (seen {place['last_seen']})")]))
    if item["measured"]:
        output.say("\nmeasured")
        output.say(details(_measured(item["measured"])))
    output.say("\nstatements, in log order")
    for statement in item["statements"]:
        _say_statement(statement)


def _measured(measured: dict[str, Any]) -> list[tuple[str, str]]:
    rows = [("container", _container(measured))]
    rows.extend((f"track {track['index']}", _track(track)) for track in measured["tracks"])
    for gap in measured["not_measured"]:
        where = "" if gap["track"] is None else f" of track {gap['track']}"
        rows.append(("not measured", plain(f"{gap['what']}{where}: {gap['why']}")))
    stored = sorted(measured["stored_bytes"].items(), key=lambda one: -one[1])
    told = ", ".join(f"{plain(kind)} {size(count)}" for kind, count in stored)
    rows.append(("stored", f"{size(sum(count for _, count in stored))}: {told}"))
    return rows


def _container(measured: dict[str, Any]) -> str:
    return plain(f"{measured['container'] or 'none'}, {measured['kind']}, {measured['state']}")


def _track(track: dict[str, Any]) -> str:
    parts = [track["kind"], plain(track["codec"])]
    if track["kind"] == "video" and track["size"]:
        parts.append(f"{track['size'][0]}x{track['size'][1]}")
        if track["rotation"]:
            parts.append(f"turned {track['rotation']} degrees clockwise to show")
    for counted, word in (("packets", "packet"), ("pictures", "picture")):
        if track[counted] is not None and (counted == "packets" or track["kind"] == "video"):
            parts.append(plural(track[counted], word))
    if track["duration"] is not None:
        parts.append(seconds(track["duration"]))
    return ", ".join(parts)


def _say_statement(statement: dict[str, Any]) -> None:
    event = f", {statement['event']}" if statement["event"] else ""
    output.say(f"  {statement['log_index']}  {statement['predicate']}{event}")
    rows = [("key", statement["key"]), ("envelope", statement["envelope"])]
    if statement["fields"] is None:
        rows.append(("fields", "sealed"))
    else:
        said = (pair for pair in sorted(statement["fields"].items()) if pair[0] not in _UNSAID)
        rows.extend((plain(name), _value(value)) for name, value in said)
    output.say("\n".join(f"     {line}" for line in details(rows).split("\n")))


def _value(value: Any, *, inside: bool = False) -> str:
    """A field's value on one line, nested ones in brackets."""
    if isinstance(value, dict):
        text = ", ".join(f"{name} {_value(item, inside=True)}" for name, item in sorted(value.items()))
    elif isinstance(value, list):
        text = ", ".join(_value(item, inside=True) for item in value) or "none"
    else:
        return plain(str(value))
    return f"({text})" if inside and text != "none" else text
