"""Progress with rate and remaining time, on stderr, and only when somebody is looking."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from provenance.escaping import plain

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

#: Work that is over sooner draws nothing: loading the drawing library would take a tenth of this.
_PATIENCE = 0.6
#: Seconds between two drawings.
_INTERVAL = 0.1
#: Phases that count bytes; all others count pieces.
_BYTE_PHASES = frozenset({"reading", "hashing", "examining", "demuxing", "decoding"})


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
        self._bar.update(self._task, rate="" if speed is None else f"{speed:,.0f}/s")
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

        self.pause()
        self._phase = phase
        counted = (
            (DownloadColumn(), TransferSpeedColumn())
            if phase in _BYTE_PHASES
            else (MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
        )
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            *counted,
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            auto_refresh=False,  # no thread beside the one that reads
        )
        self._task = self._bar.add_task(escape(f"{phase} {self._name}".strip()), total=None, rate="")
        self._bar.start()

    def reading(self, done: int, total: int) -> None:
        """Say how many bytes of how many were read."""
        self("reading", done, total)

    def pause(self) -> None:
        """Clear the line, so that something can be said above."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
