"""verify --repeat: the same answer again, what differs line by line, and an earlier file that nobody has to trust."""

from __future__ import annotations

import json
import shutil

import pytest

import stock


@pytest.fixture
def recording(clip, tmp_path):
    return shutil.copy(clip("pier", seconds=2), tmp_path / "pier.mp4")


@pytest.fixture
def copy(recording, tmp_path):
    path = tmp_path / "small.mp4"
    stock.ffmpeg("-i", recording, "-vf", "scale=160:-2", "-c:v", "libx264", "-crf", "30", path)
    return path


@pytest.fixture
def earlier(call, recording, copy, tmp_path):
    """A verdict by looks; what is to be found in it is changed by the tests."""
    answer = call("verify", "--json", copy, "--against", recording)
    assert answer.json["basis"] == "visual"
    assert {"numpy", "opencv-python-headless", "faiss-cpu"} <= set(answer.json["inputs"]["libraries"])
    path = tmp_path / "earlier.json"
    path.write_text(answer.out, encoding="utf-8")
    return path


def changed(path, change):
    value = json.loads(path.read_text(encoding="utf-8"))
    change(value)
    path.write_text(json.dumps(value), encoding="utf-8")


def test_the_same_answer_is_status_0_and_what_is_off_is_named(call, earlier, recording, copy):
    again = call("verify", "--json", "--repeat", earlier, copy, "--against", recording)
    assert again.status == 0
    answer = again.json
    repeat = answer.pop("repeat")
    assert answer == json.loads(earlier.read_text(encoding="utf-8"))
    assert (repeat["state"], repeat["exact"], repeat["differences"], repeat["inputs"]) == ("equal", "equal", [], [])
    assert set(repeat["largest"].values()) == {0}
    assert repeat["tolerances"]["seconds"] > 0

    def nearly(value):
        value["segments"][0]["similarity"] -= repeat["tolerances"]["similarity"] / 2
        value["inputs"]["libraries"]["numpy"] = "1.0"

    changed(earlier, nearly)
    near = call("verify", "--repeat", earlier, copy, "--against", recording)
    assert near.status == 0
    assert "within the stated tolerance" in near.out
    assert "other input: libraries.numpy: 1.0 earlier" in near.out
    assert "does not show that the scene is true" in near.out

    def other(value):
        value["segments"][0]["similarity"] = 0.1
        value["relation"] = "\x1b[2Jcomposite"

    changed(earlier, other)
    far = call("verify", "-q", "--repeat", earlier, copy, "--against", recording)
    assert far.status == 1
    assert "differs: segments[0].similarity: 0.1 earlier" in far.out
    assert "differs: relation: \\x1b[2Jcomposite earlier, rendition now" in far.out
    told = call("verify", "--json", "--repeat", earlier, copy, "--against", recording).json["repeat"]
    assert (told["state"], told["exact"]) == ("differs", "differs")
    assert {one["where"]: one["tolerance"] for one in told["differences"]} == {
        "relation": None,
        "segments[0].similarity": told["tolerances"]["similarity"],
    }


def test_other_files_cannot_be_told(call, clip, earlier, recording, copy):
    assert call("verify", "--repeat", earlier, recording, "--against", recording).status == 2
    stranger = clip("harbour", seconds=1)
    answer = call("verify", "--json", "--repeat", earlier, copy, "--against", copy)
    assert (answer.status, answer.json["repeat"]["state"]) == (2, "cannot-tell")
    assert "the file compared with" in answer.json["repeat"]["why"]
    lost = call("verify", "--json", "--repeat", earlier, copy, "--against", stranger).json["repeat"]
    assert lost["state"] in {"differs", "cannot-tell"}


def test_an_answer_of_the_archive_is_that_of_the_pair(call, earlier, recording, copy):
    call("register", recording)
    answer = call("verify", "--json", "--repeat", earlier, copy)
    assert (answer.status, answer.json["repeat"]["differences"]) == (0, [])
    assert answer.json["evidence"]["id"].startswith("pv1-")


def test_a_recording_that_is_not_held_here_is_named(call, clip, earlier, recording, copy, tmp_path):
    """In another archive than that of the earlier verdict nothing was compared again."""
    call("register", clip("harbour", seconds=1))
    by_bytes = call("verify", "-q", "--repeat", earlier, copy)
    digest = json.loads(earlier.read_text(encoding="utf-8"))["evidence"]["sha256"]
    assert (by_bytes.status, by_bytes.out.count("None")) == (2, 0)
    assert f"not held here, and compared with then: the file with SHA-256 {digest}" in by_bytes.out

    def of_an_archive(value):
        value["evidence"]["id"] = "pv1-0123456789abcdefghjkmnpqrs\x1b[2J"
        value["segments"][0]["evidence_id"] = value["evidence"]["id"]

    changed(earlier, of_an_archive)
    answer = call("verify", "-q", "--repeat", earlier, copy)
    assert (answer.status, answer.out.count("pv1-")) == (2, 1)
    assert "compared with then: pv1-0123456789abcdefghjkmnpqrs\\x1b[2J" in answer.out
    call("register", recording)
    assert call("verify", "-q", "--repeat", earlier, copy).status == 0  # under another id


def test_what_is_missing_on_one_side_is_called_nothing(call, earlier, recording, copy):
    def bare(value):
        value["evidence"] = None

    changed(earlier, bare)
    answer = call("verify", "-q", "--repeat", earlier, copy, "--against", recording)
    assert "differs: evidence: nothing earlier, 2 members now" in answer.out


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b'{"schema": "provenance/verdict/v2"}', b"\xff", b"[" * 100_000, b'{"a": NaN}',
     b'{"schema": "provenance/verdict/v1", "schema": "provenance/verdict/v1"}'],
)  # fmt: skip
def test_what_is_no_verdict_is_refused(call, recording, tmp_path, content):
    path = tmp_path / "earlier.json"
    path.write_bytes(content)
    answer = call("verify", "--json", "--repeat", path, recording, "--against", recording)
    assert (answer.status, answer.json["error"]["code"]) == (2, "repeat.earlier")


def test_a_verdict_with_nothing_in_it_is_another_files(call, recording, tmp_path):
    path = tmp_path / "earlier.json"
    path.write_text('{"schema": "provenance/verdict/v1", "questioned": [], "inputs": 3, "tool": []}', encoding="utf-8")
    assert call("verify", "--repeat", path, recording, "--against", recording).status == 2
    assert call("verify", "--repeat", tmp_path / "gone", recording, "--against", recording).status == 2


def test_repeating_is_one_file_and_has_a_status_of_its_own(call, recording, tmp_path):
    for words in ((recording, recording), ("--court", recording), ("--accept", "excerpt", recording)):
        answer = call("verify", "--repeat", tmp_path / "earlier.json", *words, "--against", recording)
        assert answer.status == 2
        assert "--repeat makes one comparison again" in answer.err
