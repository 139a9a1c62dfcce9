"""Where a small picture lies in a large one that moves, by the border that stands still."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from provenance.matching.looks.insets import inset_places

SIDE = 96


def moving(seed: int, count: int = 24) -> np.ndarray:
    """A textured scene that passes by: bumps some boxes wide, shifted from picture to picture."""
    random = np.random.default_rng(seed)
    rough = random.normal(0, 1, (SIDE, SIDE + 4 * count))
    waves = np.fft.rfft2(rough)
    slow = np.exp(-((np.hypot(*np.meshgrid(np.fft.rfftfreq(rough.shape[1]), np.fft.fftfreq(SIDE))) / 0.025) ** 2))
    smooth = np.fft.irfft2(waves * slow, rough.shape)
    levels = np.clip(128 + 45 * smooth / smooth.std(), 0, 255).astype(np.uint8)
    return np.stack([levels[:, 4 * at : 4 * at + SIDE] for at in range(count)])


def shrunk(pictures: np.ndarray, side: int) -> np.ndarray:
    return np.stack([cv2.resize(one, (side, side), interpolation=cv2.INTER_AREA) for one in pictures])


@pytest.mark.parametrize(("left", "top", "side"), [(4, 6, 22), (66, 60, 27), (40, 10, 34)])
def test_a_small_picture_over_moving_footage_is_among_the_places_told(left: int, top: int, side: int) -> None:
    pictures = moving(1)
    pictures[:, top : top + side, left : left + side] = shrunk(moving(2), side)
    found = inset_places(pictures, [1.0])
    truth = (left, top, left + side, top + side)
    assert min(max(abs(a - b) for a, b in zip(truth, box, strict=True)) for box in found) <= 1


def test_places_have_the_shape_that_is_asked_for() -> None:
    pictures = moving(3)
    pictures[:, 30:50, 20:60] = shrunk(moving(4), 40)[:, :20]
    found = inset_places(pictures, [2.0])
    assert found
    assert all(abs((right - left) / 2 - (bottom - top)) <= 1.5 for left, top, right, bottom in found)
    assert min(max(abs(a - b) for a, b in zip((20, 30, 60, 50), box, strict=True)) for box in found) <= 1


def test_no_pictures_have_no_places() -> None:
    assert inset_places(np.zeros((0, SIDE, SIDE), np.uint8), [1.0]) == []


def test_a_blank_picture_has_no_places() -> None:
    assert inset_places(np.full((8, SIDE, SIDE), 90, np.uint8), [1.0]) == []
