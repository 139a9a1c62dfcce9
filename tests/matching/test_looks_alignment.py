"""Courses, runs and movement from arrays alone: no file, no decoder."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.matching.looks.alignment import Course, Search
from provenance.matching.looks.candidates import inners
from provenance.matching.looks.fitting import voted
from provenance.matching.looks.laying import HALF, Pair, unit
from provenance.matching.looks.movement import movement
from provenance.matching.looks.runs import runs_of
from provenance.matching.looks.sight import nearest

FPS, SECONDS, PLACES = 25, 20.0, 300
SAME = 0.8


def recording(seed, seconds=SECONDS):
    """A function of time: a picture of PLACES values that changes smoothly and does not come back."""
    random = np.random.default_rng(seed)
    knots = random.normal(size=(round(seconds * 4) + 8, PLACES))
    still = random.normal(size=PLACES)

    def shown(times):
        at = np.clip(times, 0, seconds) * 4 + 2
        low = at.astype(int)
        share = (at - low)[:, None]
        return (still + (1 - share) * knots[low] + share * knots[low + 1]).astype(np.float32)

    return shown


def panned(seed, pace=8.0, blur=12):
    """What a camera sees that moves along a texture at one pace: places a second, and how many of them are alike."""
    texture = np.random.default_rng(seed).normal(size=round(SECONDS * pace) + PLACES + 2 * blur)
    texture = np.convolve(texture, np.hanning(2 * blur + 1) / np.sqrt(blur), "same")

    def shown(times):
        at = np.clip(times, 0, SECONDS)[:, None] * pace + np.arange(PLACES)[None, :]
        return np.interp(at, np.arange(len(texture)), texture).astype(np.float32)

    return shown


FIRST, SECOND = recording(1), recording(2)
KEPT = np.arange(0, SECONDS, 0.4)


def pair(times, pictures, evidence=FIRST, noise=0.3, there=KEPT):
    """What is questioned has noise on it, as coding again leaves some."""
    one = (pictures + np.random.default_rng(7).normal(0, noise, pictures.shape)).astype(np.float32)
    other = evidence(there)
    own = other - other.mean(0)
    places = np.arange(PLACES)
    moves = np.ones(len(there), bool)
    spans = [(float(track[0]), float(track[-1])) for track in (times, there)]
    return Pair(
        times,
        there,
        one,
        other,
        unit(other) @ unit(one).T,
        unit(own) @ unit(one - one.mean(0)).T,
        moves,
        places,
        *spans,
    )


def runs(laid):
    free = np.ones(len(laid.questioned_times), bool)
    search = Search(laid, free)
    found = runs_of(
        laid.questioned_times, [(one, search.along_questioned(one)) for one in search.every()], free, gap=0.4
    )
    return [(one.course, laid.questioned_times[one.first], laid.questioned_times[one.last]) for one in found]


@settings(max_examples=25, deadline=None, derandomize=True)
@given(start=st.floats(0, 15), length=st.floats(2.5, 5), rate=st.sampled_from([10, 12.5, 25, 29.97, 50]))
def test_a_cut_anywhere_at_any_rate_gives_its_interval_back(start, length, rate):
    here = np.arange(0, length, 1 / rate)
    ((course, first, last),) = runs(pair(here, FIRST(here + start)))
    # a picture at either end: what a short stretch leaves open of the speed
    assert course.speed == pytest.approx(1, abs=max(0.02, 2 / rate / length))
    middle = length / 2
    assert course.there(middle) == pytest.approx(start + middle, abs=1 / rate)
    assert (first, last) == (pytest.approx(0, abs=0.25), pytest.approx(length, abs=0.25))


@pytest.mark.parametrize("speed", [0.8, 0.95, 1.05, 1.25])
def test_a_speed_is_told_within_one_per_cent(speed):
    here = np.arange(0, 8, 1 / FPS)
    ((course, *_),) = runs(pair(here, FIRST(here * speed + 2)))
    assert course.speed == pytest.approx(speed, rel=0.01)


@pytest.mark.parametrize("speed", [0.5, 0.8, 0.95, 1.05, 1.2, 1.25, 1.3, 2.0])
def test_a_speed_is_told_where_every_picture_is_much_like_its_neighbours(speed):
    """A camera that moves on slowly: a wrong speed is alike by 0.9 and more, too."""
    slow = panned(5)
    here = np.arange(0, 7.5 / max(speed, 1), 1 / FPS)
    ((course, first, last),) = runs(pair(here, slow(here * speed + 2), evidence=slow, noise=0.15))
    for end in (0, here[-1]):
        assert course.there(end) == pytest.approx(2 + speed * end, abs=0.1)
    assert course.speed == pytest.approx(speed, rel=0.02)
    assert (first, last) == (pytest.approx(0, abs=0.25), pytest.approx(here[-1], abs=0.25))


@pytest.mark.parametrize("speed", [0.95, 1.05])
def test_two_seconds_shown_whole_at_another_speed_are_told_to_the_picture(speed):
    there = np.arange(0, 2.41, 0.4)
    here = np.arange(0, (2.4 + 0.5 / FPS) / speed, 1 / FPS)
    ((course, *_),) = runs(pair(here, FIRST(here * speed), noise=0.1, there=there))
    assert course.there(here[0]) == pytest.approx(0, abs=0.5 / FPS)
    assert course.there(here[-1]) == pytest.approx(2.4, abs=0.5 / FPS)


@pytest.mark.parametrize(("begins", "ends"), [(0.14, 2.4), (0, 2.26), (0.08, 2.32)])
def test_two_seconds_that_were_trimmed_are_at_no_other_speed(begins, ends):
    here = np.arange(0, ends - begins, 1 / FPS)
    ((course, *_),) = runs(pair(here, FIRST(here + begins), there=np.arange(0, 2.41, 0.4)))
    assert course.speed == 1


@pytest.mark.parametrize(("at", "jump"), [(1.2, 0.2), (0.8, 0.12), (1.2, -0.2)], ids=["cut", "earlier", "held"])
def test_what_was_cut_out_or_held_in_two_seconds_is_no_speed(at, jump):
    there = np.arange(0, 2.41, 0.4)
    here = np.arange(0, 2.4 - jump + 0.5 / FPS, 1 / FPS)
    shown = np.where(here < at, here, np.maximum(here + jump, at))
    found = runs(pair(here, FIRST(shown), noise=0.1, there=there))
    assert all(course.speed == 1 for course, *_ in found)


def test_a_straight_line_is_voted_for_among_moments_that_are_all_over():
    random = np.random.default_rng(4)
    there = KEPT
    true = (there - 1.5) / 0.7
    here = np.where(random.uniform(size=len(there)) < 0.5, true, random.uniform(0, 30, len(there)))
    line = voted(there, np.column_stack([here, random.uniform(0, 30, len(there))]), np.ones((len(there), 2)), (0.5, 2))
    assert line == (pytest.approx(0.7, abs=0.01), pytest.approx(1.5, abs=0.1))


def test_what_was_cut_out_is_no_other_speed():
    here = np.arange(0, 8, 1 / FPS)
    found = runs(pair(here, FIRST(np.where(here < 3, here + 1, here + 2.5))))
    assert [course.speed for course, *_ in found] == [1, 1]
    assert [course.offset for course, *_ in found] == [pytest.approx(1, abs=0.04), pytest.approx(2.5, abs=0.04)]
    assert found[0][2] == pytest.approx(3, abs=0.4)


def test_what_is_foreign_in_between_belongs_to_no_course():
    here = np.arange(0, 9, 1 / FPS)
    shown = np.where(((here >= 3) & (here < 5))[:, None], SECOND(here), FIRST(np.where(here < 4, here, here - 2)))
    found = runs(pair(here, shown))
    # at the cut likeness bends many times as sharply as anywhere else: it must not decide where all of it lies
    assert [course.offset for course, *_ in found] == [pytest.approx(0, abs=0.02), pytest.approx(-2, abs=0.02)]
    assert [(first, last) for _, first, last in found] == [
        (pytest.approx(0, abs=0.1), pytest.approx(3, abs=0.4)),
        (pytest.approx(5, abs=0.4), pytest.approx(9, abs=0.1)),
    ]


def test_every_round_of_a_loop_is_found():
    here = np.arange(0, 60, 1 / FPS)
    found = runs(pair(here, FIRST(5 + here % 3)))
    assert len(found) == 20


def test_a_short_copy_of_a_long_recording_is_found_to_the_picture_and_the_reverse():
    """Forty minutes: offsets on a grid alone would be half a second apart."""
    seconds = 2400
    long = recording(5, seconds)
    here = np.arange(0, 5, 1 / FPS)
    ((course, *_),) = runs(pair(here, long(here + 1234.56), long, there=np.arange(0, seconds, 0.4)))
    assert course.offset == pytest.approx(1234.56, abs=0.02)
    here = np.arange(0, seconds, 0.8)
    ((course, first, last),) = runs(pair(here, long(here), long, there=np.arange(1200, 1205, 0.4)))
    assert course.offset == pytest.approx(0, abs=0.05)
    assert (first, last) == (pytest.approx(1200, abs=0.8), pytest.approx(1205, abs=0.8))


def test_another_recording_has_no_course():
    here = np.arange(0, 8, 1 / FPS)
    assert not runs(pair(here, SECOND(here)))


def event(people, lamp=0.0):
    """A room of HALF x HALF: walls, people who move about, and a lamp that goes on in the middle."""
    down, right = np.mgrid[:HALF, :HALF]
    walls = np.random.default_rng(3).normal(size=(HALF, HALF))
    light = lamp * np.random.default_rng(4).normal(size=(HALF, HALF))

    def shown(times):
        pictures = []
        for time in times:
            picture = walls + light * (time > 3)
            for phase, pace in people:
                x, y = (
                    HALF * (0.5 + 0.35 * np.sin(phase + pace * time)),
                    HALF * (0.5 + 0.35 * np.cos(phase + pace * time)),
                )
                picture = np.where((right - x) ** 2 + (down - y) ** 2 < 60, np.cos(phase * 9 + right * down), picture)
            pictures.append(picture.ravel())
        return np.array(pictures, np.float32)

    return shown


def room(questioned, evidence, seconds):
    here, there = np.arange(0, seconds, 1 / FPS), np.arange(0, seconds, 0.4)
    one, other = questioned(here), evidence(there)
    blank = np.zeros((len(there), len(here)), np.float32)
    moves = np.ones(len(there), bool)
    spans = (0.0, float(here[-1])), (0.0, float(there[-1]))
    return Pair(here, there, one, other, blank, blank, moves, np.arange(HALF**2), *spans), np.arange(len(there))


WALKER, RUNNER = ((0.3, 0.9), (2.0, 0.6)), ((1.7, 1.4), (4.0, 0.8))
STRAIGHT = Course(1.0, 1.0, 0.0)


@pytest.mark.parametrize("seconds", [2, 4, 8])
def test_the_same_event_moves_alike(seconds):
    found = movement(*_two(event(WALKER), event(WALKER), seconds), SAME)
    assert found.alike >= SAME


@pytest.mark.parametrize("seconds", [2, 4, 8])
@pytest.mark.parametrize("lamp", [0.0, 1.0, 3.0])
def test_another_event_does_not_even_if_a_lamp_goes_on_in_both(seconds, lamp):
    found = movement(*_two(event(RUNNER, lamp), event(WALKER, lamp), seconds), SAME)
    assert found.alike < SAME


def test_what_is_laid_over_a_part_does_not_hide_the_recording():
    own, foreign = event(WALKER), event(((0.5, 2.0), (3.0, 1.1)))

    def covered(times):
        pictures, others = (one(times).reshape(-1, HALF, HALF) for one in (own, foreign))
        pictures[:, 24:, 24:] = -4 * others[:, 24:, :24]
        return pictures.reshape(len(times), -1)

    assert movement(*_two(covered, own, 8), SAME).alike >= SAME


def _two(questioned, evidence, seconds):
    laid, rows = room(questioned, evidence, seconds)
    return laid, STRAIGHT, rows


def test_the_nearest_of_two_and_the_earlier_of_equals():
    times = np.array([0.0, 1.0, 3.0])
    assert nearest(times, np.array([-5, 0.4, 0.5, 0.6, 1.9, 2.0, 2.1, 9])).tolist() == [0, 0, 0, 1, 1, 1, 2, 2]
    assert nearest(times[:1], np.array([7.0])).tolist() == [0]


def test_what_lies_inside_a_border_flat_or_blurred():
    random = np.random.default_rng(5)
    pictures = np.full((4, 96, 96), 16, np.uint8)
    pictures[:, 30:60, 10:80] = random.integers(0, 255, (4, 30, 70))
    assert (10, 30, 80, 60) in inners(pictures)
    rows = 16 + 6 * (np.arange(96) % 2)
    blurred = np.where(pictures == 16, rows[None, :, None] + rows[None, None, :], pictures).astype(np.uint8)
    assert any(np.abs(np.subtract(one, (10, 30, 80, 60))).max() <= 1 for one in inners(blurred))
    assert inners(random.integers(0, 255, (4, 96, 96)).astype(np.uint8)) == []
