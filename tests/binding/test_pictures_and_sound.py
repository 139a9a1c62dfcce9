"""Picture digests over planes as they lie in memory; low information; sound blocks with their level."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.binding import visual
from provenance.binding.audio import SoundObserver, level
from provenance.binding.pictures import Picture, PictureObserver, Plane, picture_digest
from provenance.evidence import PICTURE_LOW_INFORMATION

quick = settings(max_examples=60, deadline=None)


@quick
@given(st.integers(1, 40), st.integers(1, 150), st.integers(0, 9), st.booleans())
def test_padding_and_direction_of_lines_do_not_count(width, rows, padding, bottom_up):
    samples = np.random.default_rng(width * rows).integers(0, 256, (rows, width), dtype=np.uint8)
    memory = np.full((rows, width + padding), 99, np.uint8)
    memory[:, :width] = samples[::-1] if bottom_up else samples
    plane = Plane(memoryview(memory.tobytes()), width + padding, width, rows, bottom_up=bottom_up)
    expected = hashlib.sha256(samples.tobytes()).digest()
    assert picture_digest(Picture(0, (plane,)), visual) == expected


def test_planes_follow_one_another():
    planes = tuple(Plane(memoryview(bytes([value]) * 6), 3, 3, 2) for value in (1, 2, 3))
    assert picture_digest(Picture(0, planes), visual) == hashlib.sha256(b"\1" * 6 + b"\2" * 6 + b"\3" * 6).digest()


def luma(samples, *, bits=8, shift=0):
    step = 2 if bits > 8 else 1
    stored = (samples.astype(np.uint16) << shift).astype("<u2") if step == 2 else samples.astype(np.uint8)
    width = samples.shape[1] * step
    return Picture(7, (Plane(memoryview(stored.tobytes()), width, width, samples.shape[0]),), bits, shift, step)


BARS = np.tile(np.repeat(np.array([180, 168, 145, 133, 63, 51, 28]), 50)[None, :], (200, 1))
RAMP = np.add.outer(np.linspace(16, 235, 360), np.zeros(640)).astype(int)
TEXTURE = np.random.default_rng(1).integers(16, 235, (360, 640))


@pytest.mark.parametrize(
    ("samples", "low"),
    [
        (np.full((360, 640), 16), True),
        (np.full((360, 640), 128), True),
        (BARS, True),
        (BARS.T, True),
        (RAMP, True),
        (TEXTURE, False),
        (np.full((1, 1), 5), True),
    ],
    ids=["black", "grey", "bars", "lying bars", "ramp", "texture", "one sample"],
)
def test_low_information(samples, low):
    assert visual.is_low_information(luma(samples)) is low


@quick
@given(st.integers(0, 2**32 - 1), st.sampled_from([(10, 0), (12, 0), (10, 6)]))
def test_depth_does_not_change_what_is_seen(seed, form):
    bits, shift = form
    samples = np.random.default_rng(seed).integers(16, 235, (50, 70))
    deep = luma(samples << (bits - 8), bits=bits, shift=shift)
    assert visual.detail(deep) == visual.detail(luma(samples))


def test_rows_come_in_presentation_order_with_their_flags():
    observer = PictureObserver(visual)
    observer.update(luma(TEXTURE))
    observer.update(luma(np.full((360, 640), 16)))
    rows = observer.result()
    assert rows.pts == (7, 7)
    assert rows.flags == (0, PICTURE_LOW_INFORMATION)
    assert rows.digests[0] == hashlib.sha256(TEXTURE.astype(np.uint8).tobytes()).digest()[:24]


@quick
@given(st.integers(1, 5000), st.lists(st.integers(1, 3000), min_size=1, max_size=5))
def test_sound_blocks_do_not_depend_on_frame_sizes(count, sizes):
    samples = np.random.default_rng(count).integers(-3000, 3000, (count, 2)).astype(np.int16)
    whole = SoundObserver(48000)
    whole.update(samples, 11)
    cut, at, turn = SoundObserver(48000), 0, 0
    while at < count:
        step = sizes[turn % len(sizes)]
        cut.update(samples[at : at + step], 11 + at)
        at, turn = at + step, turn + 1
    rows = whole.result()
    assert cut.result() == rows
    assert len(rows) == -(-count // 1024)
    assert (rows.start_pts, rows.sample_rate) == (11, 48000)
    assert rows.digests[0] == hashlib.sha256(samples[:1024].tobytes()).digest()[:24]


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (np.zeros((1024, 1), np.int16), 0),
        (np.full((1024, 1), 2**15 - 1, np.int16), 95),
        (np.full((1024, 1), 0.1, np.float32), 76),
        (np.full((1024, 2), 128, np.uint8), 0),
        (np.full((1024, 2), 1e-6, np.float32), 0),
        (np.full((1024, 1), np.inf, np.float32), 96),
        (np.ones((1024, 1), np.float64), 96),
    ],
)
def test_levels(block, expected):
    assert level(block) == expected


def test_no_sound_gives_no_rows():
    assert len(SoundObserver(8000).result()) == 0


def test_a_block_never_mixes_channel_layouts():
    observer = SoundObserver(48000)
    observer.update(np.zeros((100, 1), np.int16), 0)
    observer.update(np.zeros((1024, 2), np.int16), 100)
    assert len(observer.result()) == 2
