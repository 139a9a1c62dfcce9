"""What is accepted on the command line as a size, a span, a time, a list of words, an id."""

from __future__ import annotations

from fractions import Fraction

import click
import pytest

from provenance.cli.values import byte_count, file_name, media_time, split_ids, time_span, words_of
from provenance.evidence import evidence_id


@pytest.mark.parametrize(
    ("text", "count"), [("0", 0), ("1000000", 10**6), ("500M", 500 * 10**6), ("4GiB", 4 * 2**30), ("2kB", 2000)]
)
def test_sizes(text, count):
    assert byte_count(text) == count


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("30m", 1800), ("8h", 28_800), ("2d", 172_800)])
def test_spans(text, seconds):
    assert time_span(text) == seconds


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("12", Fraction(12)),
        ("12.5", Fraction(25, 2)),
        ("03:20.040", Fraction(20_004, 100)),
        ("1:02:03", Fraction(3723)),
        ("0.033333333", Fraction(33_333_333, 10**9)),
    ],
)
def test_media_times_are_exact(text, exact):
    assert media_time(text) == exact


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (byte_count, "many"),
        (byte_count, "-1"),
        (byte_count, "1e9"),
        (byte_count, "٣"),
        (time_span, "0h"),
        (time_span, "8"),
        (media_time, "12:"),
        (media_time, "1:2:3:4"),
        (media_time, "nan"),
        (file_name, ""),
        (words_of(["a", "b"]), "a,c"),
    ],
)
def test_anything_else_is_refused(kind, text):
    with pytest.raises(click.BadParameter):
        kind(text)


def test_words_are_split_at_commas():
    assert words_of(["a", "b"])("b, a") == ("b", "a")


def test_arguments_with_the_form_of_an_id_are_ids():
    one = evidence_id(bytes(16))
    assert split_ids(["clip.mp4", one, f"./{one}", one.upper()]) == ([one], ["clip.mp4", f"./{one}", one.upper()])
