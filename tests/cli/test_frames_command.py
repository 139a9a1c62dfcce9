"""frames --exact as a shell sees it, on a synthesised recording."""

from __future__ import annotations

import hashlib
import shutil

import pytest


@pytest.fixture
def recording(clip):
    return clip("pier", seconds=1)


def test_a_picture_is_written_once_and_the_same_each_time(call, recording, tmp_path):
    target = tmp_path / "picture.mkv"
    answer = call("frames", "--exact", "--number", "3", "-o", target, "--json", recording)
    assert answer.status == 0
    assert answer.json["sha256"] == hashlib.sha256(target.read_bytes()).hexdigest()
    again = call("frames", "--exact", "--number", "3", "-o", target, "--json", recording)
    assert again.status == 2
    assert again.json["error"]["code"] == "file.exists"
    forced = call("frames", "--exact", "--number", "3", "-o", target, "--json", "--force", recording)
    assert forced.json["sha256"] == answer.json["sha256"]


def test_a_picture_can_be_asked_for_by_time_and_by_evidence_id(call, recording, tmp_path):
    done = call("register", "--no-examine", "--json", recording).json[0]["evidence_id"]
    one, two = tmp_path / "one.mkv", tmp_path / "two.mkv"
    assert call("frames", "--exact", "--time", "0", "-o", one, done).status == 0
    assert call("frames", "--exact", "--number", "0", "-o", two, recording).status == 0
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize(
    "asked",
    [
        ["--exact"],
        ["--exact", "--number", "1", "--time", "1"],
        ["--number", "1"],
        ["--exact", "--number", "9999"],
        ["--exact", "--number", "0", "--track", "7"],
        ["--exact", "--number", "-1"],
    ],
)
def test_a_picture_that_is_not_there_leaves_no_file(call, recording, tmp_path, asked):
    target = tmp_path / "none.mkv"
    answer = call("frames", *asked, "-o", target, "--json", recording)
    assert answer.status == 2
    assert answer.json["error"]["code"]
    assert not target.exists()


def test_an_id_whose_bytes_have_gone_says_how_to_locate_them(call, note_file, tmp_path):
    done = call("register", "--no-examine", "--json", note_file).json[0]["evidence_id"]
    note_file.write_bytes(b"other bytes")
    answer = call("frames", "--exact", "--number", "0", "-o", tmp_path / "x.mkv", "--json", done)
    assert answer.status == 2
    assert "locate" in answer.json["error"]["advice"]


def test_a_file_that_is_put_at_the_place_after_the_digest_gives_no_picture(
    call, clip, recording, tmp_path, monkeypatch
):
    from provenance.media import source

    kept, target = tmp_path / "kept.mp4", tmp_path / "picture.mkv"
    shutil.copyfile(recording, kept)
    done = call("register", "--no-examine", "--json", kept).json[0]["evidence_id"]
    digest = source.digest

    def swapped(*arguments):
        found = digest(*arguments)
        shutil.copyfile(clip("market", seconds=1), tmp_path / "other.mp4")
        (tmp_path / "other.mp4").replace(kept)
        return found

    monkeypatch.setattr(source, "digest", swapped)
    answer = call("frames", "--exact", "--number", "0", "-o", target, "--json", done)
    assert (answer.status, answer.json["error"]["code"]) == (2, "file.changed")
    assert not target.exists()
