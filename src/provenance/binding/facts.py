"""The facts of a measurement as canonical JSON: sorted keys, no white space, UTF-8, rationals ``"n/d"``, no floats."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from fractions import Fraction
from typing import TYPE_CHECKING, Any, get_args

from provenance.errors import RecordError
from provenance.evidence import (
    MOST_SECONDS,
    UNIT_DIGEST_BYTES,
    ConfigurationChange,
    Damage,
    Depth,
    FileState,
    Measurement,
    MediaKind,
    NotMeasured,
    Presentation,
    Shown,
    Track,
    TrackKind,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEMA = "provenance/facts/v1"

#: Caps on what a child may say. A track is a stream of the container; real files have up to about 30.
_MAX_BYTES, _MAX_TRACKS, _MAX_LIST, _MAX_TEXT = 2**24, 256, 65_536, 400
_MAX_NUMBER = 2**63 - 1
_RATIONAL = re.compile(r"(-?(?:0|[1-9][0-9]{0,39}))/([1-9][0-9]{0,39})")
_NAME = re.compile(r"[A-Za-z0-9_.,:() +-]{0,80}")


def to_json(measurement: Measurement) -> bytes:
    """The facts: everything but rows, sandbox and libraries."""
    value = {
        "schema": SCHEMA,
        "kind": measurement.kind,
        "state": measurement.state,
        "container": measurement.container,
        "depth": measurement.depth,
        "tracks": [_track(track) for track in measurement.tracks],
        "not_measured": [
            {"what": each.what, "track": each.track, "why": each.why} for each in measurement.not_measured
        ],
        "damage": [
            {"track": each.track, "start": _text(each.start), "end": _text(each.end), "seen": each.seen}
            for each in measurement.damage
        ],
    }
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def from_json(data: bytes) -> Measurement:
    """The measurement without rows. Only the one canonical form is taken.

    Raises:
        RecordError: anything else; code ``record.facts``.
    """
    if len(data) > _MAX_BYTES:
        raise _malformed("too long")
    try:
        value = json.loads(data, parse_float=_refuse, parse_constant=_refuse)
        measurement = _measurement(value)
    except RecursionError as error:
        raise _malformed("nested too deeply") from error
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise _malformed(f"{type(error).__name__}") from error
    if to_json(measurement) != data:
        raise _malformed("not in canonical form")
    return measurement


def _malformed(why: str) -> RecordError:
    return RecordError(f"the facts of a measurement are malformed: {why}", code="record.facts")


def _refuse(text: str) -> None:
    raise ValueError(text)


def _text(value: Fraction | None) -> str | None:
    return None if value is None else f"{value.numerator}/{value.denominator}"


def _track(track: Track) -> dict[str, Any]:
    return {
        "index": track.index,
        "kind": track.kind,
        "codec": track.codec,
        "time_base": _text(track.time_base),
        "nal_length_size": track.nal_length_size,
        "configuration": [[change.unit, change.digest.hex()] for change in track.configuration],
        "presentation": _presentation(track.presentation),
    }


def _presentation(shown: Presentation) -> dict[str, Any]:
    return {each.name: _WRITERS.get(each.name, _same)(getattr(shown, each.name)) for each in fields(Presentation)}


def _shown(shown: Shown) -> dict[str, Any]:
    return {
        "size": None if shown.size is None else list(shown.size),
        "sample_aspect": _text(shown.sample_aspect),
        "colour_range": shown.colour_range,
        "matrix": shown.matrix,
        "primaries": shown.primaries,
        "transfer": shown.transfer,
    }


def _same(value: Any) -> Any:
    return value


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()


# --- reading -----------------------------------------------------------------------------------------------------


def _measurement(value: Any) -> Measurement:
    _keys(value, "schema kind state container depth tracks not_measured damage")
    if value["schema"] != SCHEMA:
        raise ValueError("schema")
    tracks = tuple(_read_track(each) for each in _list(value["tracks"], _MAX_TRACKS))
    indexes = [track.index for track in tracks]
    if indexes != sorted(set(indexes)):
        raise ValueError("tracks out of order")
    return Measurement(
        kind=_one_of(value["kind"], MediaKind),
        state=_one_of(value["state"], FileState),
        container=_name(value["container"]),
        depth=_one_of(value["depth"], Depth),
        tracks=tracks,
        not_measured=tuple(_read_not_measured(each) for each in _list(value["not_measured"])),
        damage=tuple(_read_damage(each) for each in _list(value["damage"])),
    )


def _read_not_measured(value: Any) -> NotMeasured:
    _keys(value, "what track why")
    return NotMeasured(_name(value["what"]), _line(value["why"]), _optional(value["track"], _count))


def _read_damage(value: Any) -> Damage:
    _keys(value, "track start end seen")
    start, end = _seconds(value["start"]), _seconds(value["end"])
    if end < start:
        raise ValueError("damage ends before it starts")
    return Damage(_count(value["track"]), start, end, _line(value["seen"]))


def _read_track(value: Any) -> Track:
    _keys(value, "index kind codec time_base nal_length_size configuration presentation")
    time_base = _rational(value["time_base"])
    if time_base <= 0 or max(time_base.numerator, time_base.denominator) >= 2**32:
        raise ValueError("time base")
    changes = tuple(_read_change(each) for each in _list(value["configuration"]))
    units = [change.unit for change in changes]
    if units != sorted(set(units)):
        raise ValueError("configurations out of order")
    return Track(
        index=_count(value["index"], 2**32 - 1),
        kind=_one_of(value["kind"], TrackKind),
        codec=_name(value["codec"]),
        time_base=time_base,
        configuration=changes,
        presentation=_read_presentation(value["presentation"]),
        nal_length_size=_count(value["nal_length_size"], 4),
    )


def _read_change(value: Any) -> ConfigurationChange:
    unit, digest = _list(value, 2)
    return ConfigurationChange(_count(unit), _digest(digest))


def _read_presentation(value: Any) -> Presentation:
    _keys(value, " ".join(each.name for each in fields(Presentation)))
    return Presentation(**{name: _READERS[name](value[name]) for name in value})


def _read_shown(value: Any) -> Shown:
    _keys(value, "size sample_aspect colour_range matrix primaries transfer")
    size = value["size"]
    if size is not None:
        width, height = (_count(each, 2**31 - 1) for each in _list(size, 2))
        if not width or not height:
            raise ValueError("a picture of no size")
        size = (width, height)
    return Shown(
        size=size,
        sample_aspect=_optional(value["sample_aspect"], _aspect),
        **{name: _optional(value[name], _name) for name in ("colour_range", "matrix", "primaries", "transfer")},
    )


def _keys(value: Any, names: str) -> None:
    if not isinstance(value, dict) or set(value) != set(names.split()):
        raise ValueError("members")


def _list(value: Any, at_most: int = _MAX_LIST) -> list[Any]:
    if not isinstance(value, list) or len(value) > at_most:
        raise ValueError("list")
    return value


def _count(value: Any, at_most: int = _MAX_NUMBER) -> int:
    if type(value) is not int or not 0 <= value <= at_most:
        raise ValueError("number")
    return value


def _one_of(value: Any, literal: Any) -> Any:
    if value not in get_args(literal):
        raise ValueError("word")
    return value


def _name(value: Any) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise ValueError("name")
    return value


def _line(value: Any) -> str:
    """One line of printable text: what the child says is shown to people."""
    if not isinstance(value, str) or len(value) > _MAX_TEXT or not value.isprintable():
        raise ValueError("line")
    return value


def _digest(value: Any) -> bytes:
    data = bytes.fromhex(value)
    if len(data) != UNIT_DIGEST_BYTES or data.hex() != value:
        raise ValueError("digest")
    return data


def _rational(value: Any) -> Fraction:
    match = _RATIONAL.fullmatch(value)
    if not match:
        raise ValueError("rational")
    number = Fraction(int(match[1]), int(match[2]))
    if _text(number) != value:
        raise ValueError("not in lowest terms")
    return number


def _seconds(value: Any) -> Fraction:
    number = _rational(value)
    if abs(number) > MOST_SECONDS:
        raise ValueError("a time out of range")
    return number


def _length(value: Any) -> Fraction:
    number = _seconds(value)
    if number < 0:
        raise ValueError("a negative length")
    return number


def _aspect(value: Any) -> Fraction:
    number = _rational(value)
    if number <= 0 or max(number.numerator, number.denominator) >= 2**32:
        raise ValueError("aspect")
    return number


def _truth(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError("truth value")
    return value


def _quarter_turn(value: Any) -> int:
    if type(value) is not int or value not in {0, 90, 180, 270}:
        raise ValueError("rotation")
    return value


def _optional(value: Any, read: Callable[[Any], Any]) -> Any:
    return None if value is None else read(value)


def _or_none(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: _optional(value, read)


_WRITERS: dict[str, Callable[[Any], Any]] = {
    "start": _text,
    "duration": _text,
    "stated": _shown,
    "coded": _shown,
    "captions_digest": _hex,
}
_READERS: dict[str, Callable[[Any], Any]] = {
    "start": _or_none(_seconds),
    "duration": _or_none(_length),
    "stated": _read_shown,
    "coded": _read_shown,
    "rotation": _quarter_turn,
    "mirrored": _truth,
    "default": _or_none(_truth),
    "language": _or_none(_name),
    "captions": _count,
    "captions_digest": _or_none(_digest),
    "field_order": _or_none(_name),
    "sample_rate": _or_none(_count),
    "channels": _or_none(_count),
    "layout": _or_none(_name),
    "pixel_format": _or_none(_name),
}
