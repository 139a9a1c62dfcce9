"""Depth and hands of drawn second cameras, and of copies: ``python bench/matching/cameras/depths.py [LETTER ...]``.

Small pictures are drawn straight from the places (JPEG in the place of video) and laid in the pose that is known, so
that a place takes seconds and what is measured is depth and hands alone. Of 6 and of 18 pictures: boxes out of place,
along less across (docs/adr/0061-depth-along-one-line.md); boxes by which the view moves, and how many for each box that
the recording's camera moves (docs/adr/0066-one-hand.md).
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
from cases import HELD, STOOD
from floor import number_of, tables
from hand import Hand, turned
from places import SIZE, Place, Stand, on_the_wall

from provenance.evidence import SMALL_SIDE
from provenance.matching.looks.by_hand import Hands, hands
from provenance.matching.looks.depth import Parallax, parallax

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    Small = NDArray[np.uint8]
    Told = tuple[Parallax, Hands]
    Bend = Callable[[NDArray[np.float32], NDArray[np.float32]], tuple[NDArray[np.float32], NDArray[np.float32]]]

TIMES = 0.4 + np.arange(18) * 0.4
#: Questioned pictures are of slightly other moments: a third of a picture at 25 a second.
LATE = 0.013
SECOND = {
    "0.12 m, by hand": (HELD, Hand("b1", noise=4, gain=1.1), Stand(0.12, aim=(0.6, 0.25))),
    "0.3 m, by hand": (HELD, Hand("b4", noise=4, gain=1.1), Stand(-0.28, 0.1, aim=(-0.3, 0.2))),
    "0.5 m, by hand": (HELD, Hand("b2", noise=5, gain=0.9, gamma=0.9), Stand(0.5, aim=(0.7, 0.2))),
    "0.12 m, by hand, sees less": (HELD, Hand("b5", noise=4), Stand(-0.12, zoom=1.3)),
    "0.3 m, by hand, sees less": (HELD, Hand("b6", noise=4), Stand(0.3, zoom=1.3)),
    "0.45 m, by hand, sees less": (HELD, Hand("b7", noise=4, gain=0.9), Stand(-0.45, 0.2, zoom=1.25)),
    "0.15 m, stands, sees less": (STOOD, Hand("s1", 0, 0, 4), Stand(0.15, zoom=1.15)),
    "0.3 m, stands, sees less": (STOOD, Hand("s3", 0, 0, 4), Stand(-0.3, zoom=1.15)),
    "0.6 m, stands": (STOOD, Hand("s2", 0, 0, 4), Stand(0.6, aim=(0.6, 0.2))),
    "1 m nearer": (HELD, Hand("b11", noise=4), Stand(0.1, nearer=1.0)),
    "the same spot, sees less": (HELD, Hand("b8", noise=4), Stand(zoom=1.3)),
}
#: How a copy is bent: places of the original for places of the copy, both from -1 to 1.
BENT: dict[str, Bend] = {
    "bent by a lens": lambda x, y: (x * (1 + 0.08 * (x * x + y * y)), y * (1 + 0.08 * (x * x + y * y))),
    "squeezed to the sides": lambda x, y: (x * (1 + 0.25 * x * x) / 1.25, y),
    "waves along lines": lambda x, y: (x + 0.01 * np.sin(6 * y), y),
}


def shot(place: Place, hand: Hand, stand: Stand, late: float = 0.0, walk: float = 0.0) -> Small:
    """What a camera sees, in grey: (18, height, width). ``walk``: metres a second to the right."""
    random = np.random.default_rng(number_of(place.name, hand.name, "shot"))
    found = []
    for time in TIMES + late:
        there = replace(stand, right=stand.right + walk * (time - 2.5))
        (picture,) = place.seen(1, there, hand, np.array([time]))
        found.append(cv2.cvtColor(hand.exposed(picture, time, random), cv2.COLOR_RGB2GRAY))
    return np.stack(found)


def small(pictures: Iterable[NDArray[np.uint8]], width: int, quality: int) -> Small:
    """Small pictures of what was written so wide and so coarsely."""
    found = []
    for picture in pictures:
        written = cv2.resize(picture, (width, width * 9 // 16), interpolation=cv2.INTER_AREA)
        read = cv2.imdecode(cv2.imencode(".jpg", written, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_GRAYSCALE)
        found.append(cv2.resize(read, (SMALL_SIDE, SMALL_SIDE), interpolation=cv2.INTER_AREA))
    return np.stack(found)


def laid(pictures: Small, mine: Stand, theirs: Stand) -> tuple[Small, NDArray[np.bool_]]:
    """What was seen from ``mine`` as it lies in the picture from ``theirs``, by the wall; and where it does."""
    boxes = np.diag([SMALL_SIDE / SIZE[0], SMALL_SIDE / SIZE[1], 1.0])
    boxes = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]]) @ boxes
    matrix = boxes @ on_the_wall(theirs) @ np.linalg.inv(boxes @ on_the_wall(mine))
    side = (SMALL_SIDE, SMALL_SIDE)
    whole = cv2.warpPerspective(np.full(side, 255, np.uint8), matrix, side)
    seen = cv2.erode(whole, np.ones((3, 3), np.uint8), borderValue=0) == 255
    return np.stack([cv2.warpPerspective(one, matrix, side) for one in pictures]), seen


def bent(pictures: Small, bend: Bend) -> Small:
    height, width = pictures.shape[1:]
    x, y = np.meshgrid(np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32))
    across, along = bend(x, y)
    places = [((one + 1) * (side - 1) / 2).astype(np.float32) for one, side in ((across, width), (along, height))]
    return np.stack([cv2.remap(one, *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for one in pictures])


def covered(pictures: Small, place: Place) -> Small:
    """A banner with words over the lower fifth, and other footage in a ninth."""
    random, out = np.random.default_rng(number_of(place.name, "cover")), pictures.copy()
    height, width = pictures.shape[1:]
    out[:, int(height * 0.78) :] = random.integers(20, 230)
    for _ in range(14):
        left, wide = int(random.uniform(0, width * 0.95)), int(random.uniform(4, 14))
        out[:, int(height * 0.82) : int(height * 0.95), left : left + wide] = random.integers(0, 255)
    inset = random.integers(0, 255, (9, 12)).astype(np.uint8)
    inset = cv2.resize(inset, (width // 3, height // 3), interpolation=cv2.INTER_CUBIC)
    out[:, height // 12 : height // 12 + height // 3, width // 2 : width // 2 + width // 3] = inset
    return out


def held(pictures: Small, hand: Hand) -> Small:
    """As a hand holds a camera before a screen, its frame outside."""
    height, width = pictures.shape[1:]
    found = []
    for picture, where in zip(pictures, hand.path(TIMES), strict=True):
        moved = turned(where, width, height)
        found.append(cv2.warpPerspective(picture, moved, (width, height), borderMode=cv2.BORDER_REPLICATE))
    return np.stack(found)


def second_cameras(place: Place) -> Iterable[tuple[str, list[Told]]]:
    for name, (first, hand, stand) in SECOND.items():
        one, other = shot(place, first, Stand()), shot(place, hand, stand, LATE)
        asked, seen = laid(small(other, 336, 32), stand, Stand())
        back, reached = laid(small(one, 480, 70), Stand(), stand)
        there, here = small(one, 480, 70), small(other, 480, 70)
        yield name, [*told(there, asked, seen), *told(here, back, reached)]


def copies(place: Place) -> Iterable[tuple[str, list[Told]]]:
    seen = np.ones((SMALL_SIDE, SMALL_SIDE), bool)
    for first in (HELD, STOOD):
        shown, stood = shot(place, first, Stand()), " (recording on a stand)" if first is STOOD else ""
        there = small(shown, 480, 70)
        yield "plain, 200 pixels wide", told(there, small(shown, 200, 20), seen)
        yield "covered", told(there, small(covered(shown, place), 336, 32), seen)
        yield "covered, 120 pixels wide", told(there, small(covered(shown, place), 120, 25), seen)
        for name, bend in BENT.items():
            yield name, told(there, small(bent(shown, bend), 336, 32), seen)
        for number in range(10):
            off = held(shown, Hand(f"{place.name} screen {number}", sway=0.006))
            yield f"held before a screen{stood}", told(there, small(off, 336, 32), seen)
        for late in (0.05, 0.1):
            yield f"late by {late} s", told(there, small(shot(place, first, Stand(), late), 336, 32), seen)
    walked = small(shot(place, HELD, Stand(), walk=0.7), 480, 70)
    yield "late by 0.04 s, walking", told(walked, small(shot(place, HELD, Stand(), 0.04, walk=0.7), 336, 32), seen)


def told(there: Small, here: Small, seen: NDArray[np.bool_]) -> list[Told]:
    parts = [(there[first:last], here[first:last], seen) for first, last in ((0, 18), (3, 9))]
    return [(parallax(*part), hands(*part, None)) for part in parts]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("places", nargs="*", default=["a", "c", "e", "f", "g"], metavar="LETTER")
    for title, made in (("second cameras", second_cameras), ("copies", copies)):
        found: dict[str, list[Told]] = {}
        for letter in parser.parse_args().places:
            for name, some in made(Place(f"place {letter}")):
                found.setdefault(name, []).extend(some)
        print(f"\n### {title}\n")
        head = ("case", "out of place, boxes", "depth shown", "view moves, boxes", "follows", "another hand", "open")
        tables.table(head, (_row(name, some) for name, some in found.items()))


def _row(name: str, found: list[Told]) -> tuple[str, ...]:
    depths, held_by = zip(*found, strict=True)
    return (
        name,
        _spread(one.boxes for one in depths),
        tables.share(one.shown for one in depths),
        _spread(one.view for one in held_by),
        _spread(one.follows for one in held_by),
        tables.share(one.another for one in held_by),
        tables.share(one.open for one in held_by),
    )


def _spread(values: Iterable[float]) -> str:
    """Least, median and most."""
    rows = np.array(list(values))
    return " · ".join(f"{value:.2f}" for value in (rows.min(), np.median(rows), rows.max()))


if __name__ == "__main__":
    main()
