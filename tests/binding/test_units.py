"""Canonical access units: what containers add around coded units is taken off, and nothing else."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.binding import aac, av1, nal
from provenance.binding.bits import BitReader, leb128, to_leb128
from provenance.binding.configuration import ConfigurationObserver, sets_of_record
from provenance.binding.units import is_container_dependent, splitter

quick = settings(max_examples=80, deadline=None)
SPS, PPS = bytes.fromhex("6742c00ad9"), bytes.fromhex("68ce3c80")
AUD, SEI = b"\x09\xf0", b"\x06\x05\x01\x2a\x80"
#: Bytes of a NAL unit as encoders write them: no start code inside, no zero at the end.
body = st.binary(min_size=1, max_size=30).map(lambda data: data.replace(b"\0\0", b"\0\7").rstrip(b"\0") + b"\x80")
slices = st.lists(body.map(lambda data: b"\x41" + data), min_size=1, max_size=4)


def prefixed(units, size):
    return b"".join(len(unit).to_bytes(size, "big") + unit for unit in units)


def annex_b(units, trailing=b""):
    return b"".join(b"\0\0\0\1" + unit + trailing for unit in units)


@quick
@given(slices, st.sampled_from([2, 4]))
def test_h264_is_the_same_behind_length_prefixes_and_start_codes(units, size):
    canonical = splitter("h264", size)(prefixed(units, size)).units
    assert canonical == (b"".join(struct.pack(">I", len(unit)) + unit for unit in units),)
    assert splitter("h264", 0)(annex_b([AUD, SPS, PPS, SEI, *units])).units == canonical
    assert splitter("h264", 0)(annex_b(units, trailing=b"\0\0\0")).units == canonical


@quick
@given(slices)
def test_start_codes_nested_behind_one_length_prefix_are_split_again(units):
    nested = b"\0\0\1".join(units)
    assert splitter("h264", 4)(prefixed([nested], 4)) == splitter("h264", 4)(prefixed(units, 4))


@quick
@given(slices)
def test_annex_b_in_a_track_that_promises_length_prefixes_is_read_as_decoders_do(units):
    assert splitter("h264", 4)(annex_b(units)) == splitter("h264", 0)(annex_b(units))


@quick
@given(st.binary(max_size=200), st.sampled_from(["h264", "hevc", "aac", "av1", "opus", "mpeg4", "mpeg2video", "vp9"]))
def test_any_bytes_come_apart_without_an_error(data, codec):
    for size in (0, 1, 4):
        parsed = splitter(codec, size)(data)
        observer = ConfigurationObserver(codec, data)
        observer.update(0, parsed.parameter_sets)
        observer.result()


def test_hevc_keeps_slices_and_drops_the_rest():
    vps, slice_unit, sei = b"\x40\x01\x0c", b"\x26\x01\xaf", b"\x4e\x01\x05"
    parsed = splitter("hevc", 4)(prefixed([vps, sei, slice_unit], 4))
    assert parsed.units == (struct.pack(">I", 3) + slice_unit,)
    assert parsed.parameter_sets == (vps,)


def test_a_unit_that_ends_early_comes_out_as_far_as_it_goes():
    whole = prefixed([b"\x41\x11\x22\x33"], 4)
    assert splitter("h264", 4)(whole[:-1]).units == (struct.pack(">I", 3) + b"\x41\x11\x22",)


def adts(payload, *, channels=2, crc=b""):
    length = 7 + len(crc) + len(payload)
    first = b"\xff\xf1" if not crc else b"\xff\xf0"
    return (
        first
        + bytes([0x4C, 0x80 if channels == 2 else 0x40, length >> 3, (length & 7) << 5 | 0x1F, 0xFC])
        + crc
        + payload
    )


@quick
@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=3))
def test_aac_loses_its_adts_headers_one_unit_a_frame(payloads):
    parsed = splitter("aac")(b"".join(adts(payload) for payload in payloads))
    assert parsed.units == tuple(payloads)
    assert splitter("aac")(b"".join(adts(payload, crc=b"\1\2") for payload in payloads)).units == tuple(payloads)


def test_raw_aac_stays_as_it_is():
    assert splitter("aac")(b"\x21\x10\x05").units == (b"\x21\x10\x05",)


def test_adts_and_audio_specific_config_normalise_to_the_same_configuration():
    configuration = splitter("aac")(adts(b"x")).parameter_sets[0]
    assert aac.configuration_of_record(bytes.fromhex("1190")) == configuration  # AAC LC, 48 kHz, stereo
    assert configuration == bytes.fromhex("020000bb8002")


def test_explicit_band_replication_is_left_out_because_adts_cannot_say_it():
    assert aac.configuration_of_record(bytes.fromhex("2b8a0800")) == bytes.fromhex("020000562201")


def obu(kind, payload, *, size=True):
    return bytes([kind << 3 | (2 if size else 0)]) + (to_leb128(len(payload)) if size else b"") + payload


def test_av1_drops_delimiters_padding_metadata_and_sequence_headers():
    unit = obu(2, b"") + obu(1, b"seq") + obu(5, b"\x01meta") + obu(6, b"frame") + obu(15, b"pad")
    parsed = splitter("av1")(unit)
    assert parsed.units == (obu(6, b"frame"),)
    assert parsed.parameter_sets == (b"seq",)


def test_av1_size_fields_are_normalised():
    long_form = bytes([6 << 3 | 2, 0x85, 0x00]) + b"frame"
    assert splitter("av1")(long_form) == splitter("av1")(obu(6, b"frame"))
    assert splitter("av1")(obu(6, b"frame", size=False)) == splitter("av1")(obu(6, b"frame"))


def test_opus_loses_the_control_header_of_transport_streams():
    packet = b"\xfc\x01\x02\x03"
    assert splitter("opus")(b"\x7f\xe0\x04" + packet).units == (packet,)
    assert splitter("opus")(b"\x7f\xf0\xff\x05\x01\x38" + packet).units == (packet,)  # start trim, two size bytes
    assert splitter("opus")(packet).units == (packet,)


def test_presentation_graphics_are_one_unit_a_segment():
    segments = (b"\x16\x00\x02ab", b"\x15\x00\x01c", b"\x80\x00\x00")
    assert splitter("hdmv_pgs_subtitle")(b"".join(segments)).units == segments
    assert splitter("hdmv_pgs_subtitle")(segments[0]).units == segments[:1]
    broken = b"\x16\x00\x09ab"
    assert splitter("hdmv_pgs_subtitle")(broken).units == (broken,)


def test_mpeg4_visual_headers_are_configuration_and_pictures_are_units():
    headers = bytes.fromhex("000001b001000001b5090000010000000120008440000001b2") + b"tool"
    picture = bytes.fromhex("000001b6") + b"picture"
    parsed = splitter("mpeg4")(headers + picture)
    assert parsed.units == (picture,)
    assert parsed.parameter_sets == (bytes.fromhex("20008440"),)
    assert splitter("mpeg4")(picture).units == (picture,)


def caption_sei(payload=b"hello"):
    message = b"\xb5\x00\x31GA94\x03" + payload
    return bytes([6, 4, len(message)]) + message + b"\x80"


def test_captions_in_h264_are_found_and_others_sei_is_not():
    parsed = splitter("h264", 4)(prefixed([SEI, caption_sei(), b"\x41\x11"], 4))
    assert parsed.captions == (b"\xb5\x00\x31GA94\x03hello",)
    assert splitter("h264", 4)(prefixed([SEI, b"\x41\x11"], 4)).captions == ()


def test_captions_in_mpeg2_user_data_are_found():
    parsed = splitter("mpeg2video")(b"\0\0\1\0pic\0\0\1\xb2GA94\x03hello\0\0\1\1slice")
    assert parsed.captions == (b"GA94\x03hello",)


@pytest.mark.parametrize(
    ("codec", "dependent"), [("h264", False), ("vp9", False), ("pcm_s16le", False), ("dvvideo", True)]
)
def test_codecs_that_nobody_compared_over_containers_are_marked(codec, dependent):
    assert is_container_dependent(codec) is dependent


def avcc(sps, pps):
    return b"\x01\x42\xc0\x0a\xff\xe1" + struct.pack(">H", len(sps)) + sps + b"\x01" + struct.pack(">H", len(pps)) + pps


def test_parameter_sets_beside_the_stream_and_inside_it_give_one_configuration():
    beside = ConfigurationObserver("h264", avcc(SPS, PPS))
    beside.update(0, ())
    inside = ConfigurationObserver("h264", b"")
    inside.update(0, (PPS, SPS))
    annexed = ConfigurationObserver("h264", annex_b([SPS, PPS]))
    annexed.update(0, (SPS,))
    assert beside.result() == inside.result() == annexed.result()
    assert [change.unit for change in beside.result()] == [0]
    assert nal.length_size_of_record("h264", avcc(SPS, PPS)) == 4


def test_a_configuration_changes_where_a_set_changes_and_not_where_it_is_repeated():
    other = SPS[:-1] + b"\xda"
    observer = ConfigurationObserver("h264", avcc(SPS, PPS))
    for unit, sets in enumerate([(), (SPS, PPS), (other,), (other,), (SPS,)]):
        observer.update(unit, sets)
    changes = observer.result()
    assert [change.unit for change in changes] == [0, 2, 4]
    assert changes[0].digest == changes[2].digest != changes[1].digest


def test_hevc_parameter_sets_are_told_apart_by_their_ids():
    general = bytes(12)
    vps = b"\x40\x01" + b"\x0c"
    sps = [b"\x42\x01" + b"\x01" + general + tail for tail in (b"\xa0", b"\x48")]  # ids 0 and 1
    assert nal.parameter_set_key("hevc", sps[0]) == (33, 0)
    assert nal.parameter_set_key("hevc", sps[1]) == (33, 1)
    assert nal.parameter_set_key("hevc", vps) == (32, 0)


def test_opus_configuration_leaves_pre_skip_and_input_rate_out():
    head = b"OpusHead\x01\x02" + struct.pack("<HIh", 312, 48000, 0) + b"\x00"
    other = b"OpusHead\x01\x02" + struct.pack("<HIh", 0, 44100, 0) + b"\x00"
    assert sets_of_record("opus", head) == sets_of_record("opus", other)
    louder = b"OpusHead\x01\x02" + struct.pack("<HIh", 312, 48000, 256) + b"\x00"
    assert sets_of_record("opus", head) != sets_of_record("opus", louder)


def test_vorbis_comments_are_no_configuration():
    def record(comment):
        return b"\x02" + bytes([9, len(comment)]) + b"\x01vorbisID" + comment + b"\x05vorbisSETUP"

    assert sets_of_record("vorbis", record(b"\x03vorbisa")) == sets_of_record("vorbis", record(b"\x03vorbislonger"))


@quick
@given(st.integers(0, 2**56 - 1))
def test_leb128_reads_what_it_writes(value):
    written = to_leb128(value)
    assert leb128(written + b"\xff", 0) == (value, len(written))


def test_exp_golomb_codes_of_table_9_2_and_9_3():
    reader = BitReader(bytes([0b1_010_011_0, 0b0100_0010, 0b1_1000000]))
    assert [reader.ue() for _ in range(5)] == [0, 1, 2, 3, 4]
    reader = BitReader(bytes([0b1_010_011_0, 0b0100_0010, 0b1_1000000]))
    assert [reader.se() for _ in range(5)] == [0, 1, -1, 2, -2]


def test_headers_of_an_av1_record_and_of_plain_units_agree():
    assert av1.headers_of_record(b"\x81\x04\x0c\x00" + obu(1, b"seq")) == av1.headers_of_record(obu(1, b"seq"))
