"""The table of `list`: every column on a terminal, shortened where the line is short."""

from __future__ import annotations

import os
import sys

import pytest


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals of POSIX")
@pytest.mark.parametrize(("width", "heading"), [("80", "registered  "), ("120", "registered (UTC)")])
def test_a_terminal_shows_whether_an_item_was_examined(start, call, registered, monkeypatch, width, heading):
    import pty

    monkeypatch.setenv("COLUMNS", width)
    monkeypatch.setenv("TERM", "dumb")  # letters alone
    master, slave = pty.openpty()
    process = start("list", stdout=slave)
    os.close(slave)
    process.communicate(timeout=20)
    drawn = os.read(master, 10_000).decode()
    os.close(master)
    assert "examined" in drawn
    assert heading in drawn
    item = next(line for line in drawn.splitlines() if registered in line)
    assert " no " in item
    assert "note.txt" in item
    assert len(item) <= int(width)
