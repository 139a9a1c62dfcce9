"""The parent's side: starts the child, hands it one descriptor, reads its answer with caps, and leaves nothing behind.

What the child says is hostile input: the header is checked by :mod:`provenance.media.protocol`, the blobs by
:mod:`provenance.binding.codec`.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import asdict, replace
from typing import IO, TYPE_CHECKING, Any

from provenance.binding import codec
from provenance.errors import MediaError, ProvenanceError, RecordError
from provenance.escaping import plain
from provenance.evidence import UNIT_DIGEST_BYTES, Depth, Looking, Measurement
from provenance.media import protocol, view
from provenance.media.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from provenance.media.source import Progress, Source

_COMMAND = [sys.executable, "-I", "-m", "provenance.media.worker"]
#: numpy's linear algebra would start a thread a core; nothing here uses it.
#: glibc reserves 64 to 128 MiB of address space for each arena, and makes new ones when threads contend: on a busy
#: machine an undamaged file ran into the limit on address space.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2", "LC_ALL": "C.UTF-8"}
#: Windows cannot start a program without it.
_WINDOWS_NEEDS = ("SYSTEMROOT",)
_REPLAY_ROW = 1 + UNIT_DIGEST_BYTES
#: Bytes kept of what the child prints beside its answer, and characters of its last line that are told.
_LAST_WORDS, _LAST_LINE = 4096, 200


def measure(
    source: Source,
    *,
    depth: Depth,
    looking: Looking = "none",
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> Measurement:
    """Measure ``source`` in a child process: ``streams`` demuxes only, ``full`` decodes too, and looks if asked.

    Raises:
        MediaError: ``media.limit``, ``media.crashed``, ``media.protocol``. Trouble with the file itself is no error:
            it is ``state`` and ``not_measured`` of the value.
        FileError: ``file.changed``.
    """
    answer = _ask(source, {"task": "measure", "depth": depth, "looking": looking}, limits or Limits(), progress)
    try:
        measured = codec.from_blobs({(kind, track): blob for kind, track, blob in answer.blobs})
    except RecordError as error:
        raise _unusable(source, error.message) from error
    source.check_unchanged()
    header = answer.header
    return replace(
        measured,
        sandbox=header["sandbox"],
        sandbox_missing=header["sandbox_missing"],
        libraries=header["libraries"],
    )


def replay(
    source: Source, units: Sequence[tuple[int, int]], *, codec: str, nal_length_size: int
) -> tuple[bytes | None, ...]:
    """Digests (24 bytes) of the canonical units found at ``units`` = (offset, size), None where there is none.

    For files whose container no longer parses: the places come from a registered file's packet rows.

    Raises:
        MediaError: as :func:`measure`.
    """
    request = {"task": "replay", "units": list(units), "codec": codec, "nal_length_size": nal_length_size}
    data = _single(source, _ask(source, request, Limits(), None), "replay")
    if len(data) != _REPLAY_ROW * len(units):
        raise _unusable(source, "as many digests as units were due")
    rows = (data[at : at + _REPLAY_ROW] for at in range(0, len(data), _REPLAY_ROW))
    return tuple(row[1:] if row[0] else None for row in rows)


def exact_picture(
    source: Source, *, track: int | None = None, number: int | None = None, time: Fraction | None = None
) -> bytes:
    """One presented picture as a Matroska file with FFV1: same samples, so that its picture digest equals the row.

    ``number``: row in the picture rows; or ``time``: the picture shown then, seconds on the file's time line.

    Raises:
        MediaError: ``media.no-picture``, ``media.format``, and as :func:`measure`.
    """
    if (number is None) == (time is None):
        raise ValueError("either a number or a time")
    moment = None if time is None else f"{time.numerator}/{time.denominator}"
    request = {"task": "picture", "track": track, "number": number, "time": moment}
    return _single(source, _ask(source, request, Limits(), None), "picture")


def views(source: Source, times: Sequence[Fraction], *, track: int | None, side: int) -> tuple[view.View, ...]:
    """The pictures shown at ``times`` (seconds on the file's own clock, ascending), for people to look at.

    ``track``: None takes the first video track. ``side``: most pixels either way.

    Raises:
        MediaError: ``media.no-picture``, and as :func:`measure`.
    """
    asked = [f"{time.numerator}/{time.denominator}" for time in times]
    answer = _ask(source, {"task": "views", "track": track, "times": asked, "side": side}, Limits(), None)
    source.check_unchanged()
    if [(kind, number) for kind, number, _ in answer.blobs] != [("view", number) for number in range(len(times))]:
        raise _unusable(source, "as many views as moments were due")
    try:
        return tuple(view.from_blob(blob, side=side) for _, _, blob in answer.blobs)
    except MediaError as error:
        error.file = source.name
        raise


def _single(source: Source, answer: protocol.Answer, kind: str) -> bytes:
    if [(name, track) for name, track, _ in answer.blobs] != [(kind, 0)]:
        raise _unusable(source, "another blob was due")
    source.check_unchanged()
    return answer.blobs[0][2]


def _unusable(source: Source, why: str) -> MediaError:
    message = f"the measuring process gave an answer that cannot be used: {why}"
    return MediaError(message, code="media.protocol", file=source.name)


def _ask(source: Source, request: dict[str, Any], limits: Limits, progress: Progress | None) -> protocol.Answer:
    """Start a child, send ``request``, read its answer; the child and all it started are gone afterwards."""
    late = threading.Event()
    child = _start(source.fd)
    words = _LastWords(_pipes(child)[2])

    def too_late() -> None:
        late.set()
        _kill(child)

    timer = threading.Timer(limits.wall_clock(source.size), too_late)
    timer.daemon = True
    timer.start()
    try:
        stdin, stdout, _ = _pipes(child)
        with contextlib.suppress(BrokenPipeError):
            stdin.write(json.dumps({**request, "fd": _inherited(source.fd), "limits": asdict(limits)}).encode())
            stdin.close()
        return protocol.read_answer(stdout, max_bytes=limits.output_bytes, progress=progress)
    except ProvenanceError as error:
        if late.is_set():
            raise MediaError("measuring took longer than allowed", code="media.limit", file=source.name) from error
        if error.code == "media.crashed":
            raise MediaError(_obituary(child, words), code="media.crashed", file=source.name) from error
        error.file = source.name
        raise
    finally:
        timer.cancel()
        _end(child, words)


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
