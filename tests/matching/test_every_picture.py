"""Pieces with few small pictures: codes of all pictures tell them, and part them from a place that was filmed twice."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

import stock
from provenance.binding.looks import codes
from provenance.matching.looks.courses import Course
from provenance.matching.looks.every_picture import at_every_picture
from provenance.matching.looks.relation import compare_looks
from provenance.media.child import measure
from provenance.media.source import open_source

OPTIONS = {"size": (320, 180), "fps": 25, "sound": None}
CODING = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "28", "-pix_fmt", "yuv420p")
RATE, COUNT = 25, 30


def looked(path, looking):
    with open_source(path) as source:
        return measure(source, depth="full", looking=looking)


def asked(clip, path, *options):
    stock.ffmpeg("-i", clip, *options, *CODING, path)
    return looked(path, "close")


@pytest.mark.parametrize("start", [0.6, 1.0, 2.36])
def test_less_than_a_second_is_placed_to_the_picture(start, studio, tmp_path):
    clip = studio.clip("pier", seconds=4, **OPTIONS)
    piece = asked(clip, tmp_path / "piece.mp4", "-ss", str(start), "-t", "0.8")
    found = compare_looks(piece, {"pier": looked(clip, "kept")})
    assert (found.relation, found.source) == ("excerpt", "pier")
    (segment,) = found.segments
    assert float(segment.evidence.start) == pytest.approx(start, abs=0.045)
    assert float(segment.questioned.length) == pytest.approx(0.8, abs=0.01)
    assert "by what changes from each to the next" in next(
        note.detail for note in found.notes if note.code == "softBinding.match"
    )


def test_less_than_a_second_of_another_moment_is_no_excerpt(studio, tmp_path):
    clip = studio.clip("pier", seconds=4, **OPTIONS)
    stock.ffmpeg("-i", clip, "-t", "2", *CODING, tmp_path / "first.mp4")
    piece = asked(clip, tmp_path / "piece.mp4", "-ss", "2.6", "-t", "0.8")
    found = compare_looks(piece, {"first": looked(tmp_path / "first.mp4", "kept")})
    assert found is None or found.relation == "undetermined"


def test_a_short_copy_at_half_the_rate_is_not_shifted(studio, tmp_path):
    clip = studio.clip("bridge", seconds=1.6, **OPTIONS)
    found = compare_looks(asked(clip, tmp_path / "half.mp4", "-vf", "fps=12.5"), {"bridge": looked(clip, "kept")})
    assert found.relation == "rendition"
    (segment,) = found.segments
    assert (segment.speed, float(segment.evidence.start - segment.questioned.start)) == (1, pytest.approx(0, abs=0.045))


@pytest.fixture(scope="module")
def place():
    """A still place, larger than what a camera sees of it."""
    random = np.random.default_rng(5)
    coarse = cv2.resize(random.uniform(0, 255, (24, 32)).astype(np.float32), (640, 480), interpolation=cv2.INTER_CUBIC)
    return coarse + cv2.GaussianBlur(random.normal(0, 60, (480, 640)).astype(np.float32), (0, 0), 3)


def filmed(place, hand, *, pace, shake=1.0, lamps=()):
    """Codes of what a hand sees that pans over a place; ``lamps``: pictures in which it is lit otherwise."""
    random = np.random.default_rng(hand)
    steps = np.cumsum(random.normal(size=(COUNT + 25, 2)), 0)
    sway = np.stack([np.convolve(steps[:, axis], np.full(5, 0.2), "same") for axis in (0, 1)], 1)
    seen = []
    for at, (across, down) in enumerate(np.arange(COUNT + 25)[:, None] * pace + (sway - sway.mean(0)) * shake + 60):
        picture = cv2.warpAffine(place, np.array([[1, 0, -across], [0, 1, -down]], np.float32), (400, 300))
        picture = picture + random.normal(0, 3, picture.shape)
        if at in lamps:
            picture += 0.8 * place[50:350, 100:500][::-1, ::-1]  # other shadows
        seen.append(cv2.resize(picture, (96, 96), interpolation=cv2.INTER_AREA))
    return codes(np.clip(np.stack(seen), 0, 255).astype(np.uint8))


def compared(theirs, mine, off=0.12):
    """What codes say of two tracks that begin at one moment, on a course that is off by ``off`` seconds, or near it."""

    def track(rows):
        times = np.arange(len(rows)) / RATE
        return SimpleNamespace(codes=rows, times=times, gap=1 / RATE, end=len(rows) / RATE)

    laid = SimpleNamespace(questioned=track(mine), evidence=track(theirs), codes=mine)
    found, course = at_every_picture(laid, Course(1.0, 1.0, off), 0, len(mine) - 1)
    return found, course.offset


def test_a_place_filmed_twice_and_carried_alike_does_not_change_at_the_same_pictures(place):
    first = filmed(place, 1, pace=np.array([1.5, 0.4]))
    found, offset = compared(first, first[:COUNT])
    assert found.same
    assert offset == pytest.approx(0, abs=0.01)
    for hand in (2, 3, 4):
        again, _ = compared(first, filmed(place, hand, pace=np.array([1.6, 0.4]))[:COUNT])
        assert again.pictures >= COUNT - 3
        assert not again.same
        assert again.apart < 0.4


def test_a_lamp_that_goes_on_in_two_recordings_is_no_likeness(place):
    still = np.zeros(2)
    first, second = (filmed(place, hand, pace=still, shake=0.7, lamps=range(12, COUNT + 25)) for hand in (1, 2))
    found, _ = compared(first, second[:COUNT], off=0.0)
    assert found.pictures >= 12
    assert found.alike > 0.3  # it changes alike, by the lamp
    assert not found.same


def test_a_light_that_blinks_in_two_recordings_is_no_likeness(place):
    still, blinking = np.zeros(2), [at for at in range(COUNT + 25) if at % 10 < 5]
    first, second = (filmed(place, hand, pace=still, shake=0.7, lamps=blinking) for hand in (1, 2))
    found, _ = compared(first, second[:COUNT], off=0.0)
    assert found.pictures >= 12
    assert found.alike > 0.3
    assert not found.same


def test_ten_pictures_a_second_that_are_shown_three_times_are_not_thirty(place):
    told = 0
    for hand in range(10, 40, 2):
        first, second = (
            np.repeat(filmed(place, hand + other, pace=np.array([3.0, 0.8]))[::3], 3, axis=0) for other in (0, 1)
        )
        found, _ = compared(first, second[:COUNT], off=0.0)
        assert found.pictures <= COUNT / 3
        told += found.same
    assert not told


def test_where_nothing_changes_nothing_is_told(place):
    one = filmed(place, 1, pace=np.zeros(2))
    stands = np.repeat(one[:1], COUNT + 25, axis=0)
    assert not compared(stands, stands[:COUNT])[0].same
