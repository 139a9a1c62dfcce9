r"""The one writer form of JSON, and of bytes in it, for everything that is signed or sealed.

Sorted member names, no white space, only ASCII (other characters as lower-case ``\uXXXX``, beyond U+FFFF as surrogate
pairs), no floats, integers of at most 53 bits. Readers refuse every other spelling of the same value, so that one value
has one digest (docs/formats/statement.md).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any, NoReturn

from provenance.errors import RecordError

#: RFC 7493 (I-JSON) section 2.2: beyond it, readers that use doubles see another number.
MAX_INTEGER = 2**53 - 1
#: Arrays and objects inside one another. Our deepest value, a statement, has 4; the rest is room for sealed values.
MAX_DEPTH = 16

_HEX = re.compile(r"[0-9a-f]*")


def dump(value: Any) -> bytes:
    """The one spelling of ``value``, in ASCII.

    Raises:
        RecordError: It holds something that is no JSON, a float, a large integer or half a surrogate pair.
    """
    _check(value, MAX_DEPTH)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def load(data: bytes, *, limit: int, what: str) -> Any:
    """The value that ``data`` spells, of at most ``limit`` bytes; ``what`` names it in errors.

    Raises:
        RecordError: It is not JSON in the one writer form: a byte order mark, white space, a name twice, a float,
            another order of members or another escape are refused too.
    """
    if len(data) > limit:
        raise RecordError(f"the {what} is larger than {limit} bytes", code="record.too-large")
    try:
        value = json.loads(
            data.decode("ascii"),
            object_pairs_hook=_object,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
    except (ValueError, RecursionError) as error:
        raise RecordError(f"the {what} is not JSON in its one writer form") from error
    if dump(value) != data:
        raise RecordError(f"the {what} is not in its one writer form")
    return value


def to_base64(data: bytes) -> str:
    """RFC 4648 section 4, with padding."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str, what: str) -> bytes:
    """The bytes of :func:`to_base64`; raises :class:`RecordError` on any other spelling."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RecordError(f"the {what} is not base64") from error
    if to_base64(data) != text:  # bits behind the last byte are zero
        raise RecordError(f"the {what} is not base64 in its one spelling")
    return data


def to_base64url(data: bytes) -> str:
    """RFC 4648 section 5, without padding (as in RFC 9901)."""
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def from_base64url(text: str, what: str) -> bytes:
    """The bytes of :func:`to_base64url`; raises :class:`RecordError` on any other spelling."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise RecordError(f"the {what} is not base64url") from error
    if to_base64url(data) != text:
        raise RecordError(f"the {what} is not base64url in its one spelling")
    return data


def from_hex(text: str, size: int, what: str) -> bytes:
    """``size`` bytes from lower-case hexadecimal digits; raises :class:`RecordError`."""
    if len(text) != 2 * size or _HEX.fullmatch(text) is None:
        raise RecordError(f"the {what} is not {size} bytes in lower-case hexadecimal")
    return bytes.fromhex(text)


class Members:
    """The members of one JSON object, taken one after another; :meth:`end` refuses what nobody took.

    Every method raises :class:`RecordError` when the member is missing or of another type.
    """

    def __init__(self, value: Any, what: str) -> None:
        if type(value) is not dict:
            raise RecordError(f"the {what} is not an object")
        self._left: dict[str, Any] = dict(value)
        self._what = what

    def __contains__(self, name: str) -> bool:
        return name in self._left

    def take(self, name: str) -> Any:
        """The member, of any type."""
        if name not in self._left:
            raise RecordError(f"the {self._what} lacks {name!r}")
        return self._left.pop(name)

    def text(self, name: str) -> str:
        """A string."""
        value = self.take(name)
        if type(value) is not str:
            raise RecordError(f"{name!r} of the {self._what} is not a string")
        return value

    def integer(self, name: str) -> int:
        """An integer from 0 to 2**53 - 1."""
        value = self.take(name)
        if type(value) is not int or value < 0:
            raise RecordError(f"{name!r} of the {self._what} is not a whole number")
        return value

    def array(self, name: str) -> list[Any]:
        """An array."""
        value = self.take(name)
        if type(value) is not list:
            raise RecordError(f"{name!r} of the {self._what} is not an array")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """An array of strings."""
        values = self.array(name)
        if not all(type(value) is str for value in values):
            raise RecordError(f"{name!r} of the {self._what} holds something else than strings")
        return tuple(values)

    def hex(self, name: str, size: int = 32) -> bytes:
        """``size`` bytes written in hexadecimal."""
        return from_hex(self.text(name), size, f"{name!r} of the {self._what}")

    def hex_or_null(self, name: str, size: int = 32) -> bytes | None:
        """``size`` bytes written in hexadecimal, or null."""
        if name in self._left and self._left[name] is None:
            del self._left[name]
            return None
        return self.hex(name, size)

    def constant(self, name: str, expected: str) -> None:
        """A string that has one possible value."""
        if self.text(name) != expected:
            raise RecordError(f"{name!r} of the {self._what} is not {expected!r}")

    def end(self) -> None:
        """Nothing is left over."""
        if self._left:
            raise RecordError(f"the {self._what} has unknown members: {', '.join(sorted(self._left))}"[:200])


def _check(value: Any, depth: int) -> None:
    if depth == 0 and type(value) in {dict, list, tuple}:
        raise RecordError(f"a value is nested deeper than {MAX_DEPTH}")
    if type(value) is dict:
        for name, item in value.items():
            _check_text(name)
            _check(item, depth - 1)
    elif type(value) in {list, tuple}:
        for item in value:
            _check(item, depth - 1)
    elif type(value) is int:
        if abs(value) > MAX_INTEGER:
            raise RecordError("an integer has more than 53 bits")
    elif value is not None and type(value) is not bool:
        _check_text(value)


def _check_text(text: Any) -> None:
    if type(text) is not str:
        raise RecordError(f"a {type(text).__name__} has no place in a record")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise RecordError("a string holds half a surrogate pair") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a member name occurs twice")
    return value


def _refuse_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a whole number")
