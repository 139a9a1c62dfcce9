"""verify as a shell sees it: one object or an array, the worst status, errors in their place."""

from __future__ import annotations

import shutil

import pytest

import stock
from provenance import verify as story
from provenance.cli import output


@pytest.fixture
def recording(clip, tmp_path):
    return shutil.copy(clip("pier", seconds=1), tmp_path / "pier.mp4")


@pytest.fixture
def copy(recording, tmp_path):
    return shutil.copy(recording, tmp_path / "copy.mp4")


@pytest.fixture
def other(clip):
    """A recording that shares nothing with the registered one."""
    return clip("harbour", seconds=1)


@pytest.fixture
def examined(call, recording):
    return call("register", "--json", recording).json[0]["evidence_id"]


def test_the_same_bytes_are_identical_and_status_0(call, examined, copy):
    answer = call("verify", "--json", copy)
    assert answer.status == 0
    assert answer.json["schema"] == "provenance/verdict/v1"
    assert answer.json["relation"] == "identical"
    assert answer.json["evidence"]["id"] == examined
    text = call("verify", copy)
    assert text.status == 0
    assert "does not show that the scene is true" in text.out
    assert call("verify", "-q", copy).out.count("\n") == 1


def test_what_held_is_folded_unless_asked_for(call, examined, copy):
    codes = {finding["code"] for finding in call("verify", "--json", copy).json["findings"]}
    short, whole = call("verify", copy).out, call("verify", "--findings", copy).out
    assert "hardBinding.match" not in short
    assert f"--findings, all {len(codes)} checks" in short
    assert [code for code in codes if f": {code}: " not in whole] == []
    assert call("verify", "--findings", "--json", copy).json["findings"]


def test_a_file_that_matches_nothing_is_status_1(call, examined, other):
    answer = call("verify", "--json", other)
    assert answer.status == 1
    assert answer.json["relation"] == "no-match"


def test_a_copy_that_was_coded_again_is_found_by_its_looks(call, clip, tmp_path):
    recording = clip("pier", seconds=4)
    examined = call("register", "--json", recording).json[0]["evidence_id"]
    small = tmp_path / "small.mp4"
    stock.ffmpeg("-ss", "1", "-i", recording, "-t", "2", "-vf", "scale=160:-2", "-c:v", "libx264", "-crf", "30", small)
    answer = call("verify", "--json", small)
    (segment,) = answer.json["segments"]
    assert (answer.status, answer.json["relation"], answer.json["basis"]) == (1, "excerpt", "visual")
    assert (answer.json["evidence"]["id"], segment["evidence"]) == (examined, [1.0, 3.0])
    assert 0.5 < segment["similarity"] <= 1
    assert (segment["region"], answer.json["coverage"]["picture"]) == ([0, 0, 1, 1], 1)
    altered = answer.json["altered"]
    assert altered["picture"] == ("cannot-tell" if altered["limit"] is None else "none-found")
    assert call("verify", "--accept", "excerpt", small).status == 0
    assert call("verify", "--json", "--evidence", examined, small).json["segments"] == answer.json["segments"]
    against = call("verify", "--json", "--against", recording, small).json
    assert [{**one, "evidence_id": examined, "measured_by": "this-archive"} for one in against["segments"]] == (
        answer.json["segments"]
    )
    text = call("verify", small).out
    assert "by appearance" in text
    assert ("changes inside the pictures" if altered["limit"] is None else "no change found") in text


def test_several_files_are_an_array_and_the_worst_status_wins(call, examined, copy, other, tmp_path):
    answer = call("verify", "--json", copy, other, copy)
    assert answer.status == 1
    assert [one["relation"] for one in answer.json] == ["identical", "no-match", "identical"]
    answer = call("verify", "--json", copy, tmp_path / "missing", other)
    assert answer.status == 2
    assert answer.json[0]["relation"] == "identical"
    assert answer.json[1]["error"]["code"] == "file.missing"
    assert answer.json[2]["relation"] == "no-match"
    text = call("verify", copy, tmp_path / "missing", copy)
    assert text.status == 2
    assert "missing" in text.err
    assert text.out.count("does not show that the scene is true") == 2


def test_one_unreadable_file_is_an_error_object(call, examined, tmp_path):
    answer = call("verify", "--json", tmp_path / "missing")
    assert answer.status == 2
    assert answer.json["error"]["file"] == str(tmp_path / "missing")


def test_an_id_among_the_files_limits_the_comparison(call, examined, copy):
    assert call("verify", "--json", copy, examined).json["evidence"]["id"] == examined
    assert call("verify", "--json", "--evidence", examined, copy).status == 0
    assert call("verify", examined).status == 2
    assert call("verify", "--evidence", "clip.mp4", copy).status == 2
    assert call("verify", copy, "pv1-00000000000000000000000000").status == 2


def test_two_files_are_compared_with_no_archive(call, recording, copy, tmp_path):
    answer = call("verify", "--json", copy, "--against", recording)
    assert answer.status == 0
    assert answer.json["evidence"]["id"] is None
    assert not (tmp_path / "archive.sqlite").exists()
    assert call("verify", copy, "--against", recording, "--record").status == 2


def test_what_is_required_turns_weaker_answers_into_1(call, examined, copy):
    assert call("verify", copy, "--require", "record=known,altered=none").status == 0
    assert call("verify", copy, "--require", "log=witnessed").status == 1
    court = call("verify", copy, "--court")
    assert court.status == 1
    assert "required and not met: log=witnessed, time=quorum" in court.err
    assert call("verify", copy, "--require", "log=maybe").status == 2
    assert call("verify", copy, "--accept", "everything").status == 2


def test_verify_writes_nothing_unless_told(call, examined, copy):
    before = call("audit", "--json").json["checked"]["entries"]
    call("verify", copy)
    assert call("audit", "--json").json["checked"]["entries"] == before
    assert call("verify", "--record", copy).status == 0
    assert call("audit", "--json").json["checked"]["entries"] == before + 1


def test_a_locked_archive_is_undetermined_and_never_no_match(call, recording, copy, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("correct horse", encoding="utf-8")
    assert call("init", "--passphrase-file", secret).status == 0
    call("register", recording)
    answer = call("verify", "--json", copy)
    assert answer.status == 2
    assert answer.json["relation"] == "undetermined"
    assert "archive.locked" in {finding["code"] for finding in answer.json["findings"]}
    assert call("unlock", "--passphrase-file", secret).status == 0
    assert call("verify", "--json", copy).json["relation"] == "identical"


def test_the_same_bytes_registered_while_locked_are_joined_at_the_next_unlock(call, recording, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("correct horse", encoding="utf-8")
    assert call("init", "--passphrase-file", secret).status == 0
    first, second = (call("register", "--no-examine", "--json", recording).json[0]["evidence_id"] for _ in range(2))
    assert first != second
    joined = call("unlock", "--passphrase-file", secret)
    assert f"{second} has the same bytes as {first}" in joined.err


@pytest.mark.parametrize("moment", ["yesterday", "2026-02-03T12:00:00"])
def test_a_time_without_zone_or_sense_is_wrong_use(call, examined, copy, moment):
    assert call("verify", "--at", moment, copy).status == 2


def test_the_same_question_at_the_same_time_gives_the_same_bytes(call, examined, copy):
    first, second = (call("verify", "--json", "--at", "2036-01-01T00:00:00Z", copy).out for _ in range(2))
    assert first == second


def test_a_refusal_of_the_system_stops_no_other_file(call, registered, note_file, monkeypatch):
    def verify(custodian, path, **options):
        if path.name == "bad":
            raise OSError(5, "Input/output error", "bad")
        return real(custodian, path, **options)

    real = story.verify
    monkeypatch.setattr(story, "verify", verify)
    answer = call("verify", "--json", "bad", note_file)
    assert answer.status == 2
    assert answer.json[0]["error"]["code"] == "system"
    assert answer.json[1]["relation"] == "identical"


def test_the_array_is_closed_unless_the_pipe_is(capsys):
    with pytest.raises(OSError, match="disk"), output.JsonArray():
        raise OSError("disk")
    assert capsys.readouterr().out == "[]\n"
    with pytest.raises(BrokenPipeError), output.JsonArray():
        raise BrokenPipeError
    assert capsys.readouterr().out == "["
