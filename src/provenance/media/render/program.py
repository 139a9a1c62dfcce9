"""Runs the ffmpeg program of a wheel on hostile files: confined, fed through a pipe, bounded in time and output."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import imageio_ffmpeg

from provenance.errors import MediaError
from provenance.escaping import plain
from provenance.media.render import confined

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LAUNCHER = [sys.executable, "-I", "-m", "provenance.media.render.confined"]
#: No home, no path, no temporary folder: the program finds what it is told.
_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "2"}
#: Bytes kept of what the program says, and characters of a line of it that are told, without addresses in memory.
_WORDS, _LINE = 65_536, 200
_ADDRESS = re.compile(r" @ 0x[0-9a-f]+")
#: What it says when there is no room for its output, or a limit of ours on it is reached.
_NO_ROOM = ("No space left on device", "File too large", "Disk quota exceeded")


@dataclass(frozen=True, slots=True)
class Bounds:
    """``seconds`` of wall clock and ``file_bytes`` of output that a run may take."""

    seconds: float
    file_bytes: int


def run(
    arguments: Sequence[str], *, descriptors: Sequence[int], feed: Iterable[bytes], bounds: Bounds
) -> tuple[str, ...]:
    """Run ffmpeg with ``arguments`` and the open ``descriptors``; ``feed`` goes to its standard input.

    Returns the layers of confinement that held.

    Raises:
        MediaError: ``media.render``, ``media.limit``, ``file.unwritable`` (no room for the output).
    """
    if sys.platform == "win32":
        raise MediaError("clips are not made on Windows yet", code="media.render")
    late = threading.Event()
    child = _start([str(bounds.file_bytes), imageio_ffmpeg.get_ffmpeg_exe(), *arguments], descriptors)
    assert child.stdin is not None
    assert child.stderr is not None

    def too_late() -> None:
        late.set()
        _kill(child)

    timer = threading.Timer(bounds.seconds, too_late)
    timer.daemon = True
    timer.start()
    feeder = threading.Thread(target=_feed, args=(child.stdin, feed), daemon=True)
    feeder.start()
    try:
        layers, words = _listen(child.stderr)
        status = child.wait()
    finally:
        timer.cancel()
        _kill(child)
        child.wait()
        feeder.join()
        child.stderr.close()
    if late.is_set():
        raise MediaError("making the clip took longer than allowed", code="media.limit")
    if confined.NEEDED not in layers:
        raise _unconfined(status, words)
    if status:
        raise _failure(status, words)
    return layers


def _start(arguments: list[str], descriptors: Sequence[int]) -> subprocess.Popen[bytes]:
    options: dict[str, Any] = {"env": _ENVIRONMENT, "pass_fds": tuple(descriptors), "start_new_session": True}
    return subprocess.Popen(  # noqa: S603 - our own module
        [*_LAUNCHER, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,  # never the terminal: a subverted program would write escape sequences to it
        **options,
    )


def _feed(pipe: IO[bytes], feed: Iterable[bytes]) -> None:
    with contextlib.suppress(BrokenPipeError):
        for data in feed:
            pipe.write(data)
    with contextlib.suppress(BrokenPipeError):
        pipe.close()


def _listen(pipe: IO[bytes]) -> tuple[tuple[str, ...], str]:
    """(layers that held, the beginning of what the program said)."""
    first = pipe.readline(_WORDS)
    kept = b""
    while data := pipe.read1(_WORDS):  # type: ignore[attr-defined] # a buffered pipe has it
        kept = (kept + data)[:_WORDS]
    try:
        layers = tuple(str(one) for one in json.loads(first)["in_force"])
    except (ValueError, KeyError, TypeError):
        layers, kept = (), first + kept
    return layers, os.fsdecode(kept)


def _unconfined(status: int, words: str) -> MediaError:
    """The program was not run, since it could have opened files; or what starts it did not come that far."""
    if status != confined.NOT_RUN:
        return _failure(status, words)
    return MediaError(
        "this system cannot keep the program that makes clips from opening other files (no Landlock)",
        code="media.render",
        advice="make the sheet of pictures, or the clip on Linux 5.13 or later",
    )


def _failure(status: int, words: str) -> MediaError:
    if any(one in words for one in _NO_ROOM):
        return MediaError("there is no room for the clip", code="file.unwritable", advice="choose another place")
    first = next((line.strip() for line in words.splitlines() if line.strip()), "")  # what follows is what came of it
    said = f": {plain(_ADDRESS.sub('', first))[:_LINE]}" if first else ""
    how = f"status {status}" if status >= 0 else f"signal {-status}"
    return MediaError(f"the program that makes clips ended with {how}{said}", code="media.render")


def _kill(child: subprocess.Popen[bytes]) -> None:
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
