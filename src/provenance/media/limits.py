"""What one run of the child may use. Reaching a limit is MediaError ``media.limit``: trouble, never a finding."""

from __future__ import annotations

from dataclasses import dataclass

#: Decoder threads: more do not help 1080p, and each reserves address space (architecture, Two processes).
MAX_THREADS = 4


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps, each with the largest honest use known.

    ``pixels`` a picture: 8K video has 33 million. ``pictures``: ten hours at 120 a second. ``packets`` of all tracks.
    ``tracks``: action cameras write about 8. ``boxes``: top-level boxes of MP4/MOV; a day in one-second fragments has
    172,800. ``output_bytes``: what the child may answer; 80 bytes a picture. ``seconds``: wall clock, at least
    ``seconds_per_gib`` for each GiB of the file. ``still_bytes``: a file of one picture; ``pixels`` without compression
    at 4 bytes.
    """

    pixels: int = 2**26
    pictures: int = 4_320_000
    packets: int = 2**24
    tracks: int = 64
    boxes: int = 250_000
    output_bytes: int = 2**31
    seconds: int = 600
    seconds_per_gib: int = 1800
    still_bytes: int = 2**28

    def wall_clock(self, size: int) -> float:
        """Seconds for a file of ``size`` bytes."""
        return self.seconds + self.seconds_per_gib * size / 2**30
