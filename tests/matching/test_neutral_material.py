"""What does not discriminate never makes a match: black, silence, small units, too few pictures."""

from dataclasses import replace
from fractions import Fraction

from build import STEP, Clip, Unit, codes, digest, joined, places, recoded, recording, related, seconds, with_video

from provenance.matching.exact import keys


def dull(count, name="black"):
    video = tuple(
        Unit(digest(name), number * STEP, STEP, 1, 900, dull=True, picture=digest(name, "picture"))
        for number in range(count)
    )
    return Clip(video)


def quiet(clip, name="silence"):
    silent = tuple(
        replace(unit, digest=digest(name), picture=digest(name, "pcm"), level=0, size=300) for unit in clip.sound
    )
    return replace(clip, sound=silent)


def test_shared_black_is_told_and_is_no_match():
    one = joined(replace(recording("one", 50), sound=()), dull(40))
    other = joined(dull(60), replace(recording("other", 50), sound=()))
    found = related(one, other)
    assert (found.relation, found.segments) == ("no-match", ())
    assert "evidence.sharedMaterial" in codes(found)


def test_shared_silence_is_no_match():
    found = related(quiet(recording("one", 50)), quiet(recording("other", 50)))
    assert (found.relation, found.segments) == ("no-match", ())
    assert "evidence.sharedMaterial" in codes(found)


def test_a_file_of_black_alone_matches_nothing_but_its_own_bytes():
    assert related(dull(100), dull(100)).relation == "no-match"


def test_black_extends_a_segment():
    evidence = joined(dull(40), replace(recording("one", 60), sound=()), dull(40))
    found = related(evidence, evidence)
    assert (found.relation, found.segments[0].distinctive) == ("same-streams", 60)
    assert places(found)[0][0] == (Fraction(0), seconds(140))


def test_a_covered_lens_is_matched_by_the_sound_beside_it():
    pocket = replace(dull(200), sound=recording("pocket", 200).sound)
    found = related(replace(pocket, container="matroska"), pocket)
    assert (found.relation, found.basis, found.sound.relation) == ("same-streams", "packets", "identical")


def test_two_shared_pictures_are_too_few():
    one, other = recording("one", 60, sound=False), recording("other", 60, sound=False)
    taken = {0: one.video[10], 1: one.video[11]}
    mixed = with_video(
        other,
        lambda number, unit: (
            replace(unit, digest=taken[number].digest, picture=taken[number].picture) if number in taken else unit
        ),
    )
    found = related(mixed, one)
    assert (found.relation, "evidence.sharedMaterial" in codes(found)) == ("no-match", True)


def test_units_of_a_few_bytes_never_start_a_segment():
    def skipping(name):
        return replace(
            recording(name, 60, sound=False),
            video=tuple(
                replace(unit, digest=digest("nothing changed", number % 9), size=12, picture=digest(name, number))
                for number, unit in enumerate(recording(name, 60).video)
            ),
        )

    assert related(skipping("one"), skipping("other")).relation == "no-match"


def test_a_shared_intro_is_told_as_exactly_the_intro():
    intro = recording("intro", 125, sound=False)
    one = joined(intro, recording("one", 75, sound=False))
    found = related(one, joined(intro, recording("other", 75, sound=False)))
    assert places(found) == [((Fraction(0), Fraction(5)), (Fraction(0), Fraction(5)), "0")]
    assert found.relation == "composite"
    assert [(span.start, span.end) for span in found.unmatched] == [(Fraction(5), Fraction(8))]


def test_keys_leave_out_what_does_not_discriminate():
    clip = joined(replace(recording("one", 20), sound=()), dull(20))
    levels = [level for level, _ in keys(clip.measure())]
    assert levels.count("packets") == levels.count("pictures") == 20
    assert not list(keys(quiet(dull(10)).measure()))
    assert len({unit.digest for unit in recoded(clip).video} & {key for _, key in keys(clip.measure())}) == 0
