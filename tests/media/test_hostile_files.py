"""Files made to hurt: answered within limits, one clear line, nothing else opened, nothing left behind."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import stock
from provenance.errors import MediaError
from provenance.media import child, process
from provenance.media.limits import Limits
from provenance.media.source import open_source

SECONDS = 20  # far above what any of these takes, far below the default limit


def children():
    """Ids of this process's children, from the kernel."""
    listed = Path(f"/proc/self/task/{threading.get_native_id()}/children")
    if not listed.exists():
        pytest.skip("this kernel does not list children")
    return {int(word) for task in Path("/proc/self/task").iterdir() for word in (task / "children").read_text().split()}


def written(tmp_path, data, name="hostile.mp4"):
    path = tmp_path / name
    path.write_bytes(data)
    return path


def box(kind, payload=b""):
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def test_playlists_named_mp4_open_no_other_file(clip, measure, tmp_path):
    canary = tmp_path / "canary.mkv"
    canary.write_bytes(clip("pier", container="mkv").read_bytes())
    os.utime(canary, ns=(10**18, 10**18))
    lists = {
        "ffconcat": f"ffconcat version 1.0\nfile {canary}\n",
        "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{canary}\n#EXT-X-ENDLIST\n",
        "sdp": f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns={canary}\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
        "dash": f'<?xml version="1.0"?><MPD><BaseURL>{canary}</BaseURL></MPD>',
    }
    for text in lists.values():
        measured = measure(written(tmp_path, text.encode()))
        assert (measured.kind, measured.state, measured.tracks) == ("other", "not-media", ())
        assert measured.not_measured
    assert canary.stat().st_atime_ns == 10**18


def test_the_sandboxed_child_can_open_nothing_and_start_nothing(tmp_path):
    canary = written(tmp_path, b"secret", "canary")
    code = f"""
import os, socket, sys
from provenance.media import sandbox
report = sandbox.Report()
sandbox.isolate(report, threads=1, picture_bytes=2**20)
sandbox.confine(report)
def tried(what):
    try:
        what()
    except OSError:
        return "refused"
    return "done"
if "seccomp" in report.in_force or "landlock" in report.in_force:
    print(tried(lambda: open({str(canary)!r})))
if "seccomp" in report.in_force:
    print(tried(os.fork), tried(socket.socket), tried(lambda: os.kill(os.getppid(), 0)))
os._exit(0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "done" not in done.stdout


ATTEMPTS = """
import ctypes, fcntl, os, platform, struct, sys
from provenance.media import sandbox
report = sandbox.Report()
sandbox.isolate(report, threads=1, picture_bytes=2**20)
sandbox.confine(report)
libc = ctypes.CDLL(None, use_errno=True)
tgkill, prlimit64 = {"x86_64": (234, 302), "aarch64": (131, 261)}[platform.machine()]
victim, own = int(sys.argv[1]), os.getpid()
FSIZE, NOFILE, SIGKILL = 1, 7, 9
def signals(*setting):
    try:
        fcntl.fcntl(0, *setting)
    except OSError:
        return -1
    return 0
tries = [
    libc.syscall(tgkill, victim, victim, SIGKILL),
    libc.syscall(prlimit64, victim, FSIZE, struct.pack("=QQ", 0, 0), None),
    libc.syscall(prlimit64, victim, NOFILE, None, ctypes.create_string_buffer(16)),
    signals(fcntl.F_SETOWN, victim), signals(10, SIGKILL),  # F_SETSIG
]
needed = [
    libc.syscall(tgkill, own, own, 0),
    libc.syscall(prlimit64, 0, NOFILE, None, ctypes.create_string_buffer(16)),
    os.close(os.dup(0)) or 0,
]
print("seccomp" in report.in_force, tries, needed, flush=True)
os._exit(0)
"""


def test_the_sandboxed_child_cannot_signal_or_limit_another_process():
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as victim:
        try:
            limits = resource.prlimit(victim.pid, resource.RLIMIT_FSIZE)
            command = [sys.executable, "-c", ATTEMPTS, str(victim.pid)]
            done = subprocess.run(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, check=True)
            if not done.stdout.startswith("True"):
                pytest.skip("this machine has no seccomp")
            assert done.stdout == "True [-1, -1, -1, -1, -1] [0, 0, 0]\n"
            assert resource.prlimit(victim.pid, resource.RLIMIT_FSIZE) == limits
            assert victim.poll() is None
        finally:
            victim.kill()


@pytest.mark.parametrize(
    ("data", "state"),
    [
        (b"", "not-media"),
        (b"this is text\n" * 40, "not-media"),
        (bytes(5000), "not-media"),
        (box(b"ftyp", b"isom\0\0\0\0isom") + box(b"free") * 100_000, "unreadable"),
        (box(b"ftyp", b"isom\0\0\0\0isom") + box(b"moov", box(b"free") * 100_000), "unreadable"),
        (b"\x1a\x45\xdf\xa3" + bytes(1000), "unreadable"),
        (b"\0\0\1\xba" + bytes(5000), "unreadable"),
    ],
    ids=["empty", "text", "zeros", "100,000 boxes", "100,000 boxes in moov", "matroska", "program stream"],
)
def test_files_that_are_nothing_get_an_answer(measure, tmp_path, data, state):
    began = time.monotonic()
    measured = measure(written(tmp_path, data))
    assert measured.state == state
    assert measured.not_measured
    assert time.monotonic() - began < SECONDS


def test_boxes_without_end_reach_a_limit(measure, tmp_path):
    path = written(tmp_path, box(b"ftyp", b"isom") + box(b"free") * 2000)
    with pytest.raises(MediaError) as error:
        measure(path, limits=Limits(boxes=1000))
    assert error.value.code == "media.limit"
    assert error.value.file == str(path)


def test_a_picture_of_256_million_samples_is_refused(clip, measure, tmp_path):
    data = clip("pier", size=(320, 320), codec="ffv1", container="mkv", sound=None).read_bytes()
    for element in ("b0", "ba"):  # PixelWidth, PixelHeight
        assert bytes.fromhex(element + "820140") in data
        data = data.replace(bytes.fromhex(element + "820140"), bytes.fromhex(element + "823e80"))
    with pytest.raises(MediaError) as error:
        measure(written(tmp_path, data))
    assert error.value.code == "media.limit"


@pytest.mark.parametrize(
    "limit", [{"pictures": 10}, {"packets": 10}, {"tracks": 1}, {"pixels": 320 * 100}, {"output_bytes": 500}]
)
def test_limits_are_trouble_and_never_a_finding(clip, measure, limit):
    with pytest.raises(MediaError) as error:
        measure(clip("pier"), limits=Limits(**limit))
    assert error.value.code == "media.limit"
    assert "\n" not in error.value.message


def test_too_long_a_run_is_ended_with_all_it_started(clip, measure):
    before = children()
    with pytest.raises(MediaError) as error:
        measure(clip("pier"), limits=Limits(seconds=0, seconds_per_gib=0))
    assert error.value.code == "media.limit"
    assert children() == before


def test_a_child_that_dies_is_told_in_one_line(clip, monkeypatch):
    began = process._start

    def start_and_kill(descriptor):
        started = began(descriptor)
        os.killpg(started.pid, signal.SIGSEGV)
        return started

    monkeypatch.setattr(process, "_start", start_and_kill)
    before = children()
    with open_source(clip("pier")) as source, pytest.raises(MediaError) as error:
        child.measure(source, depth="full")
    assert error.value.code == "media.crashed"
    assert "SIGSEGV" in error.value.message
    assert children() == before


def test_a_child_that_lies_is_not_believed(clip, monkeypatch):
    script = "import sys; sys.stdin.read(); sys.stdout.write('H\\0\\0\\0\\2{}')"
    monkeypatch.setattr(process, "_COMMAND", [sys.executable, "-c", script])
    with open_source(clip("pier")) as source, pytest.raises(MediaError) as error:
        child.measure(source, depth="full")
    assert error.value.code == "media.protocol"


def test_what_the_child_prints_reaches_no_terminal_and_ends_in_the_message_escaped(clip, monkeypatch, capfd):
    script = (
        r"import sys; sys.stderr.write('x' * 2**20 + '\n\x1b[2J\x1b]0;gone\x07 NameError: \u202etxt\n'); sys.exit(3)"
    )
    monkeypatch.setattr(process, "_COMMAND", [sys.executable, "-c", script])
    with open_source(clip("pier")) as source, pytest.raises(MediaError) as error:
        child.measure(source, depth="full")
    assert error.value.code == "media.crashed"
    assert error.value.message.startswith("the measuring process ended with status 3: \\x1b[2J")
    assert "NameError" in error.value.message
    assert error.value.message.isprintable()
    assert capfd.readouterr().err == ""


def test_no_file_is_written_and_no_process_stays(clip, measure, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = children()
    measure(clip("pier"))
    assert list(tmp_path.iterdir()) == []
    assert children() == before


def test_the_file_measured_is_left_as_it_was(clip, measure, tmp_path):
    path = Path(shutil.copy(clip("pier"), tmp_path))  # others read the shared clip meanwhile, and they set its atime
    before = path.stat()
    measure(path)
    after = path.stat()
    assert (before.st_atime_ns, before.st_mtime_ns, before.st_ctime_ns) == (
        after.st_atime_ns,
        after.st_mtime_ns,
        after.st_ctime_ns,
    )


def test_a_file_cut_at_any_place_of_its_head_gets_an_answer(clip, tmp_path):
    """In one process, without the sandbox: four hundred children would take minutes."""
    from provenance.media import measure as work

    stock.ffmpeg("-i", clip("pier"), "-map", "0:v", "-c", "copy", "-t", "0.2", tmp_path / "short.mp4")
    data = (tmp_path / "short.mp4").read_bytes()
    path = tmp_path / "cut.mp4"
    for length in range(0, 1200, 3):
        path.write_bytes(data[:length])
        with path.open("rb") as opened, pytest.MonkeyPatch.context() as patch:
            patch.setattr(work.sandbox, "fix_address_space", lambda size: None)
            file = work.File(opened.fileno(), length, Limits(), 1, lambda done: None)
            assert work.measure(file, "full").state != "whole"


@pytest.mark.parametrize("stamped", [False, True])
@pytest.mark.parametrize("count", [1, 3648, 70_000, 200_000])
def test_foreign_bytes_behind_or_in_a_transport_stream_are_passed_over(count, stamped, clip, measure, tmp_path):
    """FFmpeg's demuxer says "try again" there, which must not be taken for a lack of memory."""
    units = [unit for (unit,) in struct.iter_unpack("188s", clip("pier", container="ts").read_bytes())]
    whole = b"".join(bytes(4 * stamped) + unit for unit in units)  # camcorders put a time of 4 bytes before each
    told = measure(written(tmp_path, whole, "whole.mts"))
    foreign = (b"these bytes are of no transport stream at all, whoever put them there\n" * 4000)[:count]
    behind = measure(written(tmp_path, whole + foreign, "behind.mts"))
    assert len(behind.tracks[0].packets) == len(told.tracks[0].packets)
    middle = len(units) // 2 * (188 + 4 * stamped)
    inside = measure(written(tmp_path, whole[:middle] + foreign + whole[middle:], "inside.mts"))
    assert len(inside.tracks[0].packets) >= len(told.tracks[0].packets) - 2


ON_RECORD = """
import ctypes, fcntl, os, sys
from provenance.media import sandbox
report = sandbox.Report()
sandbox.isolate(report, threads=1, picture_bytes=2**20)
sandbox.confine_program(report, sys.executable)
path, inherited = sys.argv[1], int(sys.argv[2])
libc = ctypes.CDLL(None, use_errno=True)
tries = [
    lambda: os.chmod(path, 0), lambda: os.chmod(inherited, 0),
    lambda: os.chown(path, -1, -1), lambda: os.lchown(path, -1, -1), lambda: os.chown(inherited, -1, -1),
    lambda: os.utime(path, (0, 0)), lambda: os.utime(inherited, (0, 0)),
    lambda: os.setxattr(path, "user.x", b"y"), lambda: os.setxattr(inherited, "user.x", b"y"),
    lambda: os.removexattr(path, "user.x"), lambda: os.removexattr(inherited, "user.x"),
    lambda: fcntl.fcntl(inherited, fcntl.F_SETOWN, os.getppid()), lambda: fcntl.fcntl(inherited, 10, 9),  # F_SETSIG
]
said = []
for attempt in tries:
    try:
        attempt()
        said.append(0)
    except OSError as error:
        said.append(error.errno)
os.close(os.dup(inherited))
print("seccomp" in report.in_force, set(said), flush=True)
os._exit(0)
"""


def test_a_foreign_program_cannot_change_what_is_said_about_a_file(tmp_path):
    path = written(tmp_path, b"on record", "recording")
    before = path.stat()
    with path.open("rb") as file:
        command = [sys.executable, "-c", ON_RECORD, str(path), str(file.fileno())]
        done = subprocess.run(command, pass_fds=[file.fileno()], stdout=subprocess.PIPE, text=True, check=True)
    if not done.stdout.startswith("True"):
        pytest.skip("this machine has no seccomp")
    assert done.stdout == "True {1}\n"  # EPERM, from the filter: the file is the user's own
    assert (path.stat().st_mode, path.stat().st_mtime_ns) == (before.st_mode, before.st_mtime_ns)
