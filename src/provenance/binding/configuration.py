"""Parameter sets in use, normalised, and from which unit they hold."""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING

from provenance.binding import aac, av1, nal
from provenance.binding.units import video_object_layers
from provenance.evidence import UNIT_DIGEST_BYTES, ConfigurationChange

if TYPE_CHECKING:
    from collections.abc import Iterable

_VORBIS_COMMENT = b"\x03vorbis"
_FLAC_STREAMINFO_BYTES = 34
_OPUS_HEAD = b"OpusHead"


class ConfigurationObserver:
    """Follows the parameter sets of one track. A set with the key of an earlier one takes its place."""

    def __init__(self, codec: str, record: bytes) -> None:
        """``record``: the configuration record that the container keeps beside the units, may be empty."""
        self._codec = codec
        self._sets: dict[tuple[int, int], bytes] = {}
        self._changes: list[ConfigurationChange] = []
        self._take(sets_of_record(codec, record))

    def update(self, unit: int, sets: Iterable[bytes]) -> None:
        """Take the sets that come with the unit of row ``unit`` (ascending)."""
        if self._take(sets) or (self._sets and not self._changes):
            digest = self._digest()
            if self._changes and self._changes[-1].unit == unit:
                self._changes.pop()
            if not self._changes or self._changes[-1].digest != digest:
                self._changes.append(ConfigurationChange(unit, digest))

    def result(self) -> tuple[ConfigurationChange, ...]:
        """The configuration at the first unit and every change of it."""
        return tuple(self._changes)

    def _take(self, sets: Iterable[bytes]) -> bool:
        """Put ``sets`` in force; whether anything changed."""
        changed = False
        for each in sets:
            key = _key(self._codec, each)
            changed = changed or self._sets.get(key) != each
            self._sets[key] = each
        return changed

    def _digest(self) -> bytes:
        whole = hashlib.sha256()
        for _, each in sorted(self._sets.items()):
            whole.update(struct.pack(">I", len(each)))
            whole.update(each)
        return whole.digest()[:UNIT_DIGEST_BYTES]


def _key(codec: str, parameter_set: bytes) -> tuple[int, int]:
    if codec not in {"h264", "hevc"}:
        return (0, 0)
    try:
        return nal.parameter_set_key(codec, parameter_set)
    except EOFError:
        return (nal.unit_type(codec, parameter_set), -1)


def sets_of_record(codec: str, record: bytes) -> list[bytes]:
    """Normalised parameter sets of a configuration record; a codec we know no record of gives the record itself."""
    if not record:
        return []
    if codec in {"h264", "hevc"}:
        return nal.sets_of_record(codec, record)
    if codec == "aac":
        configuration = aac.configuration_of_record(record)
        return [configuration] if configuration else []
    if codec == "av1":
        return list(av1.headers_of_record(record))
    if codec == "mpeg4":
        return list(video_object_layers(record))
    normalise = _RECORDS.get(codec)
    return [normalise(record)] if normalise else [] if codec in _RECORD_IS_NO_CONFIGURATION else [record]


def _opus(record: bytes) -> bytes:
    """Channels, gain, mapping; pre-skip is presentation, the input rate informs (RFC 7845 section 5.1)."""
    if not record.startswith(_OPUS_HEAD):
        return record
    return record[9:10] + record[16:]


def _flac(record: bytes) -> bytes:
    """STREAMINFO without frame sizes, sample count and MD5, which re-wrapping may fill in (RFC 9639 section 8.2)."""
    info = record[-_FLAC_STREAMINFO_BYTES:].ljust(_FLAC_STREAMINFO_BYTES, b"\x00")
    return info[:4] + info[10:13] + bytes([info[13] & 0xF0])


def _vorbis(record: bytes) -> bytes:
    """Identification and setup headers; the comment header between them holds tags (Vorbis I section 4.2)."""
    sizes, at = _xiph_sizes(record)
    if not sizes:
        return record
    first, second = record[at : at + sizes[0]], record[at + sizes[0] : at + sum(sizes)]
    return first + record[at + sum(sizes) :] if second.startswith(_VORBIS_COMMENT) else record


def _xiph_sizes(record: bytes) -> tuple[list[int], int]:
    """Sizes of the first two of three laced headers and where they start; none if laced in another way."""
    if record[:1] != b"\x02":
        return [], 0
    sizes, at = [], 1
    for _ in range(2):
        size = 0
        while at < len(record) and record[at] == 255:  # noqa: PLR2004 - Xiph lacing
            size, at = size + 255, at + 1
        sizes.append(size + (record[at] if at < len(record) else 0))
        at += 1
    return sizes, at


_RECORDS = {"opus": _opus, "flac": _flac, "vorbis": _vorbis}
#: vpcC repeats what every key unit states; MPEG-1/2 and AC-3 carry their headers in the units.
_RECORD_IS_NO_CONFIGURATION = frozenset({"vp8", "vp9", "mpeg1video", "mpeg2video", "mp2", "mp3", "ac3", "eac3"})
