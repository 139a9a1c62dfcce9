"""The answers of a batch as a table for a spreadsheet: RFC 4180, and no cell is taken for a formula."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, Final

from provenance.escaping import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from provenance.batching.answers import Answer

COLUMNS: Final = (
    "name",
    "sha256",
    "relation",
    "basis",
    "evidence",
    "questioned",
    "recording",
    "coverage",
    "altered",
    "status",
    "headline",
)
#: Spreadsheets take a cell that begins so for a formula, which can call programs and send what it reads.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}",
                   "\N{FULLWIDTH HYPHEN-MINUS}", "\N{FULLWIDTH COMMERCIAL AT}")  # fmt: skip


def to_csv(answers: Iterable[Answer]) -> bytes:
    """A head and a row an answer, UTF-8, lines ended by CR LF."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for answer in answers:
        writer.writerow([defused(plain(cell)) for cell in _cells(answer)])
    return text.getvalue().encode("utf-8")


def is_table(head: bytes) -> bool:
    """Whether a file that begins with ``head`` begins like a table of this command."""
    return head.startswith(to_csv(()))


def defused(cell: str) -> str:
    """``cell``, behind an apostrophe if a spreadsheet would compute it."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell


def _cells(answer: Answer) -> list[str]:
    if answer.verdict is None:
        message = "" if answer.error is None else f"{answer.error['code']}: {answer.error['message']}"
        return [answer.file, "", "", "", "", "", "", "", "", str(answer.status), message]
    verdict = answer.verdict
    segments = verdict["segments"] or verdict["audio"]["segments"]
    return [
        answer.file,
        str(verdict["questioned"]["sha256"]),
        str(verdict["relation"]),
        str(verdict["basis"]),
        str((verdict["evidence"] or {}).get("id") or ""),
        "; ".join(_range(one["questioned"]) for one in segments),
        "; ".join(_recording(one, verdict) for one in segments),
        str(verdict["coverage"]["questioned"]),
        "; ".join(f"{axis}: {state}" for axis, state in sorted(verdict["altered"].items()) if axis != "limit"),
        str(answer.status),
        answer.headline,
    ]


def _range(span: list[float]) -> str:
    return f"{span[0]:.3f}-{span[1]:.3f}"


def _recording(segment: Mapping[str, Any], verdict: Mapping[str, Any]) -> str:
    """The evidence range; of another recording than the row names, with its id."""
    own = (verdict["evidence"] or {}).get("id")
    source = segment["evidence_id"]
    return _range(segment["evidence"]) + ("" if source == own else f" of {source}")
