"""A verdict has no truth value, its JSON has one form, and its exit status follows formats section 6."""

import json
from dataclasses import replace
from fractions import Fraction
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance import comparison as compared
from provenance import verdict as told
from provenance.comparison import Alteration, Comparison, Limit, Note, Segment, SoundComparison, Span
from provenance.verdict import Axes, EvidenceFacts, Finding, Questioned, Verdict, exit_status, rounded, to_json, unmet
from provenance.verdict_text import headline, moment, render
from provenance.verdict_words import KINDS, REASONS, RELATIONS

WHOLE = Span(Fraction(0), Fraction(10, 3))
SEGMENT = Segment(WHOLE, WHOLE, "e", "packets", 80)
NONE_FOUND = dict.fromkeys(("picture", "sound", "timing", "presentation"), "none-found")
CUT = Comparison(
    "excerpt",
    "packets",
    "e",
    (SEGMENT,),
    coverage_questioned=Fraction(1),
    coverage_evidence=Fraction(1, 3),
    altered=NONE_FOUND,
    sound=SoundComparison("excerpt"),
)
GOOD = Axes("valid-known-signer", "good", "this archive", "none", (), "own-log-only", "no-gap-in-what-is-shown")


def verdict(comparison=CUT, axes=GOOD, findings=()):
    facts = {"e": EvidenceFacts("pv1-00000000000000000000000000", b"\1" * 32, Fraction(10), "2026-02-03T12:00:00Z")}
    return Verdict(Questioned("copy.mp4", b"\0" * 32, 12, "video"), comparison, facts, axes, findings)


def test_a_verdict_is_neither_true_nor_false():
    with pytest.raises(TypeError):
        bool(verdict())


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, 0),
        ({"relation": "identical", "basis": "bytes"}, 0),
        ({"relation": "same-streams"}, 0),
        ({"relation": "same-pictures", "basis": "pictures", "sound": SoundComparison("same")}, 0),
        ({"relation": "still", "basis": "pictures", "sound": SoundComparison("absent")}, 0),
        ({"sound": SoundComparison("absent")}, 0),
        ({"basis": "sound"}, 1),
        ({"basis": "visual"}, 1),
        ({"relation": "composite"}, 1),
        ({"relation": "derivative", "alterations": (Alteration("crop"),)}, 1),
        ({"alterations": (Alteration("hidden"),)}, 1),
        ({"unmatched": (WHOLE,)}, 1),
        ({"missing": (WHOLE,)}, 1),
        ({"sound": SoundComparison("replaced")}, 1),
        ({"sound": SoundComparison("not-checked")}, 1),
        ({"altered": {**NONE_FOUND, "presentation": "cannot-tell"}}, 1),
        ({"relation": "no-match", "basis": "none", "source": None, "segments": ()}, 1),
        ({"relation": "undetermined", "basis": "none", "source": None, "segments": ()}, 2),
    ],
)
def test_exit_status(changes, status):
    assert exit_status(verdict(replace(CUT, **changes))) == status


def test_a_failed_check_of_the_records_ends_with_one():
    failed = Finding("record.signatureInvalid", "failure", "")
    assert exit_status(verdict(findings=(failed,))) == 1


def test_accepting_and_requiring():
    by_look = replace(CUT, basis="visual")
    assert exit_status(verdict(by_look), accept=("excerpt",)) == 0
    assert exit_status(verdict(by_look), accept=("still",)) == 1
    cropped = replace(by_look, alterations=(Alteration("crop"),))
    assert exit_status(verdict(cropped), accept=("excerpt",)) == 1
    assert exit_status(verdict(cropped), accept=("excerpt", "altered")) == 0
    assert exit_status(verdict(), require=("record=known", "altered=none")) == 0
    assert exit_status(verdict(), require=("log=witnessed",)) == 1
    assert unmet(verdict(), ("record=known", "log=witnessed", "time=quorum", "altered=none")) == (
        "log=witnessed",
        "time=quorum",
    )


def test_json_has_the_members_of_the_format_and_one_form():
    first, second = to_json(verdict()), to_json(verdict())
    assert first == second
    value = json.loads(first)
    assert list(value) == sorted(value)
    assert set(value) == {
        *("schema", "questioned", "relation", "basis", "evidence", "segments", "unmatched", "missing", "coverage"),
        *("altered", "audio", "record", "time", "log", "custody", "findings", "others", "limits", "inputs", "tool"),
    }
    assert value["segments"][0]["questioned"] == [0.0, 3.333333]
    assert value["evidence"]["registered"] == {"claimed_at": "2026-02-03T12:00:00Z", "record_not_after": None}
    assert value["limits"][0].startswith("This does not show that the scene is true")


def test_no_match_names_no_evidence():
    nothing = Comparison("no-match", "none", altered=NONE_FOUND)
    assert json.loads(to_json(verdict(nothing)))["evidence"] is None


@given(st.fractions(min_value=-(10**6), max_value=10**6))
def test_seconds_are_rounded_half_even(exact):
    assert Fraction(str(rounded(exact))) == round(exact, 6)


@given(st.fractions(min_value=0, max_value=400_000))
def test_moments_as_people_read_them(exact):
    *hours, minutes, seconds = moment(exact).split(":")
    told = Fraction(seconds) + 60 * int(minutes) + 3600 * int(hours[0] if hours else 0)
    assert abs(told - exact) <= Fraction(1, 2000)


def test_the_four_strengths_are_worded_apart():
    told = {headline(replace(CUT, basis=basis)) for basis in ("bytes", "packets", "pictures", "visual", "sound")}
    assert len(told) == 5


def test_the_headline_says_how_much_of_the_picture_a_copy_shows():
    (segment,) = CUT.segments
    part = replace(segment, basis="visual", region=(Fraction(1, 10), Fraction(0), Fraction(9, 10), Fraction(4, 5)))
    assert "shows 72% of the recording's picture" in headline(replace(CUT, basis="visual", segments=(part,)))
    assert "picture" not in headline(replace(CUT, basis="visual", segments=(replace(segment, basis="visual"),)))


def test_of_two_files_nothing_is_said_to_be_registered():
    for relation in RELATIONS:
        said = headline(replace(CUT, relation=relation), registered=False)
        assert "registered" not in said, said
    assert headline(CUT, registered=False).startswith("Excerpt of the other recording")


def test_the_headline_counts_one_more_place_as_one():
    places = [Alteration("picture", Span(Fraction(at), Fraction(at + 1))) for at in (0, 2)]
    assert " and at 1 more place:" in headline(replace(CUT, basis="visual", alterations=tuple(places)))


def test_the_headline_names_what_was_changed():
    changed = replace(CUT, alterations=(Alteration("mirror"), Alteration("sound")))
    assert headline(changed).endswith("changed: it is shown mirrored; the sound differs")
    assert "changed" not in headline(CUT)


LISTENED = Segment(
    Span(Fraction(0), Fraction(4)), Span(Fraction(2), Fraction(6)), "e", "sound", 9, similarity=Fraction(19, 20)
)


def heard(segment):
    return replace(
        CUT,
        alterations=(Alteration("sound", Span(Fraction(0), Fraction(4)), what="coded again, and like it"),),
        sound=SoundComparison("excerpt", segments=(segment,)),
    )


def test_sound_that_was_only_coded_again_is_not_said_to_differ():
    text = render(verdict(heard(LISTENED)))
    assert text.split("\n")[0].endswith("changed: the sound was coded again")
    assert "the sound differs" not in text
    assert "sounds like that of the recording" in text
    other = replace(heard(LISTENED), sound=SoundComparison("partly-replaced", segments=(LISTENED,)))
    assert "the sound differs" in headline(other)


def test_silence_is_said_to_be_silence():
    text = render(verdict(heard(replace(LISTENED, distinctive=0))))
    assert "sound: silent, as the recording's is" in text
    assert "sounds like" not in text


def test_of_a_match_by_sound_alone_only_the_sound_is_named():
    whole = replace(CUT, relation="rendition", basis="sound", others=(("o", "excerpt", "sound", Fraction(1, 2)),))
    assert headline(whole) == "Sounds like all the sound of a registered recording, by its sound alone"
    answer = verdict(whole)
    answer = replace(answer, evidence={**answer.evidence, "o": EvidenceFacts("pv1-00000000000000000000000001", None)})
    assert "also: Sounds like a part of the sound of a registered recording, by its sound alone" in render(answer)


def looked(**changes):
    (one,) = CUT.segments
    limit = Limit(Fraction(1, 50), Fraction(1), 40, "luma+chroma")
    segment = replace(one, basis="visual", limit=limit, **changes)
    altered = {"picture": "none-found", "presentation": "found" if changes else "cannot-tell"}
    return replace(CUT, relation="rendition", basis="visual", segments=(segment,), altered=altered, limit=limit)


def test_a_cropped_copy_says_what_keeps_it_from_being_accepted():
    cropped = looked(region=(Fraction(1, 10), Fraction(0), Fraction(1, 2), Fraction(1)))
    assert "changed throughout: it is cropped (status 0 with --accept rendition,altered)" in render(verdict(cropped))
    assert exit_status(verdict(cropped), accept=("rendition",)) == 1
    assert exit_status(verdict(cropped), accept=("rendition", "altered")) == 0
    assert "changed" not in render(verdict(looked())).split("\n")[0]
    assert "changed throughout" not in render(verdict(looked()))


def test_the_limit_is_said_once():
    found = Finding("softBinding.limit", "informational", "2.0 % of the picture for 1 s, 40 levels of luma+chroma")
    text = render(verdict(looked(), findings=(found,)))
    assert text.count("2 % of the picture for 1 s") == 1
    assert text.count("of 255 levels") == 1
    assert "softBinding.limit" not in text
    assert "softBinding.limit" in render(verdict(looked(), findings=(found,)), every_finding=True)


def test_a_speed_is_said_as_a_speed():
    (one,) = CUT.segments
    fast = replace(CUT, segments=(replace(one, speed=Fraction(5, 4)),))
    assert "(1.25 times as fast, at 0.8 times the length)" in render(verdict(fast))


@pytest.mark.parametrize("code", REASONS)
def test_the_first_line_says_why_nothing_is_settled_and_the_next_what_can_be_done(code):
    reason, advice = REASONS[code]
    note = Note(code, "informational", "")
    undetermined = Comparison("undetermined", "none", altered=NONE_FOUND, notes=(Note("x", "informational", ""), note))
    first, second, *_ = render(replace(verdict(undetermined), findings=())).split("\n")
    assert first == f"copy.mp4: Undetermined: {reason}"
    assert (second == f"  what can be done: {advice}") is bool(advice)
    assert reason not in headline(replace(CUT, notes=(note,)))


def test_whose_times_and_places_are_told_is_said_where_changes_are_listed():
    whose = "(times and places of changes are those of this file, not of the recording)"
    painted = Alteration("picture", WHOLE, tuple(Fraction(n, 10) for n in (1, 2, 3, 4)), "logo")
    assert whose in render(verdict(replace(CUT, alterations=(painted,))))
    assert "(times of changes are" in render(verdict(replace(CUT, alterations=(Alteration("removed", WHOLE),))))
    assert "of changes are" not in render(verdict(replace(CUT, alterations=(Alteration("mirror"),))))


def test_what_holds_throughout_one_of_two_segments_is_said_of_that_one():
    """Bars in the second of two parts were 'throughout'."""
    bars = Alteration("picture", None, (Fraction(0), Fraction(0), Fraction(1, 4), Fraction(1)), "bars")
    one = replace(SEGMENT, questioned=Span(Fraction(0), Fraction(5)), basis="visual")
    barred = replace(one, questioned=Span(Fraction(5), Fraction(9)), alterations=(bars,))
    joined = replace(CUT, relation="composite", basis="visual", segments=(one, barred), alterations=(bars,))
    assert "  changed at 00:05.000\u201300:09.000, in 25% of the width" in render(verdict(joined))
    assert headline(joined).endswith(" - changed at 00:05.000\u201300:09.000: the picture differs")
    both = replace(joined, segments=(replace(one, alterations=(bars,)), barred))
    assert "  changed throughout, in 25% of the width" in render(verdict(both))
    half = replace(one, region=(Fraction(0), Fraction(0), Fraction(1, 2), Fraction(1)))
    cropped = replace(joined, segments=(half, one), alterations=(), altered={**NONE_FOUND, "presentation": "found"})
    assert "  changed in places: it is cropped in parts\n" in render(verdict(cropped))


def test_of_two_recordings_it_is_said_whose_record_is_told():
    answer = verdict(replace(CUT, relation="composite", segments=(SEGMENT, replace(SEGMENT, source="o"))))
    answer = replace(answer, evidence={**answer.evidence, "o": EvidenceFacts("pv1-00000000000000000000000001", None)})
    lines = render(answer).split("\n")
    at = lines.index("  of pv1-00000000000000000000000000 alone (`provenance show ID` tells it of another):")
    assert lines[at + 1].startswith("  record: signed by a known signer")
    assert "alone (" not in render(verdict())


def test_text_begins_with_the_sentence_and_ends_with_the_limits():
    lines = render(verdict()).split("\n")
    assert lines[0] == "copy.mp4: Excerpt of a registered recording, exact to the coded unit"
    assert "pv1-" in lines[1]
    assert "anything done to the file before is unknown" in lines[-1]


def test_a_name_cannot_steer_the_terminal():
    hostile = replace(verdict(), questioned=Questioned("copy\x1b[2J\u202e.mp4", b"\0" * 32, 1, "video"))
    text = render(hostile)
    assert "\x1b" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("relation", compared.Relation),
        ("basis", compared.Basis),
        ("alteration", compared.AlterationKind),
        ("altered", compared.Axis),
        ("sound", compared.SoundRelation),
        ("record", told.RecordState),
        ("standing", told.Standing),
        ("time", told.TimeState),
        ("log", told.LogState),
        ("custody", told.CustodyState),
        ("measured", told.MeasuredBy),
    ],
)
def test_every_word_of_a_verdict_has_its_meaning(kind, values):
    _, _, words = KINDS[kind]
    assert set(words) == set(get_args(values))
    assert all(one.meaning.endswith(".") and not one.said.endswith(".") for one in words.values())


HELD = Finding("record.signature", "success", "2 records")
TAIL = Finding("cut.reorderTail", "informational", "1 pictures beside a cut are absent")


def test_text_folds_what_held_and_what_its_lines_say():
    cropped = replace(CUT, alterations=(Alteration("crop"),))
    shown = Finding("presentation.differs", "failure", "shown differently: crop")
    alone = Finding("time.none", "informational", "no time stamp token is held for this record")
    text = render(verdict(cropped, findings=(HELD, TAIL, shown, alone)))
    assert not any(code in text for code in ("record.signature", "presentation.differs", "time.none"))
    assert "changed throughout: another part of the picture is shown" in text
    assert "attested by nobody outside" in text
    assert "--findings, all 4 checks" in text


def test_no_failure_is_folded_that_no_line_says():
    failed = Finding("log.notIncluded", "failure", "the root is another")
    differs = Finding("timing.differs", "failure", "held")
    text = render(verdict(replace(CUT, alterations=(Alteration("crop"),)), findings=(failed,)))
    assert "  failed: The path given does not lead from the record to the checkpoint (log.notIncluded: the root" in text
    assert "  differs: " in render(verdict(findings=(differs,)))


def test_every_finding_is_listed_when_asked_for():
    lines = render(verdict(findings=(HELD, TAIL)), every_finding=True).split("\n")
    assert "  held: record.signature: 2 records" in lines
    assert "  note: cut.reorderTail: 1 pictures beside a cut are absent" in lines


def test_a_note_says_what_it_means():
    damaged = Finding("questioned.damaged", "informational", "damaged")
    shorter = Finding("sound.shorter", "informational", "by 0.149 s")
    lines = render(verdict(findings=(TAIL, damaged, shorter))).split("\n")
    assert "  note: 1 picture beside a cut is absent (cut.reorderTail)" in lines
    assert "  note: The file in hand is damaged or ends early (questioned.damaged)" in lines
    assert "  note: The sound does not reach over all of the matched picture (sound.shorter: by 0.149 s)" in lines


def test_no_word_for_programs_is_in_the_text():
    text = render(verdict())
    assert "record: signed by a known signer (this archive), key in good standing" in text
    assert not any(word in text for word in ("valid-known-signer", "own-log-only", "no-gap-in-what-is-shown"))


def test_other_recordings_that_match_are_named():
    other = "pv1-00000000000000000000000001"
    both = replace(CUT, others=(("o", "excerpt", "pictures", Fraction(1, 2)),))
    answer = verdict(both)
    answer = replace(answer, evidence={**answer.evidence, "o": EvidenceFacts(other, None)})
    assert f"also: Excerpt of a registered recording, exact to the decoded picture: {other}" in render(answer)
