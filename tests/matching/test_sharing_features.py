"""Which recordings share local features with a file in hand: under a caption, mirrored, and in which order."""

from fractions import Fraction

import cv2
import numpy as np
import pytest

from provenance.binding.looks import LooksObserver
from provenance.binding.pictures import Picture, Plane
from provenance.evidence import FEATURE_BYTES, Measurement, PictureRows, Presentation, Track
from provenance.matching.looks.sharing import ranked_by_features
from provenance.matching.looks.sight import Sight

HEIGHT, WIDTH, COUNT = 270, 480, 4
LETTERS = "NEWS 0123 LIVE AXKWM EVENT TODAY"


def scene(name):
    """A soft texture: corners everywhere, none of them strong."""
    random = np.random.default_rng(name)
    layers = [cv2.resize(random.normal(0, 1, (9 * of, 16 * of)), (WIDTH, HEIGHT)) for of in (1, 3, 6)]
    return np.clip(120 + 24 * sum(layers), 0, 255).astype(np.uint8)


def captioned(picture, words=None):
    """The same with letters at the bottom: white on black, stronger corners than all others."""
    out = cv2.convertScaleAbs(picture, alpha=0.9, beta=10)
    out[-40:] = 0
    for line in (0, 1):
        cv2.putText(out, words or LETTERS, (8, HEIGHT - 24 + 17 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 255, 1)
    return out


def measured(picture, *, close=False):
    observer = LooksObserver(Fraction(1, 2), small_gap=Fraction(0), feature_gap=Fraction(1, 2), close=close)
    for pts in range(COUNT):
        plane = Plane(memoryview(picture.tobytes()), WIDTH, WIDTH, HEIGHT)
        observer.update(Picture(pts, (plane,)))
    rows = PictureRows((b"d" * 24,) * COUNT, tuple(range(COUNT)), (0,) * COUNT)
    shown = Presentation(default=True)
    track = Track(0, "video", "h264", Fraction(1, 2), presentation=shown, pictures=rows, looks=observer.result())
    return Measurement("video", "whole", "mov", "full", (track,))


def rows_of(picture):
    """Rows of the features blob."""
    looks = measured(picture).tracks[0].looks
    numbers = np.array(looks.feature_places, ">u4").view(np.uint8).reshape(-1, 4)
    return np.hstack([numbers, np.frombuffer(looks.features, np.uint8).reshape(-1, FEATURE_BYTES)]).tobytes()


HELD = [(f"recording {name}", rows_of(scene(name))) for name in range(6)]
#: others with such a caption: its letters lie on each other
HELD += [
    (f"letters {name}", rows_of(captioned(scene(50 + name), LETTERS[name:] + LETTERS[:name]))) for name in range(6)
]


def asked(picture):
    return ranked_by_features(Sight.of("", measured(picture, close=True)), HELD)


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_copy_under_a_caption_comes_before_others_with_such_a_caption(mirrored):
    copy = scene(3)[:, ::-1] if mirrored else scene(3)
    copy = captioned(np.ascontiguousarray(copy))
    (first, *_) = asked(copy)
    assert first.source == "recording 3"


def test_weights_fall_and_each_recording_is_told_once():
    ranked = asked(captioned(scene(3)))
    assert [one.weight for one in ranked] == sorted((one.weight for one in ranked), reverse=True)
    assert len({one.source for one in ranked}) == len(ranked)


def test_nothing_held_gives_nothing():
    assert ranked_by_features(Sight.of("", measured(scene(3), close=True)), []) == []
    assert ranked_by_features(Sight.of("", measured(scene(3), close=True)), [("empty", b"")]) == []
