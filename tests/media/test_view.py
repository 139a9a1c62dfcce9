"""What the parent makes sure of before it believes that something is a picture, and what the child gives."""

from __future__ import annotations

import struct
from fractions import Fraction

import pytest

from provenance.errors import MediaError
from provenance.media import child, view
from provenance.media.source import open_source

GOOD = view.to_blob((10, 20), Fraction(1, 100), (2, 1), b"rgbRGB")


def test_a_view_comes_back_as_it_was_packed():
    assert view.from_blob(GOOD, side=2) == view.View(Fraction(1, 10), Fraction(1, 5), 2, 1, b"rgbRGB")


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        GOOD[:20],
        GOOD[:-1],
        GOOD + b"x",
        struct.pack(">qqIIII", 20, 20, 1, 100, 2, 1) + b"rgbRGB",  # it ends as it begins
        struct.pack(">qqIIII", 10, 20, 1, 0, 2, 1) + b"rgbRGB",  # no time base
        struct.pack(">qqIIII", 10, 20, 1, 100, 0, 0),  # no pixels
        struct.pack(">qqIIII", 10, 20, 1, 100, 3, 1) + b"rgbRGBrgb",  # wider than asked for
        struct.pack(">qqIIII", 10, 20, 1, 100, 2**31, 2**31),
    ],
)
def test_what_is_no_view_is_refused(blob):
    with pytest.raises(MediaError) as caught:
        view.from_blob(blob, side=2)
    assert caught.value.code == "media.protocol"


def times(path, *moments, side=64):
    with open_source(path) as source:
        return child.views(source, [Fraction(one) for one in moments], track=None, side=side)


def test_views_are_the_pictures_shown_at_the_moments_also_behind_the_end(clip):
    seen = times(clip("pier"), 0, "0.05", "3.99", 100)
    assert [float(one.start) for one in seen] == [0, 0.04, 3.96, 3.96]
    assert {(one.width, one.height) for one in seen} == {(64, 36)}


def test_moments_far_apart_are_the_same_as_each_by_itself(clip):
    long = clip("pier", seconds=30)
    together = times(long, 1, 14, 28)
    assert [one.start for one in together] == [1, 14, 28]
    assert together == tuple(times(long, moment)[0] for moment in (1, 14, 28))


@pytest.mark.parametrize("variant", [{"container": "ts"}, {"codec": "vp9", "container": "webm", "sound": "opus"}])
def test_a_container_in_which_a_seek_comes_down_elsewhere_gives_the_right_picture(clip, variant):
    long = clip("pier", seconds=30, **variant)
    (seen,) = times(long, 25)
    start = times(long, 0)[0].start
    assert seen.start <= 25 < seen.end
    assert (seen.start - start) % Fraction(1, 25) < Fraction(1, 500)


def test_pixels_that_are_not_square_are_made_so(clip, tmp_path):
    import stock

    wide = tmp_path / "wide.mp4"
    stock.ffmpeg("-i", clip("pier", seconds=1), "-vf", "setsar=2", wide)
    (seen,) = times(wide, 0)
    assert (seen.width, seen.height) == (64, 18)


def test_a_file_that_is_no_video_has_no_view(tmp_path):
    path = tmp_path / "note.mp4"
    path.write_bytes(b"#EXTM3U\n/etc/passwd\n")
    with pytest.raises(MediaError) as caught:
        times(path, 0)
    assert caught.value.code == "media.no-picture"
