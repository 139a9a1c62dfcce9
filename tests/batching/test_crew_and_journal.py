"""Processes that die cost one file, none is left behind; and a journal that is never taken for another's."""

import sys
import time

import pytest

from provenance import batch
from provenance.batching import crew
from provenance.batching.answers import Answer
from provenance.batching.crew import Crew, Request
from provenance.batching.journal import Journal
from provenance.errors import FileError, ProvenanceError, UsageError

#: Answers as a worker does; its files are called after what befalls it.
WORKER = """
import json, os, signal, sys, time
setup = json.loads(sys.stdin.readline())
print(json.dumps(setup.get("greeting", {"ready": True})), flush=True)
for line in sys.stdin:
    name = json.loads(line)["file"]
    if name.startswith("killed"):
        print('{"answer": {', end="", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    if name.startswith("left"):
        sys.exit(3)
    if name.startswith("slow"):
        time.sleep(60)
    reply = {"unchanged": True} if name.startswith("same") else {"answer": {"file": name, "status": 0, "size": 1,
        "mtime_ns": os.getpid(), "headline": "", "unmet": [], "error": None, "verdict": {}}}
    print(json.dumps(reply), flush=True)
"""


@pytest.fixture(autouse=True)
def stand_in(monkeypatch):
    monkeypatch.setattr(crew, "_COMMAND", [sys.executable, "-c", WORKER])


def asked(names, jobs=2, setup=None):
    with Crew(jobs, setup or {}) as working:
        return {request.file: answer for request, answer in working.answers([Request(name) for name in names])}


def test_a_process_that_dies_costs_its_file_and_no_other():
    names = ["a", "killed", "b", "left", "c", "d", "same"]
    found = asked(names)
    assert set(found) == set(names)
    assert found["same"] is None
    assert [found[name].status for name in "abcd"] == [0] * 4
    told = found["killed"].trouble()
    assert (told.code, told.file) == ("batch.worker", "killed")
    assert "SIGKILL" in told.message
    assert "status 3" in found["left"].trouble().message


def test_one_process_answers_for_many_files():
    found = asked([f"clip {number}" for number in range(20)], jobs=2)
    assert 1 <= len({answer.mtime_ns for answer in found.values()}) <= 2


def test_an_archive_that_cannot_be_opened_ends_the_batch():
    greeting = {"error": Answer.failed("", FileError("is gone", code="archive.missing")).to_value()}
    with pytest.raises(ProvenanceError, match="is gone"):
        asked(["a", "b"], setup={"greeting": greeting})


def test_leaving_ends_processes_that_are_at_work(monkeypatch):
    monkeypatch.setattr(crew, "_PATIENCE", 0.5)
    began = time.monotonic()
    with Crew(2, {}) as working:
        answers = working.answers([Request("a"), Request("slow")])
        assert next(answers)[0].file == "a"
        every = list(working._every)
        answers.close()
    assert time.monotonic() - began < 20
    assert [worker._process.returncode is not None for worker in every] == [True] * len(every)


ABOUT = {"tool": "1", "background": "b", "archive": {"origin": "o", "size": 1}, "options": {}, "locked": False}


def answer(name, headline=""):
    return Answer(name, 0, 1, 2, headline, (), {"questioned": {"sha256": "ab"}})


def test_what_was_answered_is_read_back_and_the_last_answer_counts(tmp_path):
    path = tmp_path / "journal"
    with Journal.open(path, ABOUT) as journal:
        assert journal.done == {}
        for one in (answer("a"), answer("b"), answer("a", "later")):
            journal.add(one)
    assert path.stat().st_mode & 0o077 == 0
    with Journal.open(path, ABOUT) as journal:
        assert journal.done == {"a": answer("a", "later"), "b": answer("b")}


def test_a_line_that_was_torn_is_dropped_wherever_it_ends(tmp_path):
    path = tmp_path / "journal"
    with Journal.open(path, ABOUT) as journal:
        journal.add(answer("a"))
        journal.add(answer("b"))
    whole = path.read_bytes()
    head, first, _ = whole.splitlines(keepends=True)
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        with Journal.open(path, ABOUT) as journal:
            assert set(journal.done) == ({"a"} if cut >= len(head + first) else set())
            journal.add(answer("c"))
        with Journal.open(path, ABOUT) as journal:
            assert "c" in journal.done


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"archive": {"origin": "o", "size": 2}}, "another archive, or something was registered since"),
        ({"options": {"full": True}}, "other options"),
        ({"tool": "2"}, "another version"),
        ({"background": "c"}, "other thresholds"),
        ({"locked": True}, "locked"),
    ],
)
def test_a_journal_of_other_questions_is_refused_and_left_alone(tmp_path, changed, said):
    path = tmp_path / "journal"
    with Journal.open(path, ABOUT) as journal:
        journal.add(answer("a"))
    before = path.read_bytes()
    with pytest.raises(UsageError, match=said) as caught:
        Journal.open(path, ABOUT | changed)
    assert caught.value.code == "batch.journal"
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"a letter", b"a letter\n", b'{"schema": 1}\n', b"[]\n", b"\x00" * 99])
def test_a_file_that_is_no_journal_is_left_alone(tmp_path, content):
    path = tmp_path / "letter"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="no journal"):
        Journal.open(path, ABOUT)
    assert path.read_bytes() == content


def test_a_malformed_line_in_the_middle_is_named(tmp_path):
    path = tmp_path / "journal"
    with Journal.open(path, ABOUT) as journal:
        journal.add(answer("a"))
    with path.open("ab") as file:
        file.write(b'{"file": 1}\n')
    with pytest.raises(UsageError, match="line 3"):
        Journal.open(path, ABOUT)


def test_a_journal_that_another_run_writes_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "journal"
    with Journal.open(path, ABOUT) as journal:
        journal.add(answer("a"))
        before = path.read_bytes()
        with pytest.raises(UsageError, match="another run") as caught:
            Journal.open(path, ABOUT)
        assert caught.value.code == "batch.journal"
        assert path.read_bytes() == before
        journal.add(answer("b"))
    with Journal.open(path, ABOUT) as journal:
        assert set(journal.done) == {"a", "b"}


def test_what_is_written_never_covers_what_is_there(tmp_path):
    path = tmp_path / "journal"
    with Journal.open(path, ABOUT) as journal:
        journal.add(answer("a"))
        with path.open("ab") as file:  # somebody who asks for no lock
            file.write(b"\n")
        before = path.read_bytes()
        journal.add(answer("b"))
    assert path.read_bytes().startswith(before)


def test_a_folder_is_no_journal(tmp_path):
    with pytest.raises(ProvenanceError):
        Journal.open(tmp_path, ABOUT)


def test_answers_come_in_the_order_given_and_errors_are_tried_again(tmp_path):
    names = ["b", "killed", "a", "same"]
    path = tmp_path / "journal"
    with Journal.open(path, ABOUT) as journal:
        journal.add(answer("same", "from the journal"))
        journal.add(Answer.failed("a", FileError("no such file")))
    told = []
    with Journal.open(path, ABOUT) as journal:
        listener = batch.Listener(lambda done, total: told.append((done, total)), told.append)
        found = list(batch.answers(names, {}, jobs=3, journal=journal, listener=listener))
    assert [one.file for one in found] == names
    assert [one.error is None for one in found] == [True, False, True, True]
    assert found[3].headline == "from the journal"
    assert told == [(number, 4) for number in (1, 2, 3, 4)]
    with Journal.open(path, ABOUT) as journal:
        assert journal.done["a"].error is None
        assert journal.done["killed"].error["code"] == "batch.worker"
    assert path.read_bytes().count(b"\n") == 1 + 2 + 3
