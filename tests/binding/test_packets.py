"""Rows of packets: times, places, fields of one picture, PCM blocks, stored units."""

from __future__ import annotations

import hashlib
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.binding.packets import CodedPacket, PacketObserver, PcmObserver, little_endian, with_stored
from provenance.binding.presentation import SpanObserver
from provenance.evidence import NO_PTS, PACKET_DISCARD, PACKET_STORED, ConfigurationChange, PacketRows

quick = settings(max_examples=60, deadline=None)


def digest(data):
    return hashlib.sha256(data).digest()[:24]


def observe(observer, packets):
    for packet in packets:
        observer.update(packet)
    return observer.result()


def test_a_row_says_digest_time_flags_and_place():
    rows, changes = observe(PacketObserver("vp8"), [CodedPacket(b"unit", 90, 30, 1, 4096)])
    assert rows == PacketRows((digest(b"unit"),), (90,), (30,), (1,), (4096,), (4,))
    assert changes == ()


def adts(payload):
    length = 7 + len(payload)
    return b"\xff\xf1\x4c\x80" + bytes([length >> 3, (length & 7) << 5 | 0x1F, 0xFC]) + payload


def test_several_units_of_one_packet_share_its_time_and_have_no_place():
    packet = CodedPacket(adts(b"first") + adts(b"second"), 1000, 2048, 1, 77)
    rows, changes = observe(PacketObserver("aac"), [packet])
    assert rows.digests == (digest(b"first"), digest(b"second"))
    assert rows.pts == (1000, 2024)
    assert rows.durations == (1024, 1024)
    assert rows.offsets == (-1, -1)
    assert [change.unit for change in changes] == [0]


def bits(*fields):
    text = "".join(fields)
    text += "1" + "0" * (-(len(text) + 1) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")


def ue(value):
    binary = f"{value + 1:b}"
    return "0" * (len(binary) - 1) + binary


#: Main profile, frame_num of 4 bits, pictures may be fields.
FIELD_SPS = b"\x67" + bits(f"{77:08b}", "0" * 8, f"{30:08b}", ue(0), ue(0), ue(2), ue(1), "0", ue(19), ue(8), "0")
PPS = b"\x68" + bits(ue(0), ue(0))


def field_slice(frame_num, *, bottom, idr=False, tail=b""):
    header = bits(ue(0), ue(7), ue(0), f"{frame_num:04b}", "1", "1" if bottom else "0")
    return (b"\x65" if idr else b"\x41") + header + tail + b"\x80"


def packet(*units, pts, offset=-1):
    data = b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)
    return CodedPacket(data, pts, 20, 0, offset)


def test_both_fields_of_a_picture_are_one_unit_however_they_are_packed():
    top, bottom = field_slice(0, bottom=False, idr=True), field_slice(0, bottom=True)
    following = field_slice(1, bottom=False), field_slice(1, bottom=True)
    apart = [
        packet(FIELD_SPS, PPS, top, pts=0),
        packet(bottom, pts=20),
        packet(following[0], pts=40),
        packet(following[1], pts=60),
    ]
    together = [packet(FIELD_SPS, PPS, top, bottom, pts=0), packet(*following, pts=40)]
    one, _ = observe(PacketObserver("h264", nal_length_size=4), apart)
    two, _ = observe(PacketObserver("h264", nal_length_size=4), together)
    assert len(one) == len(two) == 2
    assert one.digests == two.digests
    assert one.pts == (0, 40)
    assert one.durations == (40, 40)


def test_fields_of_different_pictures_stay_apart():
    packets = [
        packet(FIELD_SPS, PPS, field_slice(0, bottom=False, idr=True), pts=0),
        packet(field_slice(1, bottom=True), pts=20),  # its first field was lost
        packet(field_slice(2, bottom=False), pts=40),
        packet(field_slice(2, bottom=False), pts=60),  # same parity
    ]
    rows, _ = observe(PacketObserver("h264", nal_length_size=4), packets)
    assert len(rows) == 4


def test_joined_fields_keep_their_place_only_if_they_lie_together():
    top, bottom = field_slice(0, bottom=False, idr=True), field_slice(0, bottom=True)
    first = packet(FIELD_SPS, PPS, top, pts=0, offset=100)
    rows, _ = observe(
        PacketObserver("h264", nal_length_size=4), [first, packet(bottom, pts=20, offset=100 + len(first.data))]
    )
    assert (rows.offsets, rows.sizes) == ((100,), (len(first.data) + 4 + len(bottom),))
    rows, _ = observe(PacketObserver("h264", nal_length_size=4), [first, packet(bottom, pts=20, offset=9000)])
    assert rows.offsets == (-1,)


@quick
@given(st.binary(min_size=1, max_size=20_000), st.lists(st.integers(1, 3000), min_size=1, max_size=6))
def test_pcm_units_do_not_depend_on_packet_sizes(data, sizes):
    data = data[: len(data) - len(data) % 4] or b"\0" * 4
    whole, _ = observe(pcm("pcm_s16le"), [CodedPacket(data, 0, 0, 1, 0)])
    packets, at, turn = [], 0, 0
    while at < len(data):
        step = sizes[turn % len(sizes)] * 4
        packets.append(CodedPacket(data[at : at + step], at // 4, 0, 1, at))
        at, turn = at + step, turn + 1
    cut, _ = observe(pcm("pcm_s16le"), packets)
    assert cut == whole
    swapped, _ = observe(pcm("pcm_s16be"), [CodedPacket(little_endian("pcm_s16be", data), 0, 0, 1, 0)])
    assert swapped.digests == whole.digests


def pcm(codec):
    return PcmObserver(codec, channels=2, sample_rate=48000, time_base=Fraction(1, 48000))


def test_pcm_rows_tell_time_and_place_of_each_block():
    data = bytes(range(256)) * 33
    rows, _ = observe(pcm("pcm_s16le"), [CodedPacket(data, 500, 0, 1, 10_000)])
    assert rows.pts == (500, 1524, 2548)
    assert rows.durations == (1024, 1024, 64)
    assert rows.offsets == (10_000, 14_096, 18_192)
    assert rows.sizes == (4096, 4096, 256)


def rows_at(offsets, flag=0):
    size = len(offsets)
    digests = tuple(digest(bytes([offset % 256])) for offset in offsets)
    return PacketRows(digests, tuple(offsets), (1,) * size, (flag,) * size, tuple(offsets), (1,) * size)


@quick
@given(st.sets(st.integers(0, 500)), st.sets(st.integers(0, 500)))
def test_stored_units_go_where_they_lie_in_the_file(shown, hidden):
    stored = sorted(hidden - shown)
    rows, changes = with_stored(
        rows_at(sorted(shown)),
        tuple(ConfigurationChange(index, bytes(24)) for index in range(len(shown))),
        rows_at(stored, PACKET_STORED),
    )
    assert rows.offsets == tuple(sorted(shown | hidden))
    assert [rows.offsets[change.unit] for change in changes] == sorted(shown)
    assert {offset for offset, flag in zip(rows.offsets, rows.flags, strict=True) if flag} == set(stored)


def test_the_presented_span_leaves_out_what_is_decoded_only():
    span = SpanObserver(Fraction(1, 1000))
    for pts, flags in ((-40, PACKET_DISCARD), (0, 0), (80, 0), (40, 0), (500, PACKET_STORED), (NO_PTS, 0)):
        span.update(pts, 40, flags)
    assert span.result() == (0, Fraction(120, 1000))


def test_priming_and_padding_are_trimmed_exactly():
    span = SpanObserver(Fraction(1, 48000), 48000)
    span.update(-1024, 1024, 0, trims=(1024, 0))
    span.update(0, 1024, 0)
    span.update(1024, 1024, 0, trims=(0, 24))
    assert span.result() == (0, Fraction(2024, 48000))


def test_a_last_unit_without_duration_lasts_as_long_as_its_neighbour():
    span = SpanObserver(Fraction(1, 1000))
    for pts in (0, 40, 80):
        span.update(pts, 0, 0)
    assert span.result() == (0, Fraction(120, 1000))


def test_nothing_presented_has_no_span():
    assert SpanObserver(Fraction(1)).result() is None
