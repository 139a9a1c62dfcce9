import pytest

from provenance.errors import ArchiveError
from provenance.store import heads


def test_the_largest_head_is_remembered(monkeypatch, tmp_path):
    monkeypatch.setattr(heads, "state_folder", lambda: tmp_path)
    assert heads.last_seen("provenance/aa") is None
    heads.remember("provenance/aa", 3, "three")
    heads.remember("provenance/aa", 2, "two")
    heads.remember("provenance/bb", 9, "nine")
    assert heads.last_seen("provenance/aa") == (3, "three")
    heads.remember("provenance/aa", 10, "ten")
    heads.remember("provenance/aa", 10, "ten again")
    assert heads.last_seen("provenance/aa") == (10, "ten")
    assert len(list((tmp_path / "heads" / "provenance-aa").iterdir())) == 1


@pytest.mark.parametrize("spoil", ["folder", "above"])
def test_a_memory_that_cannot_be_used_is_one_clear_line(monkeypatch, tmp_path, spoil):
    monkeypatch.setattr(heads, "state_folder", lambda: tmp_path / "state")
    if spoil == "above":
        (tmp_path / "state").write_bytes(b"")
    else:
        (tmp_path / "state" / "heads").mkdir(parents=True)
        (tmp_path / "state" / "heads" / "provenance-aa").write_bytes(b"")
    for call in (lambda: heads.last_seen("provenance/aa"), lambda: heads.remember("provenance/aa", 3, "three")):
        with pytest.raises(ArchiveError) as caught:
            call()
        assert caught.value.code == "archive.state-folder"


def test_heads_that_may_not_be_read_are_one_clear_line(monkeypatch, tmp_path):
    monkeypatch.setattr(heads, "state_folder", lambda: tmp_path)
    heads.remember("provenance/aa", 3, "three")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(tmp_path), "read_text", refuse)
    with pytest.raises(ArchiveError, match="Permission denied") as caught:
        heads.last_seen("provenance/aa")
    assert caught.value.code == "archive.state-folder"
