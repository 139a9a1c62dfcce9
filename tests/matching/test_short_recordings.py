"""Excerpts of a second out of recordings of less than two: laid by what is kept of short ones, told as all others."""

from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest

import archives
from provenance.binding.looks import LooksObserver
from provenance.binding.pictures import Picture, Plane
from provenance.evidence import Measurement, PictureRows, Presentation, Track
from provenance.matching.looks.relation import compare_looks
from provenance.matching.looks.second_camera import SIGNS

RATE, SIDE = 25, 96
ROOM = np.kron(np.random.default_rng(1).integers(40, 200, (24, 24)), np.ones((4, 4)))
GAPS = {False: (Fraction(2, 5), Fraction(4)), True: (Fraction(0), Fraction(1, 2))}


def filmed(name, count=40):
    """A spot that walks through a room, on a way of its own; shape (count, 96, 96)."""
    source = np.random.default_rng(name)
    return walked(np.cumsum(source.normal(0, 6, (count, 2)), axis=0) + source.uniform(30, 66, 2))


def walked(way):
    """A spot that goes a way through a room; shape (pictures, 96, 96)."""
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    spots = np.stack([np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 300) for y, x in way % SIDE])
    return np.clip(ROOM * (1 - spots) + 250 * spots, 0, 255).astype(np.uint8)


def measured(made, *, close=False):
    """As the child measures it: kept of a recording, or of a file in hand."""
    small, feature = GAPS[close]
    observer = LooksObserver(Fraction(1, RATE), small_gap=small, feature_gap=feature, close=close)
    for pts, picture in enumerate(made):
        observer.update(Picture(pts, (Plane(memoryview(picture.tobytes()), SIDE, SIDE, SIDE),)))
    digests = tuple(archives.digest24("p", picture.tobytes()) for picture in made)
    rows = PictureRows(digests, tuple(range(len(made))), (0,) * len(made))
    shown = Presentation(default=True)
    track = Track(0, "video", "h264", Fraction(1, RATE), presentation=shown, pictures=rows, looks=observer.result())
    return Measurement("video", "whole", "mov", "full", (track,))


def excerpt(made, first, last, cut=(slice(5, -3), slice(3, -5))):
    """Cropped, so that codes of whole pictures say nothing."""
    noise = np.random.default_rng(9).normal(0, 2, (last - first, SIDE, SIDE))
    near = [cv2.resize(one[cut], (SIDE, SIDE), interpolation=cv2.INTER_AREA) for one in made[first:last]]
    return measured(np.clip(np.stack(near) + noise, 0, 255).astype(np.uint8), close=True)


def at_the_old_pace(held):
    """The same, measured before more of short recordings was kept."""
    (track,) = held.tracks
    looks = track.looks
    rows = np.frombuffer(looks.small, np.uint8).reshape(len(looks.small_places), -1)
    small = replace(looks, small=rows[::2].tobytes(), small_places=looks.small_places[::2])
    return replace(held, tracks=(replace(track, looks=small),))


def test_an_excerpt_of_a_second_is_found():
    made = filmed(3)
    found = compare_looks(excerpt(made, 12, 37, (slice(1, -1), slice(1, -1))), {"held": measured(made)})
    assert found is not None
    (segment,) = found.segments
    assert abs(float(segment.evidence.start) - 12 / RATE) <= 1.5 / RATE
    assert abs(float(segment.evidence.end) - 37 / RATE) <= 1.5 / RATE


def test_a_crop_of_a_second_is_named_and_left_open():
    """Four small pictures are needed to tell that it shares a hand."""
    made = filmed(3)
    found = compare_looks(excerpt(made, 12, 37), {"held": measured(made)})
    assert found is not None
    (note,) = found.notes
    assert (note.code, note.detail.startswith(SIGNS["beside"])) == ("softBinding.sameEvent", True)
    assert [one[0] for one in found.others] == ["held"]


def test_a_crop_of_two_seconds_that_was_sped_up_is_told_from_end_to_end():
    """At speed 1 its ends would miss those of the recording (docs/adr/0068)."""
    turns, ticks = np.array([3.1, 2.3]), np.arange(60)
    made, sped = (walked(48 + 30 * np.sin(turns * at[:, None] / RATE)) for at in (ticks, 1.05 * ticks[:57]))
    found = compare_looks(excerpt(sped, 0, len(sped)), {"held": measured(made)})
    assert found is not None
    (segment,) = found.segments
    assert (float(segment.evidence.start), float(segment.evidence.end)) == (0, 60 / RATE)
    assert (float(segment.questioned.start), float(segment.questioned.end)) == (0, len(sped) / RATE)
    assert float(segment.speed) == pytest.approx(1.05, abs=0.01)
    assert "speed" in [one.kind for one in segment.alterations]


@pytest.mark.parametrize("name", [4, 5, 6])
def test_where_too_little_moves_the_recording_is_named(name):
    made = filmed(name)
    found = compare_looks(excerpt(made, 12, 37), {"held": measured(made)})
    assert found is not None
    assert (found.relation, [one[0] for one in found.others]) == ("undetermined", ["held"])


@pytest.mark.parametrize("name", [3, 4, 5, 6])
def test_at_the_old_pace_it_was_not(name):
    made = filmed(name)
    assert compare_looks(excerpt(made, 12, 37), {"held": at_the_old_pace(measured(made))}) is None


@pytest.mark.parametrize("name", [3, 4])
def test_less_than_three_pictures_at_the_old_pace_tell_no_recording(name):
    made = filmed(name)
    found = compare_looks(excerpt(made, 14, 31), {"held": measured(made)})
    assert found is None or found.relation == "undetermined"


@pytest.mark.parametrize("name", [3, 4])
def test_another_walk_through_the_room_is_not_told(name):
    found = compare_looks(excerpt(filmed(name), 12, 37), {"held": measured(filmed(name + 50))})
    assert found is None or found.relation == "undetermined"
