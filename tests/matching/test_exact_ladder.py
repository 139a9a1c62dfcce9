"""Relation, basis and places on synthetic recordings: the rules of formats section 6, one by one."""

from dataclasses import replace
from fractions import Fraction

import pytest
from build import (
    STEP,
    codes,
    cut,
    digest,
    joined,
    kinds,
    moved,
    places,
    recoded,
    recording,
    related,
    seconds,
    with_video,
)

from provenance.evidence import PACKET_CORRUPT, PACKET_DISCARD, PACKET_KEY, PACKET_STORED
from provenance.matching.exact import levels_left_open

MARKET = recording("market", 200)
STRANGER = recording("stranger", 60)
WHOLE = ((Fraction(0), Fraction(8)), (Fraction(0), Fraction(8)), "0")


def painted(number, unit):
    """Another picture in place of this one."""
    return replace(
        unit, digest=digest("painted", number), picture=digest("painted picture", number), size=unit.size + 1
    )


def test_the_same_units_in_other_wrapping_are_same_streams():
    found = related(replace(MARKET, container="matroska"), MARKET)
    assert (found.relation, found.basis, found.sound.relation) == ("same-streams", "packets", "identical")
    assert places(found) == [WHOLE]
    assert set(found.altered.values()) == {"none-found"}


def test_a_start_shift_of_the_whole_file_is_ignored():
    shifted = replace(MARKET, video=moved(MARKET.video, 1280), sound=moved(MARKET.sound, 4800))
    assert related(shifted, MARKET).relation == "same-streams"


def test_rounding_to_milliseconds_is_no_change_of_timing():
    tick = Fraction(1, 1000)
    rounded = replace(
        MARKET,
        tick=tick,
        video=tuple(replace(unit, pts=round(unit.pts * 1000 / 12800), duration=40) for unit in MARKET.video),
    )
    assert related(rounded, MARKET).relation == "same-streams"


def test_a_drift_below_a_tick_a_picture_is_another_speed():
    slower = with_video(MARKET, lambda _, unit: replace(unit, pts=unit.pts * 101 // 100))
    found = related(slower, MARKET)
    assert (found.relation, "speed" in kinds(found)) == ("derivative", True)


def test_the_same_pictures_coded_without_loss_are_same_pictures():
    found = related(recoded(MARKET), MARKET)
    assert (found.relation, found.basis) == ("same-pictures", "pictures")
    assert places(found) == [WHOLE]


def test_a_cut_without_recoding_is_an_excerpt_and_its_reorder_tail_is_understood():
    found = related(cut(MARKET, 50, 131), MARKET)
    assert (found.relation, found.basis, found.sound.relation) == ("excerpt", "packets", "excerpt")
    assert places(found) == [((Fraction(0), seconds(82)), (Fraction(2), Fraction(2) + seconds(82)), "0")]
    assert "cut.reorderTail" in codes(found)
    assert not found.missing
    assert not found.alterations


def test_a_decoded_cut_with_a_reorder_tail_is_an_excerpt_too():
    found = related(recoded(cut(MARKET, 50, 131)), MARKET)
    assert (found.relation, found.basis) == ("excerpt", "pictures")
    assert "cut.reorderTail" in codes(found)
    assert not found.missing


def test_units_stored_before_the_first_shown_picture_are_told_and_change_nothing():
    part = cut(MARKET, 50, 125)
    hidden = with_video(
        part, lambda _, unit: replace(unit, flags=unit.flags | PACKET_DISCARD) if unit.pts < 10 * STEP else unit
    )
    found = related(hidden, MARKET)
    assert (found.relation, found.basis) == ("excerpt", "packets")
    assert found.segments[0].stored_evidence.start == 2
    assert found.segments[0].evidence.start == 2 + seconds(10)
    assert "cut.preroll" in codes(found)
    assert not kinds(found)


def test_hiding_behind_a_key_picture_is_no_lead_in():
    part = cut(MARKET, 50, 150)  # key pictures at 0, 25, 50 and 75 of the part
    hidden = with_video(
        part, lambda _, unit: replace(unit, flags=unit.flags | PACKET_DISCARD) if unit.pts < 35 * STEP else unit
    )
    found = related(hidden, MARKET)
    assert (found.relation, kinds(found)) == ("excerpt", ["hidden"])


def test_a_cut_that_steps_back_behind_the_nearest_key_picture_is_understood():
    part = cut(MARKET, 50, 150)
    hidden = with_video(
        part, lambda _, unit: replace(unit, flags=unit.flags | PACKET_DISCARD) if unit.pts < 27 * STEP else unit
    )
    found = related(hidden, MARKET)
    assert (found.relation, kinds(found)) == ("excerpt", [])


@pytest.mark.parametrize("hidden", [range(150, 200), range(60, 90)])
def test_hiding_a_part_of_the_whole_is_never_informational(hidden):
    numbers = {number * STEP for number in hidden}
    shows_less = with_video(
        MARKET, lambda _, unit: replace(unit, flags=unit.flags | PACKET_STORED) if unit.pts in numbers else unit
    )
    found = related(shows_less, MARKET)
    assert found.relation == "derivative"
    assert "hidden" in kinds(found)
    assert found.altered["presentation"] == "found"


def test_an_edit_that_leaves_out_the_middle_and_shifts_the_rest_is_hiding():
    def edit(_, unit):
        if unit.pts < 60 * STEP:
            return unit
        if unit.pts < 90 * STEP:
            return replace(unit, flags=unit.flags | PACKET_DISCARD, pts=60 * STEP)
        return replace(unit, pts=unit.pts - 30 * STEP)

    found = related(with_video(MARKET, edit), MARKET)
    assert found.relation == "derivative"
    assert "hidden" in kinds(found)


def test_what_a_container_hid_and_another_shows_is_revealed():
    evidence = with_video(
        MARKET, lambda _, unit: replace(unit, flags=unit.flags | PACKET_DISCARD) if unit.pts < 5 * STEP else unit
    )
    found = related(MARKET, evidence)
    assert (found.relation, "presentation.revealed" in codes(found)) == ("same-streams", True)


def test_parts_in_another_order_with_foreign_pictures_are_a_composite():
    edit = joined(cut(MARKET, 50, 125), STRANGER, cut(MARKET, 0, 50))
    found = related(edit, MARKET)
    assert found.relation == "composite"
    assert [(one.start, one.end) for one in found.unmatched] == [(seconds(75), seconds(135))]
    assert [place[1] for place in places(found)] == [(Fraction(2), Fraction(5)), (Fraction(0), Fraction(2))]


def test_parts_of_several_recordings_are_told_piece_by_piece():
    edit = joined(cut(MARKET, 50, 125), STRANGER, cut(MARKET, 0, 50))
    found = related(edit, MARKET, STRANGER)
    assert (found.relation, found.source) == ("composite", "0")
    assert [place[2] for place in places(found)] == ["0", "1", "0"]
    assert not found.unmatched


def test_pictures_taken_out_of_the_whole_make_a_derivative_however_long_the_hole():
    found = related(joined(cut(MARKET, 0, 50), cut(MARKET, 150, 200)), MARKET)
    assert (found.relation, kinds(found)) == ("derivative", ["removed"])
    assert [(one.start, one.end) for one in found.missing] == [(Fraction(2), Fraction(6))]


def test_pictures_dropped_while_the_rest_stays_in_place_are_removed():
    found = related(recoded(with_video(MARKET, lambda _, unit: None if 60 <= unit.pts // STEP < 80 else unit)), MARKET)
    assert (found.relation, kinds(found)) == ("derivative", ["removed"])
    assert found.alterations[0].questioned.start == seconds(60)
    assert [(one.start, one.end) for one in found.missing] == [(seconds(60), seconds(80))]


def test_foreign_pictures_inside_the_whole_make_a_derivative():
    found = related(joined(cut(MARKET, 0, 50), STRANGER, cut(MARKET, 50, 200)), MARKET)
    assert (found.relation, kinds(found)) == ("derivative", ["inserted"])
    assert [(one.start, one.end) for one in found.unmatched] == [(seconds(50), seconds(110))]


def test_foreign_pictures_before_the_whole_make_a_composite():
    assert related(joined(STRANGER, MARKET), MARKET).relation == "composite"


@pytest.mark.parametrize(("hole", "relation"), [(25, "excerpt"), (75, "composite")])
def test_an_excerpt_may_have_a_small_hole(hole, relation):
    found = related(joined(cut(MARKET, 25, 75), cut(MARKET, 75 + hole, 175)), MARKET)
    assert (found.relation, kinds(found)) == (relation, ["removed"])


@pytest.mark.parametrize("first", [0, 80, 190])
def test_pictures_painted_over_in_place_are_told_with_their_time(first):
    span = range(first, first + 10)
    edit = recoded(with_video(MARKET, lambda number, unit: painted(number, unit) if unit.pts // STEP in span else unit))
    found = related(edit, MARKET)
    assert (found.relation, kinds(found)) == ("derivative", ["picture"])
    (told,) = [one.questioned for one in found.alterations]
    assert (told.start, told.end) == (seconds(first), seconds(first + 10))
    assert not found.unmatched


def test_a_unit_of_the_same_size_with_other_bytes_is_damage():
    hurt = with_video(
        MARKET,
        lambda number, unit: replace(unit, digest=digest("hurt"), picture=digest("smeared")) if number == 60 else unit,
    )
    found = related(hurt, MARKET)
    assert (found.relation, found.basis, kinds(found)) == ("derivative", "packets", ["damage"])
    assert found.altered["picture"] == "found"


def test_fewer_other_pictures_in_place_are_changed_and_removed():
    def edit(number, unit):
        at = unit.pts // STEP
        return None if 64 <= at < 70 else painted(number, unit) if 60 <= at < 64 else unit

    found = related(recoded(with_video(MARKET, edit)), MARKET)
    assert (found.relation, kinds(found)) == ("derivative", ["picture", "removed"])
    assert [(one.start, one.end) for one in found.missing] == [(seconds(64), seconds(70))]


def test_an_incomplete_last_unit_is_a_cut():
    part = cut(MARKET, 0, 120)
    last = replace(part.video[-1], digest=digest("half"), size=100, flags=PACKET_CORRUPT, picture=digest("smear"))
    found = related(replace(part, video=(*part.video[:-1], last)), MARKET)
    assert (found.relation, kinds(found), found.unmatched) == ("excerpt", [], ())
    assert "cut.partialUnit" in codes(found)


def test_a_picture_held_in_place_of_others_is_frozen():
    held = sorted(MARKET.video, key=lambda unit: unit.pts)
    frozen = [
        replace(unit, picture=held[80].picture) if 80 < number < 100 else unit for number, unit in enumerate(held)
    ]
    found = related(recoded(replace(MARKET, video=tuple(frozen))), MARKET)
    assert kinds(found) in (["frozen"], ["picture"])


def test_pictures_that_stand_longer_are_frozen():
    held = sorted(MARKET.video, key=lambda unit: unit.pts)
    again = [replace(held[80], pts=held[80].pts + (number + 1) * STEP) for number in range(20)]
    later = [replace(unit, pts=unit.pts + 20 * STEP) for unit in held[81:]]
    found = related(recoded(replace(MARKET, video=(*held[:81], *again, *later), sound=())), replace(MARKET, sound=()))
    assert (found.relation, kinds(found)) == ("derivative", ["frozen"])


def test_half_speed_by_the_time_scale_is_a_derivative_with_its_factor():
    slow = with_video(MARKET, lambda _, unit: replace(unit, pts=unit.pts * 2, duration=unit.duration * 2))
    slow = replace(slow, sound=tuple(replace(unit, pts=unit.pts * 2) for unit in MARKET.sound))
    found = related(slow, MARKET)
    assert (found.relation, kinds(found)) == ("derivative", ["speed"])
    assert found.segments[0].speed == Fraction(1, 2)


def test_a_recording_with_every_other_picture_dropped_is_one_segment():
    halved = with_video(MARKET, lambda _, unit: unit if unit.pts // STEP % 2 == 0 else None)
    found = related(recoded(halved), MARKET)
    assert len(found.segments) == 1
    assert kinds(found) == ["removed"]


def test_another_recording_is_no_match():
    found = related(STRANGER, MARKET)
    assert (found.relation, found.basis, found.source, found.segments) == ("no-match", "none", None, ())


def test_one_picture_equal_to_a_moment_is_a_still():
    shot = MARKET.video[76]
    one = replace(recoded(MARKET), video=(replace(shot, pts=0, flags=PACKET_KEY, digest=digest("shot")),), sound=())
    found = related(one, MARKET)
    assert (found.relation, found.basis) == ("still", "pictures")
    at = Fraction(shot.pts, 12800)
    assert places(found) == [((Fraction(0), Fraction(0)), (at, at), "0")]


def test_a_still_of_equal_moments_is_their_interval():
    held = sorted(MARKET.video, key=lambda unit: unit.pts)
    static = replace(MARKET, video=tuple(replace(unit, picture=held[50].picture) for unit in held[50:60]))
    evidence = replace(MARKET, video=(*held[:50], *static.video, *held[60:]))
    one = replace(recoded(MARKET), video=(replace(held[50], pts=0, digest=digest("shot")),), sound=())
    assert places(related(one, evidence))[0][1] == (seconds(50), seconds(59))


def test_demuxing_settles_what_needs_no_decoding():
    known = {"0": MARKET.measure()}
    assert not levels_left_open(MARKET.measure("streams"), known)
    assert not levels_left_open(cut(MARKET, 50, 125).measure("streams"), known)
    assert levels_left_open(recoded(MARKET).measure("streams"), known)
    assert levels_left_open(joined(cut(MARKET, 50, 125), STRANGER).measure("streams"), known)
    assert levels_left_open(MARKET.measure("streams"), {})


def test_other_parameter_sets_are_decided_by_the_pictures():
    same = replace(MARKET, configuration=digest("other sets"))
    found = related(same, MARKET)
    assert (found.relation, found.basis) == ("same-pictures", "pictures")
    assert "configuration.differs" in codes(found)
    other = with_video(same, lambda number, unit: replace(unit, picture=digest("decoded otherwise", number)))
    assert kinds(related(other, MARKET)) == ["picture"]
    undecoded = related(same, MARKET, depth="streams")
    assert undecoded.altered["picture"] == "cannot-tell"


def test_half_speed_of_a_recording_with_hidden_units_is_one_segment():
    def hide(_, unit):
        return replace(unit, flags=unit.flags | PACKET_DISCARD) if unit.pts < 5 * STEP else unit

    evidence = replace(with_video(MARKET, hide), sound=())
    slow = with_video(evidence, lambda _, unit: replace(unit, pts=unit.pts * 2))
    found = related(slow, evidence)
    assert [segment.speed for segment in found.segments] == [Fraction(1, 2)]


@pytest.mark.parametrize(("ticks", "kind"), [(30 * STEP, "frozen"), (-STEP // 2, "speed")])
def test_a_picture_shown_for_another_time_is_told(ticks, kind):
    later = with_video(MARKET, lambda _, unit: replace(unit, pts=unit.pts + ticks) if unit.pts >= 100 * STEP else unit)
    found = related(replace(later, sound=()), replace(MARKET, sound=()))
    assert found.relation == "derivative"
    assert kind in kinds(found)
