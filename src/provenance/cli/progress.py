"""Progress with rate and remaining time, on stderr, and only when somebody is looking."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from provenance.escaping import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress, TaskID

#: Work that is over sooner draws nothing: loading the drawing library would take a tenth of this.
_PATIENCE = 0.6
#: Seconds between two drawings.
_INTERVAL = 0.1
#: Phases that count bytes; all others count pieces.
_BYTE_PHASES = frozenset({"reading", "hashing", "examining", "demuxing", "decoding"})
#: Columns beside the description: counts (14), rate (10), time left (7), the bar and a space between each. What is
#: longer than the rest is shortened, else every column would be wrapped and the line could not be cleared.
_BESIDE = 14 + 10 + 7 + 8 + 4
#: Columns of a name that still tell which file it is.
_SHORTEST = 12


class Meter:
    """The progress callback of one file; a context that leaves the line clean. Draws nothing unless ``shown``."""

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown
        self._began = time.monotonic()
        self._drawn = 0.0
        self._phase = ""
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._name = ""

    def of(self, name: str) -> Self:
        """Name the file that the work is about."""
        self._name = plain(name)
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.pause()

    def __call__(self, phase: str, done: int, total: int | None) -> None:
        """Say how far ``phase`` is: ``done`` of ``total`` bytes or pieces, None while the end is unknown."""
        now = time.monotonic()
        if not self._shown or now - self._began < _PATIENCE or now - self._drawn < _INTERVAL:
            return
        self._drawn = now
        if phase != self._phase or self._bar is None:
            self._start(phase)
        assert self._bar is not None
        assert self._task is not None
        self._bar.update(self._task, completed=done, total=total)
        speed = self._bar.tasks[0].speed
        self._bar.update(self._task, rate="" if speed is None else _rate(speed))
        self._bar.refresh()

    def _start(self, phase: str) -> None:
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )
        from rich.table import Column

        def whole() -> Column:  # only the bar gives way where the line gets narrow
            return Column(no_wrap=True)

        self.pause()
        self._phase = phase
        console = Console(stderr=True)
        described = shortened(f"{phase} {self._name}".strip(), max(console.width - _BESIDE, _SHORTEST))
        counted = (
            (DownloadColumn(table_column=whole()), TransferSpeedColumn(table_column=whole()))
            if phase in _BYTE_PHASES
            else (MofNCompleteColumn(table_column=whole()), TextColumn("{task.fields[rate]}", table_column=whole()))
        )
        self._bar = Progress(
            TextColumn("{task.description}", table_column=whole()),
            BarColumn(bar_width=None),
            *counted,
            TimeRemainingColumn(table_column=whole()),
            console=console,
            transient=True,
            auto_refresh=False,  # no thread beside the one that reads
        )
        self._task = self._bar.add_task(escape(described), total=None, rate="")
        self._bar.start()

    def reading(self, done: int, total: int) -> None:
        """Say how many bytes of how many were read."""
        self("reading", done, total)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Clear the line while something is said, and draw it again; rate and time left go on."""
        if self._bar is None:
            yield
            return
        self._bar.stop()
        yield
        self._bar.start()

    def pause(self) -> None:
        """Clear the line, so that something can be said above."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def shortened(text: str, cells: int) -> str:
    """``text`` in at most ``cells`` columns of a terminal, its middle left out: ends of paths tell files apart."""
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) <= cells:
        return text
    behind = max((cells - 1) * 2 // 3, 1)
    start, end = set_cell_size(text, cells - 1 - behind), text[-behind:]
    while cell_len(end) > behind:  # characters of two columns
        end = end[1:]
    return f"{start}\N{HORIZONTAL ELLIPSIS}{end}"


def _rate(speed: float) -> str:
    """Pieces a second; few of them with a decimal."""
    return f"{speed:,.0f}/s" if speed >= 10 else f"{speed:.1f}/s"  # noqa: PLR2004 - two digits are enough to compare
