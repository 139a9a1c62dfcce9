"""Canonical access units: what a packet carries whatever container it came in (docs/formats/measurements.md).

Same coded units give the same bytes in MP4, MOV, Matroska and MPEG-TS: framing, headers that containers keep beside
the stream, delimiters and padding are taken off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.binding import aac, av1, nal

if TYPE_CHECKING:
    from collections.abc import Callable

#: Opus in MPEG-TS: 11 bits 0x3FF, then trim and extension flags (ETSI TS 103 491 clause 4.2.1).
_OPUS_CONTROL, _OPUS_CONTROL_MASK = 0x7FE0, 0xFFE0
_OPUS_START_TRIM, _OPUS_END_TRIM, _OPUS_EXTENSION = 0x10, 0x08, 0x04
_OPUS_MORE = 0xFF

#: Type and u16 length of a segment of a Presentation Graphic Stream (as libavcodec/pgssubdec.c reads it).
_PGS_HEAD = 3

#: MPEG-4 Visual start codes (ISO/IEC 14496-2 table 6-3): a group of VOPs, a VOP, the 16 video object layers.
_MPEG4_COMES_WITH_PICTURE = (b"\x00\x00\x01\xb3", b"\x00\x00\x01\xb6")
_VOL_FIRST, _VOL_LAST = 0x20, 0x2F


@dataclass(frozen=True, slots=True)
class Parsed:
    """One packet taken apart: canonical units, normalised parameter sets, caption payloads; each in order."""

    units: tuple[bytes, ...]
    parameter_sets: tuple[bytes, ...] = ()
    captions: tuple[bytes, ...] = ()


def splitter(codec: str, nal_length_size: int = 0) -> Callable[[bytes], Parsed]:
    """The function that takes packets of ``codec`` (FFmpeg's name) apart."""
    if codec in _NAL_CODECS:
        return lambda data: _nal_units(codec, data, nal_length_size)
    return _SPLITTERS.get(codec, _as_is)


def is_container_dependent(codec: str) -> bool:
    """Whether packets of ``codec`` are taken as they are without knowing that containers agree on them."""
    return codec not in _NAL_CODECS | _SPLITTERS.keys() | _AGREED and not codec.startswith("pcm_")


def _as_is(data: bytes) -> Parsed:
    return Parsed((data,))


def _nal_units(codec: str, data: bytes, length_size: int) -> Parsed:
    slices: list[bytes] = []
    sets: list[bytes] = []
    captions: list[bytes] = []
    for unit in nal.split(data, length_size):
        if nal.is_slice(codec, unit):
            slices.append(unit)
        elif nal.is_parameter_set(codec, unit):
            sets.append(unit)
        else:
            captions += nal.captions(codec, unit)
    return Parsed((nal.framed(slices),) if slices else (), tuple(sets), tuple(captions))


def _aac(data: bytes) -> Parsed:
    if not aac.is_adts(data):
        return Parsed((data,))
    frames = list(aac.adts_frames(data))
    return Parsed(tuple(block for _, block in frames), tuple(configuration for configuration, _ in frames))


def _av1(data: bytes) -> Parsed:
    frames, headers, t35 = av1.canonical(data)
    captions = tuple(payload for payload in t35 if payload.startswith(nal.CAPTION_MARK))
    return Parsed((frames,) if frames else (), headers, captions)


def _opus(data: bytes) -> Parsed:
    if int.from_bytes(data[:2], "big") & _OPUS_CONTROL_MASK != _OPUS_CONTROL:
        return Parsed((data,))  # no Opus packet starts so: 20 ms hybrid frames come at most six to a packet
    flags, at = data[1], 2
    while at < len(data) and data[at] == _OPUS_MORE:
        at += 1
    at += 1 + 2 * bool(flags & _OPUS_START_TRIM) + 2 * bool(flags & _OPUS_END_TRIM)
    if flags & _OPUS_EXTENSION:
        at += 1 + (data[at] if at < len(data) else 0)
    return Parsed((data[at:],))


def _mpeg4(data: bytes) -> Parsed:
    starts = [at for mark in _MPEG4_COMES_WITH_PICTURE if (at := data.find(mark)) >= 0]
    first = min(starts, default=len(data))
    return Parsed((data[first:],) if first < len(data) else (), video_object_layers(data[:first]))


def video_object_layers(data: bytes) -> tuple[bytes, ...]:
    """Video object layer headers of MPEG-4 Visual, without start codes and trailing zeros."""
    pieces = data.split(nal.START_CODE)[1:]
    return tuple(piece.rstrip(b"\x00") for piece in pieces if piece and _VOL_FIRST <= piece[0] <= _VOL_LAST)


def _pgs(data: bytes) -> Parsed:
    """One unit for each segment: MPEG-TS carries them one by one, Matroska all of one picture together."""
    segments = []
    at = 0
    while at + _PGS_HEAD <= len(data):
        end = at + _PGS_HEAD + int.from_bytes(data[at + 1 : at + _PGS_HEAD], "big")
        segments.append(data[at:end])
        at = end
    return Parsed(tuple(segments)) if at == len(data) else Parsed((data,))


def _mpeg2(data: bytes) -> Parsed:
    return Parsed((data,), (), tuple(nal.mpeg2_captions(data)))


_NAL_CODECS = frozenset({"h264", "hevc"})
_SPLITTERS: dict[str, Callable[[bytes], Parsed]] = {
    "aac": _aac,
    "av1": _av1,
    "opus": _opus,
    "mpeg4": _mpeg4,
    "mpeg1video": _mpeg2,
    "mpeg2video": _mpeg2,
    "hdmv_pgs_subtitle": _pgs,
}
#: Codecs whose packets are the same bytes in every container asked about (measured by re-wrapping real files).
_AGREED = frozenset({"vp8", "vp9", "mp1", "mp2", "mp3", "ac3", "eac3", "flac", "vorbis", "alac"})
