"""Synthetic places with depth, seen from where a camera stands: layers shift by how far away they are.

The only honest second camera that can be made here: two crops of one recording have no parallax. A place is a wall,
things in front of it, and people who walk between; a picture is drawn from a standpoint, at a moment. Metres, seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np
from floor import number_of

if TYPE_CHECKING:
    from hand import Hand
    from numpy.typing import NDArray

SIZE = (480, 270)
#: Width of what a camera sees, over the distance: a telephone's main camera has about 1.2.
_FIELD = 1.2
_WALL = 8.0  # metres away
_PER_METRE = 70  # pixels of a painted metre


@dataclass(frozen=True)
class Stand:
    """Where a camera is, metres right and down of the middle and nearer to the wall; ``aim``: on the wall.

    ``zoom`` 2 sees half as much.
    """

    right: float = 0.0
    down: float = 0.0
    zoom: float = 1.0
    aim: tuple[float, float] = (0.0, 0.0)
    nearer: float = 0.0


@dataclass(frozen=True)
class Thing:
    """A flat picture with alpha that faces the cameras: its middle at ``x``, ``y``, its distance ``far``."""

    picture: NDArray[np.float32]  # height, width, (red, green, blue, alpha 0 to 1)
    x: float
    y: float
    far: float
    sway: tuple[float, float, float, float] = (0, 0, 0, 0)  # metres and paces of two swings: people walk

    def at(self, time: float) -> tuple[float, float]:
        across, pace, down, other = self.sway
        return self.x + across * float(np.sin(pace * time + self.far)), self.y + down * float(np.sin(other * time))


@dataclass(frozen=True)
class Place:
    name: str
    people: int = 3

    def things(self, event: int) -> list[Thing]:
        """From far to near: the wall, furniture, and the people of this event."""
        return sorted([*self._furniture, *self._people(event)], key=lambda one: -one.far)

    @cached_property
    def _furniture(self) -> list[Thing]:
        random = np.random.default_rng(number_of(self.name, "place"))
        wall = _painted(random, 14.0, 9.0, pieces=40)
        found = [Thing(wall, 0.0, 0.0, _WALL)]
        for _ in range(7):
            wide, high, far = random.uniform(0.5, 2.0), random.uniform(0.4, 1.6), random.uniform(3.5, 7.0)
            reach = far * _FIELD / 2
            found.append(
                Thing(
                    _painted(random, wide, high, pieces=4), random.uniform(-reach, reach), random.uniform(0.2, 1.2), far
                )
            )
        return found

    def _people(self, event: int) -> list[Thing]:
        random = np.random.default_rng(number_of(self.name, "event", str(event)))
        found = []
        for _ in range(self.people):
            far = float(random.uniform(2.8, 6.0))
            sway = (
                random.uniform(0.3, 0.9) * far * 0.4,
                random.uniform(0.4, 1.5),
                random.uniform(0.01, 0.06),
                random.uniform(3, 6),
            )
            found.append(Thing(_person(random), random.uniform(-0.3, 0.3) * far, 0.25, far, tuple(map(float, sway))))
        return found

    def seen(self, event: int, stand: Stand, hand: Hand, times: NDArray[np.float64]) -> list[NDArray[np.float32]]:
        """The pictures that a camera there takes of an event at these times."""
        things, held = self.things(event), hand.path(times)
        return [_seen(things, stand, here, time) for here, time in zip(held, times.tolist(), strict=True)]


def on_the_wall(stand: Stand) -> NDArray[np.float64]:
    """The map from metres on the wall to pixels of a camera that stands there, 3 x 3."""
    focal = SIZE[0] / _FIELD * stand.zoom / (_WALL - stand.nearer)
    middle = [SIZE[axis] / 2 - focal * stand.aim[axis] for axis in (0, 1)]
    return np.array([[focal, 0, middle[0]], [0, focal, middle[1]], [0, 0, 1]])


def _seen(things: list[Thing], stand: Stand, held: NDArray[np.float64], time: float) -> NDArray[np.float32]:
    width, height = SIZE
    focal = width / _FIELD * stand.zoom
    picture = np.zeros((height, width, 3), np.float32)
    angle = np.deg2rad(held[2])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    # turning the camera towards its aim moves everything alike: narrow fields, small angles
    aimed = focal * np.array([stand.aim[0] - stand.right, stand.aim[1] - stand.down]) / (_WALL - stand.nearer)
    swayed = held[:2] * width
    for thing in things:
        x, y = thing.at(time)
        far = thing.far - stand.nearer
        scale = focal / far / _PER_METRE
        middle = focal * np.array([x - stand.right, y - stand.down]) / far - aimed
        high, wide = thing.picture.shape[:2]
        linear = turn * scale
        shift = turn @ middle + np.array([width / 2, height / 2]) + swayed - linear @ np.array([wide / 2, high / 2])
        _lay(picture, thing.picture, np.column_stack([linear, shift]))
    return picture


def _lay(picture: NDArray[np.float32], thing: NDArray[np.float32], matrix: NDArray[np.float64]) -> None:
    """Lay a thing over the picture, where it reaches."""
    (height, width), (high, wide) = picture.shape[:2], thing.shape[:2]
    corners = matrix @ np.array([[0, wide, wide, 0], [0, 0, high, high], [1, 1, 1, 1]])
    left, top = np.clip(np.floor(corners.min(1)) - 1, 0, [width, height]).astype(int)
    right, bottom = np.clip(np.ceil(corners.max(1)) + 1, 0, [width, height]).astype(int)
    if right <= left or bottom <= top:
        return
    placed = matrix - np.array([[0, 0, left], [0, 0, top]])
    laid = cv2.warpAffine(thing, placed, (int(right - left), int(bottom - top)), flags=cv2.INTER_LINEAR)
    part, alpha = picture[top:bottom, left:right], laid[..., 3:]
    part += (laid[..., :3] - part) * alpha


def _painted(random: np.random.Generator, wide: float, high: float, *, pieces: int) -> NDArray[np.float32]:
    """A surface with shading, edges and some texture."""
    width, height = int(wide * _PER_METRE), int(high * _PER_METRE)
    picture = np.ones((height, width, 4), np.float32)
    for scale, much in ((max(width, height) // 3 + 1, 40.0), (24, 14.0), (4, 7.0)):
        coarse = random.uniform(-much, much, (height // scale + 2, width // scale + 2, 1)).astype(np.float32)
        picture[..., :3] += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)[..., None]
    picture[..., :3] += random.uniform(70, 170, 3)
    for _ in range(pieces):
        x, y = int(random.uniform(0, width * 0.9)), int(random.uniform(0, height * 0.9))
        across, down = int(random.uniform(0.03, 0.2) * width) + 2, int(random.uniform(0.03, 0.25) * height) + 2
        piece = picture[y : y + down, x : x + across, :3]
        piece[:] = 0.4 * piece + 0.6 * random.uniform(20, 230, 3)
    return picture


def _person(random: np.random.Generator) -> NDArray[np.float32]:
    """Head, body, arms: ellipses with a patterned coat."""
    width, height = int(0.8 * _PER_METRE), int(1.8 * _PER_METRE)
    down, right = np.mgrid[:height, :width].astype(np.float32)
    down, right = down / _PER_METRE, right / _PER_METRE - 0.4
    picture = np.zeros((height, width, 4), np.float32)
    coat = random.uniform(20, 235, 3)
    stripes = 18 * np.sin(right * random.uniform(20, 60) + down * random.uniform(10, 50))[..., None]
    parts = ((0.0, 0.95, 0.24, 0.55, coat), (0.0, 0.22, 0.13, 0.18, random.uniform(90, 220, 3)))
    parts += ((0.0, 1.6, 0.2, 0.4, random.uniform(10, 120, 3)), (-0.25, 0.9, 0.08, 0.4, coat * 0.8))
    for x, y, wide, high, colour in parts:
        body = ((right - x) / wide) ** 2 + ((down - y) / high) ** 2 < 1
        picture[body, :3] = (np.broadcast_to(colour, picture[..., :3].shape) + stripes)[body]
        picture[body, 3] = 1.0
    return picture
