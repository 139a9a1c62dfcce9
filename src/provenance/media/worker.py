"""The child, ``python -I -m provenance.media.worker``: requests on stdin, media on a descriptor inherited, answers out.

It holds no key, opens no file, and speaks only :mod:`provenance.media.protocol`.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import sys
import time
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import IO, TYPE_CHECKING, Any

from provenance.errors import MediaError
from provenance.media import protocol, sandbox
from provenance.media.limits import MAX_THREADS, Limits

if TYPE_CHECKING:
    from types import ModuleType

    from provenance.media.measure import File

#: Seconds between two words on progress.
_PROGRESS_EVERY = 0.2
#: Bytes of the largest sample format a pixel takes: four components of 16 bits.
_BYTES_A_PIXEL = 8


@dataclass(frozen=True, slots=True)
class _Held:
    """The inherited descriptor, and how it may be used."""

    descriptor: int
    limits: Limits
    threads: int


def main() -> None:
    """Answer the requests on stdin, one a line, all about one file, until one cannot be answered or none follows."""
    questions = sys.stdin.buffer
    request = json.loads(questions.readline())
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get into the answer
    limits = Limits(**request["limits"])
    threads = min(MAX_THREADS, os.cpu_count() or 1)
    report = sandbox.Report()
    sandbox.isolate(report, threads=threads, picture_bytes=limits.pixels * _BYTES_A_PIXEL)
    try:
        _load_and_confine(request, report)
        held = _Held(_descriptor(int(request["fd"])), limits, threads)
        for each in chain((request,), map(json.loads, questions)):
            _answer(each, held, report, answers)
    except MediaError as error:
        protocol.write_answer(answers, {"code": error.code, "message": error.message}, {})
    except MemoryError:
        message = "measuring needs more memory than the limits allow"
        protocol.write_answer(answers, {"code": "media.limit", "message": message}, {})


def _load_and_confine(request: dict[str, Any], report: sandbox.Report) -> None:
    """Import everything that this request and those after it need, then close the door."""
    # av and numpy start threads, after which the namespaces could no longer be left: they are imported here
    import av

    import provenance.binding.codec
    import provenance.media.exact
    import provenance.media.larger
    import provenance.media.measure
    import provenance.media.viewing

    if request["task"] == "measure" and request["looking"] != "none":
        import provenance.binding.looks  # noqa: F401 - its libraries are files, too, and the door closes next
    _import_all(av)
    av.logging.set_level(None)
    sandbox.confine(report)


def _answer(request: dict[str, Any], held: _Held, report: sandbox.Report, answers: IO[bytes]) -> None:
    from provenance.binding import codec
    from provenance.media import exact, larger, measure, probe, viewing

    size = os.fstat(held.descriptor).st_size
    file = measure.File(held.descriptor, size, held.limits, held.threads, _teller(answers, size))
    blobs: dict[tuple[str, int], bytes]
    if request["task"] == "measure":
        measured = measure.measure(file, request["depth"], request["looking"])
        blobs = {**codec.to_blobs(measured), **larger.to_blobs(measured)}
    elif request["task"] == "replay":
        options = {"codec": request["codec"], "nal_length_size": request["nal_length_size"]}
        blobs = {("replay", 0): exact.replay(file, request["units"], **options)}
    elif request["task"] == "views":
        times = [Fraction(time) for time in request["times"]]
        seen = viewing.views(file, track=request["track"], times=times, side=int(request["side"]))
        blobs = {("view", number): blob for number, blob in enumerate(seen)}
    else:
        blobs = {("picture", 0): _picture(exact, file, request)}
    header = {"sandbox": report.in_force, "sandbox_missing": report.missing, "libraries": probe.libraries()}
    protocol.write_answer(answers, header, blobs)


def _import_all(package: ModuleType) -> None:
    """Import what ``package`` would import when it is first needed: afterwards no file can be opened."""
    for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not each.name.endswith((".__main__", ".datasets")):  # a program; a downloader of samples
            importlib.import_module(each.name)


def _descriptor(inherited: int) -> int:
    if sys.platform == "win32":
        import msvcrt

        return msvcrt.open_osfhandle(inherited, os.O_RDONLY | os.O_BINARY)
    return inherited


def _picture(exact: Any, file: File, request: dict[str, Any]) -> bytes:
    moment = None if request["time"] is None else Fraction(request["time"])
    data: bytes = exact.exact_picture(file, track=request["track"], number=request["number"], time=moment)
    return data


def _teller(answers: IO[bytes], size: int) -> Any:
    """A callable that tells the parent, now and then, how far into the file the pass is."""
    last = time.monotonic()

    def tell(offset: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _PROGRESS_EVERY and 0 <= offset <= size:
            last = now
            protocol.write_progress(answers, offset, size)

    return tell


if __name__ == "__main__":
    main()
