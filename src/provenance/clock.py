"""Our own clock, read once for a record, with what is known of its state."""

from __future__ import annotations

import ctypes
import sys
from dataclasses import dataclass
from datetime import UTC, datetime

#: ``struct timex`` is 208 bytes on 64-bit Linux (adjtimex(2)); the rest is room for other layouts.
_TIMEX_BYTES = 512
#: adjtimex(2): the clock is not synchronised to a reliable server.
_TIME_ERROR = 5


@dataclass(frozen=True, slots=True)
class Observed:
    """``at``: aware UTC, whole seconds. ``sync``: ``synchronised``, ``not-synchronised`` or ``unknown``."""

    at: datetime
    source: str
    sync: str

    @property
    def text(self) -> str:
        """RFC 3339, UTC, whole seconds."""
        return self.at.strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def week(self) -> str:
        """The ISO 8601 week, as the ``period`` of an organisation's statements."""
        year, week, _ = self.at.isocalendar()
        return f"{year}-W{week:02d}"


def observe() -> Observed:
    """Read the system clock."""
    return Observed(at=datetime.now(UTC).replace(microsecond=0), source="system", sync=_sync_state())


def _sync_state() -> str:
    if sys.platform != "linux":
        return "unknown"
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (OSError, AttributeError):  # a C library without the call
        return "unknown"
    if state < 0:
        return "unknown"
    return "not-synchronised" if state == _TIME_ERROR else "synchronised"
