"""Asks the command line: registers recordings in archives of their own, verifies copies in batches."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ground import provenance

if TYPE_CHECKING:
    from pathlib import Path

#: Files in one command: enough that starting Python does not count, few enough that a crash costs little.
BATCH = 64
Verdict = dict[str, Any]


@dataclass
class Archive:
    """An archive and what is in it: name of the recording → evidence id."""

    path: Path
    ids: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0  # spent on verifying
    verified: int = 0

    def register(self, files: list[Path]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        for batch in batches(files):
            done = provenance(self.path, "--json", "register", *batch)
            for path, one in zip(batch, json.loads(done.stdout), strict=True):
                if one["status"] not in {"registered", "already-registered"}:
                    raise SystemExit(f"{path.name} was not registered: {one.get('error')}")
                if one.get("examine_error"):
                    print(f"{path.name} was not examined: {one['examine_error']}", flush=True)
                self.ids[path.name] = one["evidence_id"]

    def verify(self, files: list[Path]) -> list[Verdict]:
        """One verdict a file, or an error object; a batch that is not answered is asked again file by file."""
        answers: list[Verdict] = []
        begun = time.monotonic()
        for batch in batches(files):
            found = self._asked(batch)
            if found is None:
                found = [(self._asked([path]) or [{"error": {"message": "no answer"}}])[0] for path in batch]
            answers += found
        self.seconds += time.monotonic() - begun
        self.verified += len(files)
        return answers

    def _asked(self, batch: list[Path]) -> list[Verdict] | None:
        done = provenance(self.path, "--json", "batch", *batch)
        try:
            found = [json.loads(line) for line in done.stdout.splitlines()]
        except ValueError:
            return None
        return found if len(found) == len(batch) else None


def batches(files: list[Path]) -> list[list[Path]]:
    return [files[start : start + BATCH] for start in range(0, len(files), BATCH)]
