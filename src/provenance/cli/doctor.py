"""``provenance doctor``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.cli import output
from provenance.cli.verb import verb
from provenance.cli.versions import libraries, own_version
from provenance.escaping import plain

if TYPE_CHECKING:
    from provenance.cli.session import Session

_MARKS = {"ok": "ok", "note": "note", "fault": "FAULT"}


@verb("doctor")
def doctor(session: Session) -> int:
    """Tell the state of this machine and archive, and what somebody who finds this device could read.

    Exit status: 0 nothing is wrong; 1 something needs repair.
    """
    from provenance.doctor import examine_machine

    health = examine_machine(session.archive_path)
    if session.json:
        output.say_json({**health.to_json_value(), "version": own_version(), "libraries": libraries()})
        return health.exit_status
    output.say(f"a finder of this device could read: {plain(health.finder)}")
    if not session.quiet:
        width = max(len(check.name) for check in health.checks)
        for check in health.checks:
            output.say(f"  {_MARKS[check.state]:<5} {check.name:<{width}}  {plain(check.detail)}")
            if check.advice:
                output.say(f"  {'':<5} {'':<{width}}  {plain(check.advice)}")
        versions = ", ".join(f"{name} {number}" for name, number in libraries().items())
        output.say(f"  {_MARKS['ok']:<5} {'versions':<{width}}  {own_version()}; {versions}")
    return health.exit_status
