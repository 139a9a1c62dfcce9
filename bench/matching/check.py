"""Are the truths true? ``python bench/matching/check.py OUT [NAME ...]``: looked at with ffmpeg and numpy alone.

Every copy is brought back by its own truth (the place in the picture, the turn, the mirror, the part that is visible,
the time) and compared with its recording at all times. Printed are the correlation at the stated time, the best one,
and how far away in time that is; what is doubtful stands first. Featureless and still recordings differ by little.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import footage
import numpy as np
import truths
from ground import stock

if TYPE_CHECKING:
    from geometry import Rect

SIDE = 48
#: A truth is doubtful when another time fits better by more than this.
BETTER = 0.02


def shown(path: Path, rect: Rect, start: str) -> np.ndarray:
    """All pictures of a file, a part of each, small and grey."""
    x, y, width, height = rect
    crop = f"crop=iw*{width:.6f}:ih*{height:.6f}:iw*{x:.6f}:ih*{y:.6f}:exact=1"
    graph = f"{start}{crop},scale={SIDE}:{SIDE}:flags=area,format=gray"
    words = ["-i", str(path), "-map", "0:v:0", "-vf", graph, "-fps_mode", "passthrough", "-f", "rawvideo", "-"]
    done = subprocess.run([stock.program(), "-v", "error", *words], capture_output=True, check=True)
    return np.frombuffer(done.stdout, np.uint8).reshape(-1, SIDE, SIDE).astype(np.float64)


def times(path: Path) -> Any:
    """When each picture is shown, after the first."""
    starts = np.array([start for start, _ in footage.shown(path)])
    return starts - starts[0]


def normal(pictures: np.ndarray) -> Any:
    """Rows of mean 0 and length 1."""
    flat = pictures.reshape(len(pictures), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9)


def upright(pictures: np.ndarray, truth: truths.Truth) -> np.ndarray:
    """Undo the turn, then the mirror."""
    back = np.rot90(pictures, truth.rotation // 90, axes=(1, 2))
    return back[:, :, ::-1] if truth.mirrored else back


def checked(truth: truths.Truth, copy: Path, source: Path) -> tuple[float, float, float]:
    """Median over pictures: correlation at the stated time, the best one, seconds between the two."""
    ours = normal(upright(shown(copy, truth.placed, ""), truth))
    theirs = normal(shown(source, truth.region, footage.UPRIGHT + ","))
    asked = times(copy) + truth.leads[0] if truth.relation != ("still",) else np.zeros(1)
    held = times(source) + truth.leads[1]
    likeness = ours @ theirs.T
    found = []
    for piece in truth.pieces:
        inside = (asked >= piece.questioned[0] - 1e-3) & (asked <= piece.questioned[1] - 2e-2)
        inside |= (asked == 0) & (truth.relation == ("still",))
        for row in np.flatnonzero(inside) if piece.source == truth.source else ():
            stated = int(np.abs(held - piece.at(float(asked[row]))).argmin())
            near = likeness[row, max(0, stated - 1) : stated + 2].max()  # a converted rate falls between two
            best = int(likeness[row].argmax())
            found.append((near, likeness[row, best], abs(held[best] - held[stated])))
    near, best, away = np.median(np.array(found), axis=0)
    return float(near), float(best), float(away)


def main() -> None:
    out, names = Path(sys.argv[1]), set(sys.argv[2:])
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    sources = {one["name"]: Path(one["path"]) for one in run["sources"]}
    rows = []
    for path in sorted((out / "copies").glob("*.json")):
        truth = truths.read(path)
        wanted = not names or names & {truth.transformation, truth.family}
        if wanted and truth.picture and truth.source in sources:
            rows.append((*checked(truth, out / "copies" / truth.copy, sources[truth.source]), truth.copy))
    rows.sort(key=lambda row: row[0] - row[1] if row[1] - row[0] > BETTER else row[0])
    print("| copy | at the stated time | best | seconds away |\n|---|---|---|---|")
    for near, best, away, name in rows:
        print(f"| {'**' if best - near > BETTER else ''}{name} | {near:.3f} | {best:.3f} | {away:.3f} |")
    print(f"\n{sum(best - near > BETTER for near, best, *_ in rows)} of {len(rows)} doubtful")


if __name__ == "__main__":
    main()
