"""JSON stays JSON whatever a file is called; numbers read as people write them; lines are as wide as the terminal."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.cli import output
from provenance.cli.words import details, plural, seconds, size, wrapped
from provenance.escaping import unicode_text


@given(st.text(st.characters(exclude_categories=())))
def test_json_is_ascii_and_valid_unicode_whatever_a_file_is_called(text):
    written = output.to_json({"file": text})
    assert written.isascii()
    read = json.loads(written)["file"]
    read.encode("utf-8")
    assert read == unicode_text(text)


@given(st.text())
def test_unicode_names_go_through_json_unchanged(text):
    assert json.loads(output.to_json([text])) == [text]


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (4_621_345, "4.6 MB"),
        (68_719_476_736, "68.7 GB"),
    ],
)
def test_sizes(count, text):
    assert size(count) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "00:00.000"), (59.9996, "01:00.000"), (200.5, "03:20.500"), (3723.04, "1:02:03.040")]
)
def test_media_times(value, text):
    assert seconds(value) == text


def test_plurals_and_aligned_details():
    assert plural(1, "file") == "1 file"
    assert plural(1200, "entry", "entries") == "1,200 entries"
    assert details([("a", "1"), ("long", "2")]) == "  a     1\n  long  2"


@given(st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)), st.integers(40, 90))
def test_wrapping_keeps_every_word_and_the_width(words, width):
    lines = wrapped("  name  " + " ".join(words), width).split("\n")
    assert " ".join(lines).split() == ["name", *words]
    assert all(len(line) <= width for line in lines)


def test_digests_stand_in_lines_of_64_beside_their_name_or_below_it():
    one, two = "a" * 64, "b" * 64
    assert wrapped(f"       sha512       {one}{two}", 90) == f"       sha512       {one}\n{' ' * 20}{two}"
    assert wrapped(f"       sha512       {one}{two}", 80) == f"       sha512\n{' ' * 9}{one}\n{' ' * 9}{two}"
    assert wrapped(f"       key          {one}", 80) == f"       key\n{' ' * 9}{one}"
    assert wrapped(f"  key  {one}", 80) == f"  key  {one}"


def test_wrapped_values_stay_under_values():
    assert wrapped("  ok  name  one two three", 20) == "  ok  name  one two\n            three"
    assert wrapped("first line of some words", 12) == "first line\n  of some\n  words"
    assert wrapped(f"  key  {'f' * 64}", 40) == f"  key  {'f' * 64}"
    assert wrapped("a_word_longer_than_the_width", 10) == "a_word_longer_than_the_width"
