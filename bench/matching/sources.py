"""Which clips show the same scene, which are real copies of another, and which half of the benchmark a scene is in.

Data, found by looking at the clips and at their manifest: a scene is one place filmed on one occasion, and it is what
counts as independent. Any folder can be used; a file that no line names is a scene of its own.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SUFFIXES = {".mp4", ".mov", ".mkv", ".webm", ".avi", ".mts", ".3gp"}

#: Beginning of the file name → scene.
SCENES = {
    "tmk_chair-": "tmk_chair",
    "tmk_pattern-": "tmk_pattern",
    "asl_": "asl_room",  # one room, several people and takes: hard negatives of one another
    "c2pars__video1": "c2pa sample",  # with and without a manifest
    "synthetic-room-a-": "synthetic room a",
    "synthetic-room-b-": "synthetic room b",
    "synthetic-room-c-": "synthetic room c",
    "synthetic-room-d-": "synthetic room d",
}
#: Scenes in which one fixed camera saw several events.
SAME_ROOM = {name for prefix, name in SCENES.items() if prefix.startswith(("asl_", "synthetic-room-"))}

#: With this word before the name of the scene, the thirteen scenes of the project's clips fall 7 to 6, recordings with
#: sound fall in both halves, and the one real room with several events is in the reporting half. Chosen once, before
#: any matcher was run.
SALT = "11"


@dataclass(frozen=True)
class RealCopy:
    """A clip that somebody made of another: it is never registered, and verified like what is made here.

    Found by comparing pictures at every offset: correlation 0.99 and more at the stated one (0.91 under the logo).
    """

    source: str
    questioned: tuple[float, float]
    evidence: tuple[float, float]
    relation: str
    planted: tuple[tuple[str, str, tuple[float, float, float, float] | None], ...] = ()


REAL_COPIES = {
    "tmk_chair-20-sd-bar.mp4": RealCopy("tmk_chair-orig-22-sd-bar.mp4", (0.0, 20.433), (2.0, 22.433), "excerpt"),
    "tmk_chair-22-with-large-logo-bar.mp4": RealCopy(
        "tmk_chair-orig-22-sd-bar.mp4",
        (0.0, 22.433),
        (0.0, 22.433),
        "whole",
        (("picture", "logo", (0.485, 0.142, 0.35, 0.257)),),
    ),
    "tmk_pattern-sd-grey-bar.mp4": RealCopy(
        "tmk_pattern-hd-no-bar.mp4",
        (0.0, 6.867),
        (0.0, 6.867),
        "whole",
        (
            ("colour", "grey", None),
            ("picture", "bars", (0.0, 0.0, 32 / 480, 1.0)),
            ("picture", "bars", (448 / 480, 0.0, 32 / 480, 1.0)),
        ),
    ),
}


@dataclass(frozen=True)
class Source:
    """One recording. ``fold`` (0 or 1): in which of the two smaller archives it is *not* registered."""

    path: Path
    scene: str
    fold: int
    stranger: bool = False  # never registered; footage for what is foreign

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def population(self) -> str:
        if self.name.startswith("synthetic-"):
            return "synthetic"
        return "same room" if self.scene in SAME_ROOM else "unrelated"


def scene_of(name: str) -> str:
    return next((scene for prefix, scene in SCENES.items() if name.startswith(prefix)), name.rpartition(".")[0])


def number_of(*words: str) -> int:
    """A number that depends on the words alone."""
    return int.from_bytes(hashlib.sha256("/".join(words).encode()).digest()[:6], "big")


def half_of(scene: str) -> str:
    return "report" if hashlib.sha256(f"{SALT}/{scene}".encode()).digest()[0] & 1 else "tune"


def sources_in(folders: list[Path], split: str, also: Sequence[Path] = ()) -> tuple[list[Source], list[Path]]:
    """The recordings of one half (or ``all``) and those of ``also``; and the real copies among the files.

    A real scene of each half (but no room with several events) is the stranger when the half has three or more. Inside
    a room the folds go by recording, else by scene: without its own fold, an archive still holds others of the room.
    """
    files = sorted(path for folder in folders for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    chosen = sorted([*also, *(path for path in files if split in {"all", half_of(scene_of(path.name))})])
    strange = {name for half in ("tune", "report") if (name := _stranger(chosen, half))}
    real = [path for path in chosen if path.name in REAL_COPIES]
    found = [
        Source(path, scene, _folds(chosen)[path.name if scene in SAME_ROOM else scene], scene in strange)
        for path in chosen
        if path not in real
        for scene in [scene_of(path.name)]
    ]
    return found, real


def _stranger(paths: list[Path], half: str) -> str | None:
    taken = SAME_ROOM | {scene_of(one) for one in REAL_COPIES}
    scenes = {scene_of(path.name) for path in paths if not path.name.startswith("synthetic-")}
    free = sorted(scene for scene in scenes - taken if half_of(scene) == half)
    return min(free, key=lambda scene: number_of("nobody", scene)) if len(free) >= 3 else None


def _folds(paths: list[Path]) -> dict[str, int]:
    """Scene, or recording of a room, → 0 or 1, turn about in the order of a hash."""
    inside = {path.name for path in paths if scene_of(path.name) in SAME_ROOM}
    outside = {scene_of(path.name) for path in paths} - SAME_ROOM
    folds = {}
    for group in (inside, outside):
        ordered = sorted(group, key=lambda name: number_of("fold", name))
        folds.update({name: place % 2 for place, name in enumerate(ordered)})
    return folds
