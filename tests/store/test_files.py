import sys
from pathlib import Path

import pytest

from provenance.errors import ArchiveError
from provenance.store.files import write_new


def test_a_new_file_is_whole_and_private(tmp_path):
    write_new(tmp_path / "a", b"abc")
    assert (tmp_path / "a").read_bytes() == b"abc"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_an_existing_file_is_never_replaced_without_force(tmp_path):
    write_new(tmp_path / "a", b"old")
    with pytest.raises(ArchiveError, match="exists already") as caught:
        write_new(tmp_path / "a", b"new")
    assert caught.value.code == "file.exists"
    assert (tmp_path / "a").read_bytes() == b"old"
    write_new(tmp_path / "a", b"new", force=True)
    assert (tmp_path / "a").read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_folder_that_is_not_there_is_one_clear_line(tmp_path):
    with pytest.raises(ArchiveError, match="cannot be written"):
        write_new(tmp_path / "none" / "a", b"")


@pytest.mark.skipif(sys.platform == "win32", reason="devices of POSIX")
def test_a_device_a_link_and_a_folder_are_replaced_by_no_force(tmp_path):
    link, target = tmp_path / "link.csv", tmp_path / "target.csv"
    target.write_bytes(b"kept")
    link.symlink_to(target)
    for path in (link, Path("/dev/null"), tmp_path):
        with pytest.raises(ArchiveError, match="is no regular file"):
            write_new(path, b"told", force=True)
    assert (link.is_symlink(), target.read_bytes()) == (True, b"kept")
