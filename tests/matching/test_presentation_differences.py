"""The same pictures shown differently: which kind, and what is only informational."""

from dataclasses import replace
from fractions import Fraction

import pytest
from build import SHOWN, STEP, codes, cut, digest, joined, kinds, recoded, recording, related, shown_as, with_video

from provenance.evidence import PacketRows, Presentation, Shown, Track
from provenance.matching.shown import turn

MARKET = recording("market", 60)


def presented(clip, **changes):
    return replace(clip, presentation=replace(clip.presentation, **changes))


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"size": (640, 352)}, "crop"),
        ({"sample_aspect": Fraction(4, 3)}, "aspect"),
        ({"colour_range": "pc"}, "range"),
        ({"matrix": "bt2020nc"}, "colour"),
        ({"transfer": "smpte2084"}, "colour"),
    ],
)
def test_another_value_in_container_or_header_is_a_derivative_of_its_kind(changes, kind):
    for clip in (shown_as(MARKET, **changes), presented(MARKET, stated=replace(SHOWN, **changes))):
        found = related(replace(clip, configuration=digest("other sets")), MARKET)
        assert (found.relation, kinds(found), found.altered["picture" if kind == "colour" else "presentation"]) == (
            "derivative",
            [kind],
            "found",
        )


def test_an_excerpt_shown_differently_stays_an_excerpt():
    found = related(shown_as(cut(MARKET, 0, 25), colour_range="pc"), MARKET)
    assert (found.relation, kinds(found)) == ("excerpt", ["range"])


def test_what_the_container_cannot_carry_is_not_compared():
    evidence = presented(MARKET, stated=replace(SHOWN, sample_aspect=Fraction(4, 3)))
    assert related(replace(MARKET, container="mpegts"), evidence).relation == "same-streams"
    assert kinds(related(MARKET, evidence)) == ["aspect"]


def test_colour_left_unset_is_not_compared_but_range_has_a_default():
    bare = shown_as(MARKET, matrix=None, primaries=None, transfer=None, colour_range=None)
    assert related(bare, MARKET).relation == "same-streams"
    assert kinds(related(shown_as(MARKET, colour_range=None), shown_as(MARKET, colour_range="pc"))) == ["range"]


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [("matrix", "bt470bg", "smpte170m"), ("transfer", "bt709", "bt2020-10"), ("primaries", "smpte170m", "smpte240m")],
)
def test_names_of_one_colour_are_the_same(name, one, other):
    """ITU-T H.273 calls these values functionally the same; programs write one for another."""
    evidence = shown_as(MARKET, **{name: one})
    assert related(shown_as(MARKET, **{name: other}), evidence).relation == "same-streams"
    assert kinds(related(shown_as(MARKET, **{name: "bt2020"}), evidence)) == ["colour"]


def test_container_and_header_that_disagree_in_one_file_only_are_a_difference():
    evidence = presented(MARKET, coded=Shown())
    forged = presented(MARKET, coded=replace(Shown(), sample_aspect=Fraction(2)))
    assert kinds(related(forged, evidence)) == ["aspect"]


def test_a_copy_coded_again_may_have_either_value_of_a_recording_that_disagrees_with_itself():
    evidence = presented(MARKET, coded=replace(Shown(), sample_aspect=Fraction(27, 64)))
    again = recoded(MARKET)
    for value in (None, Fraction(1), Fraction(27, 64)):
        copy = shown_as(again, sample_aspect=value)
        assert kinds(related(copy, evidence)) == []
    assert kinds(related(shown_as(again, sample_aspect=Fraction(2)), evidence)) == ["aspect"]
    assert kinds(related(presented(MARKET, coded=replace(Shown(), sample_aspect=Fraction(1))), evidence)) == ["aspect"]


def test_a_copy_coded_again_has_the_size_that_the_container_shows():
    evidence = presented(MARKET, coded=replace(Shown(), size=(336, 180)))
    assert kinds(related(shown_as(recoded(MARKET), size=SHOWN.size), evidence)) == []
    assert kinds(related(shown_as(recoded(MARKET), size=(336, 180)), evidence)) == ["crop"]


def test_a_header_of_pieces_coded_again_before_the_copied_is_not_held_against_the_recording():
    evidence = presented(MARKET, coded=replace(Shown(), size=(336, 180)))
    edit = joined(recoded(cut(MARKET, 0, 25)), cut(MARKET, 25, len(MARKET.video)))
    smart = shown_as(edit, size=SHOWN.size)
    found = related(smart, evidence, depth="streams")
    assert found.basis == "packets"
    assert "crop" not in kinds(found)
    assert "presentation.notCompared" in codes(found)
    assert "crop" in kinds(related(shown_as(edit, size=(320, 180)), evidence, depth="streams"))
    copied = shown_as(cut(MARKET, 25, len(MARKET.video)), size=SHOWN.size)
    assert "crop" in kinds(related(replace(copied, configuration=digest("forged")), evidence, depth="streams"))


def test_displayed_widths_that_matroska_rounds_are_equal():
    evidence = shown_as(MARKET, sample_aspect=Fraction(40, 33))
    rounded = shown_as(MARKET, sample_aspect=Fraction(776, 640))
    assert related(replace(rounded, container="matroska"), evidence).relation == "same-streams"


@pytest.mark.parametrize("rotation", [90, 270])
def test_a_quarter_turn_is_informational(rotation):
    found = related(presented(MARKET, rotation=rotation), MARKET)
    assert (found.relation, found.segments[0].rotation) == ("same-streams", rotation)
    assert "presentation.turned" in codes(found)


def test_upside_down_is_an_alteration_unless_the_container_lost_the_tag():
    assert kinds(related(presented(MARKET, rotation=180), MARKET)) == ["rotation"]
    turned = presented(MARKET, rotation=180)
    assert related(replace(MARKET, container="mpegts"), turned).relation == "same-streams"
    assert kinds(related(MARKET, turned)) == ["rotation"]


def test_mirroring_is_never_informational():
    found = related(presented(MARKET, mirrored=True, rotation=90), MARKET)
    assert (found.relation, kinds(found)) == ("derivative", ["mirror"])
    assert (found.segments[0].mirrored, found.segments[0].rotation) == (True, 90)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("mirrored", [False, True])
def test_turning_back_and_forth_is_no_turn(rotation, mirrored):
    shown = Presentation(rotation=rotation, mirrored=mirrored)
    assert (turn(shown, shown).rotation % 360 if not mirrored else 0, turn(shown, shown).mirrored) == (0, False)
    one = turn(shown, Presentation())
    assert (one.rotation, one.mirrored) == (rotation, mirrored)


def test_captions_in_the_coded_pictures_are_told():
    captioned = presented(MARKET, captions=3, captions_digest=digest("cc"))
    assert kinds(related(captioned, MARKET)) == ["captions"]
    assert kinds(related(MARKET, captioned)) == ["captions"]
    assert related(captioned, captioned).relation == "same-streams"
    assert kinds(related(cut(captioned, 0, 25), MARKET)) == ["captions"]


def subtitle(text):
    rows = PacketRows((digest(text), digest("pause")), (0, 90), (90, 90), (1, 1), (10, 90), (20, 2))
    return Track(7, "subtitle", "mov_text", Fraction(1, 90), packets=rows)


def test_a_subtitle_track_added_or_exchanged_is_captions():
    plain = MARKET.measure()
    one, other = (replace(plain, tracks=(*plain.tracks, subtitle(text))) for text in ("one", "other"))

    def told(questioned, evidence):
        from provenance.matching.exact import compare

        return kinds(compare(questioned, {"0": evidence}))

    assert told(one, plain) == told(plain, one) == told(one, other) == ["captions"]
    assert told(one, one) == []


def test_a_further_picture_track_is_a_track():
    from provenance.matching.exact import compare

    plain = MARKET.measure()
    extra = replace(recording("extra", 60).measure().tracks[0], index=5)
    both = replace(plain, tracks=(*plain.tracks, extra))
    added, taken, same = compare(both, {"0": plain}), compare(plain, {"0": both}), compare(both, {"0": both})
    assert (added.relation, kinds(added)) == ("derivative", ["track"])
    assert (taken.relation, kinds(taken)) == ("derivative", ["track"])
    assert same.relation == "same-streams"


def test_a_crop_by_the_container_alone_is_not_compared_where_the_other_has_no_field_for_it():
    cropped = presented(MARKET, stated=replace(SHOWN, size=(632, 360)))
    found = related(presented(MARKET, stated=SHOWN), cropped)
    assert kinds(found) == ["crop"]
    found = related(replace(MARKET, container="mpegts"), cropped)
    assert (found.relation, "presentation.notCompared" in codes(found)) == ("same-streams", True)


def test_subtitles_that_the_container_has_no_form_for_are_not_missed():
    from provenance.matching.exact import compare

    plain = MARKET.measure()
    graphics = replace(subtitle("one"), codec="hdmv_pgs_subtitle")
    evidence = replace(MARKET.measure(container="mpegts"), tracks=(*plain.tracks, graphics))
    assert kinds(compare(plain, {"0": evidence})) == []
    assert kinds(compare(replace(plain, container="matroska"), {"0": evidence})) == ["captions"]


EXTRA = recording("extra", 60, sound=False)


def of_two(clip, extra):
    """Measurement of ``clip`` with the picture track of ``extra`` as a further one; no pictures in it if None."""
    plain = clip.measure()
    rows = EXTRA.measure().tracks[0] if extra is None else extra.measure().tracks[0]
    rows = replace(rows, packets=PacketRows(), pictures=None) if extra is None else rows
    return replace(plain, tracks=(*plain.tracks, replace(rows, index=5)))


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda clip: replace(clip, video=clip.video[:30]), "track"),
        (lambda clip: replace(clip, video=clip.video[:20] + clip.video[40:]), "track"),
        (lambda clip: with_video(clip, lambda _, unit: replace(unit, pts=unit.pts + 5 * STEP)), "track"),
        (lambda clip: with_video(clip, lambda _, unit: replace(unit, pts=unit.pts * 2)), "track"),
        (lambda clip: shown_as(replace(clip, configuration=digest("cropped")), size=(640, 352)), "crop"),
        (lambda clip: presented(clip, mirrored=True), "mirror"),
    ],
    ids=["cut", "hole", "later", "slower", "cropped", "mirrored"],
)
def test_what_is_changed_in_a_further_picture_track_is_told(change, kind):
    from provenance.matching.exact import compare

    found = compare(of_two(MARKET, change(EXTRA)), {"0": of_two(MARKET, EXTRA)})
    assert (found.relation, kinds(found)) == ("derivative", [kind])


def test_a_further_picture_track_that_an_excerpt_does_not_reach_is_no_difference():
    from provenance.matching.exact import compare

    evidence = {"0": of_two(MARKET, cut(EXTRA, 0, 10))}
    part = compare(of_two(cut(MARKET, 25, 50), None), evidence)
    assert (part.relation, kinds(part)) == ("excerpt", [])
    whole = compare(of_two(MARKET, None), evidence)
    assert (whole.relation, kinds(whole)) == ("derivative", ["track"])


def test_recoded_pictures_are_compared_with_what_their_container_says():
    assert kinds(related(shown_as(recoded(MARKET), colour_range="pc"), MARKET)) == ["range"]


def test_mirroring_that_the_container_cannot_carry_is_not_compared():
    found = related(replace(MARKET, container="mpegts"), presented(MARKET, mirrored=True))
    assert (found.relation, "presentation.notCompared" in codes(found)) == ("same-streams", True)
