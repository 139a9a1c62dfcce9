"""Small pictures kept in steps of levels: what is kept of each, what a blob says of it, and what is refused."""

import hashlib
import json
import struct
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from provenance.binding import codec, looks
from provenance.binding.pictures import Picture, Plane
from provenance.errors import RecordError
from provenance.evidence import SMALL_BYTES, Looks, Measurement, PictureRows, Track

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "small-v1.json").read_text())
KEPT = bytes.fromhex(VECTORS["kept_of_each_level_of_luma"])
HEADER = struct.Struct(">4sHHIIQII16s")
RANDOM = np.random.default_rng(62)


def plane_of(samples):
    return Plane(memoryview(samples.tobytes()), samples.shape[1], samples.shape[1], samples.shape[0])


def observed(pictures, colours=None, *, close=False):
    observer = looks.LooksObserver(Fraction(1, 30), small_gap=Fraction(0), feature_gap=Fraction(4), close=close)
    for number, luma in enumerate(pictures):
        planes = [luma] if colours is None else [luma, *colours[number]]
        observer.update(Picture(number, tuple(plane_of(one) for one in planes)))
    return observer.result()


def levels_of(rows):
    return np.frombuffer(rows.small, np.uint8).reshape(-1, SMALL_BYTES).astype(int)


def test_what_is_kept_is_off_by_two_levels_at_most_and_what_is_in_hand_by_none():
    pictures = [RANDOM.integers(0, 256, (96, 96), dtype=np.uint8) for _ in range(3)]
    colours = [RANDOM.integers(0, 256, (2, 24, 24), dtype=np.uint8) for _ in range(3)]
    kept, close = observed(pictures, colours), observed(pictures, colours, close=True)
    luma, colour = (slice(0, 9216), slice(9216, None))
    assert (kept.small_step, close.small_step) == (4, 1)
    assert set(levels_of(close)[:, luma].ravel()) == set(range(256))
    assert (levels_of(kept)[:, luma] == np.frombuffer(KEPT, np.uint8)[levels_of(close)[:, luma]]).all()
    assert np.abs(levels_of(kept) - levels_of(close)).max() == 2
    assert (levels_of(kept)[:, colour] == np.stack(colours).reshape(3, -1)).all()
    assert (kept.codes, kept.qualities) == (close.codes, close.qualities)


def test_of_each_level_the_nearest_multiple_of_four_is_kept_and_white_as_it_is():
    nearest = [min(range(0, 256, 4), key=lambda kept: (abs(kept - level), kept % 8)) for level in range(254)]
    assert list(KEPT[:254]) == nearest
    assert list(KEPT[254:]) == [255, 255]
    assert sum(KEPT[:248]) == sum(range(248))


def test_what_is_faint_is_kept_as_it_is():
    """Noise within 10 levels differs by 3.3 from box to box, within 20 by 6.7; the step is 4."""
    faint, clear = (RANDOM.integers(100, most, (96, 96), dtype=np.uint8) for most in (110, 120))
    rows = observed([faint, clear])
    assert rows.qualities[0] < 64 <= rows.qualities[1]
    luma = levels_of(rows)[:, :9216].reshape(2, 96, 96)
    assert (luma[0] == faint).all()
    assert (luma[1] == np.frombuffer(KEPT, np.uint8)[clear]).all()


def rows_of_the_vector(step):
    """By the words of the file: a faint picture, and one of all levels; colour between the steps."""
    y, x = np.mgrid[:96, :96]
    faint = (100 + (x + y) % 4).astype(np.uint8).tobytes() + bytes((128,)) * 1152
    clear = ((7 * y + 5 * x + x * y // 16) % 256).astype(np.uint8).tobytes()
    return faint + (clear.translate(KEPT) if step else clear) + bytes(124 + p % 9 for p in range(1152))


def measured(rows):
    pictures = PictureRows((b"d" * 24,) * 2, (0, 1), (0, 0))
    track = Track(0, "video", "h264", Fraction(1, 25), pictures=pictures, looks=rows)
    return Measurement("video", "whole", "mov", "full", (track,))


@pytest.mark.parametrize("step", [0, 4])
def test_a_blob_says_the_step_of_its_small_pictures(step):
    rows = Looks(b"c" * 64, b"\x3f\xff", rows_of_the_vector(step), (0, 1), b"f" * 36, (0,), small_step=step or 1)
    blobs = codec.to_blobs(measured(rows))
    assert blobs["small", 0][:48].hex() == VECTORS["header_bytes"][str(step)]
    assert hashlib.sha256(blobs["small", 0]).hexdigest() == VECTORS["sha256"][str(step)]
    assert codec.from_blobs(blobs).tracks[0].looks == rows


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["what"])
def test_a_step_is_one_of_two_and_levels_are_as_it_says(case):
    step = case["step"]
    rows = Looks(b"c" * 64, bytes(case["qualities"]), rows_of_the_vector(step), (0, 1))
    blobs = codec.to_blobs(measured(rows))
    honest = blobs["small", 0]
    *head, _ = HEADER.unpack_from(honest)
    blobs["small", 0] = HEADER.pack(*head, bytes((step,)) + bytes(15)) + honest[48:]
    if case["expect"] == "accept":
        assert codec.from_blobs(blobs).tracks[0].looks.small_step == (step or 1)
    else:
        with pytest.raises(RecordError, match="step"):
            codec.from_blobs(blobs)


@pytest.mark.parametrize("at", [33, 40, 47])
def test_nothing_else_stands_beside_the_step(at):
    blobs = codec.to_blobs(measured(Looks(b"c" * 64, b"\x3f\xff", rows_of_the_vector(4), (0, 1), small_step=4)))
    spoiled = bytearray(blobs["small", 0])
    spoiled[at] = 1
    with pytest.raises(RecordError, match="steps that are not known"):
        codec.from_blobs({**blobs, ("small", 0): bytes(spoiled)})


def test_a_header_that_is_cut_off_is_refused():
    blobs = codec.to_blobs(measured(Looks(b"c" * 64, b"\x3f\xff", rows_of_the_vector(4), (0, 1), small_step=4)))
    with pytest.raises(RecordError, match="header"):
        codec.from_blobs({**blobs, ("small", 0): blobs["small", 0][:20]})
