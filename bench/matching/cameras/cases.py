"""Which cameras there are in each case, how far apart, and what must come out: data."""

from __future__ import annotations

from dataclasses import dataclass

from hand import Hand
from places import Stand

#: What a pair of files is. Only a copy may be accepted as the recording.
ANOTHER_CAMERA, ANOTHER_EVENT, COPY = "the same event, another camera", "the same place, another event", "copy"

_VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "0", "-crf", "36")
_HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1", "-x265-params", "log-level=none:pools=1:crf=26")

#: The camera whose recording is registered, in a hand and on a stand.
HELD, STOOD = Hand("first camera"), Hand("first camera on a stand", sway=0.0, roll=0.0)


@dataclass(frozen=True)
class Case:
    """``away`` and ``lean``: of a view of a recording, which sees less on every side where it is 0 away.

    ``stand``: in a synthetic place.
    """

    name: str
    hand: Hand
    away: float
    lean: float
    stand: Stand
    rate: float = 25.0
    fixed: bool = False  # both cameras on stands

    @property
    def evidence(self) -> Hand:
        return STOOD if self.fixed else HELD


CASES = (
    Case("at the same spot", Hand("b0"), 0.10, 0.01, Stand(0.0, aim=(0.7, 0.3))),
    Case("side by side", Hand("b1", noise=4, gain=1.1), 0.12, 0.02, Stand(0.12, aim=(0.6, 0.25))),
    Case("a step away", Hand("b2", noise=5, gain=0.9, gamma=0.9, coding=_HEVC), 0.15, 0.04, Stand(0.5, aim=(0.7, 0.2))),
    Case("across", Hand("b3", noise=6, coding=_VP9, suffix=".webm"), 0.20, 0.07, Stand(1.5, zoom=1.1), 30.0),
    Case("two stands, same spot", Hand("s0", 0, 0, 4), 0.12, 0.01, Stand(0.0, aim=(0.7, 0.3)), fixed=True),
    Case("two stands, side by side", Hand("s1", 0, 0, 4), 0.12, 0.02, Stand(0.15, aim=(0.6, 0.2)), 30.0, fixed=True),
    Case("two stands, a step away", Hand("s2", 0, 0, 4), 0.15, 0.04, Stand(0.6, aim=(0.6, 0.2)), 30.0, fixed=True),
    Case("a step away, seeing less", Hand("b4", noise=4, gain=0.9), 0.15, 0.04, Stand(-0.45, 0.2, zoom=1.25)),
    Case("nearer and beside", Hand("b5", noise=4), 0.15, 0.04, Stand(0.5, nearer=1.0)),
    Case("at the same spot, seeing less", Hand("b6", noise=4), 0.0, 0.02, Stand(0.0, zoom=1.25)),
    Case("two stands, seeing less", Hand("s3", 0, 0, 4), 0.12, 0.02, Stand(-0.3, zoom=1.15), fixed=True),
)
PLACES = tuple(f"place {letter}" for letter in "abcdefgh")
SECONDS = 8.0
