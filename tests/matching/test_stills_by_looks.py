"""One picture, coded again, cropped, turned, photographed: which moment of which recording it is said to be."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

import stock
from provenance.cli.main import run
from provenance.matching.looks.relation import compare_looks
from provenance.media.child import measure
from provenance.media.source import open_source

OPTIONS = {"size": (320, 180), "fps": 25, "seconds": 6, "sound": None}
MOMENT = 3.2


def looked(path, looking):
    with open_source(path) as source:
        return measure(source, depth="full", looking=looking)


@pytest.fixture(scope="module")
def held(studio):
    """Three recordings as an archive keeps them."""
    return {name: looked(studio.clip(name, **OPTIONS), "kept") for name in ("pier", "square", "bridge")}


@pytest.fixture
def still(studio, tmp_path):
    def make(*options, of="pier", at=MOMENT, name="still.jpg", more=()):
        path = studio.clip(of, **OPTIONS)
        stock.ffmpeg("-ss", at, "-i", path, *options, "-frames:v", "1", "-q:v", "6", *more, tmp_path / name)
        return tmp_path / name

    return make


def moments(found):
    return [(float(one.evidence.start), float(one.evidence.end)) for one in found.segments]


SHOWN = {
    "jpeg": (),
    "poor": ("-q:v", "24"),
    "smaller": ("-vf", "scale=240:-2"),
    "grey": ("-vf", "format=gray"),
    "in bars": ("-vf", "pad=320:420:0:120:color=0x202124"),
    "captioned": ("-vf", "drawbox=x=0:y=148:w=320:h=32:color=navy:t=fill"),
}


@pytest.mark.parametrize("options", SHOWN.values(), ids=SHOWN)
def test_a_still_is_the_moment_that_it_shows(options, still, held):
    found = compare_looks(looked(still(*options), "close"), held)
    assert (found.relation, found.basis, found.source) == ("still", "visual", "pier")
    assert min(max(start - MOMENT, MOMENT - end, 0) for start, end in moments(found)) <= 0.21
    assert all(one.questioned.start == one.questioned.end for one in found.segments)
    assert (found.altered["picture"], found.altered["timing"]) == ("not-examined", "not-examined")
    assert "softBinding.still" in [note.code for note in found.notes]


@pytest.mark.parametrize(
    ("options", "mirrored", "rotation"), [("hflip", True, 0), ("transpose=1", False, 90), ("hflip,vflip", False, 180)]
)
def test_how_it_lies_is_told(options, mirrored, rotation, still, held):
    found = compare_looks(looked(still("-vf", options), "close"), held)
    assert found.relation == "still"
    assert {(one.mirrored, one.rotation) for one in found.segments} == {(mirrored, rotation)}
    assert [one.kind for one in found.alterations] == (["mirror"] if mirrored else [])


def test_a_crop_of_a_pan_over_a_flat_picture_tells_no_moment(still, held):
    """Shifted, it fits other moments as well, and its frame is not the recording's."""
    found = compare_looks(looked(still("-vf", "crop=224:126:60:30"), "close"), held)
    assert (found.relation, [name for name, *_ in found.others]) == ("undetermined", ["pier"])


@pytest.mark.parametrize("of", ["pier", "square", "bridge"])
@pytest.mark.parametrize("at", [3.4, 4.6, 5.6])
def test_a_later_moment_of_a_pan_over_a_flat_picture_is_not_accepted(of, at, studio, still, tmp_path):
    cut = tmp_path / "cut.mp4"
    stock.ffmpeg("-i", studio.clip(of, **OPTIONS), "-t", "2.4", "-c:v", "copy", cut)
    found = compare_looks(looked(still(of=of, at=at), "close"), {of: looked(cut, "kept")})
    assert found is None or (found.relation, found.segments) == ("undetermined", ())


def test_a_foreign_still_is_nothing(studio, still, held):
    assert compare_looks(looked(still(of="harbour"), "close"), held) is None


def test_a_featureless_still_is_nothing(still, held):
    assert compare_looks(looked(still("-vf", "drawbox=color=gray:t=fill"), "close"), held) is None


def test_a_video_of_one_picture_is_looked_at_like_a_still(still, held):
    path = still(name="still.mp4", more=("-c:v", "libx264", "-crf", "30"))
    measured = looked(path, "close")
    assert measured.kind == "video"
    found = compare_looks(measured, held)
    assert (found.relation, found.source) == ("still", "pier")


def room(event, number):
    """A fixed camera: one background, and something of the event's own that moves in front of it."""
    random = np.random.default_rng(7)
    picture = np.kron(random.uniform(30, 220, (18, 32)), np.ones((10, 10)))
    own = np.random.default_rng(event)
    patch = np.kron(own.uniform(0, 255, (6, 6)), np.ones((10, 10)))
    phase, pace = own.uniform(0, 6, 2), own.uniform(0.3, 0.9, 2)
    y, x = ((np.sin(phase + pace * number / 25) + 1) / 2 * [110, 250]).astype(int)
    picture[y : y + 60, x : x + 60] = patch
    return picture.clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def rooms(tmp_path_factory):
    """Two events in one room."""
    folder, paths = tmp_path_factory.mktemp("rooms"), {}
    for event in (1, 2):
        paths[event] = folder / f"{event}.mp4"
        pictures = b"".join(room(event, number).tobytes() for number in range(200))
        raw = ("-f", "rawvideo", "-pix_fmt", "gray", "-s", "320x180", "-r", "25", "-i", "-")
        stock.ffmpeg(*raw, "-c:v", "libx264", "-crf", "22", "-pix_fmt", "yuv420p", paths[event], stdin=pictures)
    return paths


def test_a_still_of_an_event_is_its_moment(rooms, tmp_path):
    stock.ffmpeg("-ss", "4", "-i", rooms[1], "-frames:v", "1", "-q:v", "8", tmp_path / "a.jpg")
    found = compare_looks(looked(tmp_path / "a.jpg", "close"), {"one": looked(rooms[1], "kept")})
    assert (found.relation, found.source) == ("still", "one")
    assert min(max(start - 4, 4 - end, 0) for start, end in moments(found)) <= 0.25


def test_the_part_of_the_picture_is_told(rooms, tmp_path):
    crop = ("-vf", "crop=288:162:20:12")
    stock.ffmpeg("-ss", "5.5", "-i", rooms[1], *crop, "-frames:v", "1", "-q:v", "5", tmp_path / "a.jpg")
    found = compare_looks(looked(tmp_path / "a.jpg", "close"), {"one": looked(rooms[1], "kept")})
    assert found.relation == "still"
    region = [float(part) for part in found.segments[0].region]
    assert region == pytest.approx([20 / 320, 12 / 180, 0.9, 0.9], abs=0.03)


OTHERS = {
    "whole": (),
    "part": ("-vf", "crop=200:112:10:60"),
    "captioned": ("-vf", "drawbox=x=16:y=144:w=288:h=20:color=navy:t=fill"),
}


@pytest.mark.parametrize("at", ["0.5", "2", "3.5", "5", "7"])
@pytest.mark.parametrize("options", OTHERS.values(), ids=OTHERS)
def test_a_still_of_another_event_in_the_room_is_not_accepted(at, options, rooms, tmp_path):
    stock.ffmpeg("-ss", at, "-i", rooms[2], *options, "-frames:v", "1", "-q:v", "4", tmp_path / "a.jpg")
    found = compare_looks(looked(tmp_path / "a.jpg", "close"), {"one": looked(rooms[1], "kept")})
    if found is None:  # a part in which nothing of the room can be made out
        return
    assert (found.relation, found.basis, found.segments) == ("undetermined", "none", ())
    assert [other[0] for other in found.others] == ["one"]
    assert "softBinding.sameScene" in [note.code for note in found.notes]


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory):
    """One room on two occasions, in which nothing moves; it was lighter at the second."""
    folder, paths = tmp_path_factory.mktemp("unchanged"), []
    for occasion, light in enumerate((1.0, 1.15)):
        noise = np.random.default_rng(occasion)
        picture = 0.8 * room(1, 0).astype(np.float64) * light
        pictures = b"".join(
            (picture + noise.normal(0, 2, picture.shape)).clip(0, 255).astype(np.uint8).tobytes() for _ in range(60)
        )
        raw = ("-f", "rawvideo", "-pix_fmt", "gray", "-s", "320x180", "-r", "25", "-i", "-")
        paths.append(folder / f"{occasion}.mp4")
        stock.ffmpeg(*raw, "-c:v", "libx264", "-crf", "22", "-pix_fmt", "yuv420p", paths[-1], stdin=pictures)
    return paths


@pytest.mark.parametrize("occasion", [0, 1])
def test_a_still_of_an_unchanged_place_is_of_it_or_of_another_occasion(occasion, unchanged, tmp_path):
    """Both are as alike to the first recording: neither is accepted, and both are told where it looks so."""
    stock.ffmpeg("-ss", "1", "-i", unchanged[occasion], "-frames:v", "1", "-q:v", "8", tmp_path / "a.jpg")
    found = compare_looks(looked(tmp_path / "a.jpg", "close"), {"one": looked(unchanged[0], "kept")})
    assert (found.relation, [other[0] for other in found.others]) == ("undetermined", ["one"])
    (said,) = [note.detail for note in found.notes if note.code == "softBinding.sameScene"]
    assert re.match(r"most like 0\.\d\d to 2\.\d\d s\b.* of the recording;", said)
    assert "another one of the same unchanged place" in said


# --- through the command line ---


@pytest.fixture
def archive(studio, tmp_path, monkeypatch, capfdbinary):
    """An archive that holds one recording; gives a function that asks it."""
    monkeypatch.setenv("PROVENANCE_ARCHIVE", str(tmp_path / "archive.sqlite"))

    def ask(*words):
        capfdbinary.readouterr()
        status = run([str(word) for word in words])
        return status, capfdbinary.readouterr().out.decode()

    assert ask("register", studio.clip("pier", **OPTIONS))[0] == 0
    return ask


def test_a_still_ends_with_1_unless_it_is_accepted(archive, still):
    path = still("-vf", "scale=240:-2")
    status, out = archive("verify", "--json", path)
    told = json.loads(out)
    assert (status, told["questioned"]["kind"]) == (1, "image")
    assert (told["relation"], told["basis"], told["coverage"]["questioned"]) == ("still", "visual", 1.0)
    assert archive("verify", "--accept", "still", path)[0] == 0


def test_the_text_names_the_moment(archive, still):
    status, out = archive("verify", still())
    assert status == 1
    assert "A moment of a registered recording, by appearance" in out.splitlines()[0]
    assert any(line.startswith("  from 00:0") and " of pv1-" in line for line in out.splitlines())


def test_a_png_of_a_decoded_picture_stays_exact(studio, archive, tmp_path):
    """The recording has the same format as the picture: then its samples are equal."""
    lossless = tmp_path / "lossless.mkv"
    stock.ffmpeg("-i", studio.clip("square", **OPTIONS), "-t", "1", "-c:v", "ffv1", "-pix_fmt", "bgr0", lossless)
    assert archive("register", lossless)[0] == 0
    stock.ffmpeg("-ss", "0.4", "-i", lossless, "-frames:v", "1", "-pix_fmt", "bgr0", "-c:v", "ffv1", tmp_path / "a.mkv")
    status, out = archive("verify", "--json", tmp_path / "a.mkv")
    told = json.loads(out)
    assert (status, told["relation"]) == (0, "still")
    assert told["basis"] in {"packets", "pictures"}


def test_a_foreign_still_is_no_match(archive, still):
    status, out = archive("verify", "--json", still(of="harbour"))
    assert (status, json.loads(out)["relation"]) == (1, "no-match")


@pytest.mark.parametrize("at", [3.0, 5.0, 7.0])
def test_a_moment_between_small_pictures_of_a_fast_pan_is_not_another_one(at, studio, tmp_path):
    """Shifted, another moment's small picture fits; the code of the picture as it lies tells that it is not it."""
    path = studio.clip("quay", seconds=12, gop=50, sound=None)
    stock.ffmpeg("-i", path, "-vf", f"select='gte(t,{at - 0.001})'", "-frames:v", "1", "-q:v", "3", tmp_path / "s.jpg")
    found = compare_looks(looked(tmp_path / "s.jpg", "close"), {"quay": looked(path, "kept")})
    told = moments(found)
    assert {one.source for one in found.segments} | {name for name, *_ in found.others} == {"quay"}
    assert not told or min(max(start - at, at - end, 0) for start, end in told) <= 0.4
