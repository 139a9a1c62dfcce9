"""The working processes of a batch, one a core, and whatever becomes of them."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Final, Self

from provenance.batching.answers import Answer, line
from provenance.errors import ProvenanceError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from concurrent.futures import Future

_COMMAND: Final = [sys.executable, "-I", "-m", "provenance.batching.worker"]
#: What a worker needs no more: it gets the opened key.
_NEEDLESS: Final = "PROVENANCE_PASSPHRASE"
#: Seconds that a worker has to end its measuring process and itself.
_PATIENCE: Final = 5


@dataclass(frozen=True, slots=True)
class Request:
    """``known``: size, mtime_ns and sha256 of an earlier answer, which holds if the file is still the same."""

    file: str
    known: Mapping[str, Any] | None = None


class Crew:
    """At most ``jobs`` processes; each is started when it is first needed. A context that leaves none behind."""

    def __init__(self, jobs: int, setup: Mapping[str, Any]) -> None:
        self._jobs = jobs
        self._setup = line(setup)
        #: what workers came across beside their answers; taken out by whoever tells it
        self.remarks: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()
        self._every: list[_Worker] = []
        self._lock = threading.Lock()
        self._over = False
        self._threads = ThreadPoolExecutor(jobs, thread_name_prefix="batch")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._over = True
            every = list(self._every)
        for worker in every:
            worker.leave()
        for worker in every:
            worker.end()
        self._threads.shutdown()

    def answers(self, requests: Sequence[Request]) -> Generator[tuple[Request, Answer | None]]:
        """(request, answer) as they become known; None: the earlier answer holds.

        Raises:
            ProvenanceError: The archive cannot be opened any more. What befalls one file is its answer.
        """
        futures: dict[Future[Answer | None], Request] = {self._threads.submit(self._ask, one): one for one in requests}
        for future in as_completed(list(futures)):
            yield futures.pop(future), future.result()

    def _ask(self, request: Request) -> Answer | None:
        try:
            worker = self._idle.get_nowait()
        except queue.Empty:
            worker = self._started()
        reply = worker.ask({"file": request.file, "known": request.known and dict(request.known)})
        if reply is None:
            return Answer.failed(request.file, _lost(worker.end()))
        if "error" in reply:
            trouble = Answer.from_value(reply["error"]).trouble()
            assert trouble is not None
            raise trouble
        self._idle.put(worker)
        for remark in reply.get("remarks", ()):
            self.remarks.put(remark)
        return None if "unchanged" in reply else Answer.from_value(reply["answer"])

    def _started(self) -> _Worker:
        with self._lock:  # a worker that is started while all are sent home would stay behind
            if self._over:
                raise ProvenanceError("the batch was stopped", code="batch.worker")
            worker = _Worker(self._setup)
            self._every.append(worker)
        return worker


class _Worker:
    """One process and its two pipes."""

    def __init__(self, setup: bytes) -> None:
        environment = {name: value for name, value in os.environ.items() if name != _NEEDLESS}
        # A session of its own: Ctrl-C reaches the command, which ends its workers in order.
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, start_new_session=True
        )
        self._greeting: bytes | None = setup

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any] | None:
        """Its reply; None when it is gone."""
        stdin, stdout = self._pipes()
        try:
            if self._greeting is not None:
                stdin.write(self._greeting)
                stdin.flush()
                self._greeting = None
                welcome = _parsed(stdout.readline())
                if welcome is None or "error" in welcome:
                    return welcome
            stdin.write(line(request))
            stdin.flush()
            return _parsed(stdout.readline())
        except (OSError, ValueError):  # it has ended, or was sent home from another thread
            return None

    def leave(self) -> None:
        """Say that nothing more will come: it ends what it does."""
        with contextlib.suppress(OSError, ValueError):
            self._pipes()[0].close()

    def end(self) -> int:
        """Wait until it is gone, by force if it takes long; its exit status."""
        self.leave()
        try:
            status = self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        return status

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin, self._process.stdout


def _parsed(data: bytes) -> dict[str, Any] | None:
    """A whole line; half a one is what a process that was killed left."""
    if not data.endswith(b"\n"):
        return None
    value: dict[str, Any] = json.loads(data)
    return value


def _lost(status: int) -> ProvenanceError:
    """How a worker ended that owed an answer."""
    how = f"ended with status {status}"
    if status < 0:
        try:
            how = f"was ended by {signal.Signals(-status).name}"
        except ValueError:
            how = f"was ended by signal {-status}"
    return ProvenanceError(f"the process that compared this file {how}", code="batch.worker")
