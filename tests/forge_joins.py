"""Several recordings joined, pictures taken out or put in."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import stock
from material import FFV1, NAL_VIDEO, Material, NotPossible, copied, possible

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
    possible("-f", "concat", "-safe", "0", "-i", listing, "-map", "0:v?", "-map", "0:a?", "-c", "copy", out)
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
    return copied(material, material.out("removed_packets_with_gap"), after=drop)


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
    lead = material.first - material.file_start
    before = () if start is None else ("-ss", f"{float(start + lead):.6f}")
    after = () if end is None else ("-t", f"{float(end + lead) - 0.001:.6f}")
    return copied(material, material.out(name, suffix), before=before, after=after)
