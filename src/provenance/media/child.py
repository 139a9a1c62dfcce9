"""The parent's side: what a child is asked about a file, and what of its answer is believed.

What the child says is hostile input: the header is checked by :mod:`provenance.media.protocol`, the blobs by
:mod:`provenance.binding.codec`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from provenance.binding import codec
from provenance.errors import MediaError, RecordError
from provenance.evidence import UNIT_DIGEST_BYTES, Depth, Looking, Measurement
from provenance.media import larger, view
from provenance.media.limits import Limits
from provenance.media.process import Process

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from provenance.media import protocol
    from provenance.media.source import Progress, Source

_REPLAY_ROW = 1 + UNIT_DIGEST_BYTES


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
    with Measuring(source, looking=looking, limits=limits) as child:
        return child.measure(depth, progress)


class Measuring:
    """A child that measures ``source`` at one depth after the other: demuxed first, decoded if that is asked for."""

    def __init__(self, source: Source, *, looking: Looking = "none", limits: Limits | None = None) -> None:
        """``looking`` counts where pictures are decoded."""
        self._source = source
        self._looking = looking
        self._process = Process(source, limits or Limits())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """The child is gone afterwards."""
        self._process.close()

    def measure(self, depth: Depth, progress: Progress | None = None, *, last: bool = True) -> Measurement:
        """As :func:`measure`. ``last``: nothing else will be asked."""
        source = self._source
        answer = self._process.ask({"task": "measure", "depth": depth, "looking": self._looking}, progress, last=last)
        blobs = {(kind, track): blob for kind, track, blob in answer.blobs}
        pictures = larger.taken_out(blobs) if self._looking == "close" else {}
        try:
            measured = larger.with_larger(codec.from_blobs(blobs), pictures)
        except RecordError as error:
            raise _unusable(source, error.message) from error
        except MediaError as error:
            error.file = source.name
            raise
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
    data = _single(source, _ask(source, request), "replay")
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
    return _single(source, _ask(source, request), "picture")


def views(source: Source, times: Sequence[Fraction], *, track: int | None, side: int) -> tuple[view.View, ...]:
    """The pictures shown at ``times`` (seconds on the file's own clock, ascending), for people to look at.

    ``track``: None takes the first video track. ``side``: most pixels either way.

    Raises:
        MediaError: ``media.no-picture``, and as :func:`measure`.
    """
    asked = [f"{time.numerator}/{time.denominator}" for time in times]
    answer = _ask(source, {"task": "views", "track": track, "times": asked, "side": side})
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


def _ask(source: Source, request: dict[str, Any]) -> protocol.Answer:
    with Process(source, Limits()) as child:
        return child.ask(request)
