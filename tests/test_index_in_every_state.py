"""The index beside the archive may be damaged, old, another's or cut off: verdicts stay, and it is mended."""

import shutil
import sqlite3

import pytest

import stock
from provenance.cli.main import run

CLIP = {"seconds": 3, "size": (160, 90), "fps": 15, "sound": None}


@pytest.fixture
def call(tmp_path, monkeypatch, capfd):
    def called(*arguments, archive="archive.sqlite"):
        monkeypatch.setenv("PROVENANCE_ARCHIVE", str(tmp_path / archive))
        capfd.readouterr()
        status = run([str(argument) for argument in arguments])
        captured = capfd.readouterr()
        return status, captured.out, captured.err

    return called


@pytest.fixture
def held(call, studio, tmp_path):
    """Two registered clips, an index of them, and a cut of one: (index, the cut)."""
    recordings = [studio.clip(name, **CLIP) for name in ("pier", "harbour")]
    assert call("register", *recordings)[0] == 0
    cut = tmp_path / "cut.mkv"
    studio_cut(recordings[0], cut)
    assert call("verify", cut)[0] == 0
    return tmp_path / "archive.sqlite.index", cut


def studio_cut(source, out):
    stock.ffmpeg("-i", source, "-c", "copy", "-map_metadata", "-1", out)


def damage_pages(index):
    """Everything behind the first pages: the head still opens."""
    data = bytearray(index.read_bytes())
    assert len(data) > 12_288
    data[8192:] = bytes(byte ^ 0x5A for byte in data[8192:])
    index.write_bytes(data)


def damage_head(index):
    data = bytearray(index.read_bytes())
    data[:64] = b"no database at all".ljust(64, b"!")
    index.write_bytes(data)


def cut_off(index):
    data = index.read_bytes()
    index.write_bytes(data[: len(data) // 2])


def damage_box(index):
    """A sealed segment with other bytes, inside a file that is sound to SQLite."""
    with sqlite3.connect(index) as connection:
        connection.execute("UPDATE segments SET box = zeroblob(length(box))")


def take_segment_away(index):
    with sqlite3.connect(index) as connection:
        connection.execute("DELETE FROM segments WHERE evidence = 1")


DAMAGES = [damage_pages, damage_head, cut_off]
OF_SEGMENTS = [damage_box, take_segment_away]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_index_costs_no_verdict_and_is_made_again(call, held, damage):
    index, cut = held
    before = call("verify", "--json", cut)
    damage(index)
    status, out, err = call("verify", "--json", cut)
    assert (status, out) == before[:2]
    (line,) = [one for one in err.splitlines() if "index" in one]
    assert "was damaged: it is made again" in line
    assert str(index) in line
    assert call("verify", "--json", cut) == before
    assert call("audit")[0] == 0


@pytest.mark.parametrize("damage", OF_SEGMENTS)
def test_damaged_segments_are_made_again_before_a_copy_is_searched(call, held, studio, tmp_path, damage):
    index, _ = held
    copy = tmp_path / "copy.mp4"
    stock.ffmpeg("-i", studio.clip("pier", **CLIP), "-vf", "scale=120:-2", "-crf", "30", copy)
    before = call("verify", "--json", copy)
    assert "visual" in before[1]
    damage(index)
    status, out, err = call("verify", "--json", copy)
    assert (status, out) == before[:2]
    assert len([one for one in err.splitlines() if "was damaged: it is made again" in one]) == 1
    assert call("verify", "--json", copy) == before
    assert call("audit")[0] == 0


def test_the_index_of_another_archive_is_replaced(call, held, studio, tmp_path):
    index, cut = held
    before = call("verify", "--json", cut)
    assert call("register", studio.clip("quarry", **CLIP), archive="other.sqlite")[0] == 0
    assert call("verify", cut, archive="other.sqlite")[0] == 1
    shutil.copy(tmp_path / "other.sqlite.index", index)
    status, out, err = call("verify", "--json", cut)
    assert (status, out) == before[:2]
    (line,) = [one for one in err.splitlines() if "index" in one]
    assert "was of another archive or version: it is made again" in line
    assert call("verify", "--json", cut) == before


def test_an_index_that_is_behind_follows_without_a_word(call, held, studio, tmp_path):
    index, _ = held
    old = index.read_bytes()
    assert call("register", studio.clip("quarry", **CLIP))[0] == 0
    later = tmp_path / "later.mkv"
    studio_cut(studio.clip("quarry", **CLIP), later)
    before = call("verify", "--json", later)
    assert before[0] == 0
    index.write_bytes(old)
    assert call("verify", "--json", later) == before
    index.write_bytes(b"")
    assert call("verify", "--json", later) == before
    assert call("audit")[0] == 0
