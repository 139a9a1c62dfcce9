"""Damaged, cut and unfinished recordings are measured as far as they go, and say where they are damaged."""

from __future__ import annotations

from fractions import Fraction

import pytest

from provenance.evidence import (
    PACKET_CORRUPT,
    PACKET_DISCARD,
    PACKET_KEY,
    PICTURE_DECODER_DEPENDENT,
    PacketRows,
    PictureRows,
)
from provenance.media import damage


def rows(*units):
    """Units as (pts, flags) in coding order."""
    size = len(units)
    return PacketRows(
        tuple(bytes(24) for _ in units),
        tuple(pts for pts, _ in units),
        (1,) * size,
        tuple(flags for _, flags in units),
        (-1,) * size,
        (1,) * size,
    )


def pictures(*pts):
    return PictureRows(tuple(bytes(24) for _ in pts), pts, (0,) * len(pts))


K = PACKET_KEY


def test_a_picture_is_missing_only_if_it_was_expected():
    units = rows((-1, PACKET_DISCARD | K), (0, 0), (2, 0), (1, 0), (9, 4))
    assert damage.missing("h264", units, pictures(0, 1, 2), frozenset()) == set()
    assert damage.missing("h264", units, pictures(0, 2), frozenset()) == {1}
    assert damage.missing("vp8", units, pictures(0, 2), {1}) == set()


def test_what_leads_the_first_key_unit_is_not_expected():
    units = rows((-5, 0), (3, K), (1, 0), (2, 0), (4, 0))
    assert damage.missing("hevc", units, pictures(3, 4), frozenset()) == set()


def test_codecs_with_units_that_give_no_picture_are_judged_by_errors_alone():
    assert damage.missing("mpeg4", rows((0, K), (1, 0)), pictures(0), frozenset()) == set()


def test_uncertainty_lasts_to_the_next_key_unit_and_to_pictures_that_lead_it():
    units = rows((0, K), (3, 0), (1, 0), (2, 0), (6, K), (4, 0), (5, 0), (9, 0), (7, 0))
    assert damage.uncertain(units, {3}) == [{3, 1, 2, 4, 5}]
    assert damage.uncertain(units, {9}) == [{9, 7}]
    assert damage.uncertain(units, frozenset()) == []


def test_uncertain_pictures_are_marked_and_told_in_seconds():
    units = rows((0, K), (1, PACKET_CORRUPT), (2, 0), (3, K))
    stretches = damage.uncertain(units, frozenset())
    marked = damage.mark(pictures(0, 1, 2, 3), stretches)
    assert marked.flags == (0, PICTURE_DECODER_DEPENDENT, PICTURE_DECODER_DEPENDENT, 0)
    (found,) = damage.ranges(0, units, stretches, Fraction(1, 10))
    assert (found.start, found.end) == (Fraction(1, 10), Fraction(3, 10))


@pytest.mark.parametrize(
    ("codec", "unit", "hidden"),
    [
        ("vp8", b"\x10", False),
        ("vp8", b"\x00", True),
        ("vp9", b"\x82\x01", False),
        ("vp9", b"\x80\x01", True),
        ("vp9", b"\x88\x01", False),
        ("h264", b"\x00", False),
    ],
)
def test_hidden_units_say_so(codec, unit, hidden):
    assert damage.is_hidden(codec, unit) is hidden


def test_one_wrong_byte_inside_a_picture_is_found_and_bounded(clip, measure, tmp_path):
    path = clip("pier")
    whole = measure(path).of_kind("video")[0]
    data = bytearray(path.read_bytes())
    row = 55  # the third group of pictures
    data[whole.packets.offsets[row] + whole.packets.sizes[row] // 2] ^= 0x55
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(data)
    measured = measure(broken)
    track = measured.of_kind("video")[0]
    differing = [
        at for at, pair in enumerate(zip(track.packets.digests, whole.packets.digests, strict=True)) if len({*pair}) > 1
    ]
    assert differing == [row]
    changed = {
        pts
        for pts, one, two in zip(whole.pictures.pts, whole.pictures.digests, track.pictures.digests, strict=True)
        if one != two
    }
    marked = {
        pts
        for pts, flags in zip(track.pictures.pts, track.pictures.flags, strict=True)
        if flags & PICTURE_DECODER_DEPENDENT
    }
    assert changed <= marked or measured.state == "whole"
    if measured.state == "damaged":
        (found,) = measured.damage
        assert Fraction(2) <= found.start < found.end <= Fraction(3) + Fraction(2, 25)


@pytest.mark.parametrize("container", ["mp4", "mkv", "ts", "avi"])
@pytest.mark.parametrize("part", [3, 2])
def test_a_cut_off_file_is_measured_as_far_as_it_goes(clip, measure, tmp_path, container, part):
    options = {"container": container} | ({"codec": "mpeg4", "sound": "mp3"} if container == "avi" else {})
    path = clip("pier", **options)
    whole = measure(path).of_kind("video")[0]
    cut = tmp_path / f"cut.{container}"
    cut.write_bytes(path.read_bytes()[: path.stat().st_size // part])
    measured = measure(cut)
    track = measured.of_kind("video")[0]
    rest = len(track.packets) - 1
    assert rest > 10
    assert track.packets.digests[:rest] == whole.packets.digests[:rest]
    sure = [digest for digest, flags in zip(track.pictures.digests, track.pictures.flags, strict=True) if not flags]
    assert len(sure) >= rest - 4  # the deepest reordering
    assert tuple(sure[: rest - 4]) == whole.pictures.digests[: rest - 4]
    if container != "ts" or track.packets.digests[rest] != whole.packets.digests[rest]:
        assert measured.state == "damaged"


def test_a_recording_without_its_index_is_unfinished(clip, measure, tmp_path):
    path = tmp_path / "torn.mp4"
    path.write_bytes(clip("pier", faststart=False).read_bytes()[:60_000])
    measured = measure(path)
    assert (measured.kind, measured.state, measured.tracks) == ("video", "unfinished-recording", ())
    assert "moov" in measured.not_measured[0].why


def test_appended_bytes_are_no_damage(clip, measure, tmp_path):
    for container in ("mp4", "mkv"):
        path = tmp_path / f"longer.{container}"
        path.write_bytes(clip("pier", container=container).read_bytes() + b"these bytes come after the end\n" * 50)
        measured = measure(path)
        assert (measured.state, measured.damage) == ("whole", ())


def test_ranges_that_touch_are_told_as_one():
    units = rows((0, K), (1, K), (2, K), (9, K))
    stretches = damage.uncertain(units, {0, 1, 9})
    found = damage.ranges(0, units, stretches, Fraction(1))
    assert [(each.start, each.end) for each in found] == [(0, 2), (9, 10)]
