"""A repaired file is found in an unfinished recording: in the registered bytes, and nowhere else."""

from __future__ import annotations

import shutil

import pytest

from provenance import lookup, replay
from provenance.founding import open_or_create
from provenance.media.source import digest, open_source
from provenance.register import Intake, register


@pytest.fixture
def repaired(clip, tmp_path):
    path = tmp_path / "repaired.mp4"
    shutil.copyfile(clip("pier", faststart=False), path)
    return path


@pytest.fixture
def unfinished(repaired, tmp_path, measure):
    """The same recording before somebody gave it an index."""
    path = tmp_path / "unfinished.mp4"
    rows = [track.packets for track in measure(repaired, depth="streams").tracks if track.packets]
    end = max(offset + size for each in rows for offset, size in zip(each.offsets, each.sizes, strict=True))
    path.write_bytes(repaired.read_bytes()[:end])
    return path


@pytest.fixture
def custodian(unfinished, archive_path):
    opened, _ = open_or_create(archive_path)
    with opened:
        register(opened, unfinished, Intake())
        lookup.index_examinations(opened)
        yield opened


@pytest.fixture
def replayed(custodian, repaired, measure):
    def call(ids=()):
        measured = measure(repaired, depth="streams")
        with open_source(repaired) as source:
            return replay.replayed(custodian, source, measured, digest(source)[1], ids)

    return call


def left_out(comparison):
    return [note.detail.split()[0] for note in comparison.notes if note.code == "evidence.notMeasured"]


def test_units_are_found_in_the_registered_bytes(custodian, replayed):
    found = replayed()
    assert (found.relation, found.basis, left_out(found)) == ("excerpt", "packets", [])
    assert replayed([found.source]) == found


def test_another_file_at_the_place_is_not_taken_for_the_registered_bytes(replayed, unfinished):
    """It holds the same units at the same places; one bit behind them differs."""
    data = bytearray(unfinished.read_bytes())
    data[-1] ^= 1
    unfinished.write_bytes(data)
    found = replayed()
    assert (found.relation, found.source, left_out(found)) == ("undetermined", None, ["1"])


def test_a_file_that_changes_while_it_is_searched_counts_for_nothing(replayed, unfinished, monkeypatch):
    search = replay._found_in

    def changed(kept, *rest):
        found = search(kept, *rest)
        unfinished.write_bytes(b"another")
        return found

    monkeypatch.setattr(replay, "_found_in", changed)
    assert replayed().relation == "undetermined"


def test_recordings_that_are_left_out_are_told(replayed, monkeypatch, unfinished):
    monkeypatch.setattr(replay, "_TRIED", 0)
    found = replayed()
    assert (found.relation, left_out(found)) == ("undetermined", ["1"])
    monkeypatch.undo()
    unfinished.unlink()
    assert left_out(replayed()) == ["1"]


def test_candidates_of_a_file_that_cannot_be_played_are_told_too(custodian, unfinished, measure, monkeypatch):
    monkeypatch.setattr(replay, "_TRIED", 0)
    with open_source(unfinished) as source:
        found = replay.replayed(custodian, source, measure(unfinished), digest(source)[1], ())
    assert (found.relation, left_out(found)) == ("undetermined", ["1"])


@pytest.mark.parametrize("place", [0, 1, 7, 8, 9, 12, 15, 16, 25])
def test_a_place_is_found_wherever_windows_meet(tmp_path, monkeypatch, place):
    monkeypatch.setattr(replay, "_WINDOW", 8)
    path = tmp_path / "kept"
    path.write_bytes(bytes(place) + b"here" + bytes(9))
    with open_source(path) as kept:
        assert replay._place_of(b"here", kept) == place
        assert replay._place_of(b"gone", kept) is None


def test_a_file_cut_off_under_the_search_ends_the_search_alone(tmp_path):
    """A mapped file would end this process with SIGBUS."""
    path = tmp_path / "kept"
    path.write_bytes(bytes(100_000))
    with open_source(path) as kept:
        path.write_bytes(b"")
        assert replay._place_of(b"here", kept) is None
