"""A region painted over, blurred or recoloured, over a grid of areas and durations; severity is how it is coded.

Recoloured regions keep every luma sample: what compares luma alone cannot see them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import drawing
from edit import even
from making import pair

if TYPE_CHECKING:
    from edit import Edit

#: Parts of the picture's area, and seconds (0: one picture).
AREAS = {"0.05pc": 0.0005, "0.1pc": 0.001, "0.3pc": 0.003, "1pc": 0.01, "5pc": 0.05}
DURATIONS = {"1-picture": 0.0, "0.2s": 0.2, "1s": 1.0}
#: Filters of a region, by what it is called. The recoloured one shifts both colour planes by 28 levels.
FILTERS = {
    "blurred": "gblur=sigma={sigma}:steps=3",
    "recoloured": "lutyuv=u='clip(val+28,16,240)':v='clip(val-28,16,240)'",
}


def region(edit: Edit, what: str, area: float, seconds: float) -> None:
    span = _span(edit, seconds)
    width, height = edit.size
    side = (area * width * height) ** 0.5
    across, down = even(side), even(side)
    x, y = (float(edit.random.uniform(0.1, 0.9 - part)) for part in (across / width, down / height))
    if what == "painted":
        edit.over(drawing.thing(across, down, edit.random), (x, y), what, span)
    else:
        filters = FILTERS[what].format(sigma=max(2, round(side / 6)))
        edit.rework((x, y, across / width, down / height), filters, what, span)


def _span(edit: Edit, seconds: float) -> tuple[float, float]:
    """From picture to picture."""
    edit.need(seconds + 0.6)
    times = [*edit.footage.times, edit.footage.seconds]
    late = edit.footage.seconds - seconds - 0.2
    start = edit.footage.snap(float(edit.random.uniform(0.2, late)))
    following = times.index(start) + 1
    return start, max(times[following], edit.footage.snap(start + seconds))


TRANSFORMATIONS = [
    one
    for what in ("painted", "blurred", "recoloured")
    for area, part in AREAS.items()
    for duration, seconds in DURATIONS.items()
    for one in pair(
        f"{what}-{area}-{duration}", "altered regions", region, (what, part, seconds), (what, part, seconds)
    )
]
