"""frames --compare as a shell sees it, on synthesised recordings."""

from __future__ import annotations

import pytest

import stock


@pytest.fixture(scope="session")
def copy(clip, tmp_path_factory):
    """A stream copy of the middle of a recording: an excerpt to the packet."""
    target = tmp_path_factory.mktemp("compare") / "a witness by name.mp4"
    stock.ffmpeg("-ss", "1", "-i", clip("pier"), "-c", "copy", "-t", "2", target)
    return target


def test_a_sheet_and_a_clip_are_written_and_told(call, clip, copy, tmp_path):
    picture, video = tmp_path / "both.png", tmp_path / "both.mp4"
    answer = call("frames", "--compare", copy, clip("pier"), "-o", picture, "--video", video, "--json")
    assert answer.status == 0, answer.out
    told = answer.json
    assert (told["schema"], told["relation"]) == ("provenance/frames/v1", "excerpt")
    assert [(one["output"], one["size"]) for one in told["files"]] == [
        (str(one), one.stat().st_size) for one in (picture, video)
    ]
    assert len(told["pairs"]) == 6
    assert {round(one["evidence"] - one["questioned"], 3) for one in told["pairs"]} == {1.0}
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert told["video"]["seconds"] == pytest.approx(2, abs=0.3)  # cut where a packet begins
    assert b"witness" not in picture.read_bytes() + video.read_bytes()


def test_a_registered_recording_is_compared_by_its_id(call, clip, copy, tmp_path):
    done = call("register", "--json", clip("pier")).json[0]["evidence_id"]
    picture = tmp_path / "both.png"
    answer = call("frames", "--compare", copy, done, "-o", picture, "--pairs", "2", "--json")
    assert answer.status == 0, answer.out
    assert {one["evidence_id"] for one in answer.json["pairs"]} == {done}
    given = call("frames", "--compare", copy, done, "--file", clip("market"), "-o", tmp_path / "x.png", "--json")
    assert (given.status, given.json["error"]["code"]) == (2, "file.other-bytes")


def test_the_same_bytes_are_laid_side_by_side_too(call, clip, tmp_path):
    answer = call("frames", "--compare", clip("pier"), clip("pier"), "-o", tmp_path / "same.png", "--json")
    assert (answer.status, answer.json["relation"]) == (0, "identical")
    assert all(one["questioned"] == one["evidence"] for one in answer.json["pairs"])


def test_no_match_writes_nothing_and_says_so(call, clip, tmp_path):
    picture, video = tmp_path / "none.png", tmp_path / "none.mp4"
    answer = call("frames", "--compare", clip("market"), clip("pier"), "-o", picture, "--video", video)
    assert answer.status in {1, 2}
    assert "nothing was written" in answer.out
    assert not list(tmp_path.glob("*none*"))


def test_nothing_is_replaced_unless_asked(call, clip, copy, tmp_path):
    picture = tmp_path / "kept.png"
    picture.write_bytes(b"mine")
    answer = call("frames", "--compare", copy, clip("pier"), "-o", picture, "--json")
    assert (answer.status, answer.json["error"]["code"]) == (2, "file.exists")
    assert picture.read_bytes() == b"mine"
    assert call("frames", "--compare", copy, clip("pier"), "-o", picture, "--force").status == 0
    assert picture.read_bytes() != b"mine"


@pytest.mark.parametrize("option", ["-o", "--video"])
def test_a_folder_that_is_not_there_is_said(call, clip, copy, tmp_path, option):
    name = "both.png" if option == "-o" else "both.mp4"
    answer = call("frames", "--compare", copy, clip("pier"), option, tmp_path / "gone" / name, "--json")
    assert (answer.status, answer.json["error"]["code"]) == (2, "file.unwritable")


@pytest.mark.parametrize(
    "words",
    [
        ["--compare", "{copy}", "{pier}"],
        ["--compare", "{copy}", "{pier}", "-o", "x.jpg"],
        ["--compare", "{copy}", "{pier}", "--video", "x.mov"],
        ["--compare", "{copy}", "{pier}", "-o", "x.png", "--number", "3"],
        ["--compare", "{copy}", "{pier}", "-o", "x.png", "--file", "{pier}"],
        ["--compare", "{copy}", "{pier}", "{copy}", "-o", "x.png"],
        ["--exact", "--number", "0", "{pier}", "-o", "x.mkv", "--names"],
        ["--exact", "--compare", "{copy}", "{pier}", "-o", "x.png"],
    ],
)
def test_what_makes_no_sense_is_refused_before_any_work(call, clip, copy, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    answer = call("frames", *(word.format(copy=copy, pier=clip("pier")) for word in words), "--json")
    assert (answer.status, answer.json["error"]["code"]) == (2, "usage")
    assert not list(tmp_path.glob("x.*"))


def test_text_called_a_video_gives_no_picture(call, clip, note_file, tmp_path):
    answer = call("frames", "--compare", note_file, clip("pier"), "-o", tmp_path / "none.png")
    assert answer.status == 2 or "nothing was written" in answer.out
    assert not (tmp_path / "none.png").exists()


@pytest.mark.parametrize(("suffix", "coding"), [("jpg", ("-q:v", "4")), ("avif", ("-c:v", "libsvtav1"))])
def test_a_still_lies_beside_its_picture_and_makes_no_clip(suffix, coding, call, clip, tmp_path):
    still, sheet = tmp_path / f"shot.{suffix}", tmp_path / "both.png"
    stock.ffmpeg("-ss", "2", "-i", clip("pier"), "-frames:v", "1", *coding, still)
    answer = call("frames", "--compare", still, clip("pier"), "-o", sheet, "--json")
    assert answer.status == 0, answer.out
    assert answer.json["relation"] == "still"
    moments = [(one["questioned"], one["evidence"]) for one in answer.json["pairs"]]
    assert moments == [(0, pytest.approx(2, abs=0.05))]
    assert sheet.read_bytes().startswith(b"\x89PNG")
    refused = call("frames", "--compare", still, clip("pier"), "--video", tmp_path / "both.mp4", "--json")
    assert (refused.status, refused.json["error"]["message"]) == (2, "a still makes no clip")
    assert not (tmp_path / "both.mp4").exists()
