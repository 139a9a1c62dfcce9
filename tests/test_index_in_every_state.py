"""The index beside the archive may be damaged, old, another's or cut off: verdicts stay, and it is mended."""

import json
import shutil
import sqlite3

import pytest

import stock
from provenance.attest.sealing import seal_segment
from provenance.cli.main import run
from provenance.custodian import Custodian
from provenance.store.index import UnitIndex
from provenance.store.segments import CODES

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


def malform_segment(index):
    """A segment that is sealed as it should be, with a content that is none, as another version may write."""
    with Custodian.open(index.with_suffix("")) as custodian:
        secret, origin = custodian.index_secret, custodian.archive.logs()[0].origin
        with UnitIndex(custodian.archive.path, origin=origin, secret=secret) as units:
            ((evidence_id, one),) = list(units.segments(CODES))[:1]
            box = seal_segment(secret, b"\xff" + one.content[1:], units._purpose(CODES, evidence_id, one.signer))
    with sqlite3.connect(index) as connection:
        number = "(SELECT number FROM evidence WHERE evidence_id = ?)"
        changed = connection.execute(
            f"UPDATE segments SET box = ? WHERE kind = ? AND evidence = {number}", (box, CODES, evidence_id)
        )
        assert changed.rowcount == 1


def take_segment_away(index):
    with sqlite3.connect(index) as connection:
        connection.execute("DELETE FROM segments WHERE evidence = 1")


DAMAGES = [damage_pages, damage_head, cut_off]
OF_SEGMENTS = [damage_box, take_segment_away, malform_segment]


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


def remade(err):
    return [one for one in err.splitlines() if "was damaged: it is made again" in one]


def test_batch_says_once_that_its_workers_made_the_index_again(call, held, studio, tmp_path):
    index, _ = held
    copies = [tmp_path / f"copy{number}.mp4" for number in range(3)]
    for number, copy in enumerate(copies):
        stock.ffmpeg("-i", studio.clip("pier", **CLIP), "-vf", "scale=120:-2", "-crf", 28 + number, copy)
    damage_box(index)
    status, out, err = call("batch", "-j", "2", *copies)
    assert (status, out.count("visual") + out.count("by appearance")) == (1, 3)
    assert len(remade(err)) == 1
    assert not remade(call("batch", *copies)[2])


@pytest.mark.parametrize("words", [("register",), ("examine", "--renew")])
def test_commands_that_examine_say_that_the_index_was_made_again(call, held, studio, words):
    index, _ = held
    registering = words == ("register",)
    clip = studio.clip("quarry" if registering else "pier", **CLIP)
    held_id = json.loads(call("register", "--json", clip)[1])[0]["evidence_id"] if not registering else ""
    damage_head(index)
    status, _, err = call(*words, clip if registering else held_id)
    assert (status, len(remade(err))) == (0, 1)


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
