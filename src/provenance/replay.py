"""Registered units in a file that cannot be played, and the units of a repaired file in an unfinished recording.

A phone that is knocked away leaves an MP4 without its index. Its bytes are registered; whoever repairs it writes an
index behind or before them. Nothing here parses: places are known from one of the two files, and the child digests
what lies there. A file at a remembered place counts only if it still is the registered bytes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from provenance import lookup, records
from provenance.comparison import Comparison, Note
from provenance.errors import FileError, RecordError
from provenance.matching.exact import unmeasured
from provenance.matching.relation import NO_AXES
from provenance.matching.replay import replayed as compare_replayed
from provenance.media import child
from provenance.media.source import digest, open_source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provenance.custodian import Custodian
    from provenance.evidence import Measurement, Track
    from provenance.media.source import Source

#: Files in which a unit is looked for; each costs one read of its units.
_TRIED = 8
#: Bytes of a coded unit by which its place is found again; coded data of this length does not repeat by chance.
_NEEDLE = 64
#: Bytes searched at once. Read, not mapped: a mapped file that shrinks would end the process that holds the keys.
_WINDOW = 4 * 2**20


def replayed(
    custodian: Custodian, source: Source, measured: Measurement, leaves: bytes, ids: Sequence[str]
) -> Comparison | None:
    """What replay finds, or None where it does not apply or finds nothing.

    Where recordings had to be left out, a note says how many; if nothing was found in the others, the relation is
    ``undetermined``, because ``no-match`` would speak for those, too.
    """
    if _cannot_be_played(measured):
        found, left_out = _registered_units_in(custodian, source, leaves, ids)
        if found is not None:  # a reader of a match has to learn, too, that the file in hand is not whole
            found = replace(found, notes=(*found.notes, *unmeasured(measured)))
    else:
        found, left_out = _units_in_unfinished(custodian, source, measured, ids)
    if not left_out:
        return found
    detail = f"{left_out} registered recordings in whose bytes these units could lie were not searched"
    answer = found or Comparison("undetermined", "none", altered=dict(NO_AXES))
    return replace(answer, notes=(*answer.notes, Note("evidence.notMeasured", "informational", detail)))


def _cannot_be_played(measured: Measurement) -> bool:
    return measured.state in {"unfinished-recording", "unreadable"} and not any(
        track.packets for track in measured.tracks
    )


def _registered_units_in(
    custodian: Custodian, source: Source, leaves: bytes, ids: Sequence[str]
) -> tuple[Comparison | None, int]:
    """The first match, and how many candidates were left out."""
    proposed = [] if ids else lookup.with_chunks(custodian, leaves)
    left_out = len(proposed[_TRIED:])
    for evidence_id in list(ids) or proposed[:_TRIED]:
        examined = records.measurement_of(custodian, evidence_id)
        if examined is None:
            continue
        found = {track.index: _digests_at(source, track, 0) for track in _replayable(examined[0])}
        comparison = compare_replayed(examined[0], found, source=evidence_id)
        if comparison.relation != "no-match":
            return comparison, left_out
    return None, left_out


def _units_in_unfinished(
    custodian: Custodian, source: Source, measured: Measurement, ids: Sequence[str]
) -> tuple[Comparison | None, int]:
    """The questioned file parses; its units are looked for in the bytes of unfinished recordings that are at hand.

    The first match, and how many candidates were left out or are not at hand.
    """
    tracks = _replayable(measured)
    if not tracks:
        return None, 0
    unfinished = [one for one in ids if _has_no_units(custodian, one)] if ids else lookup.unfinished(custodian)
    tried = unfinished if ids else unfinished[:_TRIED]
    left_out = len(unfinished) - len(tried)
    for evidence_id in tried:
        found = _found_at_places(custodian, evidence_id, source, tracks)
        if found is None:
            left_out += 1
            continue
        comparison = compare_replayed(measured, found, source=evidence_id)
        if comparison.relation != "no-match":
            return comparison, left_out
    return None, left_out


def _has_no_units(custodian: Custodian, evidence_id: str) -> bool:
    """Whether nothing but its bytes could be compared; a recording that parses was compared unit by unit already."""
    examined = records.measurement_of(custodian, evidence_id)
    return examined is None or _cannot_be_played(examined[0])


def _found_at_places(
    custodian: Custodian, evidence_id: str, source: Source, tracks: Sequence[Track]
) -> Mapping[int, Sequence[bytes | None]] | None:
    """Units found in the registered bytes; None if they are at none of the places where they were seen."""
    try:
        wanted = records.digests_of(custodian, evidence_id)
    except RecordError:  # erased: nothing could show that a file is these bytes
        return None
    for place in records.locations(custodian, evidence_id):
        try:
            with open_source(place.path) as kept:
                if kept.size != wanted.size or digest(kept)[0] != wanted:
                    continue
                found = _found_in(kept, source, tracks)
                kept.check_unchanged()
                return found
        except FileError:  # moved, deleted or changed since: another place may still have it
            continue
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
    place = _place_of(needle, kept) if needle else None
    return None if place is None else place - rows.offsets[largest]


def _place_of(needle: bytes, kept: Source) -> int | None:
    """Where ``needle`` first begins in ``kept``; windows overlap, so that it is found across two of them."""
    step = _WINDOW - len(needle) + 1
    for start in range(0, kept.size, step):
        place = kept.read_at(start, _WINDOW).find(needle)
        if place >= 0:
            return start + place
    return None


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
