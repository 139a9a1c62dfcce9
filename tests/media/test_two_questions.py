"""One child answers two questions about a file, demuxing and decoding, under the limits that two would have."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from provenance.binding import codec
from provenance.errors import MediaError
from provenance.media import child, process, protocol
from provenance.media.child import Measuring
from provenance.media.limits import Limits
from provenance.media.source import open_source
from provenance.verifying.file import FileInHand


@pytest.fixture
def source(clip):
    with open_source(clip("pier")) as opened:
        yield opened


@pytest.fixture
def started(monkeypatch):
    """Processes started from now on."""
    found = []
    began = process._start

    def start(descriptor):
        found.append(began(descriptor))
        return found[-1]

    monkeypatch.setattr(process, "_start", start)
    return found


def test_the_answers_are_those_of_two_children(source, started):
    file = FileInHand.read(source, None)
    both = [file.measure("streams"), file.measure("full")]
    assert len(started) == 1
    assert started[0].returncode is not None
    assert both == [child.measure(source, depth=depth, looking="close") for depth in ("streams", "full")]
    assert both[0].sandbox == both[1].sandbox


def test_what_was_decoded_is_not_asked_for_again(source, started):
    file = FileInHand.read(source, None)
    assert file.measure("full") is file.measure("streams")
    assert len(started) == 1


def test_a_child_that_waits_is_ended(source, started):
    file = FileInHand.read(source, None)
    file.measure("streams")
    assert started[0].poll() is None
    file.close()
    assert started[0].returncode == -signal.SIGKILL
    file.close()


def test_a_child_that_waits_ends_with_its_questions(source, started):
    with Measuring(source) as asked:
        asked.measure("streams", last=False)
        started[0].stdin.close()
        assert started[0].wait(20) == 0


def test_a_limit_holds_for_the_second_question(source):
    with Measuring(source, limits=Limits(pictures=10)) as asked:
        assert asked.measure("streams", last=False).depth == "streams"
        with pytest.raises(MediaError) as error:
            asked.measure("full")
    assert error.value.code == "media.limit"


@pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="needs /proc")
def test_address_space_and_descriptors_stay_limited(source, started):
    with Measuring(source, looking="close") as asked:
        asked.measure("streams", last=False)
        limits = Path(f"/proc/{started[0].pid}/limits").read_text().splitlines()
        asked.measure("full")
    held = {line[:26].strip(): line[26:].split()[:2] for line in limits}
    assert held["Max address space"][0] == held["Max address space"][1] != "unlimited"
    assert held["Max open files"] == ["64", "64"]


def test_time_begins_anew_and_is_limited(source, monkeypatch):
    with Measuring(source) as asked:
        asked.measure("streams", last=False)
        monkeypatch.setattr(Limits, "wall_clock", lambda *_: 0.0)
        with pytest.raises(MediaError) as error:
            asked.measure("full")
    assert error.value.code == "media.limit"
    assert not [one for one in threading.enumerate() if isinstance(one, threading.Timer)]


def test_a_child_killed_while_it_waits_is_told(source, started):
    file = FileInHand.read(source, None)
    file.measure("streams")
    os.killpg(started[0].pid, signal.SIGKILL)
    with pytest.raises(MediaError) as error:
        file.measure("full")
    assert error.value.code == "media.crashed"
    assert "SIGKILL" in error.value.message
    assert file.measure("streams").depth == "streams"


#: Answers the first question as it was answered before, the second with something else.
LIES = """
import sys
sys.stdin.readline(); sys.stdout.buffer.write(open({first!r}, "rb").read()); sys.stdout.flush()
sys.stdin.readline(); sys.stdout.buffer.write({second!r})
"""


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (b"", "media.crashed"),
        (b"E\0\0\0\0", "media.protocol"),
        (b"H\0\0\0\2{}", "media.protocol"),
        (b"H\xff\xff\xff\xff", "media.protocol"),
    ],
    ids=["nothing", "an end", "an empty header", "a header without end"],
)
def test_a_lie_to_the_second_question_is_refused(source, monkeypatch, tmp_path, second, code):
    measured = child.measure(source, depth="streams")
    path = tmp_path / "first.bin"
    header = {name: list(getattr(measured, name)) for name in ("sandbox", "sandbox_missing")}
    with path.open("wb") as first:
        protocol.write_answer(first, {**header, "libraries": dict(measured.libraries)}, codec.to_blobs(measured))
    monkeypatch.setattr(process, "_COMMAND", [sys.executable, "-c", LIES.format(first=str(path), second=second)])
    with Measuring(source) as child_of_lies:
        believed = child_of_lies.measure("streams", last=False)
        with pytest.raises(MediaError) as error:
            child_of_lies.measure("full")
    assert believed == measured
    assert error.value.code == code
