"""What is too short for depth and for a hand: a crop out of the middle could as well be a camera beside this one."""

import pytest

import stock
from provenance.matching.looks.relation import compare_looks
from provenance.matching.looks.second_camera import SIGNS
from provenance.media.child import measure
from provenance.media.source import open_source

CODING = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "27", "-pix_fmt", "yuv420p")
CROP = "crop=256:144:30:20,scale=320:180"


def looked(path, looking):
    with open_source(path) as source:
        return measure(source, depth="full", looking=looking)


@pytest.fixture(scope="module")
def recording(studio):
    return studio.clip("pier", size=(320, 180), fps=25, seconds=9, sound=None)


@pytest.fixture(scope="module")
def held(recording):
    return {"pier": looked(recording, "kept")}


@pytest.fixture
def compared(recording, held, tmp_path):
    def make(*options):
        stock.ffmpeg("-i", recording, *options, *CODING, tmp_path / "copy.mp4")
        return compare_looks(looked(tmp_path / "copy.mp4", "close"), held)

    return make


def test_a_short_crop_out_of_the_middle_is_left_open(compared):
    found = compared("-ss", "2.2", "-t", "2.5", "-vf", CROP)
    assert (found.relation, found.segments) == ("undetermined", ())
    assert [(note.code, note.detail) for note in found.notes] == [("softBinding.sameEvent", SIGNS["short"])]
    assert [source for source, *_ in found.others] == ["pier"]


TOLD = {
    "the whole picture": ("-ss", "2.2", "-t", "2.5", "-vf", "scale=240:-2"),
    "mirrored": ("-ss", "2.2", "-t", "2.5", "-vf", "hflip"),
    "begins with the recording": ("-t", "2.5", "-vf", CROP),
    "ends with the recording, at half the rate": ("-ss", "6.4", "-vf", f"{CROP},fps=12"),
    "long enough": ("-ss", "2.2", "-t", "4.8", "-vf", CROP),
}


@pytest.mark.parametrize("options", TOLD.values(), ids=TOLD)
def test_what_is_longer_whole_or_begins_or_ends_with_the_recording_is_an_excerpt(options, compared):
    found = compared(*options)
    assert (found.relation in ("excerpt", "derivative"), len(found.segments)) == (True, 1)


def test_a_short_piece_beside_one_that_is_long_enough_is_told_with_it(compared):
    kept = "between(t,0.5,5.2)+between(t,6.4,8.2)"
    found = compared("-vf", f"select='{kept}',setpts=N/25/TB,{CROP}")
    assert found.relation == "composite"  # of two parts of one recording
    assert [(float(one.evidence.start), float(one.evidence.end)) for one in found.segments] == [
        pytest.approx((0.5, 5.24), abs=0.1),
        pytest.approx((6.4, 8.24), abs=0.1),
    ]
