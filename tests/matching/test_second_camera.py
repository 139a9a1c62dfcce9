"""What shows no sign of a second camera, and what then speaks for a copy."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

import stock
from provenance.matching.looks import copies
from provenance.matching.looks.copies import told_as_copies
from provenance.matching.looks.courses import Course
from provenance.matching.looks.movement import Movement
from provenance.matching.looks.relation import compare_looks
from provenance.matching.looks.second_camera import SIGNS
from provenance.media.child import measure
from provenance.media.source import open_source

CODING = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "27", "-pix_fmt", "yuv420p")
CROP = "crop=256:144:30:20,scale=320:180"
MIDDLE = ("-ss", "2.2", "-t", "4.8")


def looked(path, looking):
    with open_source(path) as source:
        return measure(source, depth="full", looking=looking)


@pytest.fixture(scope="module")
def recordings(studio, tmp_path_factory):
    """One place, by a camera on a stand and in a hand: somebody walks through it."""
    folder = tmp_path_factory.mktemp("recordings")
    back, front = (studio.clip(name, size=(400, 240), fps=25, seconds=9, sound=None) for name in ("yard", "walker"))
    still = "[0:v]trim=end_frame=1,loop=224:1,setpts=N/25/TB[b]"
    place = f"{still};[1:v]scale=110:80[f];[b][f]overlay=x='20+35*t':y='90+12*sin(2*t)'"
    sway = "crop=320:180:x='40+4*sin(3.1*t)+3*sin(7.3*t)':y='30+4*sin(4.3*t)'"
    made = {}
    for name, view in (("stand", "crop=320:180:40:30"), ("hand", sway)):
        made[name] = folder / f"{name}.mp4"
        stock.ffmpeg("-i", back, "-i", front, "-filter_complex", f"{place},{view}", "-t", "9", *CODING, made[name])
    return made


@pytest.fixture(scope="module")
def held(recordings):
    return {name: looked(path, "kept") for name, path in recordings.items()}


@pytest.fixture
def compared(recordings, held, tmp_path):
    def make(*options, of="stand"):
        stock.ffmpeg("-i", recordings[of], *options, *CODING, tmp_path / "copy.mp4")
        return compare_looks(looked(tmp_path / "copy.mp4", "close"), {of: held[of]})

    return make


LEFT_OPEN = {
    "out of the middle": ((*MIDDLE, "-vf", CROP), "at 2.2 s to 7.0 s of"),
    "begins with the recording, and ends before it": (("-t", "5", "-vf", CROP), "at 0.0 s to 5.0 s of"),
}


@pytest.mark.parametrize(("options", "where"), LEFT_OPEN.values(), ids=LEFT_OPEN)
def test_a_crop_of_a_recording_on_a_stand_is_left_open_and_its_place_is_named(options, where, compared):
    found = compared(*options)
    assert (found.relation, found.segments) == ("undetermined", ())
    (note,) = found.notes
    assert (note.code, note.detail.startswith(SIGNS["beside"])) == ("softBinding.sameEvent", True)
    assert where in note.detail
    assert [source for source, *_ in found.others] == ["stand"]


TOLD = {
    "the whole picture": ("stand", (*MIDDLE, "-vf", "scale=240:-2")),
    "the whole picture, mirrored": ("stand", (*MIDDLE, "-vf", "hflip")),
    "in bars": ("stand", (*MIDDLE, "-vf", "pad=320:260:0:40,setsar=1")),
    "begins and ends with the recording, at half the rate": ("stand", ("-vf", f"{CROP},fps=12")),
    "shares the shake of the hand": ("hand", (*MIDDLE, "-vf", CROP)),
}


@pytest.mark.parametrize(("of", "options"), TOLD.values(), ids=TOLD)
def test_what_speaks_for_a_copy_is_enough(of, options, compared):
    found = compared(*options, of=of)
    assert (found.source, len(found.segments)) == (of, 1)


def test_a_crop_of_which_a_part_was_cut_out_begins_and_ends_with_its_recording(compared):
    found = compared("-vf", f"select='not(between(t,3.4,5.2))',setpts=N/25/TB,{CROP}")
    assert (found.relation, [one.kind for one in found.alterations]) == ("derivative", ["removed"])
    assert [(float(one.start), float(one.end)) for one in found.missing] == [pytest.approx((3.4, 5.24), abs=0.1)]


@pytest.fixture(scope="module")
def place(studio, tmp_path_factory):
    """A wide view of a place in which somebody walks, nine seconds."""
    out = tmp_path_factory.mktemp("place") / "wide.mp4"
    back, front = (studio.clip(name, size=(400, 240), fps=25, seconds=9, sound=None) for name in ("yard", "walker"))
    still = "[0:v]trim=end_frame=1,loop=224:1,setpts=N/25/TB[b]"
    walks = f"{still};[1:v]scale=110:80[f];[b][f]overlay=x='20+35*t':y='90+12*sin(2*t)'"
    stock.ffmpeg("-i", back, "-i", front, "-filter_complex", walks, "-t", "9", "-crf", "12", out)
    return out


SECOND = {
    "another hand, trimmed to the whole": (
        "hand",
        "crop=290:163:x='55+5*sin(2.3*t+1)+4*sin(6.1*t)':y='38+5*sin(3.7*t+2)'",
        (),
    ),
    "another hand, out of the middle": (
        "hand",
        "crop=290:163:x='55+5*sin(2.3*t+1)+4*sin(6.1*t)':y='38+5*sin(3.7*t+2)'",
        MIDDLE,
    ),
    "two stands, out of the middle": ("stand", "crop=290:163:55:38", MIDDLE),
}


@pytest.mark.parametrize(("of", "view", "part"), SECOND.values(), ids=SECOND)
def test_a_second_camera_that_sees_less_is_left_open(of, view, part, place, held, tmp_path):
    """No depth: the place is flat. What two crops of one picture share is all that two cameras could."""
    graph = f"{view},scale=320:180,noise=alls=6:allf=t,eq=gamma=1.1"
    stock.ffmpeg("-i", place, *part, "-vf", graph, *CODING, tmp_path / "second.mp4")
    found = compare_looks(looked(tmp_path / "second.mp4", "close"), {of: held[of]})
    assert (found.relation, found.segments) == ("undetermined", ())
    assert found.notes[0].code == "softBinding.sameEvent"


THROUGHOUT, MOVING = Course(1.0, 1.0, 0.0), Movement(0.99, 1.0)


@dataclass(frozen=True)
class Shown:
    """Of a piece, what is asked of it where it begins and ends with its recording."""

    first: int
    last: int
    standing: str = "same"
    sign: str | None = None
    course: Course = THROUGHOUT
    told_apart: int = 8
    moves: Movement = MOVING


def told(*pieces):
    times = np.arange(300) / 25
    sight = SimpleNamespace(times=times, gap=0.04)
    laid = SimpleNamespace(questioned=sight, evidence=sight)
    return [(one.standing, one.sign) for one in told_as_copies(laid, pieces, None)]


def test_what_begins_and_ends_with_its_recording_takes_no_sign_back():
    hand, own, left = ("event", "hand"), ("same", None), ("event", "beside")
    assert told(Shown(0, 299, *hand)) == [hand]
    assert told(Shown(0, 99), Shown(100, 199, *hand), Shown(200, 299)) == [own, hand, own]
    assert told(Shown(1, 149, *left), Shown(150, 298, *left)) == [own, own]
    assert told(Shown(0, 149, *left), Shown(150, 299, "event", "depth")) == [own, ("event", "depth")]


@pytest.mark.parametrize(("alike", "standing"), [(0.99, "same"), (0.85, "event")])
def test_a_shake_is_shared_only_by_what_moves_as_the_recording_does(alike, standing, monkeypatch):
    """In a wrong pose a second camera's view may stand by chance."""
    monkeypatch.setattr(copies, "shake_is_shared", lambda *_: True)
    monkeypatch.setattr(copies, "warped", lambda small, pose: (small, None))
    times, small = np.arange(300) / 25, np.zeros((30, 8, 8), np.uint8)
    corners = np.array([[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]])
    pose = SimpleNamespace(between=lambda *_: SimpleNamespace(corners=corners))
    sight = SimpleNamespace(times=times, gap=0.04, small=small, as_shown=None)
    laid = SimpleNamespace(questioned=sight, evidence=sight, pose=pose, near=lambda course, rows: rows)
    piece = Shown(50, 150, "event", "beside", moves=Movement(alike, 1.0))
    (found,) = told_as_copies(laid, [piece], lambda piece: np.arange(8))
    assert found.standing == standing
