"""Copies that were coded again, through the child: what appearance says of each, from ffmpeg's own transformations."""

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import stock
from provenance.comparison import WHOLE_PICTURE
from provenance.evidence import Looks
from provenance.matching.looks.every_picture import NOT_TOLD
from provenance.matching.looks.exactness import within
from provenance.matching.looks.pose import EIGHT, Pose
from provenance.matching.looks.relation import compare_looks
from provenance.media.child import measure
from provenance.media.source import open_source

CODING = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "30", "-pix_fmt", "yuv420p")
OPTIONS = {"size": (320, 180), "fps": 25, "seconds": 6, "sound": None}


def looked(path, looking):
    with open_source(path) as source:
        return measure(source, depth="full", looking=looking)


@pytest.fixture(scope="module")
def held(studio):
    """Three recordings as an archive keeps them."""
    return {name: looked(studio.clip(name, **OPTIONS), "kept") for name in ("pier", "square", "bridge")}


@pytest.fixture(scope="module")
def pier(held):
    """The recording that copies are made of, alone: what others cost is asked where they matter."""
    return {"pier": held["pier"]}


@pytest.fixture
def copy(studio, tmp_path):
    def make(*options, of="pier", also=()):
        inputs = [part for path in (studio.clip(of, **OPTIONS), *also) for part in ("-i", path)]
        stock.ffmpeg(*inputs, *options, *CODING, tmp_path / "copy.mp4")
        return looked(tmp_path / "copy.mp4", "close")

    return make


def seconds(span):
    return pytest.approx((float(span.start), float(span.end)), abs=0.09)


SAME = {
    "smaller": ("-vf", "scale=192:108"),
    "squashed": ("-vf", "scale=200:200,setsar=1"),
}


@pytest.mark.parametrize("options", SAME.values(), ids=SAME)
def test_a_whole_that_was_coded_again_is_a_rendition(options, copy, pier):
    found = compare_looks(copy(*options), pier)
    assert (found.relation, found.basis, found.source) == ("rendition", "visual", "pier")
    (segment,) = found.segments
    assert (float(segment.evidence.start), float(segment.evidence.end)) == pytest.approx((0, 6), abs=0.09)
    assert segment.similarity > Fraction(1, 2)
    assert (found.altered["picture"], found.altered["sound"]) == ("none-found", "not-examined")
    assert segment.limit is not None
    assert found.limit == segment.limit
    assert not found.unmatched
    assert [one.kind for one in found.alterations] == (["aspect"] if "setsar=1" in options[1] else [])


def test_a_copy_in_full_range_is_shown_in_the_same_light(copy, tmp_path):
    """At dusk: samples of the other range differ most where it is dark."""
    light, full = "lutyuv=y=16+(val-16)*{}", ",scale=out_range=pc,setparams=range=pc"
    dusk = copy("-vf", light.format(0.3))
    found = compare_looks(copy("-vf", light.format(0.3) + full, "-color_range", "pc"), {"dusk": dusk})
    assert (found.relation, found.alterations) == ("rendition", ())
    changed = compare_looks(copy("-vf", light.format(0.5) + full, "-color_range", "pc"), {"dusk": dusk})
    assert [(one.kind, one.what) for one in changed.alterations] == [("colour", "light changed")]


@pytest.mark.parametrize("width", [200, 250])
def test_columns_that_small_pictures_leave_out_are_shown_all_the_same(width, copy, pier):
    """Of 250 columns small pictures hold 240: what was told was that 96 % of the recording is shown."""
    (segment,) = compare_looks(copy("-vf", f"scale={width}:140"), pier).segments
    assert (segment.region, segment.place) == (WHOLE_PICTURE, WHOLE_PICTURE)


def test_places_are_parts_of_the_whole_picture_also_where_columns_are_left_out(copy, pier):
    found = compare_looks(copy("-vf", "scale=250:140,drawbox=x=180:y=90:w=55:h=40:color=red:t=fill"), pier)
    (painted,) = found.alterations
    left, top, width, height = (float(part) for part in painted.region)
    assert (left, top, left + width, top + height) == pytest.approx((0.72, 0.643, 0.94, 0.929), abs=0.03)


def test_pictures_of_other_moments_are_no_change(copy, pier):
    """At half the rate everything that moves fast is elsewhere: that hides changes, and is none."""
    found = compare_looks(copy("-vf", "fps=12"), pier)
    assert (found.relation, found.alterations) == ("rendition", ())
    assert found.altered["picture"] == ("cannot-tell" if found.limit is None else "none-found")
    assert found.notes[0].code == "softBinding.match"
    # half of the longer picture, and one of the recording
    assert found.notes[0].detail.endswith("times are told within 0.082 s")


CHANGED = {
    "grey and bright": (("-vf", "format=gray,eq=contrast=1.3:brightness=0.08"), [("colour", "grey", None)]),
    "barred": (
        ("-vf", "pad=320:260:0:40,setsar=1"),
        [("picture", "bars", (0, 0, 1, 0.154)), ("picture", "bars", (0, 0.846, 1, 0.154))],
    ),
    "painted": (
        ("-vf", "drawbox=x=230:y=120:w=70:h=50:color=red:t=fill"),
        [("picture", "painted or pasted over", (0.72, 0.667, 0.219, 0.278))],
    ),
}


@pytest.mark.parametrize(("options", "told"), CHANGED.values(), ids=CHANGED)
def test_a_whole_that_was_changed_throughout_is_a_derivative(options, told, copy, pier):
    found = compare_looks(copy(*options), pier)
    assert (found.relation, found.source, found.altered["picture"]) == ("derivative", "pier", "found")
    assert [(one.kind, one.what) for one in found.alterations] == [(kind, what) for kind, what, _ in told]
    for one, (_, _, region) in zip(found.alterations, told, strict=True):
        assert one.questioned is None
        assert one.region is None or [float(side) for side in one.region] == pytest.approx(region, abs=0.07)


def test_an_excerpt_is_found_where_it_is(copy, held):
    found = compare_looks(copy("-ss", "1.8", "-t", "2.4", "-vf", "scale=240:-2"), held)
    assert (found.relation, found.source) == ("excerpt", "pier")
    assert (float(found.segments[0].evidence.start), float(found.segments[0].evidence.end)) == pytest.approx(
        (1.8, 4.2), abs=0.05
    )


@pytest.mark.parametrize(
    ("options", "mirrored", "rotation"),
    [("hflip", True, 0), ("transpose=1", False, 90), ("hflip,vflip", False, 180), ("transpose=2", False, 270)],
)
def test_how_it_lies_is_told(options, mirrored, rotation, copy, pier):
    found = compare_looks(copy("-vf", options), pier)
    (segment,) = found.segments
    assert (segment.mirrored, segment.rotation) == (mirrored, rotation)
    assert found.relation == ("derivative" if mirrored else "rendition")
    assert found.altered["presentation"] == "found"


def test_the_part_of_the_picture_is_told(copy, pier):
    found = compare_looks(copy("-vf", "crop=208:117:90:20,scale=320:180"), pier)
    region = [float(part) for part in found.segments[0].region]
    assert region == pytest.approx([90 / 320, 20 / 180, 0.65, 0.65], abs=0.02)


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_another_speed_is_told(factor, copy, pier):
    found = compare_looks(copy("-vf", f"setpts=PTS/{factor},fps=25"), pier)
    assert found.relation == "derivative"
    assert float(found.segments[0].speed) == pytest.approx(factor, rel=0.01)
    assert [one.kind for one in found.alterations] == ["speed"]


def test_foreign_pictures_before_it_make_a_composite(studio, copy, pier):
    foreign = studio.clip("harbour", **{**OPTIONS, "seconds": 2})
    graph = ("-filter_complex", "[1:v][0:v]concat")
    found = compare_looks(copy(*graph, also=[foreign]), pier)
    assert (found.relation, found.source) == ("composite", "pier")
    assert [(float(gap.start), float(gap.end)) for gap in found.unmatched] == [pytest.approx((0, 2), abs=0.05)]


def test_two_recordings_in_one_file_are_both_named(studio, copy, held):
    both = {name: held[name] for name in ("pier", "square")}
    found = compare_looks(copy("-filter_complex", "[0:v][1:v]concat", also=[studio.clip("square", **OPTIONS)]), both)
    assert found.relation == "composite"
    assert [segment.source for segment in found.segments] == ["pier", "square"]
    assert [seconds(segment.questioned) for segment in found.segments] == [(0, 6), (6, 12)]


def test_what_was_cut_out_is_a_derivative(copy, pier):
    found = compare_looks(copy("-vf", "select='not(between(n,60,99))',setpts=N/25/TB"), pier)
    assert (found.relation, [one.kind for one in found.alterations]) == ("derivative", ["removed"])
    assert [(float(gap.start), float(gap.end)) for gap in found.missing] == [pytest.approx((2.4, 4.0), abs=0.1)]


def test_a_stranger_is_not_found(copy, held):
    assert compare_looks(copy(of="nobody registered this"), held) is None


def event(studio, tmp_path, name, move="30+30*t"):
    """A fixed camera: one still background, and something of its own that moves in front of it."""
    back, front = studio.clip("yard", **OPTIONS), studio.clip(name, **OPTIONS)
    out = tmp_path / f"{name}.mp4"
    graph = f"[0:v]trim=end_frame=1,loop=149:1,setpts=N/25/TB[b];[1:v]scale=90:60[f];[b][f]overlay=x='{move}':y=70"
    stock.ffmpeg("-i", back, "-i", front, "-filter_complex", graph, "-t", "6", *CODING, out)
    return out


@pytest.mark.parametrize(("start", "length"), [(0.0, 1.24), (1.36, 1.6), (2.92, 3.08)])
def test_an_excerpt_cut_anywhere_gives_its_interval_back(start, length, copy, pier):
    found = compare_looks(copy("-ss", str(start), "-t", str(length), "-vf", "scale=240:-2"), pier)
    assert (found.relation, found.source, found.unmatched) == ("excerpt", "pier", ())
    (segment,) = found.segments
    assert seconds(segment.evidence) == (start, start + length)
    assert seconds(segment.questioned) == (0, length)


def test_a_passage_that_comes_twice_is_given_its_first_place_and_said_to_be_ambiguous(studio, copy, tmp_path):
    stock.ffmpeg("-i", studio.clip("pier", **OPTIONS), "-vf", "loop=1:size=150", *CODING, tmp_path / "twice.mp4")
    twice = {"twice": looked(tmp_path / "twice.mp4", "kept")}
    found = compare_looks(copy("-ss", "1.8", "-t", "2.4"), twice)
    assert [note.code for note in found.notes] == ["evidence.ambiguous", "softBinding.match", "softBinding.limit"]
    assert found.notes[0].detail.startswith("2 places")
    assert seconds(found.segments[0].evidence) == (1.8, 4.2)
    whole = compare_looks(copy("-vf", "loop=1:size=150"), twice)
    assert (whole.relation, [note.code for note in whole.notes]) == (
        "rendition",
        ["softBinding.match", "softBinding.limit"],
    )


def test_where_changes_begin_and_end_is_said_to_be_known_less_exactly(copy, pier):
    box = "drawbox=x=230:y=120:w=70:h=50:color=red:t=fill:enable='between(t,2,4)'"
    note = compare_looks(copy("-vf", box), pier).notes[0]
    assert note.detail.endswith("times are told within 0.060 s, where changes begin and end within 0.48 s")


@pytest.mark.parametrize(("coded", "told_apart", "pictures"), [(None, 6, 1.5), (None, 5, 2.5), (NOT_TOLD, 5, 0.5)])
def test_small_pictures_may_be_a_picture_or_two_off(coded, told_apart, pictures):
    """Crops of a moving camera, and copies with something laid over, were told a picture off."""
    sight = SimpleNamespace(gap=0.04)
    piece = SimpleNamespace(evidence=sight, coded=coded, told_apart=told_apart)
    assert within(sight, piece) == pytest.approx(0.04 * pictures)


def test_an_upright_post_is_found_inside_its_blurred_fill(copy, pier):
    fill = "split[a][b];[a]scale=180:320,gblur=12[c];[b]scale=162:-2[d];[c][d]overlay=9:114"
    found = compare_looks(copy("-filter_complex", fill), pier)
    assert found.source == "pier"
    assert {(one.kind, one.what) for one in found.alterations} <= {("picture", "bars")}


def test_another_event_before_the_same_camera_is_not_the_same_recording(studio, tmp_path):
    held = {"first": looked(event(studio, tmp_path, "walker"), "kept")}
    again = looked(event(studio, tmp_path, "runner"), "close")
    found = compare_looks(again, held)
    assert (found.relation, [note.code for note in found.notes]) == ("undetermined", ["softBinding.sameScene"])
    assert [source for source, *_ in found.others] == ["first"]
    assert not found.segments
    own = compare_looks(looked(event(studio, tmp_path, "walker"), "close"), held)
    assert own.relation == "rendition"


def test_one_change_that_two_events_share_does_not_make_them_one(studio, tmp_path):
    """A lamp goes on in both; what else moves is another thing."""
    made = []
    for name, moment in (("walker", 3), ("runner", 4)):
        lit = tmp_path / f"lit {name}.mp4"
        lamp = ("-vf", f"eq=brightness=0.25:contrast=1.3:enable='gte(t,{moment})'")
        stock.ffmpeg("-i", event(studio, tmp_path, name, move="40"), *lamp, *CODING, lit)
        made.append(lit)
    found = compare_looks(looked(made[1], "close"), {"first": looked(made[0], "kept")})
    assert found is None or (found.relation, found.segments) == ("undetermined", ())


def test_a_loop_is_a_composite(studio, copy, pier):
    found = compare_looks(copy("-filter_complex", "[0:v][1:v]concat", also=[studio.clip("pier", **OPTIONS)]), pier)
    assert (found.relation, len(found.segments)) == ("composite", 2)


@pytest.mark.parametrize(
    ("part", "crf"), [("0.9", "30"), ("0.75", "30"), ("0.6", "30"), ("0.75", "24"), ("0.75", "33")]
)
def test_a_crop_of_a_real_street_is_the_whole_of_it(part, crf, tmp_path):
    """A camera that pans: a pose that is off was made up for by a moment that is off, and one on the way was kept."""
    city = Path(__file__).parents[2] / "fixtures" / "city.mp4"
    coding = ("-vf", f"crop=iw*{part}:ih*{part},scale=480:-2", *CODING[:4], "-crf", crf, *CODING[6:])
    stock.ffmpeg("-i", city, *coding, "-an", tmp_path / "copy.mp4")
    found = compare_looks(looked(tmp_path / "copy.mp4", "close"), {"city": looked(city, "kept")})
    assert (found.relation, found.unmatched, found.alterations) == ("rendition", (), ())
    (segment,) = found.segments
    assert abs(float(segment.evidence.start - segment.questioned.start)) <= 0.09
    assert [float(side) for side in segment.region[2:]] == pytest.approx([float(part)] * 2, abs=0.03)


def test_where_nothing_moves_nothing_is_claimed(studio, tmp_path):
    made = []
    for name, crf in (("one", "20"), ("two", "35")):
        out = tmp_path / f"{name}.mp4"
        coding = (*CODING[:4], "-crf", crf, "-pix_fmt", "yuv420p")
        stock.ffmpeg(
            "-i", studio.clip("yard", **OPTIONS), "-vf", "trim=end_frame=1,loop=149:1,setpts=N/25/TB", *coding, out
        )
        made.append(out)
    found = compare_looks(looked(made[1], "close"), {"one": looked(made[0], "kept")})
    assert found.relation == "undetermined"
    assert "nothing moves" in found.notes[0].detail


@pytest.mark.parametrize("colour", ["black", "white", "gray"])
def test_featureless_pictures_match_nothing(colour, tmp_path, pier):
    out = tmp_path / "plain.mp4"
    stock.ffmpeg("-f", "lavfi", "-i", f"color={colour}:s=320x180:d=3:r=25", *CODING, out)
    plain = looked(out, "close")
    assert compare_looks(plain, pier) is None
    assert compare_looks(plain, {"plain": looked(out, "kept")}) is None


@pytest.mark.parametrize("pictures", [1, 2, 3])
def test_a_file_of_a_few_pictures_is_answered(pictures, copy, pier):
    found = compare_looks(copy("-frames:v", str(pictures)), pier)
    assert (found.relation, found.source, len(found.segments) >= pictures) == ("still", "pier", True)


def test_no_looks_no_answer(copy, held):
    assert compare_looks(held["pier"], {}) is None
    assert all(track.looks != Looks() for track in held["pier"].tracks)


@pytest.mark.parametrize("turned", EIGHT)
def test_a_pose_names_how_it_lies(turned):
    pose = Pose(np.linalg.inv(turned.matrix))
    assert pose.turned == turned
    assert Pose.of_corners(pose.corners).corners == pytest.approx(pose.corners)
