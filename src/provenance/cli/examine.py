"""``provenance examine``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from provenance.cli import output
from provenance.cli.values import evidence_id_argument, file_name
from provenance.cli.verb import verb
from provenance.cli.words import details
from provenance.errors import UsageError
from provenance.escaping import plain

if TYPE_CHECKING:
    from provenance.cli.session import Session
    from provenance.examine import Examination


@verb("examine")
@click.argument("ids", nargs=-1, metavar="[ID...]")
@click.option("--path", type=file_name, metavar="FILE", help="The bytes of the one ID are in FILE.")
@click.option("--renew", is_flag=True, help="Also what was examined before, and lacks what is measured now.")
def examine(session: Session, ids: tuple[str, ...], path: str | None, *, renew: bool) -> int:
    """Examine items of evidence, or all that were registered and never examined.

    --renew measures again: the IDs named, or everything whose examination is of an earlier version. A renewed
    examination is a record of its own and takes no earlier date over; from then on `verify` uses it.

    The bytes are looked for where they were last seen (`provenance locate` says where they are now), and used only if
    their digests are those that were registered.

    With --json, an array with an object for each; an unknown ID has an error object in its place.

    Exit status: 0 if nothing of it is left to examine; 2 if something could not be examined, or an ID is unknown.
    """
    wanted = [evidence_id_argument(one) for one in ids]
    if path is not None and len(wanted) != 1:
        raise UsageError("--path goes with exactly one evidence id", advice="provenance examine ID --path FILE")
    paths = {wanted[0]: Path(path)} if path is not None else {}
    done = []
    with session.open(write=True) as custodian, session.meter() as meter:
        from provenance.examine import examine_pending

        for one in examine_pending(custodian, wanted, paths=paths, renew=renew, progress=meter):
            done.append(one)
            if not session.json:
                meter.pause()
                _say(session, one)
        left = set(custodian.archive.pending())
    if session.json:
        output.say_json([_value(one, left) for one in done])
    elif not done:
        output.say("nothing to examine: all that is registered was examined")
    troubled = any(one.unknown or one.failed or one.evidence_id in left for one in done)
    return output.TROUBLE if troubled else 0


def _unknown(done: Examination) -> UsageError:
    return UsageError(
        f"{done.evidence_id} is not in this archive", code="evidence.unknown", advice="`provenance list` shows what is"
    )


def _say(session: Session, done: Examination) -> None:
    if done.unknown:
        output.say_error(_unknown(done))
        return
    output.say(f"{done.evidence_id}: {plain(done.error) if done.error else 'examined'}")
    if not session.quiet and done.lines:
        output.say(details([("", plain(line)) for line in done.lines]))


def _value(done: Examination, left: set[str]) -> dict[str, object]:
    if done.unknown:
        return output.error_value(_unknown(done))
    return {
        "evidence_id": done.evidence_id,
        "examined": not done.nothing_measured,
        "pending": done.evidence_id in left,
        "examine_error": done.error,
        "remarks": list(done.lines),
    }
