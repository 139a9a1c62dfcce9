"""What a code means, and what state a machine is in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from provenance import findings
from provenance.auditing import faults
from provenance.doctor import finder_line
from provenance.error_codes import ERRORS
from provenance.findings import MEANINGS
from provenance.verdict_words import KINDS, RELATIONS

WORDS = ("kind", "evidence id", "week", "signing key", "large")


def test_explain_says_what_a_finding_does_not_say(call):
    answer = call("explain", "hardBinding.match")
    assert answer.status == 0
    assert answer.out.splitlines()[0] == f"hardBinding.match: {MEANINGS['hardBinding.match'].plain}"
    assert MEANINGS["hardBinding.match"].unsaid in answer.out


def test_explain_knows_every_word_and_code(call):
    tables = [words for _, _, words in KINDS.values()] + [MEANINGS, faults.MEANINGS, ERRORS]
    count = sum(map(len, tables))
    found = call("explain", "--json").json
    assert len(found) == count
    assert {one["code"] for one in found} == set().union(*tables)
    assert call("explain", "--quiet").out.count("\n") == count


def test_explain_alone_has_a_heading_for_each_kind(call):
    kinds = [*KINDS, "finding", "fault", "error"]
    headings = [line for line in call("explain").out.splitlines() if line and not line.startswith(" ")]
    assert [heading.partition(":")[0] for heading in headings] == kinds


def test_a_word_of_a_verdict_is_explained_for_each_place_it_stands_in(call):
    found = call("explain", "excerpt", "--json").json
    assert [one["kind"] for one in found] == ["relation", "sound"]
    assert found[0]["said"] == RELATIONS["excerpt"].said
    assert call("explain", "derivative").out.startswith(f"derivative: {RELATIONS['derivative'].meaning}\n")


def test_a_code_of_several_kinds_is_explained_for_each(call):
    found = call("explain", "archive.locked", "--json").json
    assert [one["kind"] for one in found] == ["finding", "error"]
    assert found[0]["unsaid"]
    assert found[1]["advice"]


def test_an_unknown_code_names_the_nearest(call):
    answer = call("explain", "--json", "hardBinding.mach")
    assert answer.status == 2
    assert answer.json["error"]["advice"] == "did you mean hardBinding.match?"


def test_doctor_says_first_what_a_finder_could_read(call, home):
    answer = call("doctor")
    assert answer.out.splitlines()[0] == f"a finder of this device could read: {finder_line(None)}"


def test_doctor_says_where_archive_and_keys_lie(call, registered, tmp_path):
    details = {check["name"]: check["detail"] for check in call("doctor", "--json").json["checks"]}
    assert details["archive"].startswith(f"{tmp_path / 'archive.sqlite'}: ")
    assert details["keys folder"] == str(tmp_path / "archive.sqlite.keys")


def test_doctor_follows_the_state_of_the_reading_key(call, registered, tmp_path):
    assert call("doctor", "--json").json["finder"] == finder_line("open")
    secret = tmp_path / "secret"
    secret.write_text("correct horse", encoding="utf-8")
    assert call("key", "passphrase", "--new-passphrase-file", secret).status == 0
    assert call("doctor", "--json").json["finder"] == finder_line("protected")
    assert call("unlock", "--passphrase-file", secret).status == 0
    assert call("doctor", "--json").json["finder"] == finder_line("unlocked")


def test_doctor_names_what_confines_the_child_and_what_is_missing(call, home):
    answer = call("doctor", "--json")
    measuring = next(check for check in answer.json["checks"] if check["name"] == "measuring")
    assert measuring["state"] in {"ok", "note"}
    assert "confined by" in measuring["detail"]


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
def test_doctor_faults_key_files_that_others_may_read(call, registered, tmp_path):
    assert call("doctor").status == 0
    (tmp_path / "archive.sqlite.keys" / "signing.pem").chmod(0o644)
    answer = call("doctor", "--json")
    assert answer.status == 1
    assert any(check["state"] == "fault" and "signing.pem" in check["detail"] for check in answer.json["checks"])


def test_doctor_faults_a_history_that_this_account_has_not_seen(call, registered, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another account"))
    monkeypatch.setenv("HOME", str(tmp_path / "another account"))
    answer = call("doctor", "--json")
    assert answer.status == 1
    assert any(check["name"] == "history" and "adopt" in check["advice"] for check in answer.json["checks"])


def test_a_finder_line_names_what_stays_readable(call, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("correct horse", encoding="utf-8")
    assert call("init", "--profile", "filmer", "--passphrase-file", secret).status == 0
    finder = call("doctor", "--json").json["finder"]
    assert finder == finder_line("protected", weeks=False)
    assert {"kind", "evidence id", "signing key", "large"} <= {word for word in WORDS if word in finder}
    assert "week" not in finder
    assert "week" in finder_line("protected")


def test_a_lost_keys_folder_is_no_device_that_only_seals(call, registered, tmp_path):
    keys = tmp_path / "archive.sqlite.keys"
    (keys / "reading.key").unlink()
    answer = call("doctor", "--json")
    assert answer.status == 1
    assert answer.json["finder"] == finder_line("missing")
    assert any(check["name"] == "reading key" for check in answer.json["checks"])
    keys.rename(tmp_path / "lost")
    answer = call("doctor", "--json")
    assert (answer.status, answer.json["finder"]) == (1, finder_line("missing"))
    assert "only seals" not in answer.json["finder"]


def test_an_archive_that_cannot_be_opened_is_not_called_absent(call, tmp_path):
    (tmp_path / "archive.sqlite").write_bytes(b"this is no archive" * 100)
    answer = call("doctor", "--json")
    assert (answer.status, answer.json["finder"]) == (1, finder_line("unknown"))


def test_no_finding_is_explained_that_nothing_says():
    root = Path(findings.__file__).parent
    said = "".join(path.read_text(encoding="utf-8") for path in root.rglob("*.py") if path.name != "findings.py")
    assert [code for code in MEANINGS if f'"{code}"' not in said] == []
