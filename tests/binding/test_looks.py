"""Box means, codes, thinning: against naive definitions; and that hostile blobs are refused."""

import struct
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.binding import codec, looks, reduction
from provenance.binding.pictures import Picture, Plane
from provenance.errors import RecordError
from provenance.evidence import (
    FEATURE_BYTES,
    MOST_FEATURES,
    NO_PTS,
    SMALL_BYTES,
    SMALL_SIDE,
    Larger,
    Looks,
    Measurement,
    PictureRows,
    Track,
)
from provenance.matching.looks.pose import EIGHT, turned_codes

RANDOM = np.random.default_rng(7)


def plane_of(samples, *, padding=0):
    padded = np.pad(samples, ((0, 0), (0, padding)))
    return Plane(memoryview(padded.tobytes()), padded.shape[1], samples.shape[1], samples.shape[0])


def picture_of(samples, pts=0, **options):
    return Picture(pts, (plane_of(samples, padding=options.pop("padding", 0)),), **options)


def naive_means(samples, rows, columns):
    height, width = samples.shape
    step = 2 if width // 16 * 16 >= 2 * columns and height // rows < 256 else 1
    width = width // 16 * 16 if step == 2 else width
    down = [row * height // rows for row in range(rows)] + [height]
    across = [step * (column * (width // step) // columns) for column in range(columns)] + [width]
    out = np.empty((rows, columns), np.uint8)
    for row in range(rows):
        for column in range(columns):
            box = samples[down[row] : down[row + 1], across[column] : across[column + 1]].astype(int)
            out[row, column] = (box.sum() + box.size // 2) // box.size
    return out


@settings(max_examples=40, deadline=None)
@given(st.integers(96, 400), st.integers(96, 500), st.sampled_from([(96, 96), (24, 24), (54, 96)]))
def test_means_are_those_of_the_boxes(height, width, grid):
    samples = RANDOM.integers(0, 256, (height, width), dtype=np.uint8)
    assert (reduction.means(samples, *grid) == naive_means(samples, *grid)).all()


def test_means_of_white_do_not_overflow_and_small_pictures_are_spread():
    assert (reduction.means(np.full((4320, 7680), 255, np.uint8), 96, 96) == 255).all()
    spread = reduction.means(np.arange(12, dtype=np.uint8).reshape(3, 4), 96, 96)
    assert spread.shape == (96, 96)
    assert (spread[::32, ::24] == np.arange(12).reshape(3, 4)).all()


def test_padding_and_bit_depth_do_not_matter():
    samples = RANDOM.integers(0, 256, (180, 320), dtype=np.uint8)
    plain = reduction.luma(picture_of(samples), 96, 96)
    assert (reduction.luma(picture_of(samples, padding=13), 96, 96) == plain).all()
    ten = (samples.astype("<u2") << 2).view(np.uint8)
    assert (reduction.luma(picture_of(ten, bits=10, step=2), 96, 96) == plain).all()
    high = (samples.astype("<u2") << 8).view(np.uint8)
    assert (reduction.luma(picture_of(high, bits=10, shift=6, step=2), 96, 96) == plain).all()


def test_chroma_is_read_from_two_planes_or_from_one_by_turns():
    one, other = (RANDOM.integers(0, 256, (90, 160), dtype=np.uint8) for _ in range(2))
    luma = plane_of(np.zeros((180, 320), np.uint8))
    apart = reduction.chroma(Picture(0, (luma, plane_of(one), plane_of(other))), 24, 24)
    together = np.stack([one, other], axis=2).reshape(90, 320)
    assert (reduction.chroma(Picture(0, (luma, plane_of(together))), 24, 24) == apart).all()
    assert (reduction.chroma(Picture(0, (luma,)), 24, 24) == 128).all()


def laid(pictures, turned):
    out = pictures[:, :, ::-1] if turned.mirrored else pictures
    return np.rot90(out, -(turned.rotation // 90), axes=(1, 2))


@pytest.mark.parametrize("turned", EIGHT)
def test_turning_codes_is_coding_turned_pictures(turned):
    pictures = RANDOM.integers(0, 256, (6, SMALL_SIDE, SMALL_SIDE), dtype=np.uint8)
    assert (turned_codes(looks.codes(pictures), turned) == looks.codes(laid(pictures, turned))).all()


def test_codes_do_not_depend_on_the_order_of_adding():
    """Whole numbers below 2**53: any order of adding gives the same sums."""
    pictures = RANDOM.integers(0, 256, (3, SMALL_SIDE, SMALL_SIDE), dtype=np.uint8)
    wave = looks.cosines()
    exact = np.array([[[int(x) for x in row] for row in wave]]).astype(object)[0]
    for picture, code in zip(pictures, looks.codes(pictures), strict=True):
        spectrum = exact @ picture.astype(object) @ exact.T
        assert (np.packbits((spectrum > 0).astype(bool).reshape(-1)) == code).all()
        assert max(abs(value) for value in spectrum.reshape(-1)) < 2**53


def observed(count, *, gap=Fraction(0), most=None, monkeypatch=None, close=False):
    if most:
        monkeypatch.setattr(looks, "MOST_SMALL", most)
    observer = looks.LooksObserver(Fraction(1, 30), small_gap=gap, feature_gap=Fraction(4), close=close)
    for number in range(count):
        observer.update(picture_of(RANDOM.integers(0, 256, (96, 128), dtype=np.uint8), pts=number))
    return observer.result()


def test_every_picture_has_a_code_and_small_ones_come_at_their_pace():
    rows = observed(270, gap=Fraction(2, 5))
    assert (len(rows), len(rows.codes)) == (270, 270 * 32)
    assert rows.small_places == tuple(range(0, 270, 12))
    assert len(rows.small) == len(rows.small_places) * SMALL_BYTES
    assert sorted(set(rows.feature_places)) == [0, 119, 238]


def test_of_a_short_recording_more_is_kept():
    rows = observed(240, gap=Fraction(2, 5))
    assert rows.small_places == tuple(range(0, 240, 6))
    assert len(rows.small) == len(rows.small_places) * SMALL_BYTES
    assert sorted(set(rows.feature_places)) == [0, 30, 60, 90, 119, 149, 179, 209, 238]


def test_of_a_short_file_in_hand_nothing_more_is_kept():
    rows = observed(90, gap=Fraction(2, 5), close=True)
    assert rows.small_places == tuple(range(0, 90, 12))
    assert [one.place for one in rows.larger] == [0]
    assert not rows.features


def test_nothing_more_is_kept_where_a_picture_has_no_time():
    observer = looks.LooksObserver(Fraction(1, 30), small_gap=Fraction(2, 5), feature_gap=Fraction(4))
    for pts in (*range(60), NO_PTS):
        observer.update(picture_of(RANDOM.integers(0, 256, (96, 128), dtype=np.uint8), pts=pts))
    assert observer.result().small_places == (0, 12, 24, 36, 48, 60)


def test_a_track_whose_times_go_back_is_not_held_whole(monkeypatch):
    monkeypatch.setattr(looks, "MOST_SMALL", 16)
    observer = looks.LooksObserver(Fraction(1, 30), small_gap=Fraction(2, 5), feature_gap=Fraction(4))
    for number in range(600):
        observer.update(picture_of(RANDOM.integers(0, 256, (96, 128), dtype=np.uint8), pts=77 * number % 200))
    assert len(observer.result().small_places) <= 16 + 40


def test_too_many_small_pictures_are_thinned_evenly(monkeypatch):
    rows = observed(200, most=16, monkeypatch=monkeypatch)
    assert 8 <= len(rows.small_places) <= 16
    assert len({b - a for a, b in zip(rows.small_places, rows.small_places[1:], strict=False)}) <= 2


def described(seconds, *, close):
    """Local features of ``seconds`` of pictures at 10 a second, and which pictures have some."""
    observer = looks.LooksObserver(
        Fraction(1, 10), small_gap=Fraction(4), feature_gap=Fraction(1, 2) if close else Fraction(4), close=close
    )
    source = np.random.default_rng(5)
    for number in range(10 * seconds):
        blocks = np.kron(source.integers(0, 256, (18, 24), dtype=np.uint8), np.ones((8, 8), np.uint8))
        observer.update(picture_of(blocks, pts=number))
    rows = observer.result()
    return rows, sorted({*rows.feature_places, *(one.place for one in rows.larger)})


def test_a_questioned_file_of_a_minute_has_local_features_of_a_picture_a_second():
    assert described(31, close=True)[1] == list(range(0, 310, 5))
    assert described(60, close=True)[1] == list(range(0, 600, 10))


def test_local_features_are_the_same_however_long_a_picture_waited():
    """The same pictures in a shorter and in a longer file, described at the end and on the way."""
    short, _ = described(20, close=False)
    long, places = described(300, close=False)
    assert len(places) == 75
    count = len(short.feature_places)
    assert long.feature_places[:count] == short.feature_places
    assert long.features[: len(short.features)] == short.features


def test_of_a_file_in_hand_they_are_found_when_they_are_asked_for_and_are_the_same(monkeypatch):
    asked, places = described(20, close=True)
    assert not asked.features
    assert [one.place for one in asked.larger] == places
    monkeypatch.setattr(looks, "MOST_LARGER", 9)
    at_once, _ = described(20, close=True)
    waiting = {one.place for one in at_once.larger}
    assert len(waiting) == len(places) % 10
    assert waiting.isdisjoint(at_once.feature_places)
    assert at_once.features == b"".join(looks.described(one) for one in asked.larger if one.place not in waiting)


@pytest.mark.parametrize("sides", [(8, 8), (8, 480), (480, 8), (31, 31), (33, 62), (480, 480)])
@pytest.mark.parametrize("made", ["nothing", "noise", "a step"])
def test_in_a_picture_of_any_size_that_a_child_may_hand_over_features_are_found_or_none(sides, made):
    means = np.zeros(sides, np.uint8)
    if made == "noise":
        means = RANDOM.integers(0, 256, sides, dtype=np.uint8)
    elif made == "a step":
        means[sides[0] // 2 :, sides[1] // 2 :] = 255
    rows = looks.described(Larger(0, *sides, means.tobytes()))
    assert len(rows) % FEATURE_BYTES == 0
    assert len(rows) // FEATURE_BYTES <= MOST_FEATURES
    assert bool(rows) or made != "noise" or min(sides) < 64


def measured(rows, pictures=3):
    track = Track(
        0,
        "video",
        "h264",
        Fraction(1, 30),
        pictures=PictureRows((b"d" * 24,) * pictures, tuple(range(pictures)), (0,) * pictures),
        looks=rows,
    )
    return Measurement("video", "whole", "mov", "full", (track,))


ROWS = Looks(b"c" * 96, b"\x20" * 3, b"s" * 2 * SMALL_BYTES, (0, 2), b"f" * 36 * 3, (0, 0, 2))


def test_looks_go_through_blobs():
    assert codec.from_blobs(codec.to_blobs(measured(ROWS))).tracks[0].looks == ROWS


def test_malformed_blobs_are_refused():
    blobs = codec.to_blobs(measured(ROWS))
    fewer = codec.to_blobs(measured(Looks(ROWS.codes[:64], ROWS.qualities[:2])))
    head = len(blobs["small", 0]) - 2 * (4 + SMALL_BYTES)
    beyond = bytearray(blobs["small", 0])
    beyond[head + 4 + SMALL_BYTES : head + 8 + SMALL_BYTES] = struct.pack(">I", 3)
    twice = bytearray(beyond)
    twice[head + 4 + SMALL_BYTES : head + 8 + SMALL_BYTES] = struct.pack(">I", 0)
    for spoiled in (
        {("codes", 0): fewer["codes", 0]},
        {("small", 0): bytes(beyond)},
        {("small", 0): bytes(twice)},
        {("features", 0): blobs["codes", 0]},
    ):
        with pytest.raises(RecordError):
            codec.from_blobs({**blobs, **spoiled})
    with pytest.raises(RecordError):
        codec.from_blobs({key: blob for key, blob in blobs.items() if key[0] != "small"})
