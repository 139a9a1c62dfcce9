"""Sound prints held against each other: places, speeds, states, and what must not be found."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.binding.soundprint import SoundPrintObserver
from provenance.comparison import Comparison, Segment, Span
from provenance.evidence import Measurement, PacketRows, Track
from provenance.matching.relation import NO_AXES
from provenance.matching.sounds.companion import compare_prints
from provenance.matching.sounds.heard import Course, Heard, beside, differences
from provenance.matching.sounds.relation import compare_alone, with_sound
from provenance.matching.sounds.search import runs
from provenance.matching.sounds.states import stretches
from speech import RATE, speech

TALK = speech("talk", 14)
OTHER = speech("somebody else", 14)


def measured(sound, *, video=False):
    """A file of one sound track with this sound."""
    observer = SoundPrintObserver(Fraction(1, RATE))
    observer.update((np.clip(sound, -1, 1)[:, None] * 32_000).astype("<i2"), 0, RATE)
    packets = PacketRows((bytes(24),), (0,), (len(sound),), (1,), (-1,), (9,))
    track = Track(0, "sound", "aac", Fraction(1, RATE), packets=packets, sound_print=observer.result())
    tracks = (track, Track(1, "video", "h264", Fraction(1, 25))) if video else (track,)
    return Measurement("audio", "whole", "mov", "full", tracks)


def heard(sound, source="held"):
    return Heard.of(source, measured(sound))


def part(sound, start, end):
    return sound[round(start * RATE) : round(end * RATE)]


HELD = {"talk": measured(TALK, video=True), "other": measured(OTHER)}
TALK_HEARD = heard(TALK)


def seconds(span):
    return pytest.approx((float(span.start), float(span.end)), abs=0.16)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.floats(0, 11), st.floats(2.6, 9))
def test_sound_cut_anywhere_gives_that_interval_back(start, length):
    end = min(start + length, 14)
    found = compare_alone(measured(part(TALK, start, end)), HELD)
    assert (found.source, found.basis) == ("talk", "sound")
    assert len(found.segments) == 1
    assert (float(found.segments[0].evidence.start), float(found.segments[0].evidence.end)) == pytest.approx(
        (start, end), abs=0.35
    )
    moved = found.segments[0].evidence.start - found.segments[0].questioned.start
    assert float(moved) == pytest.approx(start, abs=0.02)
    assert found.relation == ("excerpt" if end - start < 13 else found.relation)


def test_the_whole_is_a_rendition_and_has_its_own_words():
    found = compare_alone(measured(TALK), HELD)
    assert (found.relation, found.basis, found.sound.relation) == ("rendition", "sound", "same")
    assert [note.code for note in found.notes] == ["sound.sameEvent"]
    assert found.altered["sound"] == "none-found"
    assert all(one.similarity < 1 for one in found.segments)


def test_pieces_of_two_recordings_and_of_none_are_a_composite():
    mixed = np.concatenate([part(OTHER, 2, 6), part(TALK, 5, 10), speech("a third", 4)])
    found = compare_alone(measured(mixed), HELD)
    assert (found.relation, found.source) == ("composite", "talk")
    assert [one.source for one in found.segments] == ["other", "talk"]
    assert [float(one.evidence.start) for one in found.segments] == pytest.approx([2, 5], abs=0.15)
    assert [float(one.evidence.end) for one in found.segments] == pytest.approx([6, 10], abs=0.35)
    assert [float(gap.start) for gap in found.unmatched] == [pytest.approx(9, abs=0.4)]


@pytest.mark.parametrize("factor", [0.92, 0.95, 1.05, 1.09])
def test_sound_played_faster_with_its_pitch_is_found_with_its_speed(factor):
    places = np.arange(0, len(TALK) - 1, factor)
    (run,) = runs(heard(np.interp(places, np.arange(len(TALK)), TALK), "fast"), TALK_HEARD)
    assert run.course.speed == pytest.approx(factor, abs=0.002)
    assert run.last - run.first > 0.9 * len(TALK_HEARD) / factor
    found = compare_alone(measured(np.interp(places, np.arange(len(TALK)), TALK)), HELD)
    assert (found.relation, [one.kind for one in found.alterations]) == ("derivative", ["speed"])


def test_a_few_seconds_are_found_in_a_long_file_and_the_reverse():
    long = np.concatenate([speech(f"stranger {number}", 20) for number in range(4)])
    long[30 * RATE : 35 * RATE] = part(TALK, 3, 8)
    short = heard(part(TALK, 3, 8), "short")
    (run,) = runs(heard(long, "long"), short)
    assert (run.first, run.last) == (pytest.approx(1500, abs=15), pytest.approx(1750, abs=15))
    (back,) = runs(short, heard(long, "long"))
    assert back.course.place(0) == pytest.approx(1500, abs=2)


@pytest.mark.parametrize("sound", [np.zeros(6 * RATE), np.full(6 * RATE, 0.5), np.sin(np.arange(6 * RATE) / 20)])
def test_silence_and_one_tone_match_nothing(sound):
    assert compare_alone(measured(sound), {**HELD, "own": measured(np.zeros(6 * RATE))}) is None


def test_no_print_no_answer():
    bare = Measurement("audio", "whole", "mov", "full", (replace(HELD["talk"].tracks[0], sound_print=None),))
    assert compare_alone(bare, HELD) is None
    assert compare_alone(measured(TALK), {"bare": bare}) is None


def test_older_evidence_without_a_print_is_not_checked():
    pictures = Segment(Span(Fraction(0), Fraction(14)), Span(Fraction(0), Fraction(14)), "bare", "visual", 9)
    by_looks = Comparison("rendition", "visual", "bare", (pictures,), altered=dict(NO_AXES))
    bare = replace(HELD["talk"], tracks=(replace(HELD["talk"].tracks[0], sound_print=None),))
    found = with_sound(by_looks, measured(TALK), {"bare": bare})
    assert (found.relation, found.sound.relation, found.altered["sound"]) == (
        "rendition",
        "not-checked",
        "not-examined",
    )
    assert [note.code for note in found.notes] == ["sound.notCompared"]
    assert with_sound(by_looks, measured(TALK), {"bare": HELD["talk"]}).sound.relation == "same"


def test_a_pitch_moves_bits():
    ours, theirs = np.array([0b1011], np.uint64), np.array([0b101], np.uint64)
    assert differences(ours, theirs, -1) == (np.array([0.0]), 63)
    assert differences(theirs, ours, 1)[0] == 0  # the bit that has no partner is not counted


def test_silence_on_both_sides_is_neutral_and_on_one_it_is_told():
    quiet = TALK.copy()
    quiet[4 * RATE : 6 * RATE] = 0
    rows = np.arange(len(TALK_HEARD))
    both = stretches(beside(heard(quiet), heard(quiet), rows, Course(0.0)))
    assert [one.same for one in both] == [True]
    hushed = stretches(beside(heard(quiet), TALK_HEARD, rows, Course(0.0)))
    assert [(one.same, one.hushed > 60) for one in hushed] == [(True, False), (False, True), (True, False)]
    added = stretches(beside(TALK_HEARD, heard(quiet), rows, Course(0.0)))
    assert [one.added > 60 for one in added] == [False, True, False]


def beside_pictures(sound, start, end, *, whole=True, speed=1):
    pictures = Segment(
        Span(Fraction(0), Fraction(end - start) / speed), Span(Fraction(start), Fraction(end)), "held", "visual", 9
    )
    return compare_prints(heard(sound, ""), TALK_HEARD, [replace(pictures, speed=Fraction(speed))], whole=whole)


def test_relations_beside_pictures():
    assert beside_pictures(TALK, 0, 14).comparison.relation == "same"
    assert beside_pictures(part(TALK, 3, 9), 3, 9, whole=False).comparison.relation == "excerpt"
    assert beside_pictures(OTHER, 0, 14).comparison.relation == "replaced"
    assert beside_pictures(TALK * 0, 0, 14).comparison.relation == "silent"
    assert beside_pictures(TALK, 0, 14, speed=3) is None


def test_a_picture_that_is_held_for_ages_costs_no_memory_and_leaves_the_sound_the_recordings():
    held = Segment(Span(Fraction(0), Fraction(2**36)), Span(Fraction(0), Fraction(14)), "held", "visual", 9)
    found = compare_prints(heard(TALK, ""), TALK_HEARD, [held], whole=True)
    assert found.comparison.relation == "same"
    assert found.comparison.segments[0].questioned.end < 14 + 61  # silence is told of for a minute


@pytest.mark.parametrize("length", [0.75, 1, 2, 5])
def test_a_part_that_was_exchanged_is_told_with_its_range(length):
    changed = TALK.copy()
    changed[4 * RATE : round((4 + length) * RATE)] = OTHER[: round(length * RATE)]
    found = beside_pictures(changed, 0, 14)
    assert found.comparison.relation == "partly-replaced"
    (alteration,) = found.alterations
    assert (alteration.kind, alteration.what) == ("sound", "other sound")
    assert seconds(alteration.questioned) == (4, 4 + length)
    assert not found.throughout


def test_a_shift_is_told_beside_the_pictures():
    for shift in (0.25, 0.8, -0.6):
        moved = np.roll(TALK, round(shift * RATE))
        found = beside_pictures(moved, 0, 14)
        assert float(found.comparison.shift) == pytest.approx(shift, abs=0.02)
        assert [one.kind for one in found.alterations] == ["sound-offset"]
    near = beside_pictures(np.roll(TALK, round(0.06 * RATE)), 0, 14)
    assert (near.comparison.relation, near.comparison.shift, near.alterations) == ("same", 0, ())


def visual(start, end, there, speed=1):
    here = Span(Fraction(start), Fraction(end))
    return Segment(
        here, Span(Fraction(there), Fraction(there) + here.length * speed), "held", "visual", 9, speed=Fraction(speed)
    )


def cut_out(sound, at, length):
    return np.concatenate([sound[: round(at * RATE)], sound[round((at + length) * RATE) :]])


@pytest.mark.parametrize("length", [0.14, 0.2, 0.5])
def test_sound_behind_a_cut_that_the_pictures_do_not_show_is_moved_and_not_other(length):
    questioned = heard(cut_out(TALK, 6, length), "")
    found = compare_prints(questioned, TALK_HEARD, [visual(0, Fraction(13), 0)], whole=True)
    assert (found.comparison.relation, float(found.comparison.shift)) == ("excerpt", pytest.approx(-length, abs=0.03))
    (alteration,) = found.alterations
    assert alteration.kind == "sound-offset"
    assert seconds(alteration.questioned) == (6, 13)
    assert [float(one.evidence.start - one.questioned.start) for one in found.comparison.segments] == [
        pytest.approx(0, abs=0.03),
        pytest.approx(length, abs=0.03),
    ]


def test_sound_that_jumps_with_its_pictures_is_the_recordings():
    questioned = heard(cut_out(TALK, 6, 0.2), "")
    for joint in (6, Fraction(62, 10), Fraction(58, 10)):  # by looks a joint is told a little early or late
        pictures = [visual(0, joint, 0), visual(joint, Fraction(138, 10), joint + Fraction(1, 5))]
        found = compare_prints(questioned, TALK_HEARD, pictures, whole=True)
        assert (found.comparison.relation, found.alterations) == ("same", ())


def test_other_sound_behind_a_jump_is_still_told():
    changed = cut_out(TALK, 5, 0.2)
    changed[9 * RATE : 11 * RATE] = OTHER[: 2 * RATE]
    found = compare_prints(heard(changed, ""), TALK_HEARD, [visual(0, Fraction(138, 10), 0)], whole=True)
    assert found.comparison.relation == "partly-replaced"
    (told,) = [one for one in found.alterations if one.what == "other sound"]
    assert seconds(told.questioned) == (9, 11)
    assert {one.kind for one in found.alterations} == {"sound", "sound-offset"}


@pytest.mark.parametrize("speed", ["0.5", "0.8", "1.25", "1.5", "2"])
def test_sound_at_the_speed_of_its_pictures_is_the_recordings_and_other_sound_is_not(speed):
    speed = Fraction(speed)
    pictures = [visual(0, 14 / speed, 0, speed)]
    for sound, relations in ((TALK, {"same"}), (OTHER, {"replaced", "not-checked"})):
        places = np.arange(0, len(sound) - 1, float(speed))
        played = heard(np.interp(places, np.arange(len(sound)), sound), "")
        found = compare_prints(played, TALK_HEARD, pictures, whole=True)
        assert (found.comparison.relation if found else "not-checked") in relations


def test_what_a_print_cannot_say_at_another_speed_is_not_called_other_sound():
    noise = part(OTHER, 0, 3)  # too short for other sound to be told from sound that kept its pitch
    found = compare_prints(heard(noise, ""), TALK_HEARD, [visual(0, 3, 4, Fraction(5, 4))], whole=False)
    assert found is None
