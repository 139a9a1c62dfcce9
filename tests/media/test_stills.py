"""Files of one picture through the child: what is measured, how it is turned, tiles put together, hostile ones."""

from __future__ import annotations

import struct
import time
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import stock
from provenance.binding.looks import described
from provenance.errors import MediaError
from provenance.evidence import SMALL_SIDE
from provenance.media import exif, heif
from provenance.media.child import measure
from provenance.media.limits import Limits
from provenance.media.source import open_source

SIZE = (322, 182)


def looked(path, **options):
    with open_source(path) as source:
        return measure(source, depth="full", looking="close", **options)


def made(path, *options, size=SIZE, seconds=0.04):
    stock.ffmpeg("-f", "lavfi", "-i", f"testsrc2=s={size[0]}x{size[1]}:d={seconds}:r=25", *options, path)
    return path


def small(measured):
    rows = np.frombuffer(measured.tracks[0].looks.small, np.uint8)
    return rows[: SMALL_SIDE**2].reshape(SMALL_SIDE, SMALL_SIDE).astype(float)


def alike(one, other):
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


FORMS = {
    "png": ("png", ()),
    "jpeg": ("jpg", ()),
    "webp": ("webp", ()),
    "bmp": ("bmp", ()),
    "tiff": ("tiff", ()),
    "gif": ("gif", ()),
    "palette": ("png", ("-pix_fmt", "pal8")),
    "16 bit": ("png", ("-pix_fmt", "rgb48be")),
    "alpha": ("png", ("-pix_fmt", "rgba")),
    "grey": ("png", ("-pix_fmt", "gray16be")),
    "avif": ("avif", ("-c:v", "libsvtav1", "-frames:v", "1")),
}


@pytest.mark.parametrize(("suffix", "options"), FORMS.values(), ids=FORMS)
def test_a_still_of_each_form_is_one_picture_that_looks_like_itself(suffix, options, tmp_path):
    reference = looked(made(tmp_path / "reference.png", "-frames:v", "1"))
    found = looked(made(tmp_path / f"a.{suffix}", "-frames:v", "1", *options))
    assert (found.kind, found.state) == ("image", "whole")
    (track,) = found.tracks
    assert track.presentation.coded.size == SIZE
    assert len(track.pictures) == len(track.looks) == 1
    assert alike(small(found), small(reference)) > 0.97
    assert described(track.looks.larger[0])


@pytest.mark.parametrize(("suffix", "options"), [("gif", ()), ("png", ("-f", "apng"))])
def test_what_moves_is_video(suffix, options, tmp_path):
    found = looked(made(tmp_path / f"a.{suffix}", *options, seconds=0.4))
    assert found.kind == "video"
    assert len(found.tracks[0].pictures) == 10


def test_an_animated_webp_is_not_measured_and_says_so(tmp_path):
    found = looked(made(tmp_path / "a.webp", seconds=0.4))
    assert (found.kind, found.tracks) == ("image", ())
    assert [one.why for one in found.not_measured] == ["an animated WebP is not decoded"]


def exif_block(value, order=">"):
    entry = struct.pack(f"{order}HHIH2x", 0x0112, 3, 1, value)
    return (b"MM\0*" if order == ">" else b"II*\0") + struct.pack(f"{order}IH", 8, 1) + entry + bytes(4)


def with_exif(jpeg, block):
    payload = b"Exif\0\0" + block
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload + jpeg[2:]


#: What ffmpeg does to the picture so that a player that follows the tag shows it as it was.
UNDONE = dict(
    enumerate(
        ("null", "hflip", "hflip,vflip", "vflip", "transpose=0", "transpose=2", "transpose=3", "transpose=1"), start=1
    )
)


@pytest.mark.parametrize("value", UNDONE)
@pytest.mark.parametrize("order", "<>")
def test_the_orientation_says_how_it_is_shown_and_changes_no_digest(value, order, tmp_path):
    plain = made(tmp_path / "plain.jpg", "-frames:v", "1", "-vf", UNDONE[value])
    (tmp_path / "turned.jpg").write_bytes(with_exif(plain.read_bytes(), exif_block(value, order)))
    before, found = looked(plain), looked(tmp_path / "turned.jpg")
    assert found.tracks[0].pictures.digests == before.tracks[0].pictures.digests
    shown = small(found)
    presentation = found.tracks[0].presentation
    shown = shown[:, ::-1] if presentation.mirrored else shown
    shown = np.rot90(shown, -presentation.rotation // 90)
    upright = small(looked(made(tmp_path / "upright.png", "-frames:v", "1")))
    assert alike(shown, upright) > 0.9  # boxes of a picture on its side lie a little otherwise


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["jpeg", "png", "webp", "tiff", "bmp"]))
def test_any_bytes_have_some_orientation(data, name):
    for head in (b"", b"\xff\xd8\xff\xe1\x00\x20Exif\0\0II*\0", b"\x89PNG\r\n\x1a\n", b"MM\0*\0\0\0\x08"):
        assert exif.orientation(name, head + data)[0] in {0, 90, 180, 270}


# --- HEIF ---


def box(kind, *parts):
    payload = b"".join(parts)
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def full(kind, *parts, version=0, flags=0):
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def heif_of(tiles, *, columns, size, properties=(), kind=b"jpeg", count=None):
    """A HEIF file whose primary item, number 1, is a grid of JPEG items from number 2 on."""
    rows = -(-len(tiles) // columns)
    grid = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, *size)
    numbers = range(2, 2 + len(tiles))
    infos = [full(b"infe", struct.pack(">HH4sx", 1, 0, b"grid"), version=2)]
    infos += [full(b"infe", struct.pack(">HH4sx", number, 0, kind), version=2) for number in numbers]
    ipco = box(b"ipco", *(box(name, data) for name, data in properties))
    ipma = full(b"ipma", struct.pack(">IHB", 1, 1, len(properties)), bytes(range(1, len(properties) + 1)))
    stated = len(tiles) if count is None else count
    iref = full(b"iref", box(b"dimg", struct.pack(f">HH{len(tiles)}H", 1, stated, *numbers)))

    def meta(data_at):
        places = [struct.pack(">HHHHII", 1, 1, 0, 1, 0, len(grid))]
        at = data_at
        for number, tile in zip(numbers, tiles, strict=True):
            places.append(struct.pack(">HHHHII", number, 0, 0, 1, at, len(tile)))
            at += len(tile)
        iloc = full(b"iloc", struct.pack(">HH", 0x4400, len(places)), *places, version=1)
        pitm, iinf = full(b"pitm", struct.pack(">H", 1)), full(b"iinf", struct.pack(">H", len(infos)), *infos)
        return full(b"meta", pitm, iinf, box(b"iprp", ipco, ipma), iref, iloc, box(b"idat", grid))

    head = box(b"ftyp", b"heic", bytes(4), b"mif1heic")
    return head + meta(len(head) + len(meta(0)) + 8) + box(b"mdat", *tiles)


@pytest.fixture
def tiles(tmp_path):
    """Six tiles of 128 x 96 of one picture, row by row, as JPEG files."""
    parts = []
    for row in (0, 1):
        for column in (0, 1, 2):
            crop = f"crop=128:96:{128 * column}:{96 * row}"
            path = made(tmp_path / "tile.jpg", "-frames:v", "1", "-q:v", "2", "-vf", crop, "-y", size=(384, 192))
            parts.append(path.read_bytes())
    return parts


def test_a_grid_is_put_together_and_cut(tiles, tmp_path):
    (tmp_path / "a.heic").write_bytes(heif_of(tiles, columns=3, size=(370, 180)))
    found = looked(tmp_path / "a.heic")
    assert (found.kind, found.state, found.tracks[0].presentation.coded.size) == ("image", "whole", (370, 180))
    whole = looked(made(tmp_path / "whole.png", "-frames:v", "1", "-vf", "crop=370:180:0:0", size=(384, 192)))
    assert alike(small(found), small(whole)) > 0.99


@pytest.mark.parametrize(
    ("properties", "turned"),
    [
        ([(b"irot", b"\1")], (270, False)),
        ([(b"irot", b"\2")], (180, False)),
        ([(b"imir", b"\1")], (0, True)),
        ([(b"imir", b"\0")], (180, True)),
        ([(b"irot", b"\1"), (b"imir", b"\1")], (90, True)),
    ],
)
def test_properties_turn_it(properties, turned, tiles):
    data = heif_of(tiles, columns=3, size=(370, 180), properties=properties)
    found = heif.first_picture(lambda at, size: data[at : at + size], len(data))
    assert (found.rotation, found.mirrored) == turned


def test_a_grid_that_lacks_tiles_is_never_answered_from_one(tiles, tmp_path):
    broken = {
        "fewer": heif_of(tiles[:5], columns=3, size=(370, 180)),
        "cut": heif_of(tiles, columns=3, size=(370, 180))[:-3000],
        "larger": heif_of(tiles, columns=3, size=(3700, 180)),
        "unknown": heif_of(tiles, columns=3, size=(370, 180), kind=b"xyz1"),
        "many": heif_of(tiles, columns=3, size=(370, 180), count=60_000),
    }
    for name, data in broken.items():
        (tmp_path / "a.heic").write_bytes(data)
        found = looked(tmp_path / "a.heic")
        assert (found.state, found.tracks) == ("unreadable", ()), name
        assert found.not_measured[0].why, name


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_boxes_are_a_picture_or_a_reason(data):
    whole = bytearray(heif_of([b"\xff\xd8" + bytes(40)] * 4, columns=2, size=(20, 20)))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(24, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = heif.first_picture(lambda at, size: bytes(whole[at : at + size]), len(whole))
    except (heif.NotShown, MediaError):
        return
    assert len(found.tiles) <= 1024


# --- hostile ---


def test_a_truncated_jpeg_is_damaged_and_its_digest_marked(tmp_path):
    whole = made(tmp_path / "a.jpg", "-frames:v", "1", "-q:v", "2").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    found = looked(tmp_path / "cut.jpg")
    assert found.state in {"damaged", "unreadable"}
    assert not found.tracks or found.tracks[0].pictures.flags[0] & 2


def test_a_picture_of_one_sample_is_measured_and_says_nothing(tmp_path):
    found = looked(made(tmp_path / "a.png", "-frames:v", "1", "-vf", "scale=1:1"))
    assert found.tracks[0].looks.qualities == b"\0"


def test_stated_dimensions_alone_cost_nothing(tmp_path):
    """A PNG header that states 60,000 x 60,000 samples, and little behind it."""
    png = bytearray(made(tmp_path / "a.png", "-frames:v", "1").read_bytes())
    png[16:24] = struct.pack(">II", 60_000, 60_000)
    png[29:33] = struct.pack(">I", zlib.crc32(bytes(png[12:29])))
    (tmp_path / "bomb.png").write_bytes(png)
    try:
        found = looked(tmp_path / "bomb.png")
    except MediaError as error:
        assert error.code == "media.limit"  # noqa: PT017 - either answer is right
        return
    assert (found.state, found.tracks) == ("unreadable", ())


def test_a_still_over_the_limits_is_refused(tmp_path):
    path = made(tmp_path / "a.png", "-frames:v", "1")
    for limits in (Limits(pixels=1000), Limits(still_bytes=1000)):
        with pytest.raises(MediaError) as caught:
            looked(path, limits=limits)
        assert caught.value.code == "media.limit"


def located(items, extents, boxes=1):
    """A HEIF file whose places are told without widths: extents that take no bytes."""
    entries = b"".join(struct.pack(">HHH", number, 0, extents) for number in range(items))
    iloc = full(b"iloc", struct.pack(">HH", 0, items), entries)
    return box(b"ftyp", b"heic", bytes(4), b"mif1heic") + full(b"meta", *[iloc] * boxes)


@pytest.mark.parametrize(("items", "extents", "boxes"), [(4096, 4096, 1), (2, 2049, 1), (1, 1, 2)])
def test_places_that_take_no_bytes_take_no_time(items, extents, boxes):
    data = located(items, extents, boxes)
    began = time.process_time()
    with pytest.raises(heif.NotShown, match="cannot be read") as caught:
        heif.first_picture(lambda at, size: data[at : at + size], len(data))
    assert "extents" in str(caught.value.__cause__) or "twice" in str(caught.value.__cause__)
    assert time.process_time() - began < 0.5
