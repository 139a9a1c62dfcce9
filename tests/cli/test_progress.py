"""Progress is drawn for somebody who is looking, and costs nothing when nobody is."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from rich.cells import cell_len

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


def drawn_at(width, name, capfd, monkeypatch):
    monkeypatch.setattr(progress, "_PATIENCE", 0)
    monkeypatch.setattr(progress, "_INTERVAL", 0)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(width))
    with Meter(shown=True).of(name) as meter:
        for done in (0, 100_000_000, 200_000_000):
            meter("decoding", done, 999_900_000)
    return capfd.readouterr().err


def test_a_long_path_is_shortened_in_its_middle_so_that_the_line_does_not_wrap(capfd, monkeypatch):
    drawn = drawn_at(
        80, "/a/very/long/folder/of/somebody/with/many/recordings/clip of the pier.mp4", capfd, monkeypatch
    )
    plain_lines = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", drawn).replace("\r", "\n").splitlines()
    drawn_lines = [line for line in plain_lines if "decoding" in line]
    assert drawn_lines
    assert all(len(line) <= 80 and "pier.mp4" in line for line in drawn_lines)
    assert "200.0/999.9 MB" in drawn_lines[-1]
    assert not [line for line in plain_lines if line.strip() and "decoding" not in line]


@pytest.mark.parametrize("text", ["short.mp4", "x" * 200, "\N{CJK UNIFIED IDEOGRAPH-6C34}" * 100, "a/" * 3000])
def test_a_shortened_name_fits_and_keeps_its_end(text):
    short = progress.shortened(text, 20)
    assert cell_len(short) <= 20
    assert short == text or (short[-3:] == text[-3:] and "\N{HORIZONTAL ELLIPSIS}" in short)


def test_what_is_said_while_a_bar_is_drawn_has_its_own_line(capfd, monkeypatch):
    monkeypatch.setattr(progress, "_PATIENCE", 0)
    monkeypatch.setattr(progress, "_INTERVAL", 0)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    with Meter(shown=True) as meter:
        with meter.aside():
            print("before")
        meter("files", 1, 3)
        with meter.aside():
            print("between")
        meter("files", 2, 3)
    captured = capfd.readouterr()
    assert captured.out == "before\nbetween\n"
    assert "2/3" in captured.err
