"""A process that answers for one file after another: requests come as lines on stdin, answers go as lines to stdout.

It opens the archive once. What opens sealed values comes on the inherited pipe, so that neither the list of processes
nor the environment shows it. When the pipe closes, because the command ended or was killed, this process ends, also in
the middle of a file.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

from provenance.batching.answers import Answer, line
from provenance.errors import ProvenanceError, refusal

if TYPE_CHECKING:
    from provenance.custodian import Custodian

_READ_BYTES = 65_536


class Requests:
    """Lines from stdin, read by a thread of its own: so the end of the pipe is noticed while a file is looked into."""

    def __init__(self) -> None:
        self.busy = False
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def next(self) -> dict[str, Any] | None:
        """The next request; None when no more will come."""
        data = self._lines.get()
        return None if data is None else json.loads(data)

    def _read(self) -> None:
        left = b""
        while data := os.read(sys.stdin.fileno(), _READ_BYTES):
            *lines, left = (left + data).split(b"\n")
            for each in lines:
                self._lines.put(each)
        self._lines.put(None)
        if self.busy:
            self._stop()

    @staticmethod
    def _stop() -> None:
        if hasattr(signal, "pthread_kill"):
            ident = threading.main_thread().ident
            assert ident is not None
            signal.pthread_kill(ident, signal.SIGTERM)
        else:  # Windows: nothing reaches a thread that waits; the processes that measure end with their pipes
            os._exit(1)


def main() -> None:
    """Answer until the pipe closes."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints must not lie among the answers
    signal.signal(signal.SIGTERM, _terminated)
    requests = Requests()
    setup = requests.next()
    if setup is None:
        return
    try:
        custodian = _opened(setup)
    except ProvenanceError as error:
        _say(out, {"error": Answer.failed("", error).to_value()})
        return
    with custodian:
        _say(out, {"ready": True})
        while (request := requests.next()) is not None:
            requests.busy = True
            _say(out, _reply(custodian, request, setup))
            requests.busy = False


def _opened(setup: dict[str, Any]) -> Custodian:
    from provenance.attest.keys import ReadingKey
    from provenance.custodian import Custodian

    custodian = Custodian.open(Path(setup["archive"]))
    if setup["reading"] is not None:
        custodian.use(ReadingKey.from_private(bytes.fromhex(setup["reading"])))
    return custodian


def _reply(custodian: Custodian, request: dict[str, Any], setup: dict[str, Any]) -> dict[str, Any]:
    name = request["file"]
    try:
        if request["known"] is not None and _is_unchanged(name, request["known"]):
            return {"unchanged": True}
        answer = _answer(custodian, name, setup).to_value()
    except ProvenanceError as error:
        told = error
    except OSError as error:
        told = refusal(error)
    except Exception as error:  # noqa: BLE001 - the outermost shell of this process: one file must not cost the others
        told = ProvenanceError(f"stopped by a fault of its own ({type(error).__name__}: {error})", code="internal")
    else:
        return {"answer": answer, "remarks": _taken(custodian.remarks)}
    return {"answer": Answer.failed(name, told).to_value(), "remarks": _taken(custodian.remarks)}


def _taken(remarks: list[str]) -> list[str]:
    """What is left to be said, once."""
    taken = list(remarks)
    remarks.clear()
    return taken


def _is_unchanged(name: str, known: dict[str, Any]) -> bool:
    """Whether size and time are those of the answer, and then the digest: times can be set back."""
    from provenance.media.source import digest, open_source

    with open_source(name) as source:
        if (source.size, source.stat.st_mtime_ns) != (known["size"], known["mtime_ns"]):
            return False
        return digest(source)[0].sha256.hex() == str(known["sha256"])


def _answer(custodian: Custodian, name: str, setup: dict[str, Any]) -> Answer:
    from provenance.verdict import exit_status, to_value, unmet
    from provenance.verdict_text import headline
    from provenance.verify import verify

    try:
        state = Path(name).stat()
    except (OSError, ValueError):  # `verify` says it in its words
        state = None
    verdict = verify(custodian, Path(name), **setup["choices"])
    asked = setup["asked"]
    return Answer(
        file=name,
        status=exit_status(verdict, **asked),
        size=None if state is None else state.st_size,
        mtime_ns=None if state is None else state.st_mtime_ns,
        headline=headline(verdict.comparison),
        unmet=unmet(verdict, asked["require"]),
        verdict=to_value(verdict),
    )


def _say(out: IO[bytes], value: dict[str, Any]) -> None:
    out.write(line(value))
    out.flush()


def _terminated(*_: object) -> NoReturn:
    raise SystemExit(1)


if __name__ == "__main__":
    main()
