"""Values as people read them, and text from elsewhere as a terminal may show it."""

from __future__ import annotations

import re
import textwrap
import unicodedata

_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")
_SURROGATES = range(0xDC80, 0xDD00)  # PEP 383: byte 0x80-0xff of a file name that is not UTF-8


def plain(text: str) -> str:
    r"""``text`` on one line with everything escaped that could move a cursor, hide or reorder what is beside it.

    File names, tags and notes come from strangers: control characters, line ends and the invisible characters that
    turn the reading direction are shown as ``\x1b`` or ``\u202e``, bytes that are not UTF-8 as ``\xff``.
    """
    return "".join(_plain_character(character) for character in text)


def _plain_character(character: str) -> str:
    if ord(character) in _SURROGATES:
        return f"\\x{ord(character) - 0xDC00:02x}"
    if character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    return character.encode("unicode_escape").decode("ascii")


def unicode_text(text: str) -> str:
    r"""``text`` as JSON may carry it: bytes of a file name that are not UTF-8 become ``\xff``, nothing else changes."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "".join(_plain_character(each) if unicodedata.category(each) == "Cs" else each for each in text)
    return text


def size(count: int) -> str:
    """A number of bytes: ``3 bytes``, ``4.6 MB`` (powers of ten, as disks are sold)."""
    if count < 1000:  # noqa: PLR2004 - the step of the units
        return "1 byte" if count == 1 else f"{count} bytes"
    value, unit = float(count), 0
    while value >= 999.95 and unit + 1 < len(_UNITS):  # noqa: PLR2004 - what rounds to 1000.0 is said in the next unit
        value /= 1000
        unit += 1
    return f"{value:.1f} {_UNITS[unit]}"


def plural(count: int, word: str, words: str | None = None) -> str:
    """``1 file``, ``2 files``; ``words`` is the plural where it is not made with an s."""
    return f"{count:,} {word if count == 1 else words or word + 's'}"


def seconds(value: float) -> str:
    """A media time as people write it: ``03:20.500``, with hours when there are any."""
    thousandths = round(value * 1000)
    rest, milli = divmod(thousandths, 1000)
    minutes, second = divmod(rest, 60)
    hours, minute = divmod(minutes, 60)
    text = f"{minute:02d}:{second:02d}.{milli:03d}"
    return f"{hours}:{text}" if hours else text


def details(rows: list[tuple[str, str]]) -> str:
    """Indented ``name  value`` lines under a first line, the values aligned."""
    width = max((len(name) for name, _ in rows), default=0)
    return "\n".join(f"  {name:<{width}}  {value}" for name, value in rows)


#: One or two columns, with at least two spaces after each, before the value: as `details` writes them.
_NAMED = re.compile(r"(?: *\S+(?: \S+)*? {2,}){1,2}(?=\S)")
#: A value that begins further right is wrapped under its line instead.
_INDENT = 30


def wrapped(text: str, width: int) -> str:
    """``text`` broken between words at ``width`` columns, values under values; words are never broken."""
    return "\n".join(_wrapped_line(line, width) for line in text.split("\n"))


def _wrapped_line(line: str, width: int) -> str:
    if len(line) <= width:
        return line
    named = _NAMED.match(line[:_INDENT])
    lead = len(line) - len(line.lstrip(" "))
    start, indent = (named.end(), named.end()) if named is not None else (lead, lead + 2)
    parts = textwrap.wrap(
        line[start:],
        width - indent,
        break_long_words=False,
        break_on_hyphens=False,
        expand_tabs=False,
        replace_whitespace=False,
    )
    return line[:start] + f"\n{' ' * indent}".join(parts)
