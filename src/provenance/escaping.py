"""Text from elsewhere as people and JSON may see it: nothing in it can steer what shows it.

File names, tags and notes come from strangers, the last words of the child from what it was fed.
"""

from __future__ import annotations

import unicodedata

_SURROGATES = range(0xDC80, 0xDD00)  # PEP 383: byte 0x80-0xff of a file name that is not UTF-8


def plain(text: str) -> str:
    r"""``text`` on one line with everything escaped that could move a cursor, hide or reorder what is beside it.

    Control characters, line ends and the invisible characters that turn the reading direction are shown as ``\x1b`` or
    ``\u202e``, bytes that are not UTF-8 as ``\xff``.
    """
    return "".join(_plain_character(character) for character in text)


def unicode_text(text: str) -> str:
    r"""``text`` as JSON may carry it: bytes of a file name that are not UTF-8 become ``\xff``, nothing else changes."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "".join(_plain_character(each) if unicodedata.category(each) == "Cs" else each for each in text)
    return text


def _plain_character(character: str) -> str:
    if ord(character) in _SURROGATES:
        return f"\\x{ord(character) - 0xDC00:02x}"
    if character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    return character.encode("unicode_escape").decode("ascii")
