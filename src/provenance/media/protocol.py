"""What parent and child say to each other: frames of type (1 byte), length (u32) and body. Strict JSON, no pickle.

The parent asks in lines of JSON, the next one when it has the answer to the last.
The child answers ``P`` (progress: two u64) as often as it likes, then one ``H`` (header), then the blobs that the
header lists as ``B``, then ``E``. The parent believes nothing: types, order, counts and lengths are checked.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from provenance.errors import MediaError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_FRAME = struct.Struct(">cI")
_PROGRESS = struct.Struct(">QQ")
#: A header lists blobs and the state of the sandbox: some kilobytes.
MAX_HEADER_BYTES = 2**20
_MAX_BLOBS = 1024
_MAX_TEXT = 300
_READ_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class Answer:
    """A child's answer. ``header`` has exactly the members of :func:`answer`; ``blobs`` in the order listed."""

    header: dict[str, Any]
    blobs: tuple[tuple[str, int, bytes], ...]


def write_progress(stream: IO[bytes], done: int, total: int) -> None:
    """Tell how far the pass is."""
    _write(stream, b"P", _PROGRESS.pack(done, total))


def write_answer(stream: IO[bytes], header: Mapping[str, Any], blobs: Mapping[tuple[str, int], bytes]) -> None:
    """Write header, blobs and end."""
    listed = [[kind, track, len(blob)] for (kind, track), blob in blobs.items()]
    text = json.dumps({**header, "blobs": listed}, sort_keys=True, separators=(",", ":"), allow_nan=False)
    _write(stream, b"H", text.encode("ascii"))
    for blob in blobs.values():
        _write(stream, b"B", blob)
    _write(stream, b"E", b"")


def read_answer(
    stream: IO[bytes], *, max_bytes: int, progress: Callable[[int, int], None] | None = None, last: bool = True
) -> Answer:
    """Read an answer of at most ``max_bytes`` of blobs. ``last``: nothing may follow it.

    Raises:
        MediaError: ``media.crashed`` where it breaks off, ``media.protocol`` where it is malformed, ``media.limit``
            where it is too long, or the code and message that the child itself gave.
    """
    header = _read_header(stream, progress)
    listed = _listed(header.pop("blobs"))
    if sum(size for _, _, size in listed) > max_bytes:
        raise MediaError("the measurements are larger than allowed", code="media.limit")
    blobs = tuple((kind, track, _body(stream, b"B", size)) for kind, track, size in listed)
    _body(stream, b"E", 0)
    if last and stream.read(1):
        raise _malformed("something follows its end")
    return Answer(header, blobs)


def _write(stream: IO[bytes], kind: bytes, body: bytes) -> None:
    stream.write(_FRAME.pack(kind, len(body)))
    stream.write(body)
    stream.flush()


def _malformed(why: str) -> MediaError:
    return MediaError(f"the measuring process gave an answer that cannot be used: {why}", code="media.protocol")


def _read_exactly(stream: IO[bytes], size: int) -> bytes:
    """``size`` bytes, taken piece by piece so that a stated length reserves nothing."""
    pieces = []
    while size:
        piece = stream.read(min(size, _READ_BYTES))
        if not piece:
            raise MediaError("the measuring process stopped without an answer", code="media.crashed")
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _body(stream: IO[bytes], kind: bytes, size: int) -> bytes:
    found, length = _FRAME.unpack(_read_exactly(stream, _FRAME.size))
    if found != kind or length != size:
        raise _malformed("another part was due")
    return _read_exactly(stream, size)


def _read_header(stream: IO[bytes], progress: Callable[[int, int], None] | None) -> dict[str, Any]:
    while True:
        kind, length = _FRAME.unpack(_read_exactly(stream, _FRAME.size))
        if kind == b"P" and length == _PROGRESS.size:
            done, total = _PROGRESS.unpack(_read_exactly(stream, length))
            if progress and done <= total:
                progress(done, total)
        elif kind == b"H" and length <= MAX_HEADER_BYTES:
            return _header(_read_exactly(stream, length))
        else:
            raise _malformed("unknown or oversized part")


def _header(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data.decode("ascii"), object_pairs_hook=_no_doubles, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _malformed("its header is not strict JSON") from error
    if not isinstance(value, dict):
        raise _malformed("its header is no object")
    if set(value) == {"blobs", "code", "message"}:
        raise MediaError(_text(value["message"]), code=_code(value["code"]))
    if set(value) != {"blobs", "sandbox", "sandbox_missing", "libraries"}:
        raise _malformed("its header has other members")
    for name in ("sandbox", "sandbox_missing"):
        value[name] = tuple(_text(each) for each in _short_list(value[name]))
    libraries = value["libraries"]
    if not isinstance(libraries, dict) or len(libraries) > 16:  # noqa: PLR2004 - we ask for six
        raise _malformed("its libraries are no object")
    value["libraries"] = {_text(name): _text(version) for name, version in libraries.items()}
    return value


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a member comes twice")
    return value


def _no_constant(text: str) -> None:
    raise ValueError(text)


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _MAX_TEXT or not value.isprintable():
        raise _malformed("a text is too long or not printable")
    return value


def _code(value: Any) -> str:
    text = _text(value)
    if text not in {"media.limit", "media.failed", "media.format", "media.no-picture"}:
        raise _malformed("unknown error code")
    return text


def _short_list(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > _MAX_BLOBS:
        raise _malformed("a list is too long or none")
    return value


def _listed(value: Any) -> list[tuple[str, int, int]]:
    listed = []
    for each in _short_list(value):
        if not isinstance(each, list) or [type(part) for part in each] != [str, int, int]:
            raise _malformed("its list of blobs")
        kind, track, size = each
        if not 0 <= track < 2**32 or not 0 <= size < 2**32:
            raise _malformed("its list of blobs")
        listed.append((_text(kind), track, size))
    if len({(kind, track) for kind, track, _ in listed}) != len(listed):
        raise _malformed("a blob comes twice")
    return listed
