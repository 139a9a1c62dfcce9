"""register, list, show, locate, slip and log, as a shell sees them; files are bytes here, nothing is decoded."""

from __future__ import annotations

import hashlib
import os
import re
import sys

import pytest

from provenance import register as story

MEMBERS = {
    "file", "status", "evidence_id", "sha256", "sha512", "size", "log_index", "examined", "examine_error", "slip",
}  # fmt: skip

SAID = ("--received-from", "--channel", "--url", "--claimed-time", "--claimed-place", "--event", "--note")


def test_the_first_registration_makes_an_archive_without_a_question(call, note_file):
    answer = call("register", "--no-examine", note_file)
    assert answer.status == 0
    assert re.match(rf"{re.escape(str(note_file))}: registered as pv1-[0-9a-z]{{26}}\n", answer.out)
    assert hashlib.sha256(note_file.read_bytes()).hexdigest() in answer.out
    assert "Began the archive" in answer.err


def test_quiet_says_the_first_line_alone(call, note_file):
    answer = call("register", "--no-examine", "-q", note_file)
    assert answer.out.count("\n") == 1
    assert answer.err == ""


def test_json_is_an_array_in_the_order_given_and_one_bad_file_stops_nothing(call, note_file, tmp_path):
    missing, folder, other = tmp_path / "missing.mp4", tmp_path / "folder", tmp_path / "other.bin"
    folder.mkdir()
    other.write_bytes(b"other")
    answer = call("register", "--no-examine", "--json", missing, note_file, folder, other, note_file)
    assert answer.status == 2
    assert [one["file"] for one in answer.json] == [str(p) for p in (missing, note_file, folder, other, note_file)]
    statuses = ["failed", "registered", "failed", "registered", "already-registered"]
    assert [one["status"] for one in answer.json] == statuses
    failed, done, _, _, again = answer.json
    assert set(done) == MEMBERS
    assert set(failed) == MEMBERS | {"error"}
    assert failed["error"]["code"] == "file.missing"
    assert failed["error"]["file"] == str(missing)
    assert done["sha512"] == hashlib.sha512(note_file.read_bytes()).hexdigest()
    assert done["size"] == note_file.stat().st_size
    assert (again["evidence_id"], again["log_index"]) == (done["evidence_id"], done["log_index"])


def test_text_tells_bad_files_on_stderr_and_registers_the_others(call, note_file, tmp_path):
    answer = call("register", "--no-examine", tmp_path / "missing.mp4", note_file)
    assert answer.status == 2
    assert "missing.mp4" in answer.err
    assert "missing.mp4" not in answer.out
    assert f"{note_file}: registered" in answer.out


def test_a_file_that_cannot_be_measured_is_registered_all_the_same(call, note_file):
    answer = call("register", "--json", note_file)
    assert answer.status == 0
    (done,) = answer.json
    assert done["status"] == "registered"
    assert done["examined"] is False
    assert done["examine_error"]


def test_max_bytes_refuses_a_larger_file(call, note_file):
    answer = call("register", "--max-bytes", "10", "--json", note_file)
    assert answer.status == 2
    assert answer.json[0]["error"]["code"] == "file.too-large"


def test_captured_and_received_exclude_one_another(call, note_file, tmp_path):
    answer = call("register", "--captured", "--received-from", "Mary", note_file)
    assert answer.status == 2
    assert "captured" in answer.err
    assert not (tmp_path / "archive.sqlite").exists()


def test_what_is_said_of_a_file_is_kept_as_a_claim(call, note_file):
    said = {
        "--received-from": "Mary",
        "--channel": "messenger",
        "--claimed-time": "2015-05~",
        "--claimed-place": "the motorway",
        "--note": "from\nher phone",
    }
    answer = call("register", "--no-examine", "--json", *[part for pair in said.items() for part in pair], note_file)
    shown = call("show", "--json", answer.json[0]["evidence_id"]).json
    fields = shown["statements"][0]["fields"]
    assert shown["how"] == fields["how"] == "received"
    assert fields["generation"] == "unknown"
    assert {fields["sender"], fields["channel"], fields["claimed_time"], fields["place"], fields["note"]} == set(
        said.values()
    )
    text = call("show", answer.json[0]["evidence_id"])
    assert text.status == 0
    assert "from\\nher phone" in text.out


def test_list_has_what_others_rely_on(call, registered, note_file):
    (item,) = call("list", "--json").json
    assert item["evidence_id"] == registered
    assert item["sha256"] == hashlib.sha256(note_file.read_bytes()).hexdigest()
    assert item["size"] == note_file.stat().st_size
    assert isinstance(item["log_index"], int)
    text = call("list")
    header, line = text.out.splitlines()
    assert header.split("\t")[0] == "evidence"
    assert line.split("\t")[0] == registered


def test_an_empty_archive_lists_nothing(call):
    assert call("init").status == 0
    assert call("list", "--json").json == []
    answer = call("list")
    assert (answer.status, answer.out) == (0, "")


def test_show_of_several_is_an_array(call, registered):
    assert call("show", "--json", registered).json["evidence_id"] == registered
    assert [one["evidence_id"] for one in call("show", "--json", registered, registered).json] == [registered] * 2


@pytest.mark.parametrize(
    ("wanted", "code"), [("pv1-00000000000000000000000000", "evidence.unknown"), ("clip.mp4", "usage.evidence-id")]
)
def test_show_of_something_else_is_trouble(call, registered, wanted, code):
    answer = call("show", "--json", wanted)
    assert answer.status == 2
    assert answer.json["error"]["code"] == code


def test_locate_takes_the_registered_bytes_only(call, registered, note_file, tmp_path):
    copy = tmp_path / "copy.txt"
    copy.write_bytes(note_file.read_bytes())
    assert call("locate", registered, copy).status == 0
    places = {place["path"] for place in call("show", "--json", registered).json["locations"]}
    assert places == {str(note_file), str(copy)}
    copy.write_bytes(b"something else")
    answer = call("locate", "--json", registered, copy)
    assert answer.status == 2
    assert answer.json["error"]["code"] == "file.other-bytes"


def test_examine_does_what_is_pending(call, registered):
    (done,) = call("examine", "--json").json
    assert done["evidence_id"] == registered
    assert done["examined"] is False
    answer = call("examine", "--path", "a", registered, registered)
    assert answer.status == 2


def test_a_slip_is_checked_against_the_file_with_no_archive(call, registered, note_file, tmp_path, monkeypatch):
    slip = call("slip", "show", registered).out.strip()
    assert slip.startswith("PVR1:")
    assert len(slip) <= 263
    monkeypatch.setenv("PROVENANCE_ARCHIVE", str(tmp_path / "none.sqlite"))
    answer = call("slip", "check", slip, note_file)
    assert answer.status == 0
    assert "byte for byte" in answer.out
    assert call("slip", "check", "--json", slip, note_file).json["matches"] is True
    message = tmp_path / "message.txt"
    message.write_text(f"Hi, keep this:\n{slip}\nthanks", encoding="utf-8")
    assert call("slip", "check", f"@{message}", note_file).status == 0


def test_a_slip_about_another_file_is_a_difference_and_a_mistyped_one_is_trouble(call, registered, note_file):
    slip = call("slip", "show", registered).out.strip()
    note_file.write_bytes(b"changed")
    answer = call("slip", "check", "--json", slip, note_file)
    assert answer.status == 1
    assert answer.json["matches"] is False
    for bad in (slip[:20] + ("A" if slip[20] != "A" else "B") + slip[21:], "PVR1:", "nothing", f"{slip} {slip}"):
        assert call("slip", "check", bad, note_file).status == 2


def test_what_is_wrong_with_a_slip_is_said(call, registered, note_file, tmp_path):
    slip = call("slip", "show", registered).out.strip()
    paper = tmp_path / "slip.txt"
    paper.write_text(slip, encoding="utf-8")

    def told(first, second=note_file):
        answer = call("slip", "check", "--json", first, second)
        assert answer.status == 2
        error = answer.json["error"]
        return error["code"], error["file"], error["advice"]

    assert told(paper) == ("slip.malformed", str(paper), f"to read the slip from this file write @{paper}")
    assert told(note_file, paper) == ("slip.malformed", str(note_file), "the slip comes first, then the file")
    assert told(f"{slip} {slip}")[:2] == ("slip.malformed", None)
    assert told(slip[:-4]) == ("slip.malformed", None, "copy the whole word that begins with PVR1: again")
    other = "A" if slip[20] != "A" else "B"
    assert told(slip[:20] + other + slip[21:])[0] == "slip.signature"


def test_register_prints_a_slip_when_asked(call, note_file):
    slip = call("register", "--no-examine", "--slip", "--json", note_file).json[0]["slip"]
    assert call("slip", "check", slip, note_file).status == 0


def test_checkpoint_and_receipt(call, registered, tmp_path):
    note = call("log", "checkpoint")
    assert note.status == 0
    assert note.out.startswith("provenance/")
    assert call("log", "checkpoint", "--json").json["note"] == note.out
    target = tmp_path / "receipt.txt"
    assert call("log", "receipt", registered, "-o", target).status == 0
    again = call("log", "receipt", registered, "-o", target)
    assert again.status == 2
    assert "exists" in again.err
    assert call("log", "receipt", registered, "-o", target, "--force").status == 0
    assert target.read_text(encoding="utf-8") == call("log", "receipt", "--json", registered).json["receipt"]


def test_adopt_needs_to_be_told_how_the_archive_came(call, registered):
    assert call("archive", "adopt").status == 2
    assert call("archive", "adopt", "--moved", "--copied").status == 2
    answer = call("archive", "adopt", "--moved", "--json")
    assert answer.status == 0
    assert answer.json["how"] == "moved"


def test_an_unknown_id_is_trouble_and_stops_no_other(call, registered):
    unknown = "pv1-00000000000000000000000000"
    answer = call("examine", "--json", unknown, registered)
    assert answer.status == 2
    assert answer.json[0]["error"]["code"] == "evidence.unknown"
    assert answer.json[1]["evidence_id"] == registered
    assert call("examine", "--json", registered).status == 0
    text = call("examine", unknown, registered)
    assert text.status == 2
    assert "not in this archive" in text.err
    assert "locate" not in text.err
    assert text.out.startswith(f"{registered}: ")


@pytest.mark.skipif(sys.platform != "linux", reason="arguments of any bytes")
def test_what_is_said_may_hold_bytes_that_are_not_utf8(call, note_file):
    said = [part for option in SAID for part in (option, os.fsdecode(b"a\xff"))]
    done = call("register", "--no-examine", "--json", *said, note_file)
    assert done.status == 0
    fields = call("show", "--json", done.json[0]["evidence_id"]).json["statements"][0]["fields"]
    assert fields["note"] == fields["sender"] == fields["claimed_time"] == r"a\xff"


@pytest.mark.parametrize("option", SAID)
@pytest.mark.parametrize("text", ["x" * 65_001, "\u6771" * 11_000, "\U0001f3a5" * 5_500])
def test_what_is_said_at_too_great_length_is_wrong_use(call, note_file, tmp_path, option, text):
    answer = call("register", "--no-examine", "--json", option, text, note_file)
    assert answer.status == 2
    assert answer.json["error"]["code"] == "usage"
    assert len(answer.json["error"]["message"]) < 200
    assert not (tmp_path / "archive.sqlite").exists()


@pytest.mark.parametrize("text", ["x" * 64_990, "\U0001f3a5" * 5_400])
def test_what_is_said_at_great_length_is_kept(call, note_file, text):
    done = call("register", "--no-examine", "--json", "--claimed-place", text, note_file)
    assert done.json[0]["status"] == "registered"


def test_a_refusal_of_the_system_stops_no_other_file(call, note_file, tmp_path, monkeypatch):
    def register(custodian, path, *arguments, **options):
        if path.name == "bad":
            raise OSError(5, "Input/output error", str(path))
        return real(custodian, path, *arguments, **options)

    real = story.register
    monkeypatch.setattr(story, "register", register)
    answer = call("register", "--no-examine", "--json", tmp_path / "bad", note_file)
    assert answer.status == 2
    assert [one["status"] for one in answer.json] == ["failed", "registered"]
    assert answer.json[0]["error"]["code"] == "system"
    assert call("register", "--no-examine", tmp_path / "bad", note_file).status == 2


def test_that_the_archive_is_taken_as_a_copy_is_said_when_quiet_too(call, registered, note_file, tmp_path, monkeypatch):
    for name in ("XDG_STATE_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "another account"))
    answer = call("register", "--no-examine", "--quiet", note_file)
    assert answer.status == 0
    assert "taken as a copy" in answer.err
    assert call("register", "--no-examine", "--quiet", note_file).err == ""
    assert not any(check["name"] == "keys" for check in call("doctor", "--json").json["checks"])
