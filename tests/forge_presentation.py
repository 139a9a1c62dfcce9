"""The same coded pictures beside other sound, shown differently, or with tracks and captions changed."""

from __future__ import annotations

import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av

import mp4_boxes
import stock
from material import MP4_FAMILY, NAL_VIDEO, Material, NotPossible, copied, possible

#: Seconds by which sound is shifted: far beyond any priming, well inside the shortest real recording.
SHIFT = Fraction(3, 10)


# --- sound -----------------------------------------------------------------------------------------------------------


def sound_removed(material: Material) -> Path:
    material.need(pictures=1, sound=True)
    out = material.out("sound_removed")
    possible("-i", material.source, "-map", "0:v", "-c", "copy", out)
    return out


def sound_replaced(material: Material) -> Path:
    """The picture track as it is, beside the sound of another scene, in the same coding where ffmpeg can make it."""
    material.need(pictures=1, sound=True)
    other = material.studio.clip("another sound", content=None, container="mkv", sound="flac", seconds=30)
    coding = "pcm_s16le" if material.sounds[0].codec.startswith("pcm") else "aac"
    out = material.out("sound_replaced")
    length = ("-t", f"{float(material.duration):.3f}")
    inputs = ("-i", material.source, *length, "-i", other)
    possible(*inputs, "-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", coding, out)
    return out


def sound_shifted(material: Material) -> Path:
    """The same coded sound, later by :data:`SHIFT` seconds."""
    material.need(pictures=1, sound=True)
    out = material.out("sound_shifted")
    inputs = ("-i", material.source, "-itsoffset", f"{float(SHIFT)}", "-i", material.source)
    possible(*inputs, "-map", "0:v", "-map", "1:a", "-c", "copy", out)
    return out


# --- coded data equal, shown differently -----------------------------------------------------------------------------


def _headers(material: Material, name: str, setting: str) -> Path:
    material.need(pictures=1, codec=NAL_VIDEO)
    codec = material.videos[0].codec
    supplemental = {"h264": "6", "hevc": "39-40"}[codec]
    for first in ("", f"filter_units=remove_types={supplemental},"):  # some phones write messages the filter rejects
        out = copied(material, material.out(name), after=("-bsf:v", f"{first}{codec}_metadata={setting}"))
        if len(stock.pictures(out)) == len(material.pictures):
            return out
    raise NotPossible("ffmpeg cannot rewrite these headers")


def header_crop(material: Material) -> Path:
    return _headers(material, "header_crop", "crop_bottom=32:crop_right=32")


def range_flipped(material: Material) -> Path:
    full = material.pixel_format.startswith("yuvj")
    return _headers(material, "range_flipped", f"video_full_range_flag={0 if full else 1}")


def aspect_in_header(material: Material) -> Path:
    return _headers(material, "aspect_in_header", "sample_aspect_ratio=3/2")


def aspect_in_container(material: Material) -> Path:
    """The sample aspect stated by the container alone (pasp, DisplayWidth)."""
    material.need(pictures=1)
    if material.source.suffix.lower() not in {*MP4_FAMILY, ".mkv"}:
        raise NotPossible("the container states no sample aspect of its own")
    width, height = material.videos[0].dimensions
    return copied(material, material.out("aspect_in_container"), after=("-aspect", f"{width * 3}:{height * 2}"))


def half_speed(material: Material) -> Path:
    """Every time of every track doubled; nothing coded again."""
    material.need(pictures=2)
    return copied(material, material.out("half_speed"), before=("-itsscale", "2"))


def _edited(material: Material, name: str, change: Callable[[list, bytes, list], None]) -> Path:
    """An MP4/MOV copy with its boxes changed track by track: ``change(tree, handler, track)``."""
    material.need(pictures=1)
    if material.source.suffix.lower() not in MP4_FAMILY - {".m4a"}:
        raise NotPossible("not an MP4 or MOV file")
    plain = copied(material, material.out(f"{name}-plain"))
    tree = mp4_boxes.parse(plain.read_bytes())
    if not mp4_boxes.is_index_last(tree):
        raise NotPossible("ffmpeg wrote the index first")
    for handler, track in mp4_boxes.tracks(tree):
        change(tree, handler, track)
    out = material.out(name)
    out.write_bytes(mp4_boxes.serialise(tree))
    return out


def mirrored(material: Material) -> Path:
    return _edited(material, "mirrored", _turner((-1, 0, 0, 1)))


def quarter_turn(material: Material) -> Path:
    return _edited(material, "quarter_turn", _turner((0, 1, -1, 0)))


def _turner(matrix: tuple[int, int, int, int]) -> Callable[[list, bytes, list], None]:
    def change(_tree: list, handler: bytes, track: list) -> None:
        if handler == b"vide":
            mp4_boxes.turn(track, matrix)

    return change


def hidden_start(material: Material) -> Path:
    """The first third of every track hidden by its edit list; every packet is still in the file."""
    material.need(pictures=6)
    return _edited(material, "hidden_start", _shower([(material.duration / 3, material.duration)]))


def hidden_middle(material: Material) -> Path:
    """The middle fifth of every track hidden by two edits."""
    material.need(pictures=8)
    two = [(Fraction(0), material.duration * 2 / 5), (material.duration * 3 / 5, material.duration)]
    return _edited(material, "hidden_middle", _shower(two))


def _shower(ranges: list[tuple[Fraction, Fraction]]) -> Callable[[list, bytes, list], None]:
    def change(tree: list, handler: bytes, track: list) -> None:
        if handler in {b"vide", b"soun"}:
            mp4_boxes.set_edits(tree, track, ranges)

    return change


# --- tracks and captions ---------------------------------------------------------------------------------------------


def extra_video_track(material: Material) -> Path:
    return _beside(material, "extra_video_track", {"sound": None}, "1:v")


def extra_sound_track(material: Material) -> Path:
    return _beside(material, "extra_sound_track", {"content": None, "container": "m4a"}, "1:a")


def _beside(material: Material, name: str, options: dict[str, object], chosen: str) -> Path:
    material.need(pictures=1)
    other = material.studio.clip("an added track", **options)
    out = material.out(name)
    maps = ("-map", "0:v", "-map", "0:a?", "-map", chosen)
    possible("-i", material.source, "-i", other, *maps, "-c", "copy", out)
    return out


def track_removed(material: Material) -> Path:
    """The last of several picture tracks left out."""
    material.need(pictures=1)
    if len(material.videos) < 2:
        raise NotPossible("one picture track")
    out = material.out("track_removed")
    possible(
        "-i",
        material.source,
        "-map",
        "0:v",
        "-map",
        f"-0:v:{len(material.videos) - 1}",
        "-map",
        "0:a?",
        "-c",
        "copy",
        out,
    )
    return out


def captions_beside(material: Material) -> Path:
    """A subtitle track added that says something over the picture."""
    material.need(pictures=1)
    text = material.folder / "captions.srt"
    text.write_text("1\n00:00:00,100 --> 00:00:00,900\nwords that were not there\n")
    suffix = material.source.suffix.lower()
    form = {".mp4": "mov_text", ".mov": "mov_text", ".3gp": "mov_text", ".mkv": "srt"}.get(suffix)
    if form is None:
        raise NotPossible("the container carries no text track")
    out = material.out("captions_beside")
    maps = ("-map", "0:v", "-map", "0:a?", "-map", "1:s", "-c", "copy", "-c:s", form)
    possible("-i", material.source, "-i", text, *maps, out)
    return out


def captions_in_stream(material: Material) -> Path:
    """A caption message (ATSC A/53 part 4, CEA-608 pairs) put into every coded picture."""
    material.need(pictures=1, codec=NAL_VIDEO)
    plain = copied(material, material.out("captions-plain", ".mp4"))
    out = material.out("captions_in_stream", ".mp4")
    unit = _caption_unit(material.videos[0].codec)
    with av.open(str(plain)) as source, av.open(str(out), "w") as sink:
        tracks = {
            stream.index: sink.add_stream_from_template(stream)
            for stream in (*source.streams.video, *source.streams.audio)
        }
        for packet in source.demux(*source.streams.video, *source.streams.audio):
            if packet.size:
                sink.mux(_captioned(packet, unit, tracks[packet.stream.index]))
    return out


def _captioned(packet: av.Packet, unit: bytes, track) -> av.Packet:
    data = bytes(packet)
    if packet.stream.type == "video":
        at = _first_slice(data, packet.stream.codec_context.name)
        data = data[:at] + struct.pack(">I", len(unit)) + unit + data[at:]
    new = av.Packet(data)
    new.pts, new.dts, new.duration, new.time_base = packet.pts, packet.dts, packet.duration, packet.time_base
    new.is_keyframe, new.stream = packet.is_keyframe, track
    return new


def _first_slice(data: bytes, codec: str) -> int:
    """Offset of the first length-prefixed slice unit (H.264 types 1-5, HEVC 0-31)."""
    at = 0
    while at + 4 < len(data):
        kind = data[at + 4] & 31 if codec == "h264" else (data[at + 4] >> 1) & 63
        if (1 <= kind <= 5) if codec == "h264" else kind <= 31:
            return at
        at += 4 + struct.unpack_from(">I", data, at)[0]
    raise NotPossible("a packet without a slice behind 4-byte length prefixes")


def _caption_unit(codec: str) -> bytes:
    pairs = b"\xfc\x94\x20" + b"\xfc\xc1\xc2"  # field 1: resume loading; "AB" with odd parity (CEA-608)
    body = b"\xb5\x00\x31GA94\x03" + bytes([0x40 | 2, 0xFF]) + pairs + b"\xff"
    header = b"\x06" if codec == "h264" else b"\x4e\x01"  # SEI; HEVC: prefix SEI (type 39)
    return header + bytes([4, len(body)]) + body + b"\x80"
