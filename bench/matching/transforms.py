"""All transformations by name: ``TABLE[name]`` has a family, a severity, and makes a copy when it is called.

``truth = TABLE["crop-centre-strong"](source, out, context)``; ``out`` gets the suffix of the coding.
"""

from __future__ import annotations

import family_combined
import family_copies
import family_overlays
import family_regions
import family_reserved
import family_screen
import family_sound
import family_stills
import family_time
from making import Transformation, pair


def _untouched(_: object) -> None:
    """Coded once more, with nothing else done: what every family is compared with."""


FAMILIES = (
    family_copies,
    family_overlays,
    family_time,
    family_screen,
    family_sound,
    family_stills,
    family_combined,
    family_regions,
    family_reserved,
)
TABLE: dict[str, Transformation] = {
    one.name: one
    for one in (
        *pair("plain", "re-encoded", _untouched),
        *(one for family in FAMILIES for one in family.TRANSFORMATIONS),
    )
}
#: Never used for tuning.
RESERVED = "reserved"
#: Verified also where their recording is not registered: what is most alike, and what is least like anything.
AGAINST_STRANGERS = {
    "plain-mild",
    "h264-strong",
    "scaled-strong",
    "crop-across-strong",
    "grey-strong",
    "blurred-fill-strong",
    "mirror-mild",
    "trim-middle-strong",
    "low-rate-strong",
    "inset-strong",
    "screen-strong",
    "still-jpeg-mild",
    "still-crop-strong",
    "still-photographed-strong",
    "sound-coded-mild",
    "sound-alone-mild",
}


def chosen(names: list[str], severity: str | None, split: str) -> list[Transformation]:
    """By name, by name without severity, or by family; all of them for no names. No reserved one outside reporting."""
    known = (
        set(TABLE) | {one.name.rpartition("-")[0] for one in TABLE.values()} | {one.family for one in TABLE.values()}
    )
    unknown = sorted(set(names) - known)
    if unknown:
        raise SystemExit(f"no transformation is called {', '.join(unknown)}")
    return [
        one
        for one in TABLE.values()
        if (not names or {one.name, one.name.rpartition("-")[0], one.family} & set(names))
        and severity in {None, one.severity}
        and (split == "report" or one.family != RESERVED)
    ]


if __name__ == "__main__":
    for each in TABLE.values():
        print(f"{each.family:24} {each.severity:7} {each.name}")
