"""Values as people read them, and lines as wide as their terminal."""

from __future__ import annotations

import re
import textwrap

_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")


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
_INDENT = 34
_DIGEST = re.compile(r"[0-9a-f]{64}(?:[0-9a-f]{64})?")


def wrapped(text: str, width: int) -> str:
    """``text`` broken between words at ``width`` columns, values under values.

    Words are never broken, but for a SHA-512, which is longer than most lines: it stands on two.
    """
    return "\n".join(_wrapped_line(line, width) for line in text.split("\n"))


def _wrapped_line(line: str, width: int) -> str:
    if len(line) <= width:
        return line
    named = _NAMED.match(line[:_INDENT])
    lead = len(line) - len(line.lstrip(" "))
    start, indent = (named.end(), named.end()) if named is not None else (lead, lead + 2)
    if _DIGEST.fullmatch(line, start):
        return _digest_lines(line[:start], line[start:], width, lead + 2)
    parts = textwrap.wrap(
        line[start:],
        width - indent,
        break_long_words=False,
        break_on_hyphens=False,
        expand_tabs=False,
        replace_whitespace=False,
    )
    return line[:start] + f"\n{' ' * indent}".join(parts)


def _digest_lines(name: str, digest: str, width: int, below: int) -> str:
    """64 digits a line, beside the name; where that is too long, below it; where that is, too, all as it was."""
    parts = [digest[at : at + 64] for at in range(0, len(digest), 64)]
    if len(name) + 64 <= width:
        return name + f"\n{' ' * len(name)}".join(parts)
    if below + 64 <= width:
        return "\n".join([name.rstrip(), *(" " * below + part for part in parts)])
    return name + digest
