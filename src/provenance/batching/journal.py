"""The journal of a batch: what was answered, one line of JSON each, so that a run that was killed goes on.

The first line says what was asked of whom. A journal is for one archive at one length of its log, one set of options
and one version: answers to different questions are never mixed (docs/formats/batch.md).
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Final, Self

from provenance import strict_json
from provenance.batching.answers import Answer, line
from provenance.errors import ProvenanceError, RecordError, UsageError, refusal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SCHEMA: Final = "provenance/batch-journal/v1"
#: Bytes of one line: a verdict of a thousand segments has about 500 kB.
_LONGEST: Final = 2**26
#: Where Windows locks a byte: past the end of every journal, since what is locked there cannot be read either; the most
#: that the C library of Windows can be told (a C ``long``).
_LOCKED_AT: Final = 2**31 - 2
#: Member of the first line → how a difference in it is told.
_WORDS: Final = {
    "schema": "is of another kind",
    "tool": "was begun with another version of provenance",
    "background": "was begun with other thresholds",
    "archive": "was begun with another archive, or something was registered since",
    "options": "was begun with other options",
    "locked": "was begun while the archive was locked, or is locked now",
}


class Journal:
    """An open journal, which nobody else can open meanwhile. ``done``: file name → the last answer about it."""

    def __init__(self, path: Path, descriptor: int, done: Mapping[str, Answer]) -> None:
        self.path = path
        self.done = done
        self._descriptor = descriptor

    @classmethod
    def open(cls, path: Path, about: Mapping[str, Any]) -> Self:
        """Go on with the journal at ``path``, or begin it; ``about``: the members of its first line.

        Raises:
            UsageError: ``batch.journal``: it was begun about something else, is no journal, or another run writes it;
                it is left alone.
            ProvenanceError: ``system``.
        """
        head = line({"schema": SCHEMA, **about})
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
            descriptor = os.open(path, flags, 0o600)
            try:
                _lock(path, descriptor)
                done, whole = _read(path, descriptor, head)
                os.ftruncate(descriptor, whole)  # the line that was being written when the last run was killed
                journal = cls(path, descriptor, done)
                if not whole:
                    journal._write(head)
            except BaseException:
                os.close(descriptor)
                raise
        except OSError as error:
            raise refusal(error) from error
        return journal

    def add(self, answer: Answer) -> None:
        """Write one answer; it is durable on return. Raises ProvenanceError (``system``)."""
        try:
            self._write(line(answer.to_value()))
        except OSError as error:
            raise refusal(error) from error

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]
        os.fsync(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


def _lock(path: Path, descriptor: int) -> None:
    """Keep other runs out until the descriptor is closed, be it by the death of the process."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, _LOCKED_AT, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            os.lseek(descriptor, 0, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError) as error:
        raise _refused(path, "is being written by another run", "wait until it ends, or name another file") from error


def _read(path: Path, descriptor: int, head: bytes) -> tuple[dict[str, Answer], int]:
    """The answers by file name, and the length of the whole lines in bytes."""
    done: dict[str, Answer] = {}
    whole = 0
    with os.fdopen(os.dup(descriptor), "rb") as file:
        for number, data in enumerate(iter(lambda: file.readline(_LONGEST + 1), b""), 1):
            if not data.endswith(b"\n"):
                if number == 1 and not head.startswith(data):
                    raise _refused(path, "is no journal of a batch")
                if len(data) > _LONGEST:
                    raise _refused(path, f"has a line that is too long: {number}")
                break
            _check_head(path, data, head) if number == 1 else _take(path, data, number, done)
            whole += len(data)
    return done, whole


def _take(path: Path, data: bytes, number: int, done: dict[str, Answer]) -> None:
    try:
        answer = Answer.from_value(strict_json.load(data, limit=_LONGEST, what="line"))
    except RecordError as error:
        raise _refused(path, f"is malformed in line {number}") from error
    done[answer.file] = answer


def _check_head(path: Path, data: bytes, expected: bytes) -> None:
    if data == expected:
        return
    ours: dict[str, Any] = strict_json.load(expected, limit=_LONGEST, what="line")
    try:
        found = strict_json.load(data, limit=_LONGEST, what="line")
    except RecordError as error:
        raise _refused(path, "is no journal of a batch") from error
    if type(found) is not dict or found.get("schema") != SCHEMA:
        raise _refused(path, "is no journal of a batch")
    differing = [word for name, word in _WORDS.items() if found.get(name) != ours.get(name)]
    raise _refused(path, differing[0] if differing else "is not written as this version writes it")


def _refused(path: Path, why: str, advice: str = "name another file to begin anew") -> ProvenanceError:
    return UsageError(why, code="batch.journal", file=str(path), advice=advice)
