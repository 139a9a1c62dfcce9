"""Times of units as floating seconds are those of their exact times."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from provenance.evidence import Track
from provenance.matching.line import Line

TICKS = st.builds(Fraction, st.integers(1, 10_000), st.integers(1, 2**31))
ZEROS = st.builds(Fraction, st.integers(-(2**40), 2**40), st.integers(1, 2**31))


@given(st.lists(st.integers(-(2**62), 2**62), max_size=20), TICKS, ZEROS)
def test_moments_are_the_exact_seconds_rounded_once(starts, tick, zero):
    track = Track(0, "video", "h264", tick)
    line = Line("pictures", track, (), tuple(starts), (), b"", (), frozenset(), tick, zero)
    assert line.moments() == [float(line.seconds(start)) for start in starts]
