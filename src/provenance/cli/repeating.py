"""What ``verify --repeat`` says: an earlier verdict, and whether the same comes out again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from provenance.cli import output
from provenance.errors import UsageError
from provenance.escaping import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provenance.cli.session import Session
    from provenance.custodian import Custodian
    from provenance.repeat import Earlier
    from provenance.repetition import Difference, Repetition
    from provenance.verdict import Verdict

_STATUSES: Final = {"equal": 0, "differs": 1, "cannot-tell": 2}
_SAID: Final = {
    "equal": "compared again: the exact part is equal, and what rests on likeness lies within the stated tolerance",
    "differs": "compared again: the answer differs",
    "cannot-tell": "compared again: it cannot be told whether the answer is the same",
}


def check_alone(names: Sequence[str], options: Mapping[str, Any]) -> None:
    """Refuse what makes no sense beside ``--repeat``."""
    beside = [word for word in ("record", "accept", "require", "court") if options[word]]
    if len(names) != 1 or beside:
        raise UsageError(
            "--repeat makes one comparison again" + "".join(f", and takes no --{word}" for word in beside),
            advice="name one file; the exit status tells whether the answer is the same",
        )


def repeat(session: Session, custodian: Custodian | None, name: str, earlier: str, choices: dict[str, Any]) -> int:
    """Compare ``name`` again and say how the answer compares with the verdict in the file ``earlier``."""
    from provenance import repeat as story

    before = story.Earlier.read(Path(earlier))
    with session.meter().of(name) as meter:
        verdict, found = story.repeat(custodian, Path(name), before, progress=meter, **choices)
    if session.json:
        _say_json(verdict, before, found, story.tolerances())
    else:
        _say_text(session, name, verdict, found)
    return _STATUSES[found.state]


def _say_json(verdict: Verdict, before: Earlier, found: Repetition, tolerances: Mapping[str, float]) -> None:
    from provenance.verdict import to_value

    told = {
        "state": found.state,
        "why": found.why,
        "earlier": {"sha256": before.sha256.hex()},
        "exact": None if found.why else "equal" if found.exact else "differs",
        "tolerances": dict(tolerances),
        "largest": {name: round(value, 6) for name, value in found.largest.items()},
        "differences": [_value(one) | {"tolerance": one.tolerance} for one in found.differences],
        "inputs": [_value(one) for one in found.inputs],
    }
    output.say_exactly(json.dumps({**to_value(verdict), "repeat": told}, sort_keys=True, indent=1))


def _value(one: Difference) -> dict[str, Any]:
    return {"where": one.where, "earlier": one.earlier, "now": one.now}


def _say_text(session: Session, name: str, verdict: Verdict, found: Repetition) -> None:
    from provenance.verdict_text import render

    output.say(f"{plain(name)}: {_SAID[found.state]}{f' - {plain(found.why)}' if found.why else ''}")
    for one in found.differences:
        allowed = "" if one.tolerance is None else f" (tolerance {one.tolerance})"
        output.say(f"  differs: {_line(one)}{allowed}")
    for one in found.inputs:
        output.say(f"  other input: {_line(one)}")
    if not session.quiet:
        output.say()
        output.say(render(verdict))


def _line(one: Difference) -> str:
    return f"{plain(one.where)}: {_said(one.earlier)} earlier, {_said(one.now)} now"


#: Values of JSON that no word of a verdict says.
_WORDS: Final = {"None": "nothing", "[]": "nothing", "True": "yes", "False": "no"}


def _said(value: Any) -> str:
    return _WORDS.get(str(value)) or plain(str(value))
