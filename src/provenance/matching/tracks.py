"""Which track of the questioned file answers to which track of the evidence: the one it shares most units with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.evidence import Track


@dataclass(frozen=True, slots=True)
class Pairing:
    """``pairs`` in questioned order; ``added``/``removed``: questioned and evidence tracks without partner."""

    pairs: tuple[tuple[Track, Track], ...]
    added: tuple[Track, ...]
    removed: tuple[Track, ...]


def pair_tracks(questioned: Sequence[Track], evidence: Sequence[Track]) -> Pairing:
    """Pair tracks of one kind by shared digests, the most shared first; those that share none in file order."""
    units = {track.index: _digests(track) for track in evidence}
    shared = [
        (-len(_digests(track) & units[other.index]), number, place)
        for number, track in enumerate(questioned)
        for place, other in enumerate(evidence)
    ]
    partner: dict[int, int] = {}
    for _, number, place in sorted(shared):
        if number not in partner and place not in partner.values():
            partner[number] = place
    return Pairing(
        tuple((questioned[number], evidence[place]) for number, place in sorted(partner.items())),
        tuple(track for number, track in enumerate(questioned) if number not in partner),
        tuple(track for place, track in enumerate(evidence) if place not in partner.values()),
    )


def _digests(track: Track) -> frozenset[bytes]:
    packets = track.packets.digests if track.packets is not None else ()
    pictures = track.pictures.digests if track.pictures is not None else ()
    blocks = track.sound.digests if track.sound is not None else ()
    return frozenset(packets).union(pictures, blocks)
