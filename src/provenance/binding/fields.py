"""Which H.264 access units are single fields of one picture (ITU-T H.264 clauses 7.3.2.1, 7.3.3, 7.4.1.2.4)."""

from __future__ import annotations

from dataclasses import dataclass

from provenance.binding.bits import BitReader
from provenance.binding.nal import H264_PPS, H264_SPS, unescaped, unit_type

#: Profiles whose SPS carries chroma format and scaling lists (clause 7.3.2.1.1).
_HIGH_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_CHROMA_444 = 3
_IDR = 5
#: The fields looked at lie in the first bytes of a slice header.
_SLICE_HEAD_BYTES = 32


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a picture: frame_num, whether it is the bottom field."""

    frame_num: int
    bottom: bool


@dataclass(frozen=True, slots=True)
class _Sps:
    frame_num_bits: int
    frames_only: bool
    separate_planes: bool


class FieldFinder:
    """Remembers parameter sets and reads from a slice whether it belongs to a single field."""

    def __init__(self) -> None:
        self._sps: dict[int, _Sps] = {}
        self._sps_of_pps: dict[int, int] = {}

    def learn(self, unit: bytes) -> None:
        """Take a parameter set; one that cannot be read is ignored, as its slices then are."""
        try:
            if unit_type("h264", unit) == H264_SPS:
                number, sps = _read_sps(unit)
                self._sps[number] = sps
            elif unit_type("h264", unit) == H264_PPS:
                reader = BitReader(unescaped(unit[1:17]))
                self._sps_of_pps[reader.ue()] = reader.ue()
        except EOFError:
            return

    def field(self, slice_unit: bytes) -> Field | None:
        """The field that a slice belongs to; None for a frame, or where nothing says so."""
        if not self._sps or all(sps.frames_only for sps in self._sps.values()):
            return None
        reader = BitReader(unescaped(slice_unit[1:_SLICE_HEAD_BYTES]))
        try:
            reader.ue()  # first_mb_in_slice
            reader.ue()  # slice_type
            sps = self._sps.get(self._sps_of_pps.get(reader.ue(), -1))
            if sps is None or sps.frames_only:
                return None
            if sps.separate_planes:
                reader.bits(2)
            frame_num = reader.bits(sps.frame_num_bits)
            return Field(frame_num, reader.flag()) if reader.flag() else None
        except EOFError:
            return None


def is_idr(slice_unit: bytes) -> bool:
    """Whether a slice starts an instantaneous decoder refresh."""
    return unit_type("h264", slice_unit) == _IDR


def _read_sps(unit: bytes) -> tuple[int, _Sps]:
    reader = BitReader(unescaped(unit[1:]))
    profile = reader.bits(8)
    reader.bits(16)
    number = reader.ue()
    separate = _skip_high_profile(reader) if profile in _HIGH_PROFILES else False
    frame_num_bits = reader.ue() + 4
    order = reader.ue()
    if order == 0:
        reader.ue()
    elif order == 1:
        reader.flag()
        reader.se()
        reader.se()
        for _ in range(min(reader.ue(), 255)):
            reader.se()
    reader.ue()  # max_num_ref_frames
    reader.flag()
    reader.ue()  # width
    reader.ue()  # height
    return number, _Sps(min(frame_num_bits, 16), reader.flag(), separate)


def _skip_high_profile(reader: BitReader) -> bool:
    """Chroma format to scaling lists; returns separate_colour_plane_flag."""
    chroma = reader.ue()
    separate = reader.flag() if chroma == _CHROMA_444 else False
    reader.ue()
    reader.ue()
    reader.flag()
    if reader.flag():
        for index in range(12 if chroma == _CHROMA_444 else 8):
            if reader.flag():
                _skip_scaling_list(reader, 16 if index < 6 else 64)  # noqa: PLR2004 - six 4x4 lists come first
    return separate


def _skip_scaling_list(reader: BitReader, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + reader.se()) % 256
        last = following or last
