"""The outermost shell: errors in both forms, interruptions, closed pipes, odd names."""

from __future__ import annotations

import json
import os
import signal
import sys
import time

import pytest

from provenance import threads
from provenance.cli import main as shell
from provenance.cli.main import run
from provenance.errors import ProvenanceError, UsageError


def test_an_unknown_command_is_wrong_use(call):
    answer = call("frobnicate")
    assert answer.status == 2
    assert answer.out == ""
    assert "frobnicate" in answer.err


def test_errors_are_json_on_stdout_when_asked(call):
    answer = call("list", "--json")
    assert answer.status == 2
    assert answer.err == ""
    assert answer.json["schema"] == "provenance/error/v1"
    assert set(answer.json["error"]) == {"code", "message", "file", "advice"}
    assert answer.json["error"]["code"] == "archive.missing"


@pytest.mark.parametrize(
    "arguments", [("register", "--json"), ("verify", "--no-such-option", "--json"), ("--json", "x")]
)
def test_a_call_that_cannot_be_parsed_is_told_in_json_too(call, arguments):
    answer = call(*arguments)
    assert answer.status == 2
    assert answer.json["error"]["code"] == "usage"


def test_json_after_two_dashes_is_a_file(call):
    answer = call("verify", "--", "--json")
    assert answer.status == 2
    assert answer.out == ""
    assert answer.err.startswith("provenance: ")


def test_options_common_to_all_may_stand_on_either_side(call, registered, tmp_path, monkeypatch):
    archive = os.environ["PROVENANCE_ARCHIVE"]
    monkeypatch.delenv("PROVENANCE_ARCHIVE")
    assert call("--archive", archive, "--json", "list").json[0]["evidence_id"] == registered
    assert call("list", "--archive", archive, "--json").json[0]["evidence_id"] == registered
    assert call("--archive", tmp_path / "other", "list", "--archive", archive, "--json").status == 0


def test_no_command_reads_or_makes_an_archive_that_is_not_there(call, tmp_path):
    for arguments in (["list"], ["show", "pv1-" + 26 * "0"], ["audit"], ["key", "list"], ["examine"], ["verify", "x"]):
        answer = call(*arguments)
        assert answer.status == 2, arguments
        assert "there is no archive" in answer.err
    assert not (tmp_path / "archive.sqlite").exists()


def test_nothing_given_shows_help_as_wrong_use(call):
    answer = call()
    assert answer.status == 2
    assert "Commands:" in answer.err


def test_an_error_is_one_line_with_file_and_advice(capsys, home, monkeypatch):
    def fail(_):
        raise UsageError("two\nlines", file="\x1b[2Jclip", advice="do this")

    monkeypatch.setattr(shell, "_run", fail)
    assert run(["list"]) == 2
    assert capsys.readouterr().err == "provenance: \\x1b[2Jclip: two\\nlines - do this\n"


def test_an_error_without_advice_says_what_usually_helps(call, tmp_path):
    said = call("verify", "--json", "--against", tmp_path / "b", tmp_path / "a").json["error"]
    assert said["advice"] == "check the name"
    told = call("verify", "--against", tmp_path / "b", tmp_path / "a")
    assert told.err == f"provenance: {said['file']}: {said['message']} - check the name\n"


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (RuntimeError("a bug"), "internal"),
        (MemoryError(), "internal"),
        (PermissionError(13, "Permission denied", "/x"), "system"),
        (ProvenanceError("odd"), "provenance.error"),
    ],
)
def test_nothing_ends_in_a_traceback(capsys, home, monkeypatch, failure, code):
    def fail(_):
        raise failure

    monkeypatch.setattr(shell, "_run", fail)
    assert run(["list", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == code


def test_an_interruption_is_one_line_and_130(capsys, home, monkeypatch):
    def fail(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(shell, "_run", fail)
    assert run(["list"]) == 130
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.strip().count("\n") == 0
    assert "interrupted" in captured.err


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopping_a_registration_stores_nothing_half(start, call, tmp_path, number, status):
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        file.truncate(8 * 2**30)
    process = start("register", "--no-examine", "--json", large)
    deadline = time.monotonic() + 20
    while not (tmp_path / "archive.sqlite.keys").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.3)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == status
    assert b"Traceback" not in err
    assert json.loads(out) == []
    assert call("list", "--json").json == []


def test_a_closed_pipe_is_quiet_and_no_verdict(start):
    reading, writing = os.pipe()
    os.close(reading)
    process = start("--help", stdout=writing)
    os.close(writing)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 141
    assert err == b""


@pytest.mark.skipif(sys.platform != "linux", reason="file names of any bytes")
def test_a_name_that_is_not_utf8_is_registered_and_shown_escaped(call, tmp_path):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff\x1b[31m.mp4")
    with open(path, "wb") as file:  # noqa: PTH123 - a name of bytes
        file.write(b"x")
    answer = call("register", "--no-examine", path)
    assert answer.status == 0
    assert "\x1b" not in answer.out
    assert r"\xff\x1b[31m.mp4: registered" in answer.out
    listed = call("list")
    assert "\x1b" not in listed.out
    assert call("register", "--no-examine", "--json", path).json[0]["file"].endswith("\\xff\x1b[31m.mp4")


def test_output_goes_through_a_terminal_that_lacks_the_characters(start, note_file):
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    named = note_file.rename(note_file.with_name("東.txt"))
    process = start("register", "--no-examine", named, env=environment)
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert rb"\u6771.txt: registered" in out


@pytest.mark.skipif(sys.platform != "linux", reason="a device that is always full")
@pytest.mark.parametrize("arguments", [["explain"], ["explain", "--json"], ["verify", "--json", "a", "b"]])
def test_an_answer_that_cannot_be_written_is_trouble_and_no_difference(start, registered, arguments):
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        process = start(*arguments, stdout=full)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert b"Traceback" not in err


@pytest.mark.parametrize("name", threads.NAMES)
def test_numeric_libraries_get_one_thread_unless_told_otherwise(name, monkeypatch, capfd):
    from provenance.__main__ import main

    monkeypatch.setattr("sys.argv", ["provenance", "--version"])
    for given, used in ((None, "1"), ("3", "3")):
        monkeypatch.setenv(name, given or "")  # so that what was there comes back in any case
        if given is None:
            monkeypatch.delenv(name)
        assert main() == 0
        assert os.environ[name] == used
        assert "faiss-cpu" in capfd.readouterr().out


def test_large_arrays_get_small_pages_unless_told_otherwise(monkeypatch, capfd):
    from provenance.__main__ import main

    monkeypatch.setattr("sys.argv", ["provenance", "--version"])
    for given, used in ((None, "0"), ("1", "1")):
        monkeypatch.setenv("NUMPY_MADVISE_HUGEPAGE", given or "")  # as above
        if given is None:
            monkeypatch.delenv("NUMPY_MADVISE_HUGEPAGE")
        assert main() == 0
        assert os.environ["NUMPY_MADVISE_HUGEPAGE"] == used
        assert "faiss-cpu" in capfd.readouterr().out
