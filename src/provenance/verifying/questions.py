"""What is asked of a verification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Questions:
    """What is asked about the files.

    ``at``: the time as of which records are judged; ``deep``: every tier of appearance, whatever the first explains.
    """

    evidence_ids: tuple[str, ...] = ()
    full: bool = False
    max_bytes: int | None = None
    at: datetime | None = None
    deep: bool = False

    def ask_for(self, evidence_id: str) -> bool:
        """Whether ``evidence_id`` is among what is asked for; without names, everything is."""
        return not self.evidence_ids or evidence_id in self.evidence_ids
