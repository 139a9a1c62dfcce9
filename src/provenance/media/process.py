"""The child as a process: started with one descriptor, asked with caps on time and size, and gone afterwards.

It may be asked more than once about the file that it holds: starting Python, PyAV, numpy and OpenCV takes 0.3 s of
processor time. Its sandbox and its limits are set before the first question and stay; the time that it gets begins
anew with each. After an answer that is no answer nothing more is asked.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import asdict
from typing import IO, TYPE_CHECKING, Any, Self

from provenance.errors import MediaError, ProvenanceError
from provenance.escaping import plain
from provenance.media import protocol

if TYPE_CHECKING:
    from provenance.media.limits import Limits
    from provenance.media.source import Progress, Source

_COMMAND = [sys.executable, "-I", "-m", "provenance.media.worker"]
#: numpy's linear algebra would start a thread a core; nothing here uses it.
#: glibc reserves 64 to 128 MiB of address space for each arena, and makes new ones when threads contend: on a busy
#: machine an undamaged file ran into the limit on address space.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2", "LC_ALL": "C.UTF-8"}
#: Windows cannot start a program without it.
_WINDOWS_NEEDS = ("SYSTEMROOT",)
#: Bytes kept of what the child prints beside its answer, and characters of its last line that are told.
_LAST_WORDS, _LAST_LINE = 4096, 200


class Process:
    """A child that holds the descriptor of ``source``; ``close`` ends it with all it started."""

    def __init__(self, source: Source, limits: Limits) -> None:
        """``limits`` hold for every question."""
        self._source = source
        self._limits = limits
        self._child = _start(source.fd)
        self._words = _LastWords(_pipes(self._child)[2])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, request: dict[str, Any], progress: Progress | None = None, *, last: bool = True) -> protocol.Answer:
        """The answer to ``request``. ``last``: nothing else will be asked.

        Raises:
            MediaError: ``media.limit``, ``media.crashed``, ``media.protocol``, or what the child itself says.
        """
        late = threading.Event()

        def too_late() -> None:
            late.set()
            _kill(self._child)

        source, limits = self._source, self._limits
        timer = threading.Timer(limits.wall_clock(source.size), too_late)
        timer.daemon = True
        timer.start()
        try:
            self._send({**request, "fd": _inherited(source.fd), "limits": asdict(limits)}, last=last)
            answers = _pipes(self._child)[1]
            return protocol.read_answer(answers, max_bytes=limits.output_bytes, progress=progress, last=last)
        except ProvenanceError as error:
            if late.is_set():
                raise MediaError("measuring took longer than allowed", code="media.limit", file=source.name) from error
            if error.code == "media.crashed":
                message = _obituary(self._child, self._words)
                raise MediaError(message, code="media.crashed", file=source.name) from error
            error.file = source.name
            raise
        finally:
            timer.cancel()

    def close(self) -> None:
        """The child and all it started are gone afterwards."""
        _end(self._child, self._words)

    def _send(self, request: dict[str, Any], *, last: bool) -> None:
        stdin = _pipes(self._child)[0]
        with contextlib.suppress(BrokenPipeError):  # it is gone: what there is of its answer tells
            stdin.write(json.dumps(request).encode("ascii") + b"\n")
            stdin.flush()
        if last:
            with contextlib.suppress(BrokenPipeError):
                stdin.close()


def _start(descriptor: int) -> subprocess.Popen[bytes]:
    environment = _ENVIRONMENT | {name: os.environ[name] for name in _WINDOWS_NEEDS if name in os.environ}
    common: dict[str, Any] = {
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,  # never the terminal: a subverted child would write escape sequences to it
        "env": environment,
    }
    if sys.platform == "win32":
        handle = _inherited(descriptor)
        os.set_handle_inheritable(handle, True)
        startup = subprocess.STARTUPINFO(lpAttributeList={"handle_list": [handle]})
        return subprocess.Popen(_COMMAND, startupinfo=startup, **common)  # noqa: S603 - our own module
    return subprocess.Popen(_COMMAND, pass_fds=(descriptor,), start_new_session=True, **common)  # noqa: S603 - our own module


def _inherited(descriptor: int) -> int:
    """What the child knows the descriptor by: its number, on Windows its handle."""
    if sys.platform == "win32":
        import msvcrt

        return msvcrt.get_osfhandle(descriptor)
    return descriptor


def _pipes(child: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes], IO[bytes]]:
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    return child.stdin, child.stdout, child.stderr


def _kill(child: subprocess.Popen[bytes]) -> None:
    """Kill the child's whole process group; until it is waited for, its number cannot be another's."""
    if child.returncode is not None:
        return
    if sys.platform == "win32":
        child.kill()
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def _end(child: subprocess.Popen[bytes], words: _LastWords) -> None:
    _kill(child)
    words.end()
    for pipe in _pipes(child):
        with contextlib.suppress(BrokenPipeError):
            pipe.close()
    child.wait()


def _obituary(child: subprocess.Popen[bytes], words: _LastWords) -> str:
    """How the child ended, in one line, with the last line that it printed."""
    status = child.wait()
    said = words.end()
    if status >= 0:
        return f"the measuring process ended with status {status}{said}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = str(-status)
    return f"the measuring process was ended by {name}{said}"


class _LastWords:
    """Takes what a child prints beside its answer, so that it never waits for a reader, and keeps the end of it."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._kept = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def end(self) -> str:
        """The last line behind a colon, escaped, or nothing. Call when the child has ended."""
        self._reader.join()
        lines = self._kept.split(b"\n")
        line = next((text for each in reversed(lines) if (text := each.strip())), b"")
        return f": {plain(os.fsdecode(line))[-_LAST_LINE:]}" if line else ""

    def _read(self) -> None:
        while data := os.read(self._pipe.fileno(), _LAST_WORDS):
            self._kept = (self._kept + data)[-_LAST_WORDS:]
