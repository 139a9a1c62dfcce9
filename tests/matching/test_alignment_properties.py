"""Cut anywhere, shuffle, repeat: the pieces are found where they came from, and repetition costs nothing."""

import time
from dataclasses import replace
from fractions import Fraction

from build import (
    STEP,
    Clip,
    Unit,
    cut,
    digest,
    joined,
    places,
    recoded,
    recording,
    related,
    seconds,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.matching.exact import compare

MARKET = recording("market", 120, reorder=0)
SILENT = replace(MARKET, sound=())
BRIDGE = recording("bridge", 80, reorder=0)
QUICK = settings(max_examples=25, deadline=None)
RANGES = st.tuples(st.integers(0, 116), st.integers(4, 120)).map(lambda pair: (pair[0], min(pair[0] + pair[1], 120)))


@QUICK
@given(RANGES, st.booleans())
def test_a_cut_gives_its_interval_back(ends, without_loss):
    first, last = ends
    part = cut(MARKET, first, last)
    found = related(recoded(part) if without_loss else part, MARKET)
    assert places(found) == [((Fraction(0), seconds(last - first)), (seconds(first), seconds(last)), "0")]
    assert found.relation in {"excerpt", "same-streams", "same-pictures"}
    assert found.basis == ("pictures" if without_loss else "packets")
    assert (found.unmatched, found.missing, found.alterations) == ((), (), ())
    assert found.coverage_evidence == Fraction(last - first, 120)


@QUICK
@given(st.permutations(range(6)))
def test_pieces_in_any_order_are_found_in_it(order):
    pieces = [cut(SILENT, number * 20, number * 20 + 20) for number in range(6)]
    found = related(joined(*(pieces[number] for number in order)), SILENT)
    told = [
        (questioned[0] + step * seconds(20), evidence[0] + step * seconds(20))
        for questioned, evidence, _ in places(found)
        for step in range(int((questioned[1] - questioned[0]) / seconds(20)))
    ]
    assert told == [(at * seconds(20), number * seconds(20)) for at, number in enumerate(order)]
    assert found.relation == ("same-streams" if list(order) == sorted(order) else "composite")


@QUICK
@given(st.integers(0, 100), st.integers(0, 60))
def test_the_answer_for_one_recording_does_not_change_with_others(first, second):
    part = joined(cut(MARKET, first, first + 20), cut(BRIDGE, second, second + 20)).measure()
    alone = compare(part, {"market": MARKET.measure()})
    strangers = {f"s{number}": recording(f"s{number}", 60).measure() for number in range(2)}
    among = compare(part, {"s0": strangers["s0"], "market": MARKET.measure(), "s1": strangers["s1"]})
    assert alone == among


@QUICK
@given(st.text(max_size=4), st.text(max_size=4))
def test_unrelated_recordings_do_not_match(one, other):
    found = related(recording("a" + one, 30), recording("b" + other, 30))
    assert (found.relation, found.segments, found.source) == ("no-match", (), None)


@QUICK
@given(RANGES, st.integers(1, 8))
def test_static_shots_are_aligned_at_their_ends(ends, repeat):
    """Each picture stands for ``repeat`` units: a cut inside a stretch still gives one segment of the right place."""
    first, last = ends
    static = [
        replace(unit, digest=digest("p", number // repeat), picture=digest("q", number // repeat))
        for number, unit in enumerate(MARKET.video)
    ]
    evidence = replace(MARKET, video=tuple(static), sound=())
    found = related(cut(evidence, first, last), evidence)
    stretches = len({unit.digest for unit in static[first:last]})
    if stretches < 3:
        return
    assert len(found.segments) == 1
    assert found.relation in {"excerpt", "same-streams"}
    assert found.unmatched == ()


def repeating(period, count):
    return Clip(
        tuple(
            Unit(digest(number % period), number * STEP, STEP, 1, 900, picture=digest("p", number % period))
            for number in range(count)
        )
    )


def seconds_for(count, period):
    questioned, evidence = repeating(period, count).measure(), {"0": repeating(period, count - 7).measure()}
    start = time.process_time()
    compare(questioned, evidence)
    return time.process_time() - start


def test_repetition_does_not_become_quadratic():
    for period in (1, 2, 3, 50):
        few, many = seconds_for(2000, period), seconds_for(16000, period)
        assert many < 40 * max(few, 0.01), f"period {period}: {few:.3f} s for 2000, {many:.3f} s for 16000"
