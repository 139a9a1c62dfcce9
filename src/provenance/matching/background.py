"""What deciding by looks and by sound rests on: thresholds, calibration and measured rates, shipped as one file.

``background.json`` is versioned and its digest stands in every verdict that used it, so that a verdict can be repeated
with the same figures. Nothing in it depends on what an archive holds. Each entry has its unit, what was measured, and
the command that measures it again.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import Any

_FILE = files("provenance.matching") / "background.json"


@cache
def _loaded() -> tuple[dict[str, Any], str]:
    raw = _FILE.read_bytes()
    return json.loads(raw), f"sha256:{hashlib.sha256(raw).hexdigest()}"


def threshold(name: str) -> float:
    """The value of one threshold, in the unit that its entry states. Raises KeyError for a name that is not in it."""
    return float(_loaded()[0]["thresholds"][name]["value"])


#: How far numbers of two verdicts about the same files may lie apart (``verify --repeat``).
TOLERANCES = ("seconds", "picture", "speed", "similarity", "coverage", "count")


def tolerance(name: str) -> float:
    """One of :data:`TOLERANCES`, in the unit that its entry states."""
    return float(_loaded()[0]["tolerances"][name]["value"])


def calibration(name: str) -> Any:
    """One table of the calibration, as it stands in the file. Raises KeyError for a name that is not in it."""
    return _loaded()[0]["calibration"][name]


def calibration_digest() -> str:
    """``sha256:…`` of all tables of the calibration, in sorted JSON without white space."""
    tables = json.dumps(_loaded()[0]["calibration"], sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(tables.encode()).hexdigest()}"


def digest() -> str:
    """``sha256:…`` of the file, for ``inputs.background`` of a verdict."""
    return _loaded()[1]
