"""What is asked about one file of many, and what was answered: values that cross to the working processes and back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from provenance.attest.canonical import Members
from provenance.errors import ProvenanceError, RecordError

if TYPE_CHECKING:
    from collections.abc import Mapping

_STATUSES: Final = range(3)


@dataclass(frozen=True, slots=True)
class Answer:
    """About one file: a verdict or an error, and what follows from it.

    ``verdict``: the JSON value of docs/formats/verdict.md. ``status``: the exit status of this file alone. ``size`` and
    ``mtime_ns`` as they were before it was read, None where it could not be asked for. ``unmet``: what was required and
    is weaker. ``error``: code, message, file and advice.
    """

    file: str
    status: int
    size: int | None = None
    mtime_ns: int | None = None
    headline: str = ""
    unmet: tuple[str, ...] = ()
    verdict: Mapping[str, Any] | None = None
    error: Mapping[str, str | None] | None = None

    @classmethod
    def failed(cls, file: str, error: ProvenanceError) -> Self:
        """The answer that there is none, and why."""
        told = {"code": error.code, "message": error.message, "file": error.file or file, "advice": error.advice}
        return cls(file, 2, error=told)

    @classmethod
    def from_value(cls, value: Any) -> Self:
        """Of the JSON value that :meth:`to_value` made; raises :class:`RecordError`."""
        members = Members(value, "answer")
        answer = cls(
            file=members.text("file"),
            status=members.integer("status"),
            size=_count(members.take("size")),
            mtime_ns=_count(members.take("mtime_ns")),
            headline=members.text("headline"),
            unmet=members.texts("unmet"),
            verdict=_object(members.take("verdict")),
            error=_object(members.take("error")),
        )
        members.end()
        if answer.status not in _STATUSES or (answer.verdict is None) == (answer.error is None):
            raise RecordError("the answer is neither a verdict nor an error")
        if answer.error is not None:
            _check_error(answer.error)
        return answer

    def to_value(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "file": self.file,
            "status": self.status,
            "size": self.size,
            "mtime_ns": self.mtime_ns,
            "headline": self.headline,
            "unmet": list(self.unmet),
            "verdict": None if self.verdict is None else dict(self.verdict),
            "error": None if self.error is None else dict(self.error),
        }

    @property
    def sha256(self) -> str | None:
        """Digest of the file that the verdict is about, in hexadecimal."""
        questioned = {} if self.verdict is None else self.verdict.get("questioned")
        found = questioned.get("sha256") if type(questioned) is dict else None
        return found if type(found) is str else None

    def trouble(self) -> ProvenanceError | None:
        """The error as it was raised."""
        if self.error is None:
            return None
        told = self.error
        return ProvenanceError(told["message"] or "", code=told["code"], file=told["file"], advice=told["advice"])


def line(value: Any) -> bytes:
    """One line of JSON in ASCII: file names that are no UTF-8 come back as they went."""
    return (json.dumps(value, sort_keys=True, allow_nan=False) + "\n").encode("ascii")


def _count(value: Any) -> int | None:
    if value is not None and type(value) is not int:
        raise RecordError("a size or time of the answer is not a whole number")
    return value


def _object(value: Any) -> Mapping[str, Any] | None:
    if value is not None and type(value) is not dict:
        raise RecordError("a part of the answer is not an object")
    found: Mapping[str, Any] | None = value
    return found


def _check_error(error: Mapping[str, Any]) -> None:
    if set(error) != {"code", "message", "file", "advice"} or type(error["message"]) is not str:
        raise RecordError("the error of the answer is malformed")
    if not all(one is None or type(one) is str for one in error.values()) or error["code"] is None:
        raise RecordError("the error of the answer is malformed")
