"""Copies that were zoomed, shaken or filmed by hand: the view moves over the recording, and is followed."""

import numpy as np
import pytest

import stock
from provenance.matching.looks import pieces
from provenance.matching.looks.following import Steadied, inner_of
from provenance.matching.looks.relation import compare_looks
from provenance.media.child import measure
from provenance.media.source import open_source

CODING = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "28", "-pix_fmt", "yuv420p")
OPTIONS = {"size": (320, 180), "fps": 25, "seconds": 6, "sound": None}
CARRIED = "crop=256:144:x='32+20*sin(1.1*t)+8*sin(3.1*t)':y='18+10*cos(0.9*t)+4*sin(2.7*t)',scale=320:180"
CARRIED_OTHERWISE = "crop=256:144:x='32-18*sin(0.8*t)+9*sin(2.3*t)':y='18-9*cos(1.2*t)+5*sin(3.3*t)',scale=320:180"
MOVING = {
    "slow zoom": "zoompan=z='1.02+0.05*in_time':x='iw*0.6*(1-1/zoom)':y='ih*0.4*(1-1/zoom)':d=1:s=320x180:fps=25",
    "sway": "crop=264:148:x='28+26*sin(1.3*t)':y='16+14*cos(1.7*t)',scale=320:180",
    "sway, mirrored": "hflip,crop=264:148:x='28+26*sin(1.3*t)':y='16+14*cos(1.7*t)',scale=320:180",
}


def looked(path, looking):
    with open_source(path) as source:
        return measure(source, depth="full", looking=looking)


@pytest.fixture
def room(studio, tmp_path):
    """One room, in which ``name`` moves, as ``seen`` by a camera."""

    def make(name, seen="null"):
        back, front = studio.clip("yard", **OPTIONS), studio.clip(name, **OPTIONS)
        out = tmp_path / f"{name} {abs(hash(seen))}.mp4"
        graph = (
            "[0:v]trim=end_frame=1,loop=149:1,setpts=N/25/TB[b];[1:v]scale=90:60[f];"
            f"[b][f]overlay=x='100+90*sin(t)':y='60+30*cos(1.7*t)',{seen}"
        )
        stock.ffmpeg("-i", back, "-i", front, "-filter_complex", graph, "-t", "6", *CODING, out)
        return out

    return make


@pytest.mark.parametrize(
    "moving", [pytest.param(one, marks=pytest.mark.hard if "mirrored" in one else ()) for one in MOVING]
)
def test_a_view_that_moves_is_followed_and_said_to_move(moving, room, tmp_path):
    recording = room("walker")
    stock.ffmpeg("-i", recording, "-vf", MOVING[moving], *CODING, tmp_path / "copy.mp4")
    found = compare_looks(looked(tmp_path / "copy.mp4", "close"), {"held": looked(recording, "kept")})
    (segment,) = found.segments
    times = [float(one) for span in (segment.questioned, segment.evidence) for one in (span.start, span.end)]
    assert times == pytest.approx([0, 6, 0, 6], abs=0.09)
    assert segment.mirrored is ("mirrored" in moving)
    assert "the view moves" in found.notes[0].detail
    # nothing is said of changes inside, and the view is told
    assert (found.limit, found.altered["picture"], found.altered["presentation"]) == (None, "cannot-tell", "found")


def test_a_view_that_stands_is_not_said_to_move(room, tmp_path):
    recording = room("walker")
    stock.ffmpeg("-i", recording, "-vf", "crop=264:148:28:16,scale=320:180", *CODING, tmp_path / "copy.mp4")
    found = compare_looks(looked(tmp_path / "copy.mp4", "close"), {"held": looked(recording, "kept")})
    assert "the view moves" not in found.notes[0].detail
    assert found.limit is not None


def test_a_recording_made_by_hand_is_followed_when_it_is_shaken_again(room, tmp_path):
    recording = room("walker", CARRIED)
    stock.ffmpeg("-i", recording, "-vf", MOVING["sway"], *CODING, tmp_path / "copy.mp4")
    found = compare_looks(looked(tmp_path / "copy.mp4", "close"), {"held": looked(recording, "kept")})
    assert [segment.source for segment in found.segments] == ["held"]


@pytest.mark.parametrize("other", ["runner", "cyclist"])
def test_another_event_in_one_room_is_not_the_same_because_both_were_filmed_by_hand(other, room):
    held = {"held": looked(room("walker", CARRIED), "kept")}
    found = compare_looks(looked(room(other, CARRIED_OTHERWISE), "close"), held)
    assert found is None or (found.relation, found.segments) == ("undetermined", ())


def test_it_is_movement_apart_from_the_carrying_that_parts_them(room, monkeypatch):
    """Followed, the empty room of another recording moves as this one's does: it was laid so."""
    apart = []
    asked = pieces.movement_apart
    monkeypatch.setattr(pieces, "movement_apart", lambda *given: apart.append(asked(*given)) or apart[-1])
    held = {"held": looked(room("walker", CARRIED), "kept")}
    compare_looks(looked(room("runner", CARRIED_OTHERWISE), "close"), held)
    assert all(one.alike < pieces.SAME for one in apart)


def test_a_steadied_track_shows_the_laid_pictures():
    laid = np.full((2, 96, 96), 7, np.uint8)
    steadied = Steadied("", None, None, np.zeros(2), laid, 0.1, np.tile(np.eye(3), (len(laid), 1, 1)))
    assert (steadied.small == 7).all()


def test_what_all_views_share_is_inside_each_of_them():
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)
    views = np.stack([square + np.array([0.1, 0]), square - np.array([0, 0.2]), square * 1.2])
    left, top, right, bottom = inner_of(views)
    assert (left, top, right, bottom) == pytest.approx((0.1, 0.0, 1.0, 0.8), abs=0.021)
    assert inner_of(np.stack([square, square + 2])) is None
