"""What was acknowledged is on the disk: system calls in order, SIGKILL at any moment, many writers at once."""

import multiprocessing
import os
import random
import re
import select
import shutil
import signal
import time

import commands
import pytest

import archives
from provenance import records
from provenance.audit import audit
from provenance.custodian import Custodian
from provenance.founding import open_or_create
from provenance.register import Intake, register

FORK = "fork" in multiprocessing.get_all_start_methods()
needs_fork = pytest.mark.skipif(not FORK, reason="this system has no fork")

# --- the order of system calls --------------------------------------------------------------------------------------

TRACED = "write,pwrite64,fsync,fdatasync,ftruncate,unlink,unlinkat"
CALL = re.compile(r"^\d+\s+(\w+)\(")
FILE = re.compile(r"\(\d+<([^>]*)>")


def traced(home, path, file):
    """(system call, file) in order, up to the acknowledgement on stdout."""
    trace = home / "trace"
    before = ("strace", "-f", "-y", "-s", "200", "-e", f"trace={TRACED}", "-o", str(trace))
    process = commands.start(home, path, "register", "--no-examine", file, before=before)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err.decode()
    assert b"registered as pv1-" in out
    calls = []
    for line in trace.read_text(errors="replace").splitlines():
        name, file_name = CALL.match(line), FILE.search(line)
        if "resumed" in line or name is None:
            continue
        if name[1] == "write" and "registered as pv1-" in line:
            return calls
        calls.append((name[1], file_name[1] if file_name else line))
    raise AssertionError("no acknowledgement was traced")


def last(calls, names, file):
    """Index of the last of these calls on ``file``; -1 if there is none."""
    return max((at for at, (name, where) in enumerate(calls) if name in names and where == str(file)), default=-1)


SYNC, WRITE = {"fsync", "fdatasync"}, {"write", "pwrite64", "ftruncate"}


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_data_journal_and_folder_are_synced_before_the_acknowledgement(tmp_path, home):
    first, second = tmp_path / "first.mp4", tmp_path / "second.mp4"
    first.write_bytes(b"first" * 9999)
    second.write_bytes(b"second" * 9999)
    path = tmp_path / "here" / "archive.sqlite"
    journal = path.with_name("archive.sqlite-journal")
    for number, file in enumerate((first, second)):
        calls = traced(home, path, file)
        written = last(calls, WRITE, path)
        assert written >= 0
        assert last(calls, SYNC, path) > written  # the data, after its last change
        ended = last(calls, {"ftruncate", "pwrite64"}, journal)  # an emptied journal is what commits
        assert ended > last(calls, SYNC, path)
        assert last(calls, SYNC, journal) > ended
        if number == 0:  # the names of archive, journal and keys are new
            assert last(calls, SYNC, path.parent) >= 0
            assert last(calls, SYNC, path.with_name("archive.sqlite.keys")) >= 0
        heads = {where for name, where in calls if name in SYNC and "/state/" in where}
        assert len(heads) >= 2  # the head that was seen, and its folder


# --- killed at any moment -------------------------------------------------------------------------------------------


def write_records(path, folder, name, acknowledged):
    """Register new files until killed; an id goes into the pipe only when `register` has returned."""
    number = 0
    custodian, _ = open_or_create(path)
    while True:
        file = folder / f"{name}-{number}"
        file.write_bytes(f"{name}-{number}".encode() * 50)
        done = register(custodian, file, Intake(note=name), examine=False)
        os.write(acknowledged, done.evidence_id.encode() + b"\n")
        number += 1


class Writers:
    """Processes that register, and are killed and replaced."""

    def __init__(self, path, folder):
        self._path, self._folder = path, folder
        self._context = multiprocessing.get_context("fork")
        self._started = 0
        self.acknowledged = []
        self.running = []

    def start(self):
        reader, writer = os.pipe()
        self._started += 1
        arguments = (self._path, self._folder, f"writer-{self._started}", writer)
        process = self._context.Process(target=write_records, args=arguments, daemon=True)
        process.start()
        os.close(writer)
        self.running.append((process, reader))

    def kill(self, which):
        process, reader = self.running.pop(which)
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        data = b""
        while select.select([reader], [], [], 5)[0] and (piece := os.read(reader, 65536)):
            data += piece
        os.close(reader)
        self.acknowledged += [line.decode() for line in data.split(b"\n")[:-1]]


def check_kills(tmp_path, count):
    path, folder = tmp_path / "archive.sqlite", tmp_path / "files"
    folder.mkdir()
    chance = random.Random()
    writers = Writers(path, folder)
    for _ in range(4):
        writers.start()
    for _ in range(count):
        time.sleep(chance.uniform(0.0, 0.25))
        writers.kill(chance.randrange(4))
        writers.start()
    while writers.running:
        writers.kill(0)
    with Custodian.open(path) as custodian:
        held = {row.evidence_id for row in custodian.archive.statements(predicate="registration")}
        assert len(set(writers.acknowledged)) == len(writers.acknowledged) > count // 4
        assert set(writers.acknowledged) <= held
        for evidence_id in chance.sample(writers.acknowledged, 10):
            assert records.fields_of(custodian, records.registration_of(custodian, evidence_id))["size"] > 0
        report = audit(custodian, files=True)
    assert (report.faults, report.state) == ((), "consistent-with-outside")
    return len(writers.acknowledged)


@needs_fork
def test_after_twenty_kills_of_four_writers_nothing_acknowledged_is_lost(tmp_path, home):
    check_kills(tmp_path, 20)


@needs_fork
@pytest.mark.hard
def test_after_two_hundred_kills_of_four_writers_nothing_acknowledged_is_lost(tmp_path, home):
    print(check_kills(tmp_path, 200), "acknowledged records, none lost")


def test_a_reader_after_a_kill_sees_whole_records_only(tmp_path, home):
    """A journal is left behind: what it holds is put back, not ignored."""
    archive = archives.filled(tmp_path)
    before = archive.path.read_bytes()
    commands.leave_half_a_transaction(archive.path)
    assert archive.path.read_bytes() != before
    assert archive.path.with_name("archive.sqlite-journal").stat().st_size > 0
    assert len(commands.call(home, archive.path, "list")) == 3
    assert archive.audit().faults == ()


# --- many at once ---------------------------------------------------------------------------------------------------


def test_four_processes_registering_at_once_neither_collide_nor_lose(tmp_path, home):
    path = tmp_path / "archive.sqlite"
    files = [[tmp_path / f"{process}-{number}" for number in range(5)] for process in range(4)]
    for each in files:
        for file in each:
            file.write_bytes(file.name.encode())
    started = [commands.start(home, path, "register", "--no-examine", "--json", *each) for each in files]
    answers = []
    for process in started:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, (out + err).decode()
        answers += commands.json.loads(out)
    assert len({answer["evidence_id"] for answer in answers}) == 20
    assert sorted(answer["log_index"] for answer in answers) == list(range(1, 21))
    assert commands.call(home, path, "audit")["checked"]["entries"] == 21


def test_of_eight_processes_that_begin_one_archive_one_makes_it_and_all_use_it(tmp_path, home):
    path = tmp_path / "new" / "archive.sqlite"
    files = [tmp_path / f"file-{number}" for number in range(8)]
    for file in files:
        file.write_bytes(file.name.encode())
    started = [commands.start(home, path, "register", "--no-examine", "--json", file) for file in files]
    began = 0
    for process in started:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, (out + err).decode()
        began += err.count(b"Began the archive")
    assert began == 1
    assert len(commands.call(home, path, "list")) == 8
    assert commands.call(home, path, "audit")["state"] == "consistent-with-outside"
