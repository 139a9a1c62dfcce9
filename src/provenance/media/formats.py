"""What a file is by its first bytes. Only then is one demuxer of FFmpeg, named here, allowed to look at it.

The name of a file decides nothing: a playlist called ``.mp4`` would make FFmpeg open other files (architecture, Two
processes), and no list format is in the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.evidence import MediaKind  # noqa: TC001 - dataclass field
from provenance.media.boxes import OUTER_BOXES

if TYPE_CHECKING:
    from collections.abc import Callable

#: Bytes that :func:`recognise` wants to see.
HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Format:
    """A container: FFmpeg's demuxer to force, our name for it, what it usually holds."""

    demuxer: str
    name: str
    kind: MediaKind = "video"


#: Brands of still images in ISO containers (ISO/IEC 23008-12, AV1 Image File Format).
_IMAGE_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"avif", b"jpeg"})
_PNG = b"\x89PNG\r\n\x1a\n"
_TS_SYNC, _TS_PACKETS = 0x47, (188, 192, 204)

#: Sizes of the header of a Windows or OS/2 bitmap.
_BITMAP_HEADERS = {12, 40, 52, 56, 64, 108, 124}

_MATROSKA = Format("matroska", "matroska")
_PREFIXES: tuple[tuple[int, bytes, Format], ...] = (
    (0, b"\x1a\x45\xdf\xa3", _MATROSKA),
    (0, b"\x00\x00\x01\xba", Format("mpeg", "mpeg")),
    (0, b"\x00\x00\x01\xb3", Format("mpegvideo", "mpegvideo")),
    (0, b"FLV\x01", Format("flv", "flv")),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Format("asf", "asf")),
    (0, b"\x06\x0e\x2b\x34\x02\x05\x01\x01", Format("mxf", "mxf")),
    (0, b"DKIF", Format("ivf", "ivf")),
    (0, b"YUV4MPEG2", Format("yuv4mpegpipe", "yuv4mpegpipe")),
    (0, b"OggS", Format("ogg", "ogg")),
    (0, b"fLaC", Format("flac", "flac", "audio")),
    (0, b"#!AMR", Format("amr", "amr", "audio")),
    (0, b"caff", Format("caf", "caf", "audio")),
    (0, b"ID3", Format("mp3", "mp3", "audio")),
    (0, b"\xff\xd8\xff", Format("", "jpeg", "image")),
    (0, _PNG, Format("", "png", "image")),
    (0, b"GIF8", Format("gif", "gif", "image")),
    (0, b"II*\x00", Format("", "tiff", "image")),
    (0, b"MM\x00*", Format("", "tiff", "image")),
    (0, b"\x00\x00\x00\x01\x67", Format("h264", "h264")),
    (0, b"\x00\x00\x00\x01\x27", Format("h264", "h264")),
    (0, b"\x00\x00\x00\x01\x09", Format("h264", "h264")),
    (0, b"\x00\x00\x00\x01\x40\x01", Format("hevc", "hevc")),
)
_RIFF = {
    b"AVI ": Format("avi", "avi"),
    b"AVIX": Format("avi", "avi"),
    b"WAVE": Format("wav", "wav", "audio"),
    b"WEBP": Format("", "webp", "image"),
}


def recognise(head: bytes) -> Format | None:
    """The format that the first bytes of a file show; None for text, playlists, anything unknown."""
    if head.startswith(_PNG) and 0 <= head.find(b"acTL") < max(head.find(b"IDAT"), 0):
        return Format("apng", "png", "image")  # its pictures follow each other
    for at, prefix, found in _PREFIXES:
        if head[at:].startswith(prefix):
            return found
    return next((shown for test in _TESTS if (shown := test(head))), None)


def _iso(head: bytes) -> Format | None:
    if head[4:8] not in OUTER_BOXES:
        return None
    if head[4:8] == b"ftyp" and head[8:12] in _IMAGE_BRANDS:
        return Format("", "heif", "image")
    return Format("mov", "mov")


def _riff(head: bytes) -> Format | None:
    if head[:4] in {b"RIFF", b"RF64"}:
        return _RIFF.get(head[8:12])
    return Format("aiff", "aiff", "audio") if head[:4] == b"FORM" and head[8:12] in {b"AIFF", b"AIFC"} else None


def _transport_stream(head: bytes) -> Format | None:
    for size in _TS_PACKETS:
        for first in range(size):
            syncs = head[first::size]
            if len(syncs) > 4 and all(each == _TS_SYNC for each in syncs):  # noqa: PLR2004 - five in a row are no accident
                return Format("mpegts", "mpegts")
    return None


def _elementary_audio(head: bytes) -> Format | None:
    """ADTS (layer 0), or MPEG audio of layer II or III with a rate and a frequency that exist (ISO/IEC 11172-3).

    Layer I is left out: nobody records it, and the byte order mark of UTF-16 text looks like it.
    """
    if len(head) < 4:  # noqa: PLR2004 - a frame header
        return None
    word = int.from_bytes(head[:2], "big")
    if word & 0xFFF6 == 0xFFF0:  # noqa: PLR2004
        return Format("aac", "aac", "audio")
    layer, rate, frequency = head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    if word & 0xFFE0 == 0xFFE0 and layer in {1, 2} and rate not in {0, 15} and frequency != 3:  # noqa: PLR2004
        return Format("mp3", "mp3", "audio")
    return None


def _bitmap(head: bytes) -> Format | None:
    """``BM``, two reserved fields of zeros, and a header of a size that exists."""
    known = head[:2] == b"BM" and not any(head[6:10]) and head[14:15] and head[14] in _BITMAP_HEADERS
    return Format("", "bmp", "image") if known and not any(head[15:18]) else None


_TESTS: tuple[Callable[[bytes], Format | None], ...] = (_bitmap, _iso, _riff, _transport_stream, _elementary_audio)
