"""Units found at registered places in bytes that do not parse, and what equal chunks say."""

from dataclasses import replace
from fractions import Fraction

from build import codes, cut, digest, recording, related, seconds
from hypothesis import given
from hypothesis import strategies as st

from provenance.evidence import Measurement, NotMeasured
from provenance.matching.exact import compare
from provenance.matching.prefix import CHUNK, compare_chunks
from provenance.matching.replay import replayed

MARKET = recording("market", 100)
BARE = Measurement("video", "unfinished-recording", "mov", "full")


def at_places(measurement, kept):
    return {
        track.index: [row if kept(number) else None for number, row in enumerate(track.packets.digests)]
        for track in measurement.tracks
    }


def test_units_at_their_places_make_an_excerpt_whose_presentation_cannot_be_told():
    evidence = MARKET.measure()
    found = replayed(evidence, at_places(evidence, lambda number: number < 50), source="e")
    assert (found.relation, found.basis, found.source) == ("excerpt", "packets", "e")
    assert (found.segments[0].evidence.start, found.segments[0].evidence.end) == (0, 2)
    assert found.altered["presentation"] == "cannot-tell"
    assert "hardBinding.replay" in codes(found)


def test_other_bytes_at_the_places_are_no_match():
    evidence = MARKET.measure()
    other = {track.index: [digest("x")] * len(track.packets) for track in evidence.tracks}
    assert replayed(evidence, other, source="e").relation == "no-match"
    assert replayed(evidence, {}, source="e").relation == "no-match"


def test_two_units_alone_are_no_match():
    evidence = replace(MARKET, sound=()).measure()
    assert replayed(evidence, at_places(evidence, lambda number: number < 2), source="e").relation == "no-match"


def test_a_large_hole_between_found_units_is_a_composite():
    evidence = MARKET.measure()
    found = replayed(evidence, at_places(evidence, lambda number: not 25 <= number < 75), source="e")
    assert found.relation == "composite"
    assert [(span.start, span.end) for span in found.missing] == [(seconds(25), seconds(75))]


def test_a_file_that_could_not_be_measured_is_undetermined():
    assert compare(BARE, {"e": MARKET.measure()}).relation == "undetermined"
    image = Measurement("image", "not-media", "", "full")
    assert compare(image, {}).relation == "undetermined"
    text = Measurement("other", "not-media", "", "full")
    cut = Measurement("video", "unfinished-recording", "mp4", "full")
    broken = Measurement("video", "unreadable", "mp4", "full")
    told = [(compare(one, {}).relation, codes(compare(one, {}))) for one in (text, cut, broken)]
    assert told == [
        ("undetermined", {"questioned.bytesOnly"}),
        ("undetermined", {"questioned.unfinished", "questioned.damaged"}),
        ("undetermined", {"questioned.unreadable"}),
    ]
    assert codes(compare(MARKET.measure(), {"e": text})) == {"evidence.bytesOnly"}


def test_no_match_needs_everything_measured():
    stranger = recording("stranger", 30).measure()
    assert compare(stranger, {"e": MARKET.measure()}).relation == "no-match"
    partly = replace(stranger, not_measured=(NotMeasured("pictures", "unknown codec", 0),))
    assert compare(partly, {"e": MARKET.measure()}).relation == "undetermined"
    unexamined = replace(MARKET.measure(), not_measured=(NotMeasured("pictures", "limit", 0),))
    assert compare(stranger, {"e": unexamined}).relation == "undetermined"
    aside = replace(MARKET.measure(), not_measured=(NotMeasured("packets", "the track has no packets", 7),))
    assert compare(stranger, {"e": aside}).relation == "no-match"  # neither picture nor sound lies in track 7


def test_an_equal_beginning_is_a_note_of_a_match():
    found = compare(cut(MARKET, 0, 50).measure(), {"0": MARKET.measure()}, chunks={"0": 65536})
    assert found.relation == "excerpt"
    assert "hardBinding.prefix" in codes(found)


@given(st.lists(st.integers(0, 2), max_size=12), st.integers(0, 2), st.integers(0, 12))
def test_chunks_that_differ_are_exactly_those(leaves, change, at):
    evidence = [digest(leaf, number) for number, leaf in enumerate(leaves)]
    questioned = [digest("other", leaf) if change and number == at else leaf for number, leaf in enumerate(evidence)]
    size = len(leaves) * CHUNK
    found = compare_chunks(questioned, evidence, sizes=(size, size))
    changed = bool(change) and at < len(leaves)
    assert found.differing == (((at, at + 1),) if changed else ())
    assert found.prefix == (at * CHUNK if changed else size)


def test_a_truncated_file_has_the_prefix_of_its_whole_chunks():
    evidence = [digest(number) for number in range(4)]
    questioned = [*evidence[:2], digest("half a chunk")]
    found = compare_chunks(questioned, evidence, sizes=(2 * CHUNK + 100, 4 * CHUNK))
    assert found.prefix == 2 * CHUNK
    assert [note.code for note in found.notes] == ["hardBinding.prefix"]


def test_a_whole_recording_outranks_an_excerpt_of_a_longer_one():
    part = cut(MARKET, 0, 50)
    found = related(part, MARKET, part)
    assert (found.relation, found.source) == ("same-streams", "1")
    assert [other[:2] for other in found.others] == [("0", "excerpt")]


def test_of_equal_answers_the_earlier_in_the_log_is_named():
    found = related(MARKET, MARKET, MARKET)
    assert found.source == "0"
    assert found.others == (("1", "same-streams", "packets", Fraction(1)),)
