"""Whether a verdict comes out again: exact parts to the bit, likeness within a tolerance, and nothing is believed."""

import copy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.repetition import MOST_LISTED, compare, comparison_part

TOLERANCES = {"seconds": 0.1, "picture": 0.01, "speed": 0.005, "similarity": 0.02, "coverage": 0.02, "count": 5}


def verdict(basis="visual", **changed):
    segment = {
        "questioned": [0.0, 2.0], "evidence": [1.0, 3.0], "evidence_id": "pv1-a", "stored_evidence": None,
        "basis": basis, "similarity": 0.9, "speed": 1.0, "mirrored": False, "rotation": 0,
        "region": [0.0, 0.0, 1.0, 1.0], "distinctive": 50, "measured_by": "claimed", "committed_not_after": None,
        "limit": None, "alterations": [{"questioned": [0.5, 1.0], "region": [0.1, 0.1, 0.2, 0.2], "kind": "picture"}],
    }  # fmt: skip
    return {
        "schema": "provenance/verdict/v1",
        "questioned": {"name": "a.mp4", "sha256": "ab", "size": 10, "kind": "video"},
        "relation": "excerpt",
        "basis": basis,
        "evidence": {"id": "pv1-a", "sha256": "cd", "duration": 5.0, "registered": {}},
        "segments": [segment],
        "unmatched": [[2.0, 3.0]],
        "missing": [],
        "coverage": {"questioned": 0.66, "evidence": 0.4, "picture": 1.0},
        "altered": {"picture": "found", "limit": None},
        "audio": {"relation": "same", "shift": 0.0, "segments": [{**copy.deepcopy(segment), "basis": "packets"}]},
        "findings": [],
        "inputs": {"libraries": {"numpy": "2.4.6"}, "background": "sha256:1", "full": False},
        "tool": {"name": "provenance", "version": "1"},
        **changed,
    }


def changed(value, path, new):
    value = copy.deepcopy(value)
    *way, last = path
    at = value
    for step in way:
        at = at[step]
    at[last] = new
    return value


def test_what_depends_on_where_records_are_held_is_not_compared():
    other = changed(verdict(), ("segments", 0, "evidence_id"), None)
    other = changed(other, ("segments", 0, "measured_by"), "this-archive")
    other = changed(other, ("audio", "segments", 0, "evidence_id"), None)
    other = changed(other, ("questioned", "name"), "b.mp4")
    other = changed(other, ("evidence", "id"), None)
    found = compare(verdict(), other | {"record": {"state": "invalid"}, "others": [1]}, TOLERANCES)
    assert (found.state, found.differences, found.exact) == ("equal", (), True)
    assert "evidence_id" not in comparison_part(verdict())["segments"][0]


@pytest.mark.parametrize(
    ("path", "near", "far", "kind"),
    [
        (("segments", 0, "similarity"), 0.919, 0.93, "similarity"),
        (("segments", 0, "questioned", 1), 2.1, 2.2, "seconds"),
        (("segments", 0, "region", 2), 0.99, 0.98, "picture"),
        (("segments", 0, "speed"), 1.005, 0.99, "speed"),
        (("segments", 0, "distinctive"), 55, 56, "count"),
        (("segments", 0, "alterations", 0, "questioned", 0), 0.45, 0.3, "seconds"),
        (("segments", 0, "alterations", 0, "region", 3), 0.205, 0.22, "picture"),
        (("coverage", "evidence"), 0.41, 0.43, "coverage"),
        (("unmatched", 0, 0), 2.05, 1.8, "seconds"),
        (("audio", "shift"), 0.05, 0.2, "seconds"),
    ],
)
def test_likeness_may_differ_by_its_tolerance_and_no_more(path, near, far, kind):
    found = compare(verdict(), changed(verdict(), path, near), TOLERANCES)
    assert found.state == "equal"
    assert found.largest[kind] > 0
    found = compare(verdict(), changed(verdict(), path, far), TOLERANCES)
    (one,) = found.differences
    assert (found.state, found.exact, one.tolerance) == ("differs", True, TOLERANCES[kind])
    for exact_basis in ("packets", "pictures", "bytes"):
        exact = verdict(exact_basis)
        found = compare(exact, changed(exact, path, near), TOLERANCES)
        assert (found.state, found.exact, found.differences[0].tolerance) == ("differs", False, None)


@pytest.mark.parametrize(
    ("path", "new"),
    [
        (("relation",), "rendition"),
        (("basis",), "pictures"),
        (("segments", 0, "mirrored"), True),
        (("segments", 0, "mirrored"), 0),
        (("segments", 0, "rotation"), 90),
        (("segments",), []),
        (("segments", 0, "alterations"), []),
        (("altered", "picture"), "none-found"),
        (("audio", "relation"), "replaced"),
        (("audio", "segments", 0, "questioned", 0), 0.000001),
        (("evidence", "sha256"), "ee"),
        (("evidence", "duration"), 5.04),
        (("evidence",), None),
        (("questioned", "size"), 11),
        (("segments", 0, "limit"), {"region": 0.1}),
    ],
)
def test_everything_else_has_to_be_equal(path, new):
    for earlier, now in ((verdict(), changed(verdict(), path, new)), (changed(verdict(), path, new), verdict())):
        found = compare(earlier, now, TOLERANCES)
        assert found.state == "differs"
        assert not found.exact


def test_another_file_or_a_locked_archive_cannot_be_told():
    other = changed(verdict(), ("questioned", "sha256"), "ff")
    assert compare(verdict(), other, TOLERANCES).state == "cannot-tell"
    locked = verdict(findings=[{"code": "archive.locked", "outcome": "informational", "detail": ""}])
    assert compare(verdict(), locked, TOLERANCES).why == "the archive is locked"
    assert compare(locked, locked, TOLERANCES).state == "equal"


def test_other_thresholds_and_builds_are_named_and_decide_nothing():
    now = verdict(inputs={"libraries": {"numpy": "3", "av": "18"}, "background": "sha256:2", "full": False})
    found = compare(verdict(), now | {"tool": {"version": "2"}}, TOLERANCES)
    assert found.state == "equal"
    assert [one.where for one in found.inputs] == ["background", "libraries.av", "libraries.numpy", "provenance"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(sorted(verdict())), inner),
    max_leaves=20,
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(verdict())), JSON))
def test_whatever_an_earlier_verdict_holds_it_is_compared(odd):
    earlier = verdict() | odd
    found = compare(earlier, verdict(), TOLERANCES)
    assert found.state in {"equal", "differs", "cannot-tell"}
    assert len(found.differences) <= MOST_LISTED


def test_a_verdict_that_is_all_wrong_is_listed_up_to_a_bound():
    many = verdict(segments=[verdict()["segments"][0]] * 2000)
    other = changed(many, ("segments",), [{**verdict()["segments"][0], "rotation": 90} for _ in range(2000)])
    assert len(compare(many, other, TOLERANCES).differences) == MOST_LISTED
