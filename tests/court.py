"""Drives the real command line, each command in a process of its own: registers files, verifies others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

#: The slowest verification of the harness (lossless 1080p on two busy cores) takes about 60 s.
SECONDS = 280


@dataclass
class Court:
    """One archive and the evidence ids of what it holds, by path."""

    folder: Path
    ids: dict[Path, str] = field(default_factory=dict)

    def run(self, *arguments: str | Path, expected: tuple[int, ...] = (0, 1, 2)) -> tuple[int, object]:
        """Exit status and parsed JSON of one command; anything but JSON on stdout, or a traceback, is an error."""
        environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        environment.update({"HOME": str(self.folder), "XDG_STATE_HOME": str(self.folder / "state")})
        command = [sys.executable, "-m", "provenance", "--archive", str(self.folder / "archive"), "--json"]
        done = subprocess.run(
            [*command, *map(str, arguments)], capture_output=True, check=False, env=environment, timeout=SECONDS
        )
        told = done.stderr.decode(errors="replace")
        assert done.returncode in expected, f"status {done.returncode}\n{done.stdout[-2000:]!r}\n{told[-3000:]}"
        assert "Traceback" not in told, told[-3000:]
        return done.returncode, json.loads(done.stdout)

    def register(self, *paths: Path) -> list[str]:
        """Evidence ids of files, registered and examined."""
        new = [path for path in paths if path not in self.ids]
        if new:
            _, rows = self.run("register", *new, expected=(0,))
            self.ids.update({path: row["evidence_id"] for path, row in zip(new, rows, strict=True)})
        return [self.ids[path] for path in paths]

    def verify(self, path: Path, *options: str) -> tuple[int, dict]:
        """Exit status and verdict (or error object)."""
        return self.run("verify", path, *options)
