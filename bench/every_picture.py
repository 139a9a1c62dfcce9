"""What changes from each picture to the next: of copies, and of a place filmed twice. Behind looks.coded.*.

Of each clip excerpts (0.7, 1 and 1.5 s, one a second) are coded again and held against the clip, at their own moment
and at all others. Then a place that stands is filmed twice: a picture of the clip is panned over by two hands that
start at one point and go at one pace within 15 %, each shaking by itself, with noise of its own; the best of 1 s of
offsets counts. Run: ``python bench/every_picture.py CLIP...``. Prints quantiles of what matching/looks/every_picture.py
decides by: likeness of what changes, of what turns over from picture to picture, and how much less a picture aside.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import ffmpeg
import numpy as np
from imageio_ffmpeg import get_ffmpeg_exe
from numpy.typing import NDArray

from provenance.binding.looks import codes
from provenance.matching.looks.every_picture import coded
from provenance.matching.looks.sight import Sight, nearest
from provenance.media.child import measure
from provenance.media.source import open_source

Bits = NDArray[np.float32]
#: Seconds of a piece; pictures a second of the panned ones; width and height of what is cut out, of the picture.
_LENGTHS, _RATE, _CUT = (0.7, 1.0, 1.5), 30, 0.6
#: Paces of a pan, in widths of the picture a second, pixels of shake, and pans at each.
_PACES, _SHAKES, _PANS = (0.0, 0.02, 0.05, 0.15), (0.5, 1.0, 2.0, 5.0), 3
#: How each copy is made.
_CODED: tuple[dict[str, Any], ...] = ({"crf": 28}, {"crf": 32, "vf": "scale=480:-2"})


def _bits(rows: NDArray[np.uint8]) -> Bits:
    return np.unpackbits(rows, axis=1).astype(np.float32) * 2 - 1


@dataclass(frozen=True)
class Likest:
    """The most of each figure among several places, and whether any of them is told to be the same recording."""

    figures: tuple[float, float, float]
    changing: float
    same: bool


def _likest(places: list[tuple[Bits, Bits]], step: float) -> Likest:
    found = [coded(theirs, mine, np.arange(len(mine), dtype=np.float64) * step) for theirs, mine in places]
    most = (max(one.alike for one in found), max(one.at_once for one in found), max(one.apart for one in found))
    return Likest(most, max(one.changing for one in found), any(one.same for one in found))


def _sight(path: Path, *, kept: bool) -> Sight:
    with open_source(path) as source:
        found = Sight.of(path.name, measure(source, depth="full", looking="kept" if kept else "close"))
    if found is None:
        message = f"{path} has no looks"
        raise ValueError(message)
    return found


def copied(clip: Path, scratch: Path) -> tuple[list[Likest], list[Likest]]:
    """Rows of pieces of copies at their own moment, and the likest of all moments more than their length away."""
    evidence = _sight(clip, kept=True)
    theirs = _bits(evidence.codes)
    own: list[Likest] = []
    elsewhere: list[Likest] = []
    for number, coding in enumerate(_CODED):
        made = scratch / f"{clip.stem}-{number}.mp4"
        stream = ffmpeg.input(str(clip)).output(str(made), vcodec="libx264", preset="veryfast", an=None, **coding)
        stream.run(cmd=get_ffmpeg_exe(), overwrite_output=True, quiet=True)
        copy = _sight(made, kept=False)
        mine = _bits(copy.codes)
        for length in _LENGTHS:
            for start in np.arange(0.3, copy.times[-1] - length, 1.0):
                here = np.flatnonzero((copy.times >= start) & (copy.times < start + length))
                there = nearest(evidence.times, copy.times[here])
                own.append(_likest([(theirs[there], mine[here])], copy.gap))
                apart = [at for at in range(len(theirs) - len(here)) if abs(at - there[0]) > len(here)]
                if apart:
                    elsewhere.append(_likest([(theirs[at : at + len(here)], mine[here]) for at in apart], copy.gap))
    return own, elsewhere


def _walk(random: np.random.Generator, count: int, pace: NDArray[np.float64], shake: float) -> NDArray[np.float64]:
    """Where a hand points, picture by picture, in pixels."""
    time = np.arange(count)[:, None] / _RATE
    steps = np.cumsum(random.normal(size=(count + 60, 2)), 0)
    smooth = np.hanning(15) / np.hanning(15).sum()
    sway = np.stack([np.convolve(steps[:, axis], smooth, "same") for axis in (0, 1)], 1)[30 : 30 + count]
    sway = (sway - sway.mean(0)) / sway.std(0) * shake
    drift = random.normal(size=2) * float(np.abs(pace).max()) * 0.1
    return np.asarray(pace[None] * time + 0.5 * drift[None] * time**2 + sway)


def _filmed(still: NDArray[np.uint8], walk: NDArray[np.float64], random: np.random.Generator) -> Bits:
    """Codes of what a camera sees that points along a walk."""
    size = int(still.shape[1] * _CUT), int(still.shape[0] * _CUT)
    seen = []
    for across, down in walk + np.array([still.shape[1], still.shape[0]]) * 0.2:
        move = np.array([[1, 0, -across], [0, 1, -down]], np.float32)
        picture = cv2.warpAffine(still, move, size, borderMode=cv2.BORDER_REFLECT).astype(np.float32)
        picture += random.normal(size=picture.shape) * 3
        seen.append(cv2.resize(picture, (96, 96), interpolation=cv2.INTER_AREA))
    return _bits(codes(np.clip(np.stack(seen), 0, 255).astype(np.uint8)))


def carried_alike(clip: Path, random: np.random.Generator, step: int) -> list[Likest]:
    """Rows of a standing place that two hands pan over alike, every ``step``-th picture, each pair at its likest."""
    capture = cv2.VideoCapture(str(clip))
    capture.set(cv2.CAP_PROP_POS_FRAMES, 10)
    shown, picture = capture.read()
    capture.release()
    if not shown:
        return []
    still = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
    found: list[Likest] = []
    for pace in (one for one in _PACES for _ in range(_PANS)):
        for shake, length in zip(_SHAKES, (*_LENGTHS, 1.0), strict=True):
            count, angle = round(length * _RATE), random.uniform(0, 2 * np.pi)
            way = np.array([np.cos(angle), 0.4 * np.sin(angle)]) * pace * still.shape[1]
            theirs = _filmed(still, _walk(random, count + _RATE, way, shake), random)[::step]
            other = _walk(random, count, way * random.uniform(0.85, 1.15), shake) + random.normal(size=2) * 3
            mine = _filmed(still, other, random)[::step]
            places = [(theirs[at : at + len(mine)], mine) for at in range(len(theirs) - len(mine) + 1)]
            found.append(_likest(places, step / _RATE))
    return found


def told(kind: str, rows: list[Likest], *, changing: float) -> None:
    """Quantiles of the figures of those in which enough changes."""
    some = [row for row in rows if row.changing >= changing]
    same = sum(row.same for row in rows)
    print(f"{kind}: {len(rows)} pieces, {len(some)} in which enough changes, {same} told to be the same recording")
    for at, name in enumerate(("alike", "at once", "apart")):
        if some:
            quantiles = np.quantile([row.figures[at] for row in some], (0, 0.01, 0.1, 0.5, 0.9, 0.99, 1))
            print(f"  {name}: " + " ".join(f"{value:.2f}" for value in quantiles))


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path, nargs="+", metavar="CLIP")
    parser.add_argument("--changing", type=float, default=0.1, help="least part of the bits that changes")
    words = parser.parse_args()
    own: list[Likest] = []
    elsewhere: list[Likest] = []
    with tempfile.TemporaryDirectory() as scratch:
        for clip in words.clips:
            mine, others = copied(clip, Path(scratch))
            own += mine
            elsewhere += others
    told("copies at their own moment", own, changing=words.changing)
    told("copies at their likest other moment", elsewhere, changing=words.changing)
    random = np.random.default_rng(64)
    for step in (1, 2, 3):
        rows = [row for clip in words.clips for row in carried_alike(clip, random, step)]
        told(f"a place filmed twice, carried alike, {_RATE // step} pictures a second", rows, changing=words.changing)


if __name__ == "__main__":
    main()
