"""Registered units in a file that cannot be played, and the units of a repaired file in an unfinished recording.

A phone that is knocked away leaves an MP4 without its index. Its bytes are registered; whoever repairs it writes an
index behind or before them. Nothing here parses: places are known from one of the two files, and the child digests
what lies there.
"""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING

from provenance import lookup, records
from provenance.errors import FileError
from provenance.matching.replay import replayed as compare_replayed
from provenance.media import child
from provenance.media.source import open_source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provenance.comparison import Comparison
    from provenance.custodian import Custodian
    from provenance.evidence import Measurement, Track
    from provenance.media.source import Source

#: Files in which a unit is looked for; each costs one read of its units.
_TRIED = 8
#: Bytes of a coded unit by which its place is found again; coded data of this length does not repeat by chance.
_NEEDLE = 64


def replayed(
    custodian: Custodian, source: Source, measured: Measurement, leaves: bytes, ids: Sequence[str]
) -> Comparison | None:
    """What replay finds, or None where it does not apply or finds nothing."""
    if _cannot_be_played(measured):
        return _registered_units_in(custodian, source, leaves, ids)
    return _units_in_unfinished(custodian, source, measured, ids)


def _cannot_be_played(measured: Measurement) -> bool:
    return measured.state in {"unfinished-recording", "unreadable"} and not any(
        track.packets for track in measured.tracks
    )


def _registered_units_in(custodian: Custodian, source: Source, leaves: bytes, ids: Sequence[str]) -> Comparison | None:
    for evidence_id in list(ids) or lookup.with_chunks(custodian, leaves)[:_TRIED]:
        examined = records.measurement_of(custodian, evidence_id)
        if examined is None:
            continue
        found = {track.index: _digests_at(source, track, 0) for track in _replayable(examined[0])}
        comparison = compare_replayed(examined[0], found, source=evidence_id)
        if comparison.relation != "no-match":
            return comparison
    return None


def _units_in_unfinished(
    custodian: Custodian, source: Source, measured: Measurement, ids: Sequence[str]
) -> Comparison | None:
    """The questioned file parses; its units are looked for in the bytes of unfinished recordings that are at hand."""
    tracks = _replayable(measured)
    if not tracks:
        return None
    for evidence_id in list(ids) or lookup.unfinished(custodian)[:_TRIED]:
        for place in records.locations(custodian, evidence_id):
            try:
                with open_source(place.path) as kept:
                    found = _found_in(kept, source, tracks)
            except FileError:  # moved or deleted since: another place may still have it
                continue
            comparison = compare_replayed(measured, found, source=evidence_id)
            if comparison.relation != "no-match":
                return comparison
    return None


def _found_in(kept: Source, source: Source, tracks: Sequence[Track]) -> Mapping[int, Sequence[bytes | None]]:
    shift = _shift(kept, source, tracks[0])
    if shift is None:
        return {}
    return {track.index: _digests_at(kept, track, shift) for track in tracks}


def _shift(kept: Source, source: Source, track: Track) -> int | None:
    """Bytes by which units lie further on in ``kept`` than in ``source``, found by the start of the largest unit."""
    rows = track.packets
    assert rows is not None
    largest = max(range(len(rows)), key=lambda unit: rows.sizes[unit])
    needle = source.read_at(rows.offsets[largest], min(_NEEDLE, rows.sizes[largest]))
    if not needle or not kept.size:
        return None
    with mmap.mmap(kept.fd, 0, access=mmap.ACCESS_READ) as content:
        place = content.find(needle)
    return None if place < 0 else place - rows.offsets[largest]


def _replayable(measured: Measurement) -> list[Track]:
    tracks = (*measured.of_kind("video"), *measured.of_kind("sound"))
    return [track for track in tracks if track.packets]


def _digests_at(source: Source, track: Track, shift: int) -> tuple[bytes | None, ...]:
    """Digest of the unit at each registered place, ``shift`` bytes further on; None where the file ends before it."""
    rows = track.packets
    assert rows is not None
    places = [
        (offset + shift, size) if offset >= 0 and 0 <= offset + shift <= source.size - size else None
        for offset, size in zip(rows.offsets, rows.sizes, strict=True)
    ]
    inside = [place for place in places if place is not None]
    digests = iter(child.replay(source, inside, codec=track.codec, nal_length_size=track.nal_length_size))
    return tuple(None if place is None else next(digests) for place in places)
