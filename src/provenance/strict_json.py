"""JSON that comes from elsewhere and may hold parts of seconds: bounded, no name twice, no NaN, no byte order mark.

What is signed has a stricter form of its own (:mod:`provenance.attest.canonical`), which knows no parts.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

from provenance.errors import RecordError

#: Digits of the longest number that Python converts in linear time is 4,300; no number of ours has 20.
_LONGEST_NUMBER = 40


def load(data: bytes, *, limit: int, what: str) -> Any:
    """The value that ``data`` spells, of at most ``limit`` bytes; ``what`` names it in errors.

    Raises:
        RecordError: It is larger, not UTF-8, not JSON, nested too deep, or holds a name twice, NaN or an infinity.
    """
    if len(data) > limit:
        raise RecordError(f"the {what} is larger than {limit} bytes", code="record.too-large")
    try:
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_refuse,
            parse_float=_float,
            parse_int=_integer,
        )
    except (ValueError, RecursionError) as error:
        raise RecordError(f"the {what} is not one JSON value") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a member name occurs twice")
    return value


def _integer(text: str) -> int:
    return int(_short(text))


def _float(text: str) -> float:
    value = float(_short(text))
    if value in {float("inf"), float("-inf")}:
        _refuse(text)
    return value


def _short(text: str) -> str:
    if len(text) > _LONGEST_NUMBER:
        _refuse(text)
    return text


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text[:_LONGEST_NUMBER]} is no number of ours")
