"""batch as a shell sees it: one line a file in the order given, as verify answers, and a run that goes on."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import shutil
import signal
import time
from pathlib import Path

import pytest


@pytest.fixture
def recording(clip, tmp_path):
    return shutil.copy(clip("pier", seconds=1), tmp_path / "pier.mp4")


@pytest.fixture
def examined(call, recording):
    return call("register", "--json", recording).json[0]["evidence_id"]


@pytest.fixture
def copies(clip, recording, tmp_path):
    """A folder of four files: a stranger, a note called like a clip, and two copies."""
    folder = tmp_path / "copies"
    folder.mkdir()
    shutil.copy(clip("harbour", seconds=1), folder / "a stranger.mp4")
    shutil.copy(recording, folder / "copy.mp4")
    (folder / "damaged.mp4").write_bytes(b"nothing that plays")
    shutil.copy(recording, folder / "z.mp4")
    return folder


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def lines(answer):
    return [json.loads(line) for line in answer.out.splitlines()]


def test_each_line_is_what_verify_answers_in_the_order_given(call, examined, copies, tmp_path):
    missing = tmp_path / "missing.mp4"
    answer = call("batch", "--json", copies / "z.mp4", missing, copies)
    names = [copies / "z.mp4", missing, copies / "a stranger.mp4", copies / "copy.mp4", copies / "damaged.mp4"]
    assert answer.status == 2
    assert lines(answer) == call("verify", "--json", *names).json
    assert call("batch", "--json", copies / "copy.mp4").status == 0
    assert call("batch", "--json", copies / "copy.mp4", copies / "a stranger.mp4").status == 1


def test_a_line_of_text_names_the_recording_and_notes_go_beside(call, examined, copies):
    (copies / "notes.txt").write_text("a note", encoding="utf-8")
    answer = call("batch", copies)
    assert answer.out.splitlines()[1].startswith(f"{copies / 'copy.mp4'}: Identical to a registered file")
    assert examined in answer.out
    assert "passed over, not media" in answer.err
    assert "4 files: 2 identical, " in answer.err
    quiet = call("batch", "-q", copies)
    assert (quiet.out, quiet.err) == (answer.out, "")


def test_options_are_those_of_verify(call, examined, copies):
    court = call("batch", "--court", copies / "copy.mp4")
    assert court.status == 1
    assert "required and not met: log=witnessed, time=quorum" in court.err
    assert call("batch", "--evidence", "pv1-00000000000000000000000000", copies).status == 2
    assert call("batch", "--evidence", examined, "--full", copies / "z.mp4").status == 0
    small = call("batch", "--json", "--max-bytes", "10", copies / "z.mp4")
    assert lines(small)[0]["error"]["code"] == "file.too-large"


def test_a_table_is_written_and_never_over_another_file(call, examined, copies, tmp_path):
    target = tmp_path / "answers.csv"
    assert call("batch", copies, "--csv", target).status == 2
    with target.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == [str(copies / name) for name in names_in(copies)]
    assert [row["status"] for row in rows] == ["1", "0", "2", "0"]
    assert rows[1]["evidence"] == examined
    before = target.read_bytes()
    assert call("batch", copies / "z.mp4", "--csv", target).status == 2
    assert target.read_bytes() == before
    assert call("batch", copies / "z.mp4", "--csv", target, "--force").status == 0
    assert target.read_bytes().count(b"\r\n") == 2


def test_going_on_writes_its_table_anew_and_no_other_file(call, examined, copies, tmp_path):
    target, journal = tmp_path / "answers.csv", tmp_path / "journal"
    words = ("batch", copies / "z.mp4", "--resume", journal, "--csv", target)
    assert call(*words).status == 0
    written = target.read_bytes()
    assert call(*words).status == 0
    assert target.read_bytes() == written
    target.write_bytes(b"name,of,somebody else's table\r\n")
    assert call(*words).status == 2
    assert target.read_bytes().startswith(b"name,of")


def test_what_was_answered_is_not_asked_again_unless_the_file_changed(call, examined, copies, tmp_path):
    journal = tmp_path / "journal"
    first = call("batch", "--json", "--resume", journal, copies)
    written = journal.read_bytes()
    again = call("batch", "--json", "--resume", journal, copies)
    assert lines(again) == lines(first)
    assert journal.read_bytes() == written
    changed = copies / "copy.mp4"
    times = changed.stat()
    data = bytearray(changed.read_bytes())
    data[-1] ^= 1
    changed.write_bytes(data)  # as long as before
    os.utime(changed, ns=(times.st_atime_ns, times.st_mtime_ns))
    third = lines(call("batch", "--json", "--resume", journal, copies))
    assert third[1]["questioned"]["sha256"] != lines(first)[1]["questioned"]["sha256"]
    assert third[1]["relation"] != "identical"
    assert [third[0], *third[2:]] == [lines(first)[0], *lines(first)[2:]]
    assert journal.read_bytes().count(b"\n") == written.count(b"\n") + 1


def test_answers_about_another_archive_or_with_other_options_are_not_mixed(call, examined, copies, note_file, tmp_path):
    journal = tmp_path / "journal"
    assert call("batch", "--resume", journal, copies / "z.mp4").status == 0
    other = call("batch", "--resume", journal, "--full", copies / "z.mp4")
    assert other.status == 2
    assert "other options" in other.err
    call("register", "--no-examine", note_file)
    grown = call("batch", "--resume", journal, copies / "z.mp4")
    assert grown.status == 2
    assert "registered since" in grown.err


def children(process):
    tasks = Path(f"/proc/{process.pid}/task")
    with contextlib.suppress(OSError):
        return [int(one) for task in tasks.iterdir() for one in (task / "children").read_text().split()]
    return []


def workers(process):
    """Children that have become workers: until then the list of processes shows the command itself."""
    found = []
    for pid in children(process):
        with contextlib.suppress(OSError):
            if b"provenance.batching.worker" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
    return found


def runs(pid):
    """Whether the process is there; one that ended and was not waited for by the kernel's first process is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(condition, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError("in vain")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_goes_on_and_leaves_no_process(call, start, examined, copies, tmp_path, how):
    for number in range(12):
        shutil.copy(copies / "a stranger.mp4", copies / f"stranger {number}.mp4")
    journal = tmp_path / "journal"
    process = start("batch", "--json", "--jobs", "2", "--resume", journal, copies)
    until(lambda: journal.exists() and journal.read_bytes().count(b"\n") >= 3)
    workers = until(lambda: children(process))
    process.send_signal(how)
    _, err = process.communicate(timeout=60)
    assert process.returncode == {signal.SIGKILL: -9, signal.SIGINT: 130, signal.SIGTERM: 143}[how]
    assert how == signal.SIGKILL or b"goes on" in err
    until(lambda: not any(runs(pid) for pid in workers))
    kept = journal.read_bytes().count(b"\n") - 1
    assert 2 <= kept < 16
    answer = call("batch", "--json", "--resume", journal, copies)
    assert f"going on: {kept} answer" in answer.err
    assert [one["questioned"]["name"] for one in lines(answer)] == [str(copies / name) for name in names_in(copies)]


def test_the_passphrase_is_neither_in_the_list_of_processes_nor_in_the_environment(
    call, start, recording, copies, tmp_path, monkeypatch
):
    secret = tmp_path / "secret"
    secret.write_text("correct horse", encoding="utf-8")
    assert start("init", "--passphrase-file", secret).wait() == 0
    assert start("register", recording).wait() == 0
    locked = call("batch", "--json", copies / "z.mp4")
    assert (locked.status, lines(locked)[0]["relation"]) == (2, "undetermined")
    for number in range(8):
        shutil.copy(copies / "a stranger.mp4", copies / f"stranger {number}.mp4")
    monkeypatch.setenv("PROVENANCE_PASSPHRASE", "correct horse")
    process = start("batch", "--json", "--jobs", "1", copies)
    seen = []
    for pid in until(lambda: workers(process)):
        seen += [Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ")]
    out, _ = process.communicate(timeout=120)
    assert seen
    assert not any(b"correct horse" in one for one in seen)
    assert json.loads(out.splitlines()[-1])["relation"] == "identical"
