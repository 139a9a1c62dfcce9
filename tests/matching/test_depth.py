"""Near things lie elsewhere against far ones for a camera in another place; no smooth map does that to a copy."""

import cv2
import numpy as np
import pytest

from provenance.evidence import SMALL_SIDE
from provenance.matching.looks.depth import parallax

WIDE, HIGH, PICTURES = 480, 480, 8
EVERYWHERE = np.ones((SMALL_SIDE, SMALL_SIDE), bool)


def painted(seed):
    random = np.random.default_rng(seed)
    picture = np.full((HIGH, WIDE + 200), 128, np.float32)
    for size, much in ((90, 40), (30, 35), (12, 30)):
        coarse = random.uniform(-much, much, (HIGH // size + 2, (WIDE + 200) // size + 2)).astype(np.float32)
        picture += cv2.resize(coarse, picture.shape[::-1], interpolation=cv2.INTER_CUBIC)
    return picture


def seen(right, noise=0, *, seed=1):
    """Small pictures of a wall and of seven things before it, from ``right`` pixels (of the nearest) beside."""
    random, wall = np.random.default_rng(seed), painted([seed, 0])
    picture = wall[:, 100 : 100 + WIDE].copy()
    for number in range(7):
        thing, near = painted([seed, 1 + number]), 0.4 + 0.1 * number
        x, y = int(random.uniform(40, WIDE - 160)), int(random.uniform(20, HIGH - 200))
        wide, high = (int(one) for one in random.uniform(90, 180, 2))
        left = x - round(near * right)
        part = picture[y : y + high, max(left, 0) : left + wide]
        part[:] = thing[y : y + high, 100 + max(left, 0) - left + x : 100 + max(left, 0) - left + x + part.shape[1]]
    drawn = np.random.default_rng([seed, noise])
    noisy = [np.clip(picture + drawn.normal(0, 6, picture.shape), 0, 255) for _ in range(PICTURES)]
    size = (SMALL_SIDE, SMALL_SIDE)
    return np.stack([cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in noisy]).astype(np.uint8)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_another_place_is_seen_in_both_directions(seed):
    here, there = seen(0, 1, seed=seed), seen(16, 2, seed=seed)
    assert parallax(here, there, EVERYWHERE).shown
    assert parallax(there, here, EVERYWHERE).shown


def bent(pictures, much):
    right, down = np.meshgrid(*[np.linspace(-1, 1, SMALL_SIDE, dtype=np.float32)] * 2)
    out = 1 + much * (right**2 + down**2)
    places = [(SMALL_SIDE - 1) / 2 * (1 + one * out) for one in (right, down)]
    return np.stack([cv2.remap(one, *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for one in pictures])


def tilted(pictures, much):
    corners = np.array([[0, 0], [95, 0], [95, 95], [0, 95]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, corners + np.float32([[much, 0], [0, much], [-much, 0], [0, -much]]))
    turned = [cv2.warpPerspective(one, matrix, (SMALL_SIDE, SMALL_SIDE), borderMode=1) for one in pictures]
    return np.stack(turned)


def covered(pictures):
    out = pictures.copy()
    out[:, 70:90] = 20
    out[:, 5:25, 60:90] = painted(99)[:20, :30]
    return out


def mixed(pictures):
    return np.stack([cv2.GaussianBlur(one, (0, 0), 1.2) // 2 + 60 for one in pictures])


@pytest.mark.parametrize(
    "change",
    [lambda one: one, lambda one: bent(one, 0.05), lambda one: tilted(one, 2.0), covered, mixed],
    ids=["as it is", "bent", "tilted", "covered", "soft"],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_copy_shows_no_depth(change, seed):
    assert not parallax(seen(0, 1, seed=seed), change(seen(0, 2, seed=seed)), EVERYWHERE).shown


def test_too_few_pictures_and_too_little_seen_say_nothing():
    here, there = seen(0, 1), seen(16, 2)
    assert parallax(here[:5], there[:5], EVERYWHERE).boxes == 0
    narrow = np.zeros_like(EVERYWHERE)
    narrow[40:50, 40:50] = True
    assert parallax(here, there, narrow).boxes == 0
    assert parallax(np.full_like(here, 90), there, EVERYWHERE).boxes < 0.38
