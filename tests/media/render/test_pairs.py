"""Which moments stand side by side."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from hand_made import comparison, segment, span
from provenance.comparison import Alteration, Comparison
from provenance.media.render.laid import Turn, counterpart, inside
from provenance.media.render.pairs import MOST_CHANGES, MOST_SEGMENTS, choose

HALF = Fraction(1, 2)


def test_pairs_are_spread_over_segments_by_their_length():
    chosen = choose(comparison(segment((0, 8), (2, 10)), segment((8, 12), (20, 24))), spread=6)
    assert [pair.segment for pair in chosen.pairs] == [0, 0, 0, 0, 1, 1]
    assert all(pair.evidence - pair.questioned == (2 if pair.segment == 0 else 12) for pair in chosen.pairs)
    assert chosen.left_out == 0


def test_every_segment_has_a_pair_and_those_without_room_are_counted():
    pieces = [segment((n, n + 1), (2 * n, 2 * n + 1)) for n in range(MOST_SEGMENTS + 3)]
    chosen = choose(comparison(*pieces), spread=2)
    assert len({pair.segment for pair in chosen.pairs}) == MOST_SEGMENTS
    assert chosen.left_out == 3


def test_each_alteration_that_is_seen_has_a_pair_in_the_middle_of_its_time():
    painted = Alteration("picture", span(1, 2), (Fraction(0), Fraction(0), HALF, HALF), "logo")
    unseen = [Alteration("sound", span(1, 2)), Alteration("mirror")]
    chosen = choose(comparison(segment((0, 4), (4, 0 + 8), alterations=(painted, *unseen))), spread=2)
    about = [pair for pair in chosen.pairs if pair.why == "changed"]
    assert [(pair.questioned, pair.evidence, pair.about) for pair in about] == [
        (Fraction(3, 2), Fraction(11, 2), painted)
    ]
    assert painted in about[0].changes
    others = [pair for pair in chosen.pairs if pair.why == "spread"]
    assert [painted in pair.changes for pair in others] == [pair.questioned == Fraction(1) for pair in others]


def test_alterations_of_the_whole_file_are_shown_where_they_fall_into_a_segment():
    painted = Alteration("picture", span(5, 6))
    whole = comparison(segment((0, 4), (0, 4)), segment((4, 8), (4, 8)), alterations=(painted,))
    assert [pair.segment for pair in choose(whole).pairs if pair.why == "changed"] == [1]


def test_too_many_alterations_are_counted():
    many = tuple(Alteration("picture", span(n, n + 1)) for n in range(MOST_CHANGES + 5))
    chosen = choose(comparison(segment((0, 40), (0, 40), alterations=many)))
    assert len([pair for pair in chosen.pairs if pair.why == "changed"]) == MOST_CHANGES
    assert chosen.left_out == 5


def test_what_only_one_file_has_stands_alone():
    found = comparison(segment((0, 4), (0, 4)), unmatched=(span(4, 6),), missing=(span(4, 8),))
    alone = {pair.why: (pair.questioned, pair.evidence) for pair in choose(found).pairs if pair.segment is None}
    assert alone == {"added": (5, None), "left-out": (None, 6)}


def test_a_change_that_reaches_over_two_segments_is_named_once():
    over = Alteration("picture", span(3, 5), region=(HALF, HALF, HALF / 2, HALF / 2))
    found = comparison(segment((0, 4), (0, 4)), segment((4, 8), (5, 9)), alterations=(over,))
    assert len([pair for pair in choose(found).pairs if pair.why == "changed"]) == 1


def test_nothing_matched_gives_no_pairs():
    assert choose(Comparison("no-match", "none", unmatched=(span(0, 4),))).pairs == ()


def test_a_still_is_beside_the_middle_of_equally_good_moments():
    still = replace(segment((0, 0), (2, 3)))
    assert [(pair.questioned, pair.evidence) for pair in choose(comparison(still)).pairs] == [(0, Fraction(5, 2))]


@given(st.fractions(0, 8))
def test_a_counterpart_never_lies_outside_of_its_segment(moment):
    one = segment((2, 4), (10, 11))
    assert 10 <= counterpart(one, moment) <= 11


@given(st.booleans(), st.sampled_from([0, 90, 180, 270]), st.fractions(0, HALF), st.fractions(0, HALF))
def test_a_part_of_a_laid_picture_stays_inside_and_keeps_its_size(mirrored, rotation, left, top):
    turned = Turn(mirrored, rotation).region((left, top, HALF, Fraction(1, 4)))
    assert 0 <= turned[0] <= 1 - turned[2]
    assert 0 <= turned[1] <= 1 - turned[3]
    assert turned[2] * turned[3] == Fraction(1, 8)


def test_a_corner_goes_where_a_hand_would_turn_it():
    corner = (Fraction(0), Fraction(0), Fraction(1, 4), HALF)  # upper left
    assert Turn(rotation=90).region(corner) == (HALF, 0, HALF, Fraction(1, 4))  # upper right
    assert Turn(mirrored=True).region(corner) == (Fraction(3, 4), 0, Fraction(1, 4), HALF)
    assert Turn(mirrored=True, rotation=90).region(corner) == (HALF, Fraction(3, 4), HALF, Fraction(1, 4))
    assert inside((HALF, HALF, HALF, HALF), corner) == (HALF, HALF, Fraction(1, 8), Fraction(1, 4))
