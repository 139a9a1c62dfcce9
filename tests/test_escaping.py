"""Text from elsewhere cannot move the cursor, hide or reorder."""

from __future__ import annotations

import os
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.escaping import plain


@given(st.text(st.characters(exclude_categories=())))
def test_plain_text_is_one_line_of_visible_characters(text):
    shown = plain(text)
    assert "\n" not in shown
    assert all(each.isprintable() or unicodedata.category(each) == "Zs" for each in shown)
    assert plain(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("clip.mp4", "clip.mp4"),
        ("vidéo de Calais, 東京.mp4", "vidéo de Calais, 東京.mp4"),
        ("\x1b[2Jclip", r"\x1b[2Jclip"),
        ("a\u202e4pm.exe", r"a\u202e4pm.exe"),
        ("two\nlines", r"two\nlines"),
        ("kept\u3000apart\u00a0too", "kept\u3000apart\u00a0too"),
        ("\x9b31m", r"\x9b31m"),
        (os.fsdecode(b"\xff\xfe.mp4"), r"\xff\xfe.mp4"),
    ],
)
def test_what_could_deceive_is_escaped(text, shown):
    assert plain(text) == shown
