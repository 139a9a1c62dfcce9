"""A source file as the ffmpeg program shows it upright, and what else a transformation may need: the context."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np
from ground import Material, Studio, melody, stock, write_sound
from sources import Source, number_of

if TYPE_CHECKING:
    from pathlib import Path

#: Turned as the file says, square pixels, even sizes, limited range: what every copy starts from.
UPRIGHT = "scale='trunc(iw*max(sar,1/100)/2)*2':'trunc(ih/2)*2':out_range=tv,setsar=1,format=yuv420p"
#: Below this peak a sound track is called silent; some of the clips carry an empty one. In dBFS.
SILENT = -60.0
#: Of a second; what MPEG streams count in.
TICKS = 90_000


@cache
def shown(path: Path) -> tuple[tuple[float, float], ...]:
    """When each picture is shown, and for how long, on the file's own time line.

    Not ``Material.pictures``: its times are rounded to the mean rate, which is too coarse for telephones' clips.
    """
    fine = ("-fps_mode", "passthrough", "-enc_time_base", f"1:{TICKS}", "-f", "framecrc", "-")
    rows = stock.ffmpeg("-copyts", "-i", path, "-map", "0:v:0", *fine).splitlines()
    cells = [row.split(",") for row in rows if row and not row.startswith("#")]
    return tuple((int(row[2]) / TICKS, int(row[3]) / TICKS) for row in cells)


@dataclass(frozen=True)
class Footage:
    """Pictures are counted in seconds after the first shown one."""

    source: Source
    material: Material

    @cached_property
    def times(self) -> list[float]:
        """When each picture is shown."""
        return [start - self.first for start, _ in shown(self.source.path)]

    @cached_property
    def seconds(self) -> float:
        start, length = shown(self.source.path)[-1]
        return start - self.first + (length or 1 / self.rate)

    @cached_property
    def first(self) -> float:
        """On the file's own time line."""
        return shown(self.source.path)[0][0]

    @cached_property
    def lead(self) -> float:
        return max(0.0, self.first - float(self.material.file_start))

    @cached_property
    def rate(self) -> float:
        """Pictures a second, of most of them."""
        steps = np.diff(self.times)
        if not len(steps):
            return 25.0
        even = steps.max() < 1.5 * np.median(steps)  # the mean, for some containers round each time to a millisecond
        return float(1 / (steps.mean() if even else np.median(steps)))

    @cached_property
    def size(self) -> tuple[int, int]:
        shown = ("-vf", UPRIGHT, "-frames:v", "1", "-f", "framehash", "-")
        head = re.search(r"#dimensions 0: (\d+)x(\d+)", stock.ffmpeg("-i", self.source.path, "-map", "0:v:0", *shown))
        assert head is not None
        return int(head[1]), int(head[2])

    @cached_property
    def sounding(self) -> bool:
        """Whether there is sound, and something to hear in it."""
        if not self.material.sounds:
            return False
        pcm = ("-map", "0:a:0", "-ac", "1", "-ar", "8000", "-f", "s16le")
        peak = self.material.folder / "peak.raw"
        stock.ffmpeg("-i", self.source.path, *pcm, peak)
        samples = np.abs(np.fromfile(peak, "<i2").astype(np.int32))
        return bool(samples.size) and 20 * np.log10(max(1, samples.max()) / 32768) > SILENT

    def snap(self, time: float) -> float:
        """The nearest time at which a picture is shown, or the end."""
        return min([*self.times, self.seconds], key=lambda one: abs(one - time))


@dataclass(frozen=True)
class Context:
    """What a transformation is given beside its source: a folder for scratch files, footage to mix in."""

    scratch: Path
    studio: Studio
    strangers: tuple[Footage, ...]
    registered: tuple[Footage, ...]
    known: dict[Path, Footage]

    def footage(self, path: Path) -> Footage:
        return self.known[path]

    def stranger(self, footage: Footage) -> Path:
        """Footage that is not registered, of another scene; synthesised where the half has no stranger."""
        usable = [one for one in self.strangers if one.source.scene != footage.source.scene]
        if usable:
            return usable[number_of("foreign", footage.source.name) % len(usable)].source.path
        return self.studio.clip("footage of nobody", size=(640, 360), seconds=6)

    def partner(self, footage: Footage) -> Footage | None:
        """Another registered recording of another scene; a real one with a real one."""
        others = [one for one in self.registered if one.source.scene != footage.source.scene]
        made = footage.source.population == "synthetic"
        usable = [one for one in others if (one.source.population == "synthetic") is made]
        return usable[number_of("partner", footage.source.name) % len(usable)] if usable else None

    def tune(self, name: str, seconds: float) -> Path:
        """Sound that belongs to no recording."""
        path = self.scratch / f"{number_of(name, str(seconds))}.wav"
        if not path.exists():
            write_sound(path, melody(f"{name} overdub", seconds))
        return path


def material(path: Path, scratch: Path) -> Material:
    return Material(path, scratch, Studio(scratch / "clips"))
