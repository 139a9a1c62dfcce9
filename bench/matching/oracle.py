"""Is the scorer right? ``python bench/matching/oracle.py OUT [--spoiled]``: verdicts made from the truths are scored.

All counts must be full, and nothing false. ``--spoiled``: every verdict is wrong in some way (another recording, times
2 s off, turned, alarms everywhere), and nothing may be counted as right.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from score import Bench, printed

if TYPE_CHECKING:
    from truths import Piece, Planted, Truth

RELATIONS = {"whole": "rendition", "excerpt": "excerpt", "composite": "composite", "still": "still"}


def alteration(planted: Planted) -> dict[str, Any]:
    return {"kind": planted.kind, "questioned": planted.questioned, "region": planted.region, "what": planted.what}


def segment(truth: Truth, piece: Piece) -> dict[str, Any]:
    return {
        "questioned": list(piece.questioned),
        "evidence": list(piece.evidence),
        "evidence_id": piece.source,
        "speed": piece.speed,
        "mirrored": truth.mirrored,
        "rotation": truth.rotation,
        "region": list(truth.region),
        "alterations": [alteration(one) for one in truth.planted if one.what != "surround"],
    }


def perfect(truth: Truth) -> dict[str, Any]:
    sound = truth.sound
    return {
        "relation": RELATIONS[truth.relation[0]],
        "basis": "visual" if truth.picture else "sound",
        "evidence": {"id": truth.source},
        "segments": [segment(truth, piece) for piece in truth.pieces],
        "audio": {"relation": sound.relation[0], "shift": sound.shift or 0.0} if sound else {},
    }


def spoiled(truth: Truth, others: list[str]) -> dict[str, Any]:
    told = perfect(truth)
    for one in told["segments"]:
        one["evidence"] = [time + 2 for time in one["evidence"]]
        one["questioned"] = [time + 0.4 for time in one["questioned"]]
        one["rotation"] = (one["rotation"] + 90) % 360
        one["alterations"] = [{"kind": "frozen", "questioned": [0.6, 0.9], "region": None}]
    told["segments"][-1]["evidence_id"] = next((name for name in others if name != truth.source), truth.source)
    told["audio"] = {"relation": "absent" if truth.sound and "same" in truth.sound.relation else "same", "shift": 9.0}
    return told


def main() -> None:
    bench = Bench.of(Path(sys.argv[1]))
    names = [one["name"] for one in bench.run["sources"] if one["registered"]]
    bad = "--spoiled" in sys.argv
    verdicts = {truth.copy: spoiled(truth, names) if bad else perfect(truth) for truth in bench.copies}
    told = {"ids": {name: name for name in names}, "verdicts": verdicts, "seconds": 0.0, "files": len(verdicts)}
    printed(bench, {"archives": {"all": told}})


if __name__ == "__main__":
    main()
