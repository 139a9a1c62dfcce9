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
