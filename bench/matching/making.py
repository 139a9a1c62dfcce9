"""From an edit to a file: how it is coded, where its time line starts, what its truth is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from edit import Edit
from footage import TICKS
from geometry import WHOLE
from ground import stock
from sources import REAL_COPIES
from truths import Piece, Planted, Truth

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from footage import Context, Footage
    from truths import Range

MILD, STRONG = "mild", "strong"
#: No version, no clock, no tags: the same bytes from the same build of ffmpeg.
EXACT = ("-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact", "-map_metadata", "-1")


@dataclass(frozen=True)
class Coding:
    """Options of both encoders. ``again``: coded once more, each time from the file before."""

    video: tuple[str, ...] = ()
    sound: tuple[str, ...] = ("-c:a", "aac", "-b:a", "96k")
    suffix: str = ".mp4"
    again: int = 0


def x264(crf: int, *more: str) -> Coding:
    return Coding(("-c:v", "libx264", "-preset", "veryfast", "-crf", str(crf), *more))


#: How copies are coded that are not about coding: as a site for videos does, and as a messenger.
PLAIN = {MILD: x264(23), STRONG: x264(30)}


@dataclass(frozen=True)
class Transformation:
    """One way to make a copy. ``steps`` takes the edit to its end; what it gives is the coding, None the usual one."""

    name: str
    family: str
    severity: str
    steps: Callable[[Edit], Coding | None]

    def __call__(self, source: Path, out: Path, context: Context) -> Truth:
        """Make the copy ``out`` (the suffix is added) of ``source``; raises NotPossible where it cannot be."""
        edit = Edit(context.footage(source), context, self.name)
        coding = self.steps(edit) or PLAIN[self.severity]
        path = out.with_name(out.name + coding.suffix)
        (_write_still if edit.still else _write)(edit, coding, path)
        if not path.exists() or not path.stat().st_size:  # ffmpeg calls a graph that gives nothing a success
            raise stock.FfmpegFailed("nothing was written")
        return _truth(edit, self, path)


def pair(
    name: str, family: str, steps: Callable[..., Coding | None], mild: Any = None, strong: Any = None
) -> tuple[Transformation, Transformation]:
    """Two severities: words for ``steps``, by position or by name. Without words the coding alone is stronger."""

    def told(severity: str, words: Any) -> Transformation:
        named = words if isinstance(words, dict) else {}
        placed = words if isinstance(words, tuple) else () if words is None or named else (words,)
        return Transformation(f"{name}-{severity}", family, severity, partial(_called, steps, placed, named))

    return told(MILD, mild), told(STRONG, strong)


def _called(steps: Callable[..., Coding | None], placed: tuple[Any, ...], named: dict[str, Any], edit: Edit) -> Any:
    return steps(edit, *placed, **named)


def _write(edit: Edit, coding: Coding, path: Path) -> None:
    pictures = not edit.blind or bool(coding.video)
    outputs = [*([edit.v] if pictures else []), *([edit.a] if edit.audible else [])]
    maps = [word for label in outputs for word in ("-map", label)]
    ticks = () if coding.suffix == ".avi" else ("-enc_time_base:v", f"1:{TICKS}")  # else rounded to a rate, with losses
    video = (*coding.video, "-pix_fmt", "yuv420p", "-threads", "1", "-fps_mode", "vfr", *ticks) if pictures else ()
    options = (*video, *(coding.sound if edit.audible else ()), *EXACT)
    stock.ffmpeg("-copyts", *edit.words(*outputs), *maps, "-t", f"{edit.seconds:.6f}", *options, path)
    for _ in range(coding.again):
        before = path.rename(edit.context.scratch / path.name)
        stock.ffmpeg("-i", before, *options, path)


def _write_still(edit: Edit, coding: Coding, path: Path) -> None:
    stock.ffmpeg("-copyts", *edit.words(edit.v), "-map", edit.v, "-frames:v", "1", *coding.video, *EXACT, path)


def _lead(path: Path) -> float:
    """Seconds from the earliest unit of any track to the first picture; what lies before zero is not shown."""
    starts = {stream.kind: min(row.start for row in stream.rows) for stream in stock.packets(path) if stream.rows}
    earliest = max(0.0, float(min(starts.values())))
    return max(0.0, float(starts["video"]) - earliest) if "video" in starts else 0.0


def _later(span: Range, seconds: float) -> Range:
    return (span[0] + seconds, span[1] + seconds)


def _truth(edit: Edit, transformation: Transformation, path: Path) -> Truth:
    lead = 0.0 if edit.still else _lead(path)
    source = edit.footage.source
    known = {one.source.name: one for one in edit.context.known.values()}

    def told(piece: Piece) -> Piece:
        late = known[piece.source].lead
        questioned = _later(piece.questioned, lead)
        return replace(piece, questioned=questioned, evidence=_later(piece.evidence, late))

    return Truth(
        copy=path.name,
        source=source.name,
        scene=source.scene,
        population=source.population,
        fold=source.fold,
        transformation=transformation.name,
        family=transformation.family,
        severity=transformation.severity,
        relation=edit.relation,
        pieces=tuple(map(told, edit.pieces)),
        seconds=edit.seconds + lead,
        speed=edit.pieces[0].speed if edit.pieces else 1.0,
        mirrored=edit.geometry.mirrored,
        rotation=edit.geometry.rotation,
        region=edit.geometry.region,
        placed=edit.geometry.placed,
        exact_geometry=edit.geometry.exact,
        planted=tuple(replace(one, questioned=one.questioned and _later(one.questioned, lead)) for one in edit.planted),
        sound=edit.sound,
        picture=not edit.blind,
        size=(0, 0) if edit.blind else edit.size,
        leads=(lead, edit.footage.lead),
    )


def real_copy(path: Path, registered: dict[str, Footage]) -> Truth | None:
    """The truth of a copy that somebody else made, if its recording is among the registered ones."""
    known = REAL_COPIES[path.name]
    footage = registered.get(known.source)
    if footage is None:
        return None
    source = footage.source
    bars = [region for _, what, region in known.planted if what == "bars" and region]
    placed = (bars[0][2], 0.0, 1 - sum(region[2] for region in bars), 1.0) if bars else WHOLE
    lead = _lead(path)
    return Truth(
        copy=path.name,
        source=source.name,
        scene=source.scene,
        population=source.population,
        fold=source.fold,
        transformation="real-copy",
        family="real copies",
        severity="real",
        relation=(known.relation,),
        pieces=(Piece(_later(known.questioned, lead), _later(known.evidence, footage.lead), source.name),),
        seconds=known.questioned[1] + lead,
        planted=tuple(Planted(kind, what, None, region) for kind, what, region in known.planted),
        placed=placed,
        leads=(lead, footage.lead),
    )
