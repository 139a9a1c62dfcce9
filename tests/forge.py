"""Transformations of a file that the truth tables are about, each a function ``Material -> Path``.

Made with the stock ffmpeg program, with :mod:`mp4_boxes` where it cannot write what is wanted, and with PyAV where
single packets are touched. A transformation that a file's codecs do not allow raises :class:`NotPossible` with the
reason; that is a row "not applicable" of the table, never a pass. :data:`FORGERIES` names all of them.
"""

from __future__ import annotations

import re
import shutil
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import av

import mp4_boxes
import stock
from clips import Studio

MP4_FAMILY = {".mp4", ".mov", ".m4a", ".3gp"}
STILLS = {".jpg", ".jpeg", ".heic", ".png"}
TS_VIDEO, TS_SOUND = {"h264", "hevc", "mpeg2video", "mpeg4"}, {"aac", "mp3", "ac3", "opus"}
NAL_VIDEO = {"h264", "hevc"}
#: Bytes that no demuxer takes for its own: text without the sync byte of MPEG-TS (0x47, "G").
TAIL = b"these bytes were appended after the end of the recording\n" * 64
#: Lossless and of any pixel format; slices so that two cores share a picture.
FFV1 = ("-c:v", "ffv1", "-level", "3", "-slices", "4", "-g", "1")
#: Seconds by which sound is shifted: far beyond any priming, well inside the shortest real recording.
SHIFT = Fraction(3, 10)


class NotPossible(Exception):
    """The file does not allow this transformation; the message says why."""


@dataclass(frozen=True)
class Material:
    """A file to transform, the folder the result goes to, and a studio for what is mixed in.

    The partner (a second recording, registered by the harness) and the stranger (never registered) have the picture
    size and pixel format of the file, so that pictures can be joined without conversion.
    """

    source: Path
    folder: Path
    studio: Studio

    @cached_property
    def streams(self) -> tuple[stock.Stream, ...]:
        return stock.packets(self.source)

    @cached_property
    def pictures(self) -> tuple[stock.Row, ...]:
        return stock.pictures(self.source)

    @cached_property
    def videos(self) -> tuple[stock.Stream, ...]:
        return tuple(stream for stream in self.streams if stream.kind == "video")

    @cached_property
    def sounds(self) -> tuple[stock.Stream, ...]:
        return tuple(stream for stream in self.streams if stream.kind == "audio")

    @property
    def is_still(self) -> bool:
        return self.source.suffix.lower() in STILLS

    @cached_property
    def pixel_format(self) -> str:
        named = re.search(r"Stream #.*Video: .*?, (yuv\w+|gray\w*)(?:\((\w+)\b)?", stock.banner(self.source))
        if not named:
            raise NotPossible("no pixel format is stated")
        full_range = named[2] == "pc" and named[1] in {"yuv420p", "yuv422p", "yuv444p"}
        return named[1].replace("yuv", "yuvj") if full_range else named[1]

    @property
    def range_options(self) -> tuple[str, ...]:
        """Keeps an encoder from converting full range samples."""
        return ("-color_range", "pc") if self.pixel_format.startswith("yuvj") else ()

    @cached_property
    def first(self) -> Fraction:
        """When the first picture is shown, on the file's own time line."""
        return self.pictures[0].start

    @cached_property
    def duration(self) -> Fraction:
        """Seconds from the first shown picture to the end of the last."""
        return self.pictures[-1].end - self.first

    @cached_property
    def keyframes(self) -> tuple[Fraction, ...]:
        """Seconds after the first shown picture of every later picture at which a decoder can start."""
        shown = {picture.start for picture in self.pictures[1:]}
        return tuple(time - self.first for time in stock.keyframes(self.source) if time in shown)

    def partner(self) -> Path:
        return self._mixed_in("the second recording")

    def stranger(self) -> Path:
        return self._mixed_in("a recording that nobody registered")

    def _mixed_in(self, name: str) -> Path:
        self.need(pictures=3)
        width, height = self.videos[0].dimensions
        seconds = 2.0 if width * height < 500_000 else 0.8
        coding = {"codec": "ffv1", "container": "mkv", "sound": None}
        return self.studio.clip(name, size=(width, height), pix_fmt=self.pixel_format, seconds=seconds, **coding)

    def out(self, name: str, suffix: str | None = None) -> Path:
        return self.folder / f"{name}{suffix or self.source.suffix.lower()}"

    def need(self, *, pictures: int = 0, sound: bool = False, codec: set[str] | None = None) -> None:
        """Raise :class:`NotPossible` unless the file has this much."""
        if self.is_still:
            raise NotPossible("a still picture")
        if pictures and len(self.pictures) < pictures:
            raise NotPossible(f"{len(self.pictures)} pictures are too few")
        if sound and not self.sounds:
            raise NotPossible("no sound")
        if codec and self.videos[0].codec not in codec:
            raise NotPossible(f"not for {self.videos[0].codec}")


def _possible(*arguments: str | Path) -> None:
    """Run ffmpeg; what it refuses is not possible."""
    try:
        stock.ffmpeg(*arguments)
    except stock.FfmpegFailed as error:
        raise NotPossible(str(error).splitlines()[0][-160:]) from error


def _copy(material: Material, out: Path, *, before: tuple[str, ...] = (), after: tuple[str, ...] = ()) -> Path:
    """Stream-copy all picture and sound tracks, and subtitles where the new wrapping takes them."""
    material.need()
    base = (*before, "-i", material.source, "-map", "0:v?", "-map", "0:a?")
    try:
        stock.ffmpeg(*base, "-map", "0:s?", "-c", "copy", *after, out)
    except stock.FfmpegFailed:
        _possible(*base, "-c", "copy", *after, out)
    return out


# --- the same streams ------------------------------------------------------------------------------------------------


def byte_equal(material: Material) -> Path:
    return Path(shutil.copyfile(material.source, material.out("byte_equal")))


def rewrapped_mp4(material: Material) -> Path:
    return _copy(material, material.out("rewrapped", ".mp4"))


def rewrapped_mov(material: Material) -> Path:
    return _copy(material, material.out("rewrapped", ".mov"))


def rewrapped_mkv(material: Material) -> Path:
    return _copy(material, material.out("rewrapped", ".mkv"))


def rewrapped_ts(material: Material) -> Path:
    if any(s.codec not in TS_VIDEO for s in material.videos) or any(s.codec not in TS_SOUND for s in material.sounds):
        raise NotPossible("not asked of these codecs in MPEG-TS")
    return _copy(material, material.out("rewrapped", ".ts"))


def tags_edited(material: Material) -> Path:
    tags = ("-metadata", "title=Another name", "-metadata", "comment=edited", "-metadata", "creation_time=2001-01-01")
    return _copy(material, material.out("tags_edited"), after=tags)


def tags_stripped(material: Material) -> Path:
    without = ("-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact")
    return _copy(material, material.out("tags_stripped"), after=without)


def faststart(material: Material) -> Path:
    if material.source.suffix.lower() not in MP4_FAMILY:
        raise NotPossible("not an MP4 or MOV file")
    return _copy(material, material.out("faststart"), after=("-movflags", "+faststart"))


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
    lead = max(Fraction(0), material.first - _file_start(material))
    window = ("-ss", f"{float(start + lead):.6f}", "-t", f"{float(end - start):.6f}")
    return _copy(material, out, before=window)


def _file_start(material: Material) -> Fraction:
    """The earliest time of any track: where ffmpeg counts ``-ss`` from."""
    starts = [row.start for stream in material.streams for row in stream.rows[:8]]
    return max(min([*starts, material.first]), Fraction(0))


def lossless_ffv1(material: Material) -> Path:
    return _lossless(material, "lossless_ffv1", (), FFV1)


def lossless_x264(material: Material) -> Path:
    material.need(pictures=1)
    coding = ("-c:v", "libx264", "-preset", "ultrafast", "-qp", "0", "-pix_fmt", material.pixel_format)
    return _lossless(material, "lossless_x264", (), coding)


def lossless_excerpt(material: Material) -> Path:
    material.need(pictures=6)
    lead = max(Fraction(0), material.first - _file_start(material))
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


# --- joined from several ---------------------------------------------------------------------------------------------


def _piece(material: Material, out: Path, chosen: str) -> Path:
    """Pictures of the file for which the expression ``chosen`` holds, from time 0, without loss and without sound."""
    graph = f"select='{chosen}',setpts=PTS-STARTPTS"
    timing = ("-vf", graph, "-fps_mode", "passthrough", "-enc_time_base:v", "demux", "-noautoscale")
    picture = ("-noautorotate", "-i", material.source, "-map", "0:v:0")
    stock.ffmpeg(*picture, *timing, *FFV1, *material.range_options, out)
    return out


def _added(material: Material, recording: Path) -> Path:
    """A recording coded like the pieces: FFV1 streams are joined only where their headers are the same."""
    out = material.folder / f"added-{recording.stem[:12].replace(' ', '-')}.mkv"
    picture = ("-i", recording, "-map", "0:v:0", "-fps_mode", "passthrough", "-enc_time_base:v", "demux")
    stock.ffmpeg(*picture, *FFV1, *material.range_options, out)
    return out


def _join(material: Material, name: str, pieces: list[Path], suffix: str = ".mkv") -> Path:
    listing = material.folder / f"{name}.txt"
    listing.write_text("".join(f"file '{piece.resolve()}'\n" for piece in pieces))
    out = material.out(name, suffix)
    _possible("-f", "concat", "-safe", "0", "-i", listing, "-map", "0:v?", "-map", "0:a?", "-c", "copy", out)
    return out


def _parts(material: Material, name: str, expressions: list[str]) -> Iterator[Path]:
    material.need(pictures=max(6, 2 * len(expressions)))
    for number, expression in enumerate(expressions):
        yield _piece(material, material.folder / f"{name}-{number}.mkv", expression)


def joined_with_another(material: Material) -> Path:
    """The whole recording, then the whole of another registered one."""
    return _join(
        material, "joined_with_another", [*_parts(material, "joined", ["1"]), _added(material, material.partner())]
    )


def joined_with_foreign(material: Material) -> Path:
    """The whole recording, then one that nobody registered."""
    return _join(
        material, "joined_with_foreign", [*_parts(material, "foreign", ["1"]), _added(material, material.stranger())]
    )


def joined_halves_swapped(material: Material) -> Path:
    half = len(material.pictures) // 2
    parts = _parts(material, "swapped", [f"gte(n,{half})", f"lt(n,{half})"])
    return _join(material, "joined_halves_swapped", list(parts))


def joined_from_several(material: Material) -> Path:
    """A piece, another recording, a foreign one, and a later piece."""
    count = len(material.pictures)
    head, tail = _parts(material, "several", [f"lt(n,{count // 3})", f"gte(n,{count - count // 3})"])
    between = [_added(material, recording) for recording in (material.partner(), material.stranger())]
    return _join(material, "joined_from_several", [head, *between, tail])


# --- pictures taken out or put in ------------------------------------------------------------------------------------


def removed_span(material: Material) -> tuple[int, int]:
    """First picture taken out of the middle, and the first kept again: about a fifth of the recording."""
    count = len(material.pictures)
    return count * 2 // 5, count * 2 // 5 + max(2, count // 5)


def removed_pictures(material: Material) -> Path:
    """A fifth taken out of the middle, the gap closed, pictures without loss, no sound."""
    start, end = removed_span(material)
    parts = _parts(material, "removed", [f"lt(n,{start})", f"gte(n,{end})"])
    return _join(material, "removed_pictures", list(parts))


def removed_packets(material: Material) -> Path:
    """Whole groups of pictures taken out by stream copy, picture and sound alike."""
    start, end = _groups(material)
    before = _cut_to(material, "removed-a", None, start)
    after = _cut_to(material, "removed-b", end, None)
    return _join(material, "removed_packets", [before, after], before.suffix)


def removed_packets_with_gap(material: Material) -> Path:
    """Packets of the picture track dropped in the middle; the pictures around stay where they were in time."""
    material.need(pictures=8)
    start, end = removed_span(material)
    drop = ("-bsf:v", f"noise=amount=0:drop='between(n,{start},{end - 1})'")
    return _copy(material, material.out("removed_packets_with_gap"), after=drop)


def inserted_pictures(material: Material) -> Path:
    """Foreign pictures put into the middle, without loss, no sound."""
    half = len(material.pictures) // 2
    head, tail = _parts(material, "inserted", [f"lt(n,{half})", f"gte(n,{half})"])
    return _join(material, "inserted_pictures", [head, _added(material, material.stranger()), tail])


def _groups(material: Material) -> tuple[Fraction, Fraction]:
    material.need(pictures=8)
    if len(material.keyframes) < 2:
        raise NotPossible("fewer than two keyframes after the first")
    start = min(material.keyframes[:-1], key=lambda time: abs(time - material.duration / 3))
    return start, next(time for time in material.keyframes if time > start)


def _cut_to(material: Material, name: str, start: Fraction | None, end: Fraction | None) -> Path:
    suffix = ".ts" if material.videos[0].codec in NAL_VIDEO else ".mkv"
    lead = material.first - _file_start(material)
    before = () if start is None else ("-ss", f"{float(start + lead):.6f}")
    after = () if end is None else ("-t", f"{float(end + lead) - 0.001:.6f}")
    return _copy(material, material.out(name, suffix), before=before, after=after)


# --- sound -----------------------------------------------------------------------------------------------------------


def sound_removed(material: Material) -> Path:
    material.need(pictures=1, sound=True)
    out = material.out("sound_removed")
    _possible("-i", material.source, "-map", "0:v", "-c", "copy", out)
    return out


def sound_replaced(material: Material) -> Path:
    """The picture track as it is, beside the sound of another scene, in the same coding where ffmpeg can make it."""
    material.need(pictures=1, sound=True)
    other = material.studio.clip("another sound", content=None, container="mkv", sound="flac", seconds=30)
    coding = "pcm_s16le" if material.sounds[0].codec.startswith("pcm") else "aac"
    out = material.out("sound_replaced")
    length = ("-t", f"{float(material.duration):.3f}")
    inputs = ("-i", material.source, *length, "-i", other)
    _possible(*inputs, "-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", coding, out)
    return out


def sound_shifted(material: Material) -> Path:
    """The same coded sound, later by :data:`SHIFT` seconds."""
    material.need(pictures=1, sound=True)
    out = material.out("sound_shifted")
    inputs = ("-i", material.source, "-itsoffset", f"{float(SHIFT)}", "-i", material.source)
    _possible(*inputs, "-map", "0:v", "-map", "1:a", "-c", "copy", out)
    return out


# --- coded data equal, shown differently -----------------------------------------------------------------------------


def _headers(material: Material, name: str, setting: str) -> Path:
    material.need(pictures=1, codec=NAL_VIDEO)
    codec = material.videos[0].codec
    supplemental = {"h264": "6", "hevc": "39-40"}[codec]
    for first in ("", f"filter_units=remove_types={supplemental},"):  # some phones write messages the filter rejects
        out = _copy(material, material.out(name), after=("-bsf:v", f"{first}{codec}_metadata={setting}"))
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
    return _copy(material, material.out("aspect_in_container"), after=("-aspect", f"{width * 3}:{height * 2}"))


def half_speed(material: Material) -> Path:
    """Every time of every track doubled; nothing coded again."""
    material.need(pictures=2)
    return _copy(material, material.out("half_speed"), before=("-itsscale", "2"))


def _edited(material: Material, name: str, change: Callable[[list, bytes, list], None]) -> Path:
    """An MP4/MOV copy with its boxes changed track by track: ``change(tree, handler, track)``."""
    material.need(pictures=1)
    if material.source.suffix.lower() not in MP4_FAMILY - {".m4a"}:
        raise NotPossible("not an MP4 or MOV file")
    plain = _copy(material, material.out(f"{name}-plain"))
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
    _possible("-i", material.source, "-i", other, *maps, "-c", "copy", out)
    return out


def track_removed(material: Material) -> Path:
    """The last of several picture tracks left out."""
    material.need(pictures=1)
    if len(material.videos) < 2:
        raise NotPossible("one picture track")
    out = material.out("track_removed")
    _possible(
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
    _possible("-i", material.source, "-i", text, *maps, out)
    return out


def captions_in_stream(material: Material) -> Path:
    """A caption message (ATSC A/53 part 4, CEA-608 pairs) put into every coded picture."""
    material.need(pictures=1, codec=NAL_VIDEO)
    plain = _copy(material, material.out("captions-plain", ".mp4"))
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


SAME_STREAMS = (
    rewrapped_mp4,
    rewrapped_mov,
    rewrapped_mkv,
    rewrapped_ts,
    tags_edited,
    tags_stripped,
    faststart,
    appended,
)

FORGERIES: dict[str, Callable[[Material], Path]] = {
    function.__name__: function
    for function in (
        byte_equal,
        *SAME_STREAMS,
        excerpt_at_keyframe,
        excerpt_anywhere,
        lossless_ffv1,
        lossless_x264,
        lossless_excerpt,
        truncated_third,
        truncated_two_thirds,
        one_byte_damaged,
        joined_with_another,
        joined_with_foreign,
        joined_halves_swapped,
        joined_from_several,
        removed_pictures,
        removed_packets,
        removed_packets_with_gap,
        inserted_pictures,
        sound_removed,
        sound_replaced,
        sound_shifted,
        header_crop,
        range_flipped,
        aspect_in_header,
        aspect_in_container,
        half_speed,
        mirrored,
        quarter_turn,
        hidden_start,
        hidden_middle,
        extra_video_track,
        extra_sound_track,
        track_removed,
        captions_beside,
        captions_in_stream,
    )
}
