"""What is on the sheet: pictures that belong together, and outlines where they belong."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest

from hand_made import comparison, segment, span
from provenance.comparison import Alteration, Limit
from provenance.media.render.compare import compare
from provenance.media.render.footage import laid
from provenance.media.render.laid import whole_of
from provenance.media.render.outline import STYLES
from provenance.media.render.sheet import COLUMN, WIDTH
from provenance.media.render.words import Words


def made(footage, questioned, evidence, found, **names):
    return compare(Words(found, names), footage(questioned), {"theirs": footage(evidence)}, spread=4)


def decoded(sheet):
    return cv2.cvtColor(cv2.imdecode(np.frombuffer(sheet.png, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def difference(row, found):
    """Mean difference of levels between both pictures of a row, the evidence laid and cut as the segment says."""
    one = found.segments[row.pair.segment]
    theirs = laid(row.evidence.picture, whole_of(one))
    left, top, width, height = (float(side) for side in whole_of(one).region(one.region))
    down, across = theirs.shape[:2]
    theirs = theirs[
        round(top * down) : round((top + height) * down), round(left * across) : round((left + width) * across)
    ]
    theirs = cv2.resize(theirs, row.questioned.picture.shape[1::-1], interpolation=cv2.INTER_AREA)
    return float(np.abs(theirs.astype(int) - row.questioned.picture.astype(int)).mean())


COPIES = {
    "excerpt": (("-ss", "1", "-t", "2", "-an"), segment((0, 2), (1, 3))),
    "mirrored": (("-ss", "1", "-t", "2", "-vf", "hflip"), segment((0, 2), (1, 3), mirrored=True)),
    "turned": (("-vf", "transpose=clock"), segment((0, 4), (0, 4), rotation=90)),
    "mirrored and turned": (
        ("-vf", "hflip,transpose=cclock"),
        segment((0, 4), (0, 4), mirrored=True, rotation=270),
    ),
    "half speed": (("-vf", "setpts=2*PTS", "-fps_mode", "vfr", "-an"), segment((0, 8), (0, 4), speed=Fraction(1, 2))),
    "another rate": (("-vf", "fps=12.5:round=up"), segment((0, 4), (0, 4))),
    "cropped": (
        ("-vf", "crop=iw/2:ih/2:iw/4:ih/2"),
        segment((0, 4), (0, 4), region=(Fraction(1, 4), Fraction(1, 2), Fraction(1, 2), Fraction(1, 2))),
    ),
}


@pytest.mark.parametrize("name", COPIES)
def test_pictures_side_by_side_show_the_same_moment(footage, recording, copied, name):
    words, one = COPIES[name]
    found = comparison(one)
    sheet = made(footage, copied(*words), recording, found)
    assert len(sheet.rows) == 4
    off = {row.questioned.start: difference(row, found) for row in sheet.rows}
    assert max(off.values()) < 18, off  # coding alone; the neighbouring picture differs by 55 to 78
    apart = [abs(row.pair.evidence - row.evidence.start) for row in sheet.rows]
    assert max(apart) < Fraction(1, 12)


def test_a_file_whose_clock_does_not_begin_at_zero_is_shown_by_the_verdict_s_clock(footage, recording, copied):
    moved = copied("-an", "-c", "copy", "-output_ts_offset", "7", suffix=".ts")
    found = comparison(segment((0, 4), (0, 4)))
    sheet = made(footage, moved, recording, found)
    assert [row.questioned.start for row in sheet.rows] == pytest.approx([row.evidence.start for row in sheet.rows])
    assert max(difference(row, found) for row in sheet.rows) < 1


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_files_that_a_player_turns_are_shown_as_it_does(footage, clip, recording, rotation):
    found = comparison(segment((0, 4), (0, 4), rotation=rotation))
    sheet = made(footage, clip("pier", rotation=rotation), recording, found)
    assert max(difference(row, found) for row in sheet.rows) < 1


def marked(picture, style):
    return (np.abs(picture.astype(int) - STYLES[style]).max(axis=2) < 12).astype(np.uint8)


def test_what_was_changed_is_outlined_in_both_pictures_at_the_same_place(footage, recording, clip):
    region = (Fraction(1, 4), Fraction(1, 4), Fraction(1, 2), Fraction(1, 4))
    painted = Alteration("picture", span(1, 2), region, "logo")
    found = comparison(segment((0, 4), (0, 4), alterations=(painted,)))
    black = clip("pier", content="black")
    picture = decoded(made(footage, black, black, found))
    assert picture.shape[1] == WIDTH
    lines = marked(picture, "changed")
    rows = np.flatnonzero(lines[:, 16 : 16 + COLUMN].any(1))
    left, right = lines[:, 16 : 16 + COLUMN], lines[:, 32 + COLUMN : 32 + 2 * COLUMN]
    first = slice(rows[0], rows[0] + round(COLUMN * 9 / 16 / 4) + 8)
    assert np.array_equal(left[first], right[first])
    columns = np.flatnonzero(left[first].any(0))
    assert columns[0] == pytest.approx(COLUMN / 4, abs=4)
    assert columns[-1] == pytest.approx(COLUMN * 3 / 4, abs=4)


def test_the_part_that_is_shown_is_outlined_in_the_evidence_alone(footage, recording, clip):
    region = (Fraction(0), Fraction(1, 2), Fraction(1, 2), Fraction(1, 2))
    black = clip("pier", content="black")
    found = comparison(segment((0, 4), (0, 4), region=region, mirrored=True))
    lines = marked(decoded(made(footage, black, black, found))[:-250], "visible")
    assert not lines[:, : 16 + COLUMN].any()
    columns = np.flatnonzero(lines[:, 32 + COLUMN :].any(0))  # mirrored: the left half lies on the right
    assert columns[0] == pytest.approx(COLUMN / 2, abs=6)
    assert columns[-1] == pytest.approx(COLUMN, abs=8)


def test_in_a_picture_between_bars_a_change_is_outlined_where_it_lies_in_each(footage, recording, clip):
    inset = (Fraction(1, 4), Fraction(1, 4), Fraction(1, 2), Fraction(1, 2))
    painted = Alteration("picture", span(1, 2), (Fraction(3, 8), Fraction(3, 8), Fraction(1, 4), Fraction(1, 8)))
    in_bars = Alteration("picture", span(1, 2), (Fraction(0), Fraction(0), Fraction(1, 8), Fraction(1, 8)))
    black = clip("pier", content="black")
    found = comparison(segment((0, 4), (0, 4), place=inset, alterations=(painted, in_bars)))
    picture = decoded(made(footage, black, black, found))[:-250]
    changed, visible = marked(picture, "changed"), marked(picture, "visible")
    left, right = changed[:, 16 : 16 + COLUMN], changed[:, 32 + COLUMN : 32 + 2 * COLUMN]
    assert np.flatnonzero(left.any(0))[0] == pytest.approx(0, abs=4)  # what was put into the bars, in A alone
    columns = np.flatnonzero(right.any(0))
    assert columns[0] == pytest.approx(COLUMN / 4, abs=4)
    assert columns[-1] == pytest.approx(COLUMN * 3 / 4, abs=4)
    seen = np.flatnonzero(visible[:, 16 : 16 + COLUMN].any(0))
    assert seen[0] == pytest.approx(COLUMN / 4, abs=6)
    assert seen[-1] == pytest.approx(COLUMN * 3 / 4, abs=8)
    assert not visible[:, 32 + COLUMN : 32 + 2 * COLUMN].any()


def test_what_has_no_counterpart_is_beside_an_empty_place(footage, recording):
    found = comparison(segment((0, 2), (0, 2)), unmatched=(span(2, 4),), missing=(span(2, 3),))
    sheet = made(footage, recording, recording, found)
    assert [(row.questioned is None, row.evidence is None) for row in sheet.rows[-2:]] == [(False, True), (True, False)]
    assert sheet.rows[-1].evidence.start == Fraction(5, 2) - Fraction(1, 50)


def test_the_png_holds_nothing_but_pixels(footage, recording):
    png = made(footage, recording, recording, comparison(segment((0, 4), (0, 4)))).png
    kinds, at = [], 8
    while at < len(png):
        kinds.append(png[at + 4 : at + 8])
        at += 12 + int.from_bytes(png[at : at + 4], "big")
    assert set(kinds) == {b"IHDR", b"IDAT", b"IEND"}


def test_names_are_written_only_when_they_are_given(footage, recording):
    found = comparison(segment((0, 4), (0, 4)))
    sheets = [
        decoded(made(footage, recording, recording, found)),
        decoded(
            compare(
                Words(found, {None: "x" * 300 + ".mp4"}), footage(recording), {"theirs": footage(recording)}, spread=4
            )
        ),
    ]
    assert sheets[1].shape[0] > sheets[0].shape[0]
    assert sheets[1].shape[1] == WIDTH


@pytest.mark.parametrize(
    ("basis", "axis", "limit", "said"),
    [
        ("visual", "not-examined", None, "was not examined"),
        ("visual", "cannot-tell", None, "cannot tell"),
        ("sound", "cannot-tell", None, "cannot be told"),
        ("visual", "none-found", Limit(Fraction(1, 250), Fraction(4, 5), 12, "luma"), "0.4 % of the picture for 0.8 s"),
        ("visual", "found", Limit(Fraction(1, 250), Fraction(4, 5), 12, "luma"), "by 12 of 255 levels of light"),
        ("pictures", "none-found", None, None),
    ],
)
def test_how_far_pictures_were_examined_stands_below_them(basis, axis, limit, said):
    found = replace(comparison(segment((0, 4), (0, 4))), basis=basis, altered={"picture": axis}, limit=limit)
    *examined, always = Words(found).limits
    assert "does not show that the scene is true" in always
    assert len(examined) == (said is not None)
    assert said is None or said in examined[0]
    assert all(line.isascii() for line in examined)  # what the letters of the sheet can show
