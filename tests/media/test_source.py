"""A file is opened once, checked on its descriptor, read whole, and left as it was."""

from __future__ import annotations

import hashlib
import os
import socket
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from provenance.binding.digest import BytesDigest
from provenance.errors import FileError
from provenance.media import source
from provenance.media.limits import Limits
from provenance.media.source import digest, open_source


def code_of(path, **options):
    with pytest.raises(FileError) as error, open_source(path, **options):
        pass
    return error.value.code


def test_digests_size_and_leaves_of_a_file(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"x" * 70_000)
    seen = []
    with open_source(path) as opened:
        digests, leaves = digest(opened, lambda done, total: seen.append((done, total)))
    assert digests.sha256 == hashlib.sha256(b"x" * 70_000).digest()
    assert digests.size == 70_000
    assert len(leaves) == 64
    assert seen == [(70_000, 70_000)]


def test_reading_changes_neither_bytes_nor_times(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"witness")
    os.utime(path, ns=(10**18, 10**18 + 7))
    before = path.stat()
    with open_source(path) as opened:
        digest(opened)
        keeps_atime = opened.keeps_atime
    after = path.stat()
    assert after.st_atime_ns == before.st_atime_ns
    assert path.read_bytes() == b"witness"
    assert (after.st_mtime_ns, after.st_ctime_ns) == (before.st_mtime_ns, before.st_ctime_ns)
    assert keeps_atime


def test_what_is_no_regular_file_is_refused_at_once(tmp_path):
    fifo, link, listening = tmp_path / "fifo.mp4", tmp_path / "link.mp4", tmp_path / "s"
    os.mkfifo(fifo)
    link.symlink_to("/dev/zero")
    began = time.monotonic()
    assert code_of(fifo) == "file.not-regular"
    assert code_of(link) == "file.not-regular"
    assert code_of("/dev/null") == "file.not-regular"
    assert code_of(tmp_path) == "file.not-regular"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(listening))
        assert code_of(listening) == "file.not-regular"
    assert time.monotonic() - began < 1


def test_a_missing_file_a_dangling_link_and_an_impossible_name(tmp_path):
    dangling = tmp_path / "dangling.mp4"
    dangling.symlink_to(tmp_path / "gone")
    assert code_of(tmp_path / "gone.mp4") == "file.missing"
    assert code_of(dangling) == "file.missing"
    assert code_of("a\0b") == "file.missing"


def test_a_link_to_a_regular_file_is_followed(tmp_path):
    (tmp_path / "real.mp4").write_bytes(b"abc")
    (tmp_path / "link.mp4").symlink_to(tmp_path / "real.mp4")
    with open_source(tmp_path / "link.mp4") as opened:
        assert opened.size == 3


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"caf\xe9.mp4", r"caf\xe9.mp4"),
        (b"new\nline.mp4", r"new\nline.mp4"),
        ("видео.mp4".encode(), "видео.mp4"),
        (b"\x1b[31m.mp4", r"\x1b[31m.mp4"),
        (b"-n", "-n"),
    ],
)
def test_odd_names_open_and_print(tmp_path, name, shown):
    path = os.fsencode(tmp_path) + b"/" + name
    Path(os.fsdecode(path)).write_bytes(b"1")
    with open_source(path) as opened:
        assert digest(opened)[0].size == 1
        assert Path(opened.name).name == shown


def test_too_large_is_refused_before_reading(tmp_path):
    path = tmp_path / "sparse.mp4"
    with path.open("wb") as out:
        out.truncate(64 * 2**30)
    assert code_of(path, max_bytes=2**30) == "file.too-large"


def test_holes_are_read_like_bytes(tmp_path):
    path = tmp_path / "sparse.mp4"
    with path.open("wb") as out:
        out.truncate(20 * 2**20 + 3)
    with open_source(path) as opened:
        assert digest(opened)[0].sha256 == hashlib.sha256(bytes(20 * 2**20 + 3)).digest()


@pytest.mark.parametrize("change", ["grow", "shrink", "rewrite"])
def test_a_file_that_changes_under_the_read_is_an_error(tmp_path, change):
    path = tmp_path / "clip.mp4"
    path.write_bytes(bytes(5 * 2**20))

    def meddle(done, total):
        with path.open("r+b") as out:
            if change == "grow":
                out.seek(0, os.SEEK_END)
                out.write(b"more")
            elif change == "shrink":
                out.truncate(10)
            else:
                out.write(b"other")

    with open_source(path) as opened, pytest.raises(FileError) as error:
        digest(opened, meddle)
    assert error.value.code == "file.changed"


def test_a_system_without_pread_reads_the_same_and_leaves_the_position(tmp_path, monkeypatch):
    """Windows: the container in the child reads at the position that it shares with this descriptor."""
    from provenance.media import demux
    from provenance.media import measure as work

    path = tmp_path / "clip.mp4"
    path.write_bytes(bytes(range(200)))
    monkeypatch.delattr(os, "pread")
    with path.open("rb", buffering=0) as opened:
        opened.seek(7)
        file = work.File(opened.fileno(), 200, Limits(), 1, lambda done: None)
        assert file.read_at(100, 3) == bytes([100, 101, 102])
        assert demux.pread(opened.fileno(), 9, 195) == bytes(range(195, 200))
        assert opened.tell() == 7


def test_on_windows_the_inherited_handle_is_opened_for_bytes(monkeypatch):
    from provenance.media import worker

    opened = []
    binary = 0x8000
    monkeypatch.setattr(worker.sys, "platform", "win32")
    monkeypatch.setattr(os, "O_BINARY", binary, raising=False)
    handles = SimpleNamespace(open_osfhandle=lambda handle, flags: opened.append((handle, flags)) or 3)
    monkeypatch.setitem(sys.modules, "msvcrt", handles)
    assert worker._descriptor(99) == 3
    assert opened == [(99, os.O_RDONLY | binary)]


def test_an_observer_of_another_kind_reads_the_same_bytes(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"abc")
    whole = hashlib.sha1()
    with open_source(path) as opened, BytesDigest() as both:
        opened.read_once(whole)
        opened.read_once(both)
    assert whole.hexdigest() == hashlib.sha1(b"abc").hexdigest()


def test_where_the_time_cannot_be_kept_it_is_said(tmp_path, monkeypatch):
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"abc")
    real = os.open

    def owned_by_another(name, flags, *rest, **more):
        if flags & os.O_NOATIME:
            raise PermissionError
        return real(name, flags, *rest, **more)

    monkeypatch.setattr(source.os, "open", owned_by_another)
    with open_source(path) as opened:
        assert not opened.keeps_atime


def test_hashing_and_opening_load_no_media_library():
    import subprocess
    import sys

    code = "import sys, provenance.media.source, provenance.media.child; print({'av', 'numpy'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
