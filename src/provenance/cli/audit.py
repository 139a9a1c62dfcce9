"""``provenance audit``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from provenance.cli import output
from provenance.cli.session import read_text
from provenance.cli.values import file_name
from provenance.cli.verb import verb
from provenance.cli.words import details, plural
from provenance.escaping import plain

if TYPE_CHECKING:
    from provenance.cli.session import Session

_STATES = {
    "self-consistent": "no faults: the archive agrees with itself; nothing outside it was compared",
    "consistent-with-outside": "no faults: the archive agrees with itself and with the heads held outside it",
    "faults": "faults found",
}


@verb("audit")
@click.option("--files", is_flag=True, help="Also re-hash the registered files where they were last seen.")
@click.option(
    "--checkpoint",
    "checkpoints",
    type=file_name,
    multiple=True,
    metavar="FILE",
    help="Compare with a checkpoint that others kept (`provenance log checkpoint`). Repeatable.",
)
def audit(session: Session, *, files: bool, checkpoints: tuple[str, ...]) -> int:
    """Recompute every record, commitment, leaf and root from the stored signed bytes, and list all faults.

    A log that was made anew as a whole, by somebody who has its key, cannot be told from the old one by looking at it
    alone: compare with a checkpoint that others kept.

    Exit status: 0 no faults; 1 faults; 2 the archive could not be read.
    """
    from provenance.audit import audit as audit_archive

    outside = [read_text(name) for name in checkpoints]
    with session.open_to_read(guards=False) as custodian, session.meter() as meter:
        report = audit_archive(custodian, files=files, progress=meter, outside=outside)
    value = report.to_json_value()
    if session.json:
        output.say_json(value)
    else:
        _say(session, value)
    status: int = report.exit_status
    return status


def _files(value: dict[str, Any]) -> str:
    if value["files"] == "checked":
        return "re-hashed"
    return "not checked; --files does" if value["sealed"] == "checked" else "not checked: locked"


def _say(session: Session, value: dict[str, Any]) -> None:
    faults = value["faults"]
    first = _STATES[value["state"]]
    if value["sealed"] != "checked" and not faults:
        first = "no faults in what could be checked; sealed values and files could not: the archive is locked"
    output.say(f"{first}: {len(faults)}" if faults else first)
    if session.quiet:
        return
    for fault in faults:
        output.say(f"\n{plain(fault['code'])}  {plain(fault['where'])}")
        output.say(details([("found", plain(fault["detail"])), ("do", plain(fault["advice"]))]))
    if faults:
        output.say()
    rows = [(plain(name.replace("_", " ")), _count(count)) for name, count in value["checked"].items()]
    rows.append(("sealed values", "opened and checked" if value["sealed"] == "checked" else "not checked: locked"))
    rows.append(("registered files", _files(value)))
    if value["erased_by_record"]:
        rows.append(("erased", f"{plural(value['erased_by_record'], 'value')} erased by a record that says so"))
    output.say(details(rows))


def _count(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else plain(str(value))
