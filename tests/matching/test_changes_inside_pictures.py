"""Changes inside pictures: what raises no alarm, what does and where, and the limit below which nothing is said.

Unit tests use arrays; the others go through ffmpeg and the child.
"""

from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

import stock
from provenance.comparison import Alteration, Limit, Span
from provenance.matching.looks.changes import joined, largest, said_of
from provenance.matching.looks.changing.areas import Area, Detector, areas, covered
from provenance.matching.looks.changing.held import held_in
from provenance.matching.looks.changing.limit import Seen, seen_sides, smallest
from provenance.matching.looks.changing.lying import likeness_of_tiles
from provenance.matching.looks.changing.naming import called
from provenance.matching.looks.changing.noise import differences, noise_of
from provenance.matching.looks.changing.tone import Tone, colouring, in_range
from provenance.matching.looks.relation import compare_looks
from provenance.media.child import measure
from provenance.media.source import open_source

CODING = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "26", "-pix_fmt", "yuv420p")
SEEN = np.ones((96, 96), bool)
NOBODY = np.empty((0, 6, 96, 96), np.float32)


@pytest.fixture
def pictures():
    """Six pictures of smooth texture that drifts, of shape (6, 96, 96)."""
    down, right = np.mgrid[:96, :96].astype(np.float32)
    rows = [120 + 40 * np.sin((right + step) / 9) + 30 * np.cos(down / 7) for step in range(6)]
    return np.stack(rows).astype(np.float32)


def noisy(pictures, levels, seed=3):
    return pictures + np.random.default_rng(seed).normal(0, levels, pictures.shape).astype(np.float32)


def painted(pictures, side, levels=40, rows=slice(2, 5)):
    changed = pictures.copy()
    changed[rows, 30 : 30 + side, 50 : 50 + side] += levels
    return changed


def found(evidence, questioned, seen=SEEN):
    apart = differences(evidence, questioned, NOBODY)
    scale = noise_of(evidence, questioned, np.zeros_like(evidence), seen).scale
    detector = Detector.of("luma")
    return areas(detector.found(detector.strength(apart, scale, seen)), apart, scale, 96)


def test_noise_alone_is_no_change(pictures):
    assert found(pictures, noisy(pictures, 4)) == []


def test_a_shift_of_less_than_half_a_box_is_no_difference(pictures):
    shifted = 0.6 * pictures + 0.4 * np.roll(pictures, 1, axis=2)
    assert float(np.abs(differences(pictures, shifted, NOBODY)[:, 2:-2, 2:-2]).max()) < 0.5


def test_a_square_is_found_where_and_when_it_is(pictures):
    (area,) = found(pictures, painted(noisy(pictures, 2), 6))
    assert (area.first, area.last) == (2, 4)
    assert np.array(area.box) * 96 == pytest.approx([50, 30, 56, 36], abs=1.01)


COVERED = {
    "one colour, the recording's mean": ("painted or pasted over", lambda part: np.full_like(part, part.mean())),
    "blurred": ("blurred or pixelated", lambda part: np.stack([cv2.GaussianBlur(one, (0, 0), 3) for one in part])),
}


@pytest.mark.parametrize(("what", "cover"), COVERED.values(), ids=COVERED)
def test_what_was_covered_by_one_colour_is_not_called_blurred(what, cover, pictures):
    own = noisy(pictures, 12)
    shown = own.copy()
    shown[2:5, 30:54, 40:64] = cover(own[2:5, 30:54, 40:64])
    mask = np.zeros((96, 96), bool)
    mask[30:54, 40:64] = True
    area = SimpleNamespace(first=2, last=4, mask=mask, box=(40 / 96, 30 / 96, 64 / 96, 54 / 96))
    place = SimpleNamespace(box=lambda box: box, span=lambda area: Span(Fraction(2), Fraction(4)))
    laid = SimpleNamespace(questioned=shown, evidence=own)
    assert called(laid, area, place) == ("picture", what)


def test_two_squares_apart_are_two(pictures):
    changed = painted(noisy(pictures, 2), 6)
    changed[1:4, 70:78, 10:18] -= 40
    assert len(found(pictures, changed)) == 2


def test_what_one_picture_shows_alone_needs_more(pictures):
    faint, strong = (painted(noisy(pictures, 2), 6, levels, slice(2, 3)) for levels in (24, 120))
    assert found(pictures, faint) == []
    assert [(one.first, one.last) for one in found(pictures, strong)] == [(2, 2)]
    assert found(pictures, painted(noisy(pictures, 2), 6, 24, slice(2, 4))) != []


def test_what_a_picture_just_beside_shows_is_no_difference(pictures):
    late = np.roll(pictures, 3, axis=2)
    beside = np.stack([np.roll(pictures, 6, axis=2), pictures])
    assert np.abs(differences(pictures, late, beside)).max() == 0
    assert np.abs(differences(pictures, late, NOBODY)).max() > 1


def test_a_tone_is_fitted_beside_a_change(pictures):
    brighter = painted(0.7 * pictures + 25, 20, 90)
    tone = Tone.fitted(pictures, brighter, SEEN)
    left = np.abs(brighter - tone.of_luma(pictures))
    assert float(np.median(left)) < 1
    assert float(left[3, 35:45, 55:65].min()) > 60


def test_a_shadow_that_the_copy_shows_was_not_cut_off(pictures):
    """A few dark boxes are beyond what most of the copy shows: that is no end at which light was cut off."""
    evidence = np.clip(pictures, 80, None)
    evidence[2, 4:7, 4:7] = 20
    shown = Tone.fitted(evidence, evidence, SEEN).settled(evidence, evidence, SEEN)
    assert float(np.abs(shown - evidence)[2, 4:7, 4:7].max()) < 3


def test_errors_in_patches_count_for_more_than_even_noise(pictures):
    """A coder with few bits takes away shades in places, which even noise of that size does not explain."""
    patched = noisy(pictures, 1)
    patched[:, ::12, :] += 9
    even = noise_of(pictures, noisy(pictures, 1), np.zeros_like(pictures), SEEN).scale
    assert float(np.median(noise_of(pictures, patched, np.zeros_like(pictures), SEEN).scale / even)) > 1.2


def test_pictures_in_a_wrong_place_do_not_lie_on_each_other(pictures):
    texture = pictures + 30 * np.random.default_rng(1).normal(size=(12, 12)).repeat(8, 0).repeat(8, 1)
    assert likeness_of_tiles(texture, painted(noisy(texture, 4), 40), SEEN).max() > 0.96
    assert likeness_of_tiles(texture, np.roll(texture, 7, axis=2), SEEN).max() < 0.96


def test_what_was_laid_over_all_pictures_does_not_excuse_itself(pictures):
    assert found(pictures, painted(noisy(pictures, 2), 30, 60, slice(0, 6)))


@pytest.mark.parametrize("side", [3, 6, 12])
def test_the_limit_holds_on_the_pictures_it_is_of(pictures, side):
    questioned = noisy(pictures, 3)
    scale = noise_of(pictures, questioned, np.zeros_like(pictures), SEEN).scale
    sides = seen_sides(Detector.of("luma"), pictures, questioned, scale, SEEN).sides
    contrasts = [contrast for contrast, least in sides.items() if least <= side]
    assert contrasts
    assert found(pictures, painted(questioned, side, min(contrasts)))


def test_a_worse_copy_has_a_larger_limit(pictures):
    each = []
    for levels in (1, 6, 14):
        questioned = noisy(pictures, levels)
        scale = noise_of(pictures, questioned, np.zeros_like(pictures), SEEN).scale
        light = seen_sides(Detector.of("luma"), pictures, questioned, scale, SEEN)
        best = smallest(light, [light, light], part=1.0)
        each.append(np.inf if best is None else best[0] * best[1])
    assert each == sorted(each)
    assert each[0] < each[-1]


def test_without_anything_seen_there_is_no_limit():
    assert smallest(Seen({}), [Seen({}), Seen({})], part=1.0) is None
    region, contrast, colours = smallest(Seen({24: 3}), [Seen({}), Seen({8: 2})], part=0.5)
    assert (region, contrast, colours) == (pytest.approx(0.5 * (3 / 96) ** 2), 24, False)


def test_the_whole_has_the_weakest_limit_of_its_parts():
    one = Limit(Fraction(1, 100), Fraction(1), 24, "luma+chroma")
    other = Limit(Fraction(1, 200), Fraction(2), 16, "luma")
    assert largest([one, other]) == Limit(Fraction(1, 100), Fraction(2), 24, "luma")
    assert largest([]) is None


def test_one_change_over_two_windows_is_one():
    region = (Fraction(1, 10),) * 4
    parts = [Alteration("picture", Span(Fraction(at), Fraction(at + 1)), region, "logo") for at in (0, 1)]
    assert joined(parts) == [Alteration("picture", Span(Fraction(0), Fraction(2)), region, "logo")]
    apart = replace(parts[1], region=(Fraction(1, 2),) * 4)
    assert joined([parts[0], apart]) == [parts[0], apart]


def test_what_was_done_to_colour_is_named(pictures):
    colours = np.stack([pictures[:, ::4, ::4], 255 - pictures[:, ::4, ::4]], axis=1)
    seen = (SEEN, np.ones((24, 24), bool))
    assert colouring((pictures, colours), (pictures, colours + 1), seen) is None
    assert colouring((pictures, colours), (pictures, np.full_like(colours, 128)), seen) == "grey"
    assert colouring((pictures, colours), (pictures, colours[:, ::-1]), seen) == "colours changed"
    assert colouring((pictures, colours), (pictures + 20, colours), seen) == "light changed"


def test_samples_of_the_other_range_are_compared_as_they_are_shown():
    """Black, white and a pure colour as ITU-T H.273 codes them in 8 bits."""
    limited = np.array([[16.0, 235.0]], np.float32), np.array([[16.0, 240.0]], np.float32)
    full = np.array([[0.0, 255.0]], np.float32), np.array([[0.5, 255.5]], np.float32)
    for one, other in zip(in_range(limited, full=False, wanted=True), full, strict=True):
        assert one == pytest.approx(other)
    for one, other in zip(in_range(full, full=True, wanted=False), limited, strict=True):
        assert one == pytest.approx(other)
    assert in_range(full, full=True, wanted=True) is full


def test_a_box_that_is_told_already_is_no_change_of_colours_throughout(pictures):
    colours = np.stack([pictures[:, ::4, ::4], 255 - pictures[:, ::4, ::4]], axis=1)
    mask = np.zeros((96, 96), bool)
    mask[33:57, 28:53] = True
    painted = colours.copy()
    painted[:, 1, 8:15, 7:14] = 250
    beside = ~covered([Area(0, 9, (0.3, 0.35, 0.55, 0.6), mask)], 24)
    middle = np.zeros((24, 24), bool)
    middle[6:18, 6:18] = True  # little else is seen: the box covers part of every block
    assert colouring((pictures, colours), (pictures, painted), (SEEN, middle)) == "colours changed"
    assert colouring((pictures, colours), (pictures, painted), (SEEN, beside)) is None


# --- through the child ---


@pytest.fixture(scope="module")
def yard(studio, tmp_path_factory):
    """A street that does not move, and something that moves in front of it: what a held camera sees."""
    back, front = (studio.clip(name, size=(320, 180), fps=25, seconds=6, sound=None) for name in ("yard", "walker"))
    out = tmp_path_factory.mktemp("yard") / "yard.mp4"
    graph = (
        "[0:v]trim=end_frame=1,loop=149:1,setpts=N/25/TB,gblur=sigma=1.2,hue=s=0.3[b];[1:v]scale=80:60,gblur=sigma=1[f];"
        "[b][f]overlay=x='20+30*t':y='60+20*sin(2*t)'"
    )
    stock.ffmpeg("-i", back, "-i", front, "-filter_complex", graph, "-t", "6", *CODING[:4], "-crf", "16", out)
    return out


@pytest.fixture
def compared(yard, tmp_path):
    def made(filters):
        out = tmp_path / "copy.mp4"
        stock.ffmpeg("-i", yard, *(("-vf", filters) if filters else ()), *CODING, out)
        with open_source(yard) as source:
            held = measure(source, depth="full", looking="kept")
        with open_source(out) as source:
            return compare_looks(measure(source, depth="full", looking="close"), {"yard": held})

    return made


@pytest.mark.parametrize("filters", ["", "scale=160:-2", "fps=12", "noise=alls=8:allf=t", "gblur=sigma=2", "hflip"])
def test_an_honest_copy_raises_no_alarm(filters, compared):
    answer = compared(filters)
    assert answer.basis == "visual"
    assert [(one.kind, one.what) for one in answer.alterations if one.kind != "mirror"] == []
    assert answer.altered["picture"] == "none-found"
    assert answer.limit.region < Fraction(1, 20)


WHEN = "enable='between(t,2.5,4)'"
SHIFTED = "lutyuv=u='clip(val+30,16,240)':v='clip(val-30,16,240)'"
PLANTED = {
    "painted": (f"drawbox=x=230:y=30:w=40:h=40:color=gray:t=fill:{WHEN}", "picture", {"painted or pasted over"}),
    "blurred": (
        f"split[a][b];[b]crop=40:40:230:30,gblur=sigma=12[c];[a][c]overlay=230:30:{WHEN}",
        "picture",
        {"blurred or pixelated", "painted or pasted over"},
    ),
    "recoloured": (
        f"split[a][b];[b]crop=40:40:230:30,{SHIFTED}[c];[a][c]overlay=230:30:{WHEN}",
        "colour",
        {"recoloured"},
    ),
}


@pytest.mark.parametrize(("filters", "kind", "what"), PLANTED.values(), ids=PLANTED)
def test_a_change_is_told_with_its_place_and_time(filters, kind, what, compared):
    answer = compared(filters)
    (one,) = answer.alterations
    assert (one.kind, one.what in what) == (kind, True)
    assert [float(part) for part in one.region] == pytest.approx([230 / 320, 30 / 180, 40 / 320, 40 / 180], abs=0.07)
    assert (float(one.questioned.start), float(one.questioned.end)) == pytest.approx((2.5, 4.04), abs=0.3)
    assert (answer.relation, answer.altered["picture"]) == ("derivative", "found")
    assert "softBinding.altered" in {note.code for note in said_of(answer.segments, answer.limit)}


def test_a_held_picture_is_told(compared):
    """A second of the recording is replaced by its first picture; nothing gets longer."""
    hold = "[b]trim=start_frame=60:end_frame=61,loop=24:1,setpts=N/25/TB[s]"
    parts = "[a]trim=end_frame=60,setpts=PTS-STARTPTS[x];[c]trim=start_frame=85,setpts=PTS-STARTPTS[y]"
    answer = compared(f"split=3[a][b][c];{hold};{parts};[x][s][y]concat=n=3")
    (one,) = answer.alterations
    assert one.kind == "frozen"
    assert (float(one.questioned.start), float(one.questioned.end)) == pytest.approx((2.4, 3.4), abs=0.1)
    assert (answer.altered["picture"], answer.altered["timing"]) == ("found", "found")


def standing(small, evidence, *, gap=0.2):
    """What :func:`held_in` asks of a file that shows ``small``, a picture every ``gap`` s, and of the recording."""
    times = np.arange(len(small)) * gap
    file = SimpleNamespace(times=times, places=np.arange(len(small)), small=small.astype(np.uint8), gap=gap)
    shown = small.astype(np.float32)
    laid = SimpleNamespace(evidence=evidence, as_coded=(evidence,), questioned=shown, seen=SEEN, wanted=times)
    return held_in(file, laid)


def test_what_is_painted_over_a_scene_that_stands_is_no_standstill(pictures):
    """A street where nothing happens for two seconds, in the recording as well."""
    scene = pictures[np.arange(5).repeat((1, 1, 10, 1, 1))]
    box = scene.copy()
    box[4:9, 20:70, 20:70] += 90
    assert standing(box, scene) == []
    goes_on = pictures[0] + np.linspace(0, 60, 14, dtype=np.float32)[:, None, None]
    frozen = goes_on.copy()
    frozen[3:10] = goes_on[3]
    ((first, last),) = [(one.begins, one.ends) for one in standing(frozen, goes_on)]
    assert (first, last) == (3, 9)
