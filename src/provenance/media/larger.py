"""Larger pictures of a questioned file: how the child hands them over, and what its parent makes sure of.

Local features are found in them if they are asked for. They are in no record.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from provenance.errors import MediaError
from provenance.evidence import LEAST_SIDE, MOST_FEATURED, MOST_LARGER, MOST_SIDE, Larger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provenance.binding.codec import BlobKey
    from provenance.evidence import Measurement, Track

#: The name under which a track's larger pictures are handed over.
KIND: Final = "larger"
#: Number of the picture, rows, columns.
_HEAD = struct.Struct(">IHH")


def to_blobs(measurement: Measurement) -> dict[BlobKey, bytes]:
    """The larger pictures of each track that has any, one after another."""
    held = {track.index: track.looks.larger for track in measurement.tracks if track.looks and track.looks.larger}
    return {
        (KIND, index): b"".join(_HEAD.pack(one.place, one.rows, one.columns) + one.means for one in pictures)
        for index, pictures in held.items()
    }


def taken_out(blobs: dict[BlobKey, bytes]) -> dict[int, bytes]:
    """Larger pictures by track, taken out of the ``blobs`` of an answer."""
    return {track: blobs.pop((KIND, track)) for kind, track in tuple(blobs) if kind == KIND}


def with_larger(measurement: Measurement, blobs: Mapping[int, bytes]) -> Measurement:
    """``measurement`` with the larger pictures in ``blobs``, by track.

    Raises:
        MediaError: ``media.protocol``.
    """
    if not set(blobs) <= {track.index for track in measurement.tracks if track.looks}:
        raise _unusable("larger pictures of a track that was not looked at")
    tracks = (_with(track, blobs[track.index]) if track.index in blobs else track for track in measurement.tracks)
    return replace(measurement, tracks=tuple(tracks))


def _with(track: Track, blob: bytes) -> Track:
    assert track.looks is not None
    found: list[Larger] = []
    at = 0
    while at < len(blob):
        if len(blob) - at < _HEAD.size:
            raise _unusable("a larger picture is cut short")
        place, rows, columns = _HEAD.unpack_from(blob, at)
        at += _HEAD.size
        if not (LEAST_SIDE <= rows <= MOST_SIDE and LEAST_SIDE <= columns <= MOST_SIDE):
            raise _unusable("a larger picture has a size that none has")
        means = blob[at : at + rows * columns]
        if len(means) != rows * columns:
            raise _unusable("a larger picture is cut short")
        at += rows * columns
        if place >= len(track.looks) or (found and place <= found[-1].place):
            raise _unusable("larger pictures are not in the order of the pictures")
        found.append(Larger(place, rows, columns, means))
    featured = set(track.looks.feature_places)
    if (
        len(found) > MOST_LARGER
        or len(featured) + len(found) > MOST_FEATURED
        or featured & {one.place for one in found}
    ):
        raise _unusable("too many larger pictures, or of pictures that are described")
    return replace(track, looks=replace(track.looks, larger=tuple(found)))


def _unusable(why: str) -> MediaError:
    message = f"the measuring process gave an answer that cannot be used: {why}"
    return MediaError(message, code="media.protocol")
