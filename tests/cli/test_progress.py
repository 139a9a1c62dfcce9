"""Progress is drawn for somebody who is looking, and costs nothing when nobody is."""

from __future__ import annotations

import subprocess
import sys

from provenance.cli import progress
from provenance.cli.progress import Meter


def test_nothing_is_loaded_or_drawn_when_nobody_looks():
    script = (
        "import sys, time; from provenance.cli import progress\n"
        "progress._PATIENCE = 0\n"
        "with progress.Meter(shown=False).of('clip.mp4') as meter: meter('reading', 1, 2)\n"
        "assert 'rich' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout + done.stderr == b""


def test_work_that_is_quickly_over_draws_nothing(capfd):
    with Meter(shown=True) as meter:
        meter("reading", 1, 2)
    assert capfd.readouterr().err == ""


def test_rate_and_remaining_time_are_drawn_and_cleared(capfd, monkeypatch):
    monkeypatch.setattr(progress, "_PATIENCE", 0)
    monkeypatch.setattr(progress, "_INTERVAL", 0)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    with Meter(shown=True).of("\x1b[2Jclip[red].mp4") as meter:
        for done in (0, 10_000_000, 20_000_000):
            meter("reading", done, 40_000_000)
        meter("records", 1, None)
        meter("records", 5, 9)
    drawn = capfd.readouterr().err
    assert "reading \\x1b[2Jclip[red].mp4" in drawn
    assert "\x1b[2Jclip" not in drawn
    assert "20.0/40.0 MB" in drawn
    assert "5/9" in drawn
