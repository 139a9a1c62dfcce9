"""Copies that change nothing that is shown, cuts, whole copies without loss, and damage."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import av

import stock
from material import FFV1, MP4_FAMILY, Material, NotPossible, copied

TS_VIDEO, TS_SOUND = {"h264", "hevc", "mpeg2video", "mpeg4"}, {"aac", "mp3", "ac3", "opus"}
#: Bytes that no demuxer takes for its own: text without the sync byte of MPEG-TS (0x47, "G").
TAIL = b"these bytes were appended after the end of the recording\n" * 64


# --- the same streams ------------------------------------------------------------------------------------------------


def byte_equal(material: Material) -> Path:
    return Path(shutil.copyfile(material.source, material.out("byte_equal")))


def rewrapped_mp4(material: Material) -> Path:
    return copied(material, material.out("rewrapped", ".mp4"))


def rewrapped_mov(material: Material) -> Path:
    return copied(material, material.out("rewrapped", ".mov"))


def rewrapped_mkv(material: Material) -> Path:
    return copied(material, material.out("rewrapped", ".mkv"))


def rewrapped_ts(material: Material) -> Path:
    if any(s.codec not in TS_VIDEO for s in material.videos) or any(s.codec not in TS_SOUND for s in material.sounds):
        raise NotPossible("not asked of these codecs in MPEG-TS")
    return copied(material, material.out("rewrapped", ".ts"))


def tags_edited(material: Material) -> Path:
    tags = ("-metadata", "title=Another name", "-metadata", "comment=edited", "-metadata", "creation_time=2001-01-01")
    return copied(material, material.out("tags_edited"), after=tags)


def tags_stripped(material: Material) -> Path:
    without = ("-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact")
    return copied(material, material.out("tags_stripped"), after=without)


def faststart(material: Material) -> Path:
    if material.source.suffix.lower() not in MP4_FAMILY:
        raise NotPossible("not an MP4 or MOV file")
    return copied(material, material.out("faststart"), after=("-movflags", "+faststart"))


def appended(material: Material) -> Path:
    out = material.out("appended")
    out.write_bytes(material.source.read_bytes() + TAIL)
    return out


# --- excerpts and whole copies without loss --------------------------------------------------------------------------


def excerpt_at_keyframe(material: Material) -> Path:
    """Stream-copied from the keyframe nearest to a third, for half of what follows it."""
    material.need(pictures=4)
    if not material.keyframes:
        raise NotPossible("no keyframe after the first")
    start = min(material.keyframes, key=lambda time: abs(time - material.duration / 3))
    return _cut(material, material.out("excerpt_at_keyframe"), start, material.duration)


def excerpt_anywhere(material: Material) -> Path:
    """Stream-copied from 0.37 to 0.77 of the recording, wherever that is in a group of pictures."""
    material.need(pictures=4)
    start = material.duration * Fraction(37, 100)
    return _cut(material, material.out("excerpt_anywhere"), start, material.duration * Fraction(77, 100))


def _cut(material: Material, out: Path, start: Fraction, end: Fraction) -> Path:
    end = start + (end - start) / 2 if end == material.duration else end
    lead = max(Fraction(0), material.first - material.file_start)
    window = ("-ss", f"{float(start + lead):.6f}", "-t", f"{float(end - start):.6f}")
    return copied(material, out, before=window)


def lossless_ffv1(material: Material) -> Path:
    return _lossless(material, "lossless_ffv1", (), FFV1)


def lossless_x264(material: Material) -> Path:
    material.need(pictures=1)
    coding = ("-c:v", "libx264", "-preset", "ultrafast", "-qp", "0", "-pix_fmt", material.pixel_format)
    return _lossless(material, "lossless_x264", (), coding)


def lossless_excerpt(material: Material) -> Path:
    material.need(pictures=6)
    lead = max(Fraction(0), material.first - material.file_start)
    start, length = material.duration * Fraction(3, 10) + lead, material.duration * Fraction(4, 10)
    window = ("-ss", f"{float(start):.6f}", "-t", f"{float(length):.6f}")
    return _lossless(material, "lossless_excerpt", window, FFV1)


def _lossless(material: Material, name: str, before: tuple[str, ...], coding: tuple[str, ...]) -> Path:
    """Every picture decoded and coded again without loss in its own format; sound as it is coded."""
    material.need(pictures=1)
    timing = ("-fps_mode", "passthrough", "-enc_time_base:v", "demux", "-noautoscale")
    maps = ("-map", "0:v", "-map", "0:a?", "-c:a", "copy")
    extra = material.range_options
    texts = ("-map", "0:s?", "-c:s", "copy")
    reason = ""
    for suffix, more in ((".mkv", texts), (".mkv", ()), (".mov", ())):  # not every text, and no AMR, goes into Matroska
        out = material.out(name, suffix)
        try:
            stock.ffmpeg(*before, "-noautorotate", "-i", material.source, *maps, *more, *timing, *coding, *extra, out)
        except stock.FfmpegFailed as error:
            reason = str(error).splitlines()[0][-160:]
        else:
            return out
    raise NotPossible(reason)


# --- cut off, damaged ------------------------------------------------------------------------------------------------


def truncated_third(material: Material) -> Path:
    return _truncate(material, "truncated_third", Fraction(1, 3))


def truncated_two_thirds(material: Material) -> Path:
    return _truncate(material, "truncated_two_thirds", Fraction(2, 3))


def _truncate(material: Material, name: str, part: Fraction) -> Path:
    material.need(pictures=1)
    data = material.source.read_bytes()
    out = material.out(name)
    out.write_bytes(data[: int(len(data) * part)])
    return out


def positions(path: Path) -> list[tuple[int, int]]:
    """Byte offset and size of every packet of the first picture track, as PyAV's demuxer states them."""
    with av.open(str(path)) as container:
        return [(p.pos, p.size) for p in container.demux(container.streams.video[0]) if p.pos is not None and p.size]


def one_byte_damaged(material: Material) -> Path:
    """One byte changed three quarters into the payload of a packet in the middle of the picture track."""
    material.need(pictures=4)
    data = bytearray(material.source.read_bytes())
    found = positions(material.source)
    middle = len(found) // 2
    offset, size = max(found[middle : middle + 4], key=lambda place: place[1])
    if material.source.suffix.lower() in {".ts", ".mts"}:
        at = offset + 188 * (size // 188 // 2) + 120  # inside a transport packet of that picture, past its header
    else:
        at = offset + size * 3 // 4
    data[at] ^= 0x55
    out = material.out("one_byte_damaged")
    out.write_bytes(data)
    return out
