"""Comparisons made by hand: no matcher has a part in what tests of pictures for people expect."""

from __future__ import annotations

from fractions import Fraction

from provenance.comparison import Comparison, Segment, Span


def span(start, end):
    return Span(Fraction(start), Fraction(end))


def segment(questioned, evidence, *, source="theirs", **how):
    return Segment(span(*questioned), span(*evidence), source, "visual", 50, **how)


def comparison(*segments, **how):
    return Comparison("excerpt", "visual", segments[0].source if segments else None, segments, **how)
