"""A copy shows nothing beyond the recording's picture; another camera may. Still pictures are enough to tell."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import pytest

from provenance.binding import reduction
from provenance.evidence import SMALL_SIDE
from provenance.matching.looks.another_camera import at_edges
from provenance.matching.looks.courses import Course
from provenance.matching.looks.movement import Movement
from provenance.matching.looks.pieces import _extended, another_cameras
from provenance.matching.looks.pose import Pose, window

WIDE, HIGH, PICTURES = 640, 360, 8


@dataclass(frozen=True)
class Seen:
    """Of a sight, what is asked for."""

    small: np.ndarray

    @property
    def places(self):
        return np.arange(len(self.small))


def scene(name):
    """A wide view: shading, and things that lie across everything, none of them straight."""
    random = np.random.default_rng([ord(letter) for letter in name])
    picture = np.full((HIGH, WIDE), 128, np.float32)
    for size, much in ((90, 50), (30, 35), (12, 25)):
        coarse = random.uniform(-much, much, (HIGH // size + 2, WIDE // size + 2)).astype(np.float32)
        picture += cv2.resize(coarse, (WIDE, HIGH), interpolation=cv2.INTER_CUBIC)
    for _ in range(25):
        middle, size = random.uniform(0, 1, 2) * (WIDE, HIGH), random.uniform(20, 130, 2)
        corners = cv2.boxPoints((middle, size, random.uniform(0, 90))).astype(np.int32)
        cv2.fillConvexPoly(picture, corners, random.uniform(20, 235))
    return np.clip(picture, 0, 255)


def sight(picture, seed=0):
    """As small pictures of a noisy recording."""
    random = np.random.default_rng(seed)
    noisy = [np.clip(picture + random.normal(0, 4, picture.shape), 0, 255).astype(np.uint8) for _ in range(PICTURES)]
    return Seen(np.stack([reduction.means(one, SMALL_SIDE, SMALL_SIDE) for one in noisy]).astype(np.uint8))


#: Left, top, right, bottom of the recording in the wide view, in pixels.
RECORDED = (40, 20, 500, 300)


def recorded(name="square"):
    left, top, right, bottom = RECORDED
    return scene(name)[top:bottom, left:right]


def pose_of(left, top, right, bottom):
    """The pose of a picture that shows this part of the wide view."""
    x, y = RECORDED[0], RECORDED[1]
    wide, high = RECORDED[2] - x, RECORDED[3] - y
    return Pose(window((left - x) / wide, (top - y) / high, (right - x) / wide, (bottom - y) / high))


def more(picture, pose):
    return at_edges(sight(picture), pose, 0, PICTURES - 1) == "goes on"


@pytest.mark.parametrize(
    "part", [(90, 40, 560, 320), (100, 0, 400, 300), (0, 0, 640, 360), (100, 60, 420, 350)], ids=str
)
@pytest.mark.parametrize("name", ["square", "pier", "yard"])
def test_a_view_that_goes_on_past_the_edge_is_of_another_camera(name, part):
    left, top, right, bottom = part
    assert more(scene(name)[top:bottom, left:right], pose_of(*part))


def test_a_view_inside_the_recording_shows_no_sign():
    assert not more(scene("square")[60:260, 80:440], pose_of(80, 60, 440, 260))


def framed(name, surround):
    """The recording in the middle of something else, and its pose."""
    own = recorded(name)
    high, wide = own.shape
    beyond = 70
    whole = surround(own, beyond)
    whole[beyond : beyond + high, beyond : beyond + wide] = own
    left, top = RECORDED[0] - beyond, RECORDED[1] - beyond
    return whole, pose_of(left, top, left + wide + 2 * beyond, top + high + 2 * beyond)


def dark(own, beyond):
    return np.pad(own, beyond, constant_values=16.0)


def out_of_focus(own, beyond):
    high, wide = own.shape
    return cv2.GaussianBlur(cv2.resize(own, (wide + 2 * beyond, high + 2 * beyond)), (0, 0), 9)


def enlarged(own, beyond):
    high, wide = own.shape
    return cv2.resize(own, (wide + 2 * beyond, high + 2 * beyond))


def foreign(own, beyond):
    high, wide = own.shape
    return cv2.resize(scene("nobody's"), (wide + 2 * beyond, high + 2 * beyond))


def repeated(own, beyond):
    return np.pad(own, beyond, mode="edge")


def mirrored(own, beyond):
    return np.pad(own, beyond, mode="symmetric")


@pytest.mark.parametrize("surround", [dark, out_of_focus, enlarged, foreign, repeated, mirrored])
@pytest.mark.parametrize("name", ["square", "pier", "yard"])
def test_what_surrounds_a_copy_is_no_other_camera(name, surround):
    assert not more(*framed(name, surround))


def test_an_extra_too_narrow_to_be_seen_shows_no_sign():
    left, top, right, bottom = RECORDED
    assert not more(scene("square")[top:bottom, left : right + 8], pose_of(left, top, right + 8, bottom))


def test_what_is_of_another_camera_is_not_taken_in_by_the_piece_beside_it():
    @dataclass(frozen=True)
    class Beside:
        standing: str
        first: int
        last: int
        course: Course
        moves: Movement
        told_apart: int = 5
        likeness: float = 0.95

    file = type("File", (), {"times": np.arange(100) / 25})()
    for other, wanted in (("event", "event"), ("scene", "same")):
        each = Course(0.95, 1.0, 0.0), Movement(0.99, 0.5)
        pieces = _extended(file, [Beside("same", 0, 40, *each), Beside(other, 41, 80, *each)])
        assert [one.standing for one in pieces] == ["same", wanted]


@dataclass(frozen=True)
class Told:
    """Of a piece, what counts here."""

    evidence: object
    first: int
    last: int
    standing: str
    likeness: float = 0.9
    sign: str | None = None


def test_no_other_pose_makes_the_same_moments_the_same_recording():
    one, other = (type("Evidence", (), {"source": name})() for name in ("one", "other"))
    event = Told(one, 0, 50, "event", sign="beyond")
    pieces = [Told(one, 40, 90, "same"), event, Told(one, 60, 90, "same"), Told(other, 0, 50, "same")]
    assert another_cameras(pieces) == [replace(pieces[0], standing="event", sign="beyond"), *pieces[1:]]


@pytest.mark.parametrize(("likeness", "standing"), [(0.95, "event"), (0.8, "event"), (0.6, "same")])
def test_a_pose_that_hardly_fits_does_not_show_another_camera(likeness, standing):
    evidence = type("Evidence", (), {"source": "one"})()
    pieces = [Told(evidence, 0, 50, "same", 0.88), Told(evidence, 0, 50, "event", likeness, sign="beyond")]
    assert another_cameras(pieces)[0].standing == standing


@pytest.mark.parametrize("sign", ["depth", "hand", "view"])
def test_what_a_wrong_pose_makes_up_does_not_speak_against_another(sign):
    evidence = type("Evidence", (), {"source": "one"})()
    pieces = [Told(evidence, 0, 50, "same", 0.87), Told(evidence, 0, 50, "event", 0.83, sign=sign)]
    assert another_cameras(pieces) == pieces
