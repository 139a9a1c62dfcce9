"""Kinds of values on the command line: functions from the text to the value, as click takes them for ``type=``."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from typing import TYPE_CHECKING

import click

from provenance.errors import UsageError
from provenance.escaping import unicode_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

#: Bytes of JSON. A sealed field has 64 KiB (docs/formats/disclosure.md), of which its salt and name take under 200.
_FREE_TEXT = 65_000
_SIZE = re.compile(r"([0-9]{1,18})(?:([kKMGT])(i?)B?)?")
_POWERS = {"k": 1, "K": 1, "M": 2, "G": 3, "T": 4}
_SPAN = re.compile(r"([1-9][0-9]{0,8})([smhd])")
_SECONDS_OF = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_TIME = re.compile(r"(?:(?:([0-9]+):)?([0-9]{1,2}):)?([0-9]{1,9})(?:\.([0-9]{1,9}))?")


def file_name(text: str) -> str:
    """The name of a file as given; refuses the empty name, which would mean the current folder."""
    if not text:
        raise click.BadParameter("an empty file name")
    return text


def free_text(text: str) -> str:
    """What a person says of a file: it must fit a sealed field; bytes that are not UTF-8 are escaped as in names."""
    said = unicode_text(text)
    if len(json.dumps(said)) > _FREE_TEXT:
        raise click.BadParameter(
            f"{len(said):,} characters are too long for a record; put them into a file and register that, too"
        )
    return said


def byte_count(text: str) -> int:
    """A number of bytes: ``1000000``, ``500M``, ``4GiB``; k, M, G, T are powers of 1000, with an i of 1024."""
    found = _SIZE.fullmatch(text)
    if found is None:
        raise click.BadParameter(f"{text!r} is not a size such as 500M or 4GiB")
    count, unit, binary = found.groups()
    base: int = 1024 if binary else 1000
    power = _POWERS.get(unit or "", 0)
    return int(count) * int(base**power)


def time_span(text: str) -> int:
    """Seconds of a span of time: ``90s``, ``30m``, ``8h``, ``2d``."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise click.BadParameter(f"{text!r} is not a span such as 30m or 8h")
    return int(found[1]) * _SECONDS_OF[found[2]]


def media_time(text: str) -> Fraction:
    """Exact seconds of a time inside a recording: ``12.5``, ``03:20.040``, ``1:02:03``."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise click.BadParameter(f"{text!r} is not a time such as 12.5 or 03:20.040")
    hours, minutes, seconds, part = found.groups(default="0")
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + Fraction(int(part), 10 ** len(part))


def words_of(known: Iterable[str]) -> Callable[[str], tuple[str, ...]]:
    """The kind of value that is one or more of the ``known`` words, separated by commas."""
    allowed = tuple(known)

    def words(text: str) -> tuple[str, ...]:
        found = tuple(word.strip() for word in text.split(","))
        for word in found:
            if word not in allowed:
                raise click.BadParameter(f"{word!r} is not one of {', '.join(allowed)}")
        return found

    return words


def split_ids(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """(evidence ids, file names): what has the form of an evidence id is one, everything else is a file."""
    from provenance.evidence import is_evidence_id

    ids = [argument for argument in arguments if is_evidence_id(argument)]
    return ids, [argument for argument in arguments if not is_evidence_id(argument)]


def evidence_id_argument(text: str) -> str:
    """``text`` if it is an evidence id; raises :class:`UsageError`."""
    from provenance.evidence import is_evidence_id

    if not is_evidence_id(text):
        raise UsageError(
            f"{text!r} is not an evidence id",
            code="usage.evidence-id",
            advice="ids begin with pv1-; `provenance list` shows them",
        )
    return text
