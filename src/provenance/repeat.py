"""The story of a comparison that is made again: an earlier verdict in hand, what does this machine say today?"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from provenance import records, strict_json
from provenance.errors import RecordError, UsageError
from provenance.matching import background
from provenance.media.source import open_source
from provenance.repetition import Repetition, compare
from provenance.verdict import SCHEMA, to_value
from provenance.verify import verify

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from provenance.custodian import Custodian
    from provenance.verdict import Verdict

#: Bytes of an earlier verdict: one of a thousand segments has about 500 kB.
_LARGEST: Final = 2**24
#: Options that an earlier verdict notes in its inputs and that are asked again, unless the caller asks otherwise.
_ASKED_AGAIN: Final = ("full", "deep")


class Earlier:
    """A verdict that was given before: its JSON value, which may hold anything, and the SHA-256 of its file."""

    def __init__(self, value: Mapping[str, Any], sha256: bytes) -> None:
        self.value = value
        self.sha256 = sha256

    @classmethod
    def read(cls, path: Path) -> Earlier:
        """Out of a file of ``verify --json``.

        Raises:
            UsageError: ``repeat.earlier``: it is no verdict of this kind.
            FileError: It cannot be read, or is larger than 16 MiB.
        """
        with open_source(path, max_bytes=_LARGEST) as source:
            data = b""
            while more := source.read_at(len(data), _LARGEST + 1 - len(data)):
                data += more
        try:
            value = strict_json.load(data, limit=_LARGEST, what="earlier verdict")
        except RecordError as error:
            raise _refused(path, error.message) from error
        if type(value) is not dict or value.get("schema") != SCHEMA:
            raise _refused(path, f"is not one verdict ({SCHEMA})")
        return cls(value, hashlib.sha256(data).digest())

    def choices(self) -> dict[str, Any]:
        """The options that were noted in it."""
        inputs = self.value.get("inputs")
        return {name: True for name in _ASKED_AGAIN if type(inputs) is dict and inputs.get(name) is True}


def repeat(custodian: Custodian | None, path: Path, earlier: Earlier, **choices: Any) -> tuple[Verdict, Repetition]:
    """Compare the file at ``path`` again, as deeply as for ``earlier``; ``choices`` as :func:`verify` takes them.

    Raises:
        ProvenanceError: as :func:`verify`.
    """
    verdict = verify(custodian, path, **{**choices, **earlier.choices()})
    now = to_value(verdict)
    if choices.get("against") is not None and _digest(earlier.value) not in {None, _digest(now)}:
        return verdict, Repetition("cannot-tell", why="the file compared with is not the one of the earlier verdict")
    found = compare(earlier.value, now, tolerances())
    if found.state == "differs" and custodian is not None and (absent := _not_held(custodian, earlier.value)):
        why = f"not held here, and compared with then: {', '.join(absent)}"
        return verdict, Repetition("cannot-tell", inputs=found.inputs, why=why)
    return verdict, found


def tolerances() -> dict[str, float]:
    """How far numbers that rest on likeness may lie apart: kind → the unit that background.json states."""
    return {name: background.tolerance(name) for name in background.TOLERANCES}


#: Recordings that are not held and are named.
_NAMED: Final = 3


def _not_held(custodian: Custodian, earlier: Mapping[str, Any]) -> list[str]:
    """Recordings that an earlier verdict rests on and that are not in this archive, by id or by bytes.

    Bytes are known of the one that it names alone; another that is held under another id is told, too.
    """
    ids = dict.fromkeys(_texts(_members(earlier.get("segments")), "evidence_id"))
    named = list(_members([earlier.get("evidence")]))
    first, digest = (next(_texts(named, name), None) for name in ("id", "sha256"))
    if digest is not None:
        ids = {first or f"the file with SHA-256 {digest[:_DIGEST]}": None, **ids}
    if not ids:
        return []
    held = records.listing(custodian)
    by_id, by_bytes = {one["evidence_id"] for one in held}, {one["sha256"] for one in held}
    absent = [one for one in ids if one not in by_id and not (digest in by_bytes and one == next(iter(ids)))]
    more = [f"and {len(absent) - _NAMED} more"] if len(absent) > _NAMED else []
    return [one[:_LONGEST] for one in absent[:_NAMED]] + more


#: Characters of a digest in hexadecimal, and of a name that is told.
_DIGEST, _LONGEST = 64, 100


def _members(values: Any) -> Iterator[Mapping[str, Any]]:
    return (one for one in values if type(one) is dict) if type(values) is list else iter(())


def _texts(values: Iterable[Mapping[str, Any]], name: str) -> Iterator[str]:
    return (one[name] for one in values if type(one.get(name)) is str)


def _digest(verdict: Mapping[str, Any]) -> Any:
    evidence = verdict.get("evidence")
    return evidence.get("sha256") if type(evidence) is dict else None


def _refused(path: Path, why: str) -> UsageError:
    return UsageError(
        why, code="repeat.earlier", file=str(path), advice="name the output of `verify --json` of one file"
    )
