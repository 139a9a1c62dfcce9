"""Near things lie elsewhere against far ones for a camera in another place; no smooth map does that to a copy."""

import cv2
import numpy as np
import pytest

from provenance.evidence import SMALL_SIDE
from provenance.matching.looks.depth import parallax
from provenance.matching.looks.displaced import standing

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


@pytest.mark.parametrize("pictures", [4, 5])
def test_an_excerpt_of_two_seconds_is_enough(pictures):
    here, there = seen(0, 1)[:pictures], seen(16, 2)[:pictures]
    assert parallax(here, there, EVERYWHERE).shown
    assert not parallax(here, covered(seen(0, 2))[:pictures], EVERYWHERE).shown


def test_a_cover_leaves_another_camera_to_be_seen():
    assert parallax(seen(0, 1), covered(seen(16, 2)), EVERYWHERE).shown


def nearer(pictures, much):
    """Each half of the picture away from its middle, the lower one more: one thing stands nearer than the other."""
    out = []
    for one in pictures:
        grown = [cv2.getRotationMatrix2D((47.5, 47.5), 0, 1 + part) for part in (0, much)]
        far, near = (cv2.warpAffine(one, matrix, (SMALL_SIDE, SMALL_SIDE), borderMode=1) for matrix in grown)
        steps = (np.arange(SMALL_SIDE) // 16 % 2 == 1)[:, None] ^ (np.arange(SMALL_SIDE) // 16 % 2 == 1)
        out.append(np.where(steps, near, far))
    return np.stack(out)


def test_a_camera_that_stands_nearer_is_told_by_what_is_out_of_place_from_one_point():
    found = parallax(seen(0, 1), nearer(seen(0, 2), 0.04), EVERYWHERE)
    assert found.shown
    assert found.along > 2 * found.across


def walking(noise, late):
    """A picture with four patterned things that walk to and fro, one seen ``late`` pictures after the other."""
    pictures = seen(0, noise)
    for at, picture in enumerate(pictures):
        for number in range(4):
            thing = painted([9, number])[::5, ::5][:40, :16]
            x = 20 + 14 * number + round(9 * np.sin(1.1 * (at + late) + number))
            picture[20 + 9 * number : 60 + 9 * number, x : x + 16] = np.clip(thing, 0, 255)
    return pictures


def test_what_moves_says_nothing_so_that_a_copy_may_be_late():
    assert not parallax(walking(1, 0), walking(2, 0.15), EVERYWHERE).shown
    stands = standing(walking(1, 0), EVERYWHERE)
    assert stands.mean() < standing(seen(0, 1), EVERYWHERE).mean() - 0.2


def test_too_few_pictures_and_too_little_seen_say_nothing():
    here, there = seen(0, 1), seen(16, 2)
    assert parallax(here[:3], there[:3], EVERYWHERE).boxes == 0
    narrow = np.zeros_like(EVERYWHERE)
    narrow[40:50, 40:50] = True
    assert parallax(here, there, narrow).boxes == 0
    assert parallax(np.full_like(here, 90), there, EVERYWHERE).boxes == 0
