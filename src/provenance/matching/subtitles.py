"""Captions beside the picture: subtitle tracks that were added, taken out or exchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.comparison import Alteration

if TYPE_CHECKING:
    from provenance.evidence import Measurement, Track

#: Containers without a common subtitle track (FFmpeg's short demuxer names): a lost one is no difference there.
NO_SUBTITLES: Final = frozenset({"avi", "mpeg", "flv", "mpegts"})

#: Subtitles for which a container has no form, by its name and theirs in FFmpeg: they are lost in re-wrapping.
CANNOT_CARRY: Final = {"mov": frozenset({"hdmv_pgs_subtitle", "dvb_subtitle", "subrip", "ass", "webvtt"})}

#: MP4 fills pauses between subtitles with samples of an empty text (two bytes of length, 3GPP TS 26.245 5.17).
EMPTY_TEXT_BYTES: Final = 2


def caption_track_differences(questioned: Measurement, evidence: Measurement, *, whole: bool) -> list[Alteration]:
    """Subtitles are compared unit by unit within one coding; a converted coding is not compared."""
    one, other = questioned.of_kind("subtitle"), evidence.of_kind("subtitle")
    if len(one) > len(other):
        return [Alteration("captions", what="a subtitle track that the recording does not have")]
    unable = CANNOT_CARRY.get(questioned.container, frozenset())
    carried = other if len(one) == len(other) else tuple(track for track in other if track.codec not in unable)
    if len(one) < len(carried):
        if questioned.container in NO_SUBTITLES or not whole:
            return []
        return [Alteration("captions", what="a subtitle track of the recording is absent")]
    # More than could be carried: they were converted, and are not compared.
    pairs = zip(one, carried, strict=True) if len(one) == len(carried) else ()
    told = (_text_difference(track, partner, whole=whole) for track, partner in pairs if track.codec == partner.codec)
    return [Alteration("captions", what=what) for what in told if what is not None][:1]


def _text_difference(track: Track, partner: Track, *, whole: bool) -> str | None:
    if not _texts(track) <= _texts(partner):
        return "other subtitles"
    return "subtitles left out" if whole and _texts(track) != _texts(partner) else None


def _texts(track: Track) -> set[bytes]:
    rows = track.packets
    if rows is None:
        return set()
    return {digest for digest, size in zip(rows.digests, rows.sizes, strict=True) if size > EMPTY_TEXT_BYTES}
