"""A copy shows how the first camera was held; a second camera is held by another hand."""

import cv2
import numpy as np
import pytest

from provenance.evidence import SMALL_SIDE
from provenance.matching.looks.by_hand import hands

PICTURES, SIDE = 18, 480
EVERYWHERE = np.ones((SMALL_SIDE, SMALL_SIDE), bool)
TIMES = np.arange(PICTURES) * 0.4


def place(seed=1):
    random = np.random.default_rng(seed)
    picture = np.full((SIDE + 100, SIDE + 100), 128, np.float32)
    for size, much in ((90, 40), (30, 35), (12, 30)):
        coarse = random.uniform(-much, much, (picture.shape[0] // size + 2,) * 2).astype(np.float32)
        picture += cv2.resize(coarse, picture.shape, interpolation=cv2.INTER_CUBIC)
    return picture


def hand(seed, much=2.0):
    """Pixels, of which five are a box, right and down at each time: swaying and trembling."""
    random = np.random.default_rng([seed, 7])
    paces, phases = random.uniform(0.5, 9, (4, 2)), random.uniform(0, 6.28, (4, 2))
    return much * np.sin(paces * TIMES[:, None, None] + phases).sum(1)


def filmed(path, noise, *, walking=True, seed=1):
    """Small pictures of the place, in which somebody walks, as a camera that is held so sees it."""
    random, found = np.random.default_rng(noise), []
    for time, (right, down) in zip(TIMES, path, strict=True):
        picture = place(seed).copy()
        if walking:
            cv2.rectangle(picture, (int(80 + 30 * time), 150), (int(150 + 30 * time), 420), 40, -1)
        moved = np.array([[1, 0, -50 - right], [0, 1, -50 - down]], np.float32)
        seen = cv2.warpAffine(picture, moved, (SIDE, SIDE))
        seen = np.clip(seen + random.normal(0, 6, seen.shape), 0, 255)
        found.append(cv2.resize(seen, (SMALL_SIDE, SMALL_SIDE), interpolation=cv2.INTER_AREA))
    return np.stack(found).astype(np.uint8)


def shaken(pictures, path):
    side = (SMALL_SIDE, SMALL_SIDE)
    maps = [np.array([[1, 0, right / 5], [0, 1, down / 5]], np.float32) for right, down in path]
    return np.stack([cv2.warpAffine(one, move, side, borderMode=1) for one, move in zip(pictures, maps, strict=True)])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_another_hand_is_told(seed):
    first, second = (filmed(hand(number), number, seed=seed) for number in (seed, seed + 10))
    found = hands(first, second, EVERYWHERE, None)
    assert found.another
    assert found.follows == pytest.approx(-1, abs=0.8)
    short = hands(first[:6], second[:6], EVERYWHERE, None)
    assert short.another or short.open


@pytest.mark.parametrize("much", [2.0, 0.0], ids=["held", "on a stand"])
def test_a_copy_stands(much):
    path = hand(1, much)
    found = hands(filmed(path, 1), filmed(path, 2), EVERYWHERE, None)
    assert found.view < 0.1
    assert not found.another
    assert not found.open


def test_a_copy_that_was_shaken_is_not_another_hand():
    there = filmed(hand(1), 1)
    found = hands(there, shaken(filmed(hand(1), 2), hand(5)), EVERYWHERE, None)
    assert found.view > 0.15
    assert not found.another
    assert not found.open


def test_before_a_camera_on_a_stand_a_hand_says_nothing():
    stood = hand(1, 0)
    there = filmed(stood, 1, walking=False)
    second, copy = filmed(hand(5), 2, walking=False), shaken(filmed(stood, 2, walking=False), hand(5))
    for found in (hands(there, one, EVERYWHERE, None) for one in (second, copy)):
        assert found.view > 0.15
        assert not found.another
        assert not found.open


def test_a_view_that_was_made_to_stand_counts_as_it_was():
    there, second = filmed(hand(1), 1), filmed(hand(11), 2)
    moved = (hand(11) - hand(1)) / 5
    stood = shaken(second, 5 * moved)
    views = np.tile(np.eye(3), (PICTURES, 1, 1))
    views[:, :2, 2] = -moved
    found = hands(there, stood, EVERYWHERE, views)
    assert not hands(there, stood, EVERYWHERE, None).another
    assert found.another
    assert found.follows == pytest.approx(hands(there, second, EVERYWHERE, None).follows, abs=0.1)


def test_too_few_pictures_and_bare_ones_say_nothing():
    there, second = filmed(hand(1), 1), filmed(hand(11), 2)
    assert hands(there[:3], second[:3], EVERYWHERE, None).view == 0
    assert hands(there, second, ~EVERYWHERE, None).view == 0
    bare = np.full_like(there, 128)
    found = hands(bare, bare, EVERYWHERE, None)
    assert not found.another
