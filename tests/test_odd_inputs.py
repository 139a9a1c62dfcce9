"""Odd formats and featureless recordings through the command line: the right verdict, or that it cannot be told."""

import pytest

import odd_inputs
from court import Court

#: Asked in every run; the whole table, with changed copies, is `make test-hard`.
QUICK = ("av1", "fields-h264", "wall")
HARD = pytest.mark.hard
WINDOW = 0.5


@pytest.fixture(scope="module")
def court(tmp_path_factory):
    return Court(tmp_path_factory.mktemp("odd"))


def kinds(verdict):
    return {one["kind"] for segment in verdict["segments"] for one in segment["alterations"]}


def named(verdict):
    return {one["evidence_id"] for one in verdict["segments"]}


@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name in QUICK else HARD) for name in odd_inputs.CASES])
def test_a_copy_coded_again_is_what_the_table_says(name, court, studio):
    case = odd_inputs.CASES[name]
    (own,) = court.register(odd_inputs.make(studio, name))
    status, verdict = court.verify(odd_inputs.copy_of(studio, name))
    assert verdict["relation"] in case.copy
    assert kinds(verdict) <= case.seen
    if verdict["relation"] == "undetermined":
        assert status == 2
        assert {one["code"] for one in verdict["findings"]} & set(case.codes)
    else:
        assert (status, verdict["basis"], named(verdict)) == (1, "visual", {own})
        assert verdict["audio"]["relation"] in (case.sound if case.made.get("sound", "aac") else {"absent"})


@pytest.mark.hard
@pytest.mark.parametrize("name", [name for name, case in odd_inputs.CASES.items() if case.changed])
def test_a_box_painted_over_a_copy_is_found_where_it_is(name, court, studio):
    (own,) = court.register(odd_inputs.make(studio, name))
    status, verdict = court.verify(odd_inputs.copy_of(studio, name, changed=True))
    assert (status, verdict["relation"], verdict["basis"], named(verdict)) == (1, "derivative", "visual", {own})
    assert verdict["altered"]["picture"] == "found"
    painted = [
        one["questioned"]
        for one in verdict["segments"][0]["alterations"]
        if one["kind"] == "picture" and one["questioned"]
    ]
    assert [times[0] for times in painted] == [pytest.approx(1, abs=WINDOW)]
