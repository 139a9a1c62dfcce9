"""``provenance audit``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from provenance.cli import output
from provenance.cli.verb import verb
from provenance.cli.words import details, plain, plural

if TYPE_CHECKING:
    from provenance.cli.session import Session

_STATES = {
    "self-consistent": "no faults: the archive agrees with itself; nothing outside it was compared",
    "consistent-with-outside": "no faults: the archive agrees with itself and with the heads held outside it",
    "faults": "faults found",
}


@verb("audit")
@click.option("--files", is_flag=True, help="Also re-hash the registered files where they were last seen.")
def audit(session: Session, *, files: bool) -> int:
    """Recompute every record, commitment, leaf and root from the stored signed bytes, and list all faults.

    Exit status: 0 no faults; 1 faults; 2 the archive could not be read.
    """
    from provenance.audit import audit as audit_archive

    with session.open_to_read() as custodian, session.meter() as meter:
        report = audit_archive(custodian, files=files, progress=meter)
    value = report.to_json_value()
    if session.json:
        output.say_json(value)
    else:
        _say(session, value)
    status: int = report.exit_status
    return status


def _say(session: Session, value: dict[str, Any]) -> None:
    faults = value["faults"]
    first = _STATES[value["state"]]
    output.say(f"{first}: {len(faults)}" if faults else first)
    if session.quiet:
        return
    for fault in faults:
        output.say(f"\n{plain(fault['code'])}  {plain(fault['where'])}")
        output.say(details([("found", plain(fault["detail"])), ("do", plain(fault["advice"]))]))
    if faults:
        output.say()
    rows = [(plain(str(name)), _count(count)) for name, count in value["checked"].items()]
    rows.append(("files", "re-hashed" if value["files"] == "checked" else "not checked; --files does"))
    if value["erased_by_record"]:
        rows.append(("erased", f"{plural(value['erased_by_record'], 'value')} erased by a record that says so"))
    output.say(details(rows))


def _count(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else plain(str(value))
