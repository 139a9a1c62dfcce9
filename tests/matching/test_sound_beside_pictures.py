"""The sound beside exact pictures: identical, excerpt, replaced, in part, silent, absent, shifted."""

from dataclasses import replace
from fractions import Fraction

from build import (
    SOUND_STEP,
    STEP,
    Clip,
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
    sound_of,
    with_video,
)

from provenance.evidence import PACKET_DISCARD
from provenance.matching.loudness import correlation

MARKET = recording("market", 200)
OTHER = tuple(sound_of("somewhere else", 200))
SILENCE = tuple(replace(unit, digest=digest("s"), picture=digest("s"), level=0, size=20) for unit in MARKET.sound)


def with_sound(sound):
    return replace(MARKET, sound=tuple(sound))


def resung(clip, loudness=lambda level: level):
    """The same sound in another coding: other packets, other samples, the loudness of ``loudness``."""
    return replace(
        clip,
        sound=tuple(
            replace(
                unit,
                digest=digest("aac2", unit.digest),
                picture=digest("aac2", unit.picture),
                level=loudness(unit.level),
            )
            for unit in clip.sound
        ),
    )


def test_other_sound_is_replaced():
    found = related(with_sound(OTHER), MARKET)
    assert (found.relation, found.sound.relation, kinds(found)) == ("derivative", "replaced", ["sound"])
    assert found.altered["sound"] == "found"
    assert found.altered["picture"] == "none-found"


def test_other_sound_beside_an_excerpt_leaves_it_an_excerpt():
    part = cut(MARKET, 50, 175)
    found = related(replace(part, sound=OTHER[: len(part.sound)]), MARKET)
    assert (found.relation, found.sound.relation, kinds(found)) == ("excerpt", "replaced", ["sound"])


def test_sound_replaced_in_one_stretch_is_told_with_its_time():
    mixed = [
        other if 100 <= number < 200 else unit
        for number, (unit, other) in enumerate(zip(MARKET.sound, OTHER, strict=True))
    ]
    found = related(with_sound(mixed), MARKET)
    assert (found.sound.relation, kinds(found)) == ("partly-replaced", ["sound"])
    (told,) = [one.questioned for one in found.alterations]
    assert (told.start, told.end) == (Fraction(100 * 1024, 48000), Fraction(200 * 1024, 48000))


def test_muted_sound_is_silent():
    found = related(with_sound(SILENCE), MARKET)
    assert (found.sound.relation, kinds(found)) == ("silent", ["sound"])


def test_a_muted_stretch_is_named_silence():
    mixed = [
        quiet if 100 <= number < 200 else unit
        for number, (unit, quiet) in enumerate(zip(MARKET.sound, SILENCE, strict=True))
    ]
    found = related(with_sound(mixed), MARKET)
    assert [(one.kind, one.what) for one in found.alterations] == [("sound", "silence")]


def test_removed_sound_is_absent_and_a_track_is_missing():
    found = related(with_sound(()), MARKET)
    assert (found.relation, found.sound.relation, kinds(found)) == ("derivative", "absent", ["track"])


def test_added_sound_is_a_track():
    found = related(MARKET, with_sound(()))
    assert (found.relation, kinds(found)) == ("derivative", ["track"])


def test_no_sound_on_either_side_changes_nothing():
    found = related(with_sound(()), with_sound(()))
    assert (found.relation, found.sound.relation) == ("same-streams", "absent")


def test_shifted_sound_is_told_with_the_shift():
    for ticks in (24000, -24000):
        found = related(with_sound(moved(MARKET.sound, ticks)), MARKET)
        assert (found.relation, found.sound.relation, kinds(found)) == ("derivative", "identical", ["sound-offset"])
        assert abs(found.sound.shift - Fraction(ticks, 48000)) < Fraction(1, 100)


def test_up_to_two_units_of_priming_are_informational():
    primed = with_sound((*moved((OTHER[0],), -SOUND_STEP), *MARKET.sound))
    for questioned, evidence in ((primed, MARKET), (MARKET, primed), (with_sound(MARKET.sound[:-2]), MARKET)):
        found = related(questioned, evidence)
        assert (found.relation, found.sound.relation) == ("same-streams", "identical")


def test_sound_taken_out_inside_or_at_an_end_is_told():
    inside = with_sound((*MARKET.sound[:100], *MARKET.sound[150:]))
    end = with_sound(MARKET.sound[:-60])
    for edit in (inside, end):
        found = related(edit, MARKET)
        assert (found.relation, kinds(found)) == ("derivative", ["sound"])


def test_sound_that_does_not_reach_over_an_excerpt_is_only_told():
    part = cut(MARKET, 50, 175)
    found = related(replace(part, sound=part.sound[40:]), MARKET)
    assert (found.relation, found.sound.relation, kinds(found)) == ("excerpt", "excerpt", [])
    assert "sound.shorter" in codes(found)


def test_sound_decoded_to_the_same_samples_is_the_same():
    coded_again = with_sound(replace(unit, digest=digest("flac", unit.digest)) for unit in MARKET.sound)
    found = related(recoded(coded_again), MARKET)
    assert (found.relation, found.basis, found.sound.relation) == ("same-pictures", "pictures", "same")


def test_sound_that_follows_the_loudness_is_different_and_sounds_alike():
    found = related(resung(MARKET, lambda level: max(level - 1, 1)), MARKET)
    assert (found.relation, found.sound.relation, kinds(found)) == ("derivative", "different", ["sound"])
    assert found.altered["sound"] == "cannot-tell"
    assert "sound.alike" in codes(found)


def test_sound_that_was_not_decoded_is_different_without_a_guess():
    found = related(resung(MARKET), MARKET, depth="streams")
    assert (found.sound.relation, "sound.alike" in codes(found)) == ("different", False)


def test_a_sound_file_is_related_by_its_sound():
    sound = Clip((), MARKET.sound)
    assert related(sound, sound).relation == "same-streams"
    part = Clip((), moved(MARKET.sound[50:200], -50 * SOUND_STEP))
    found = related(part, sound)
    assert (found.relation, found.basis) == ("excerpt", "packets")
    assert places(found)[0][1] == (Fraction(50 * 1024, 48000), Fraction(200 * 1024, 48000))


def test_sound_alone_of_a_recording_with_pictures_is_a_match_by_sound():
    found = related(Clip((), MARKET.sound), MARKET)
    assert (found.relation, found.basis, kinds(found)) == ("derivative", "sound", ["track"])
    assert "sound.sameEvent" in codes(found)


def test_other_pictures_beside_the_recordings_sound_are_a_match_by_sound_only():
    found = related(replace(recording("another", 200), sound=MARKET.sound), MARKET)
    assert (found.relation, found.basis, found.altered["picture"]) == ("excerpt", "sound", "cannot-tell")


def test_the_sound_of_a_composite_is_compared_piece_by_piece():
    edit = joined(cut(MARKET, 100, 150), cut(MARKET, 0, 50))
    found = related(edit, MARKET)
    assert (found.relation, found.sound.relation, kinds(found)) == ("composite", "excerpt", [])
    assert len(found.sound.segments) == 2


def test_correlation_of_curves():
    curve = [unit.level for unit in MARKET.sound]
    assert correlation(curve, [2 * level + 3 for level in curve]) > 0.999
    assert correlation(curve, [90 - level for level in curve]) < -0.999
    assert correlation(curve, [7] * len(curve)) == 0.0


def test_sound_that_a_container_hid_and_another_shows_changes_nothing():
    hidden = with_sound(replace(unit, flags=PACKET_DISCARD) if unit.pts < 9000 else unit for unit in MARKET.sound)
    hidden = with_video(
        hidden, lambda _, unit: replace(unit, flags=unit.flags | PACKET_DISCARD) if unit.pts < 5 * STEP else unit
    )
    found = related(MARKET, hidden)
    assert (found.relation, found.sound.relation) == ("same-streams", "identical")
