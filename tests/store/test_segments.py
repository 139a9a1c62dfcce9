"""Sealed segments of the index: who reads them, and what becomes of a file that was changed."""

import os
import random
import sqlite3

import pytest

from provenance.errors import ArchiveError
from provenance.store.index import UnitIndex
from provenance.store.index_file import NOTHING
from provenance.store.segments import CODES, Segment

SECRET = b"s" * 32


def opened(path, *, origin="provenance/aa", secret=SECRET, **options):
    return UnitIndex(path, origin=origin, secret=secret, **options)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.sqlite"


def beside(path):
    return path.with_name("a.sqlite.index")


def content(name, size=3000):
    return random.Random(name).randbytes(size)


def fill(index, count=4):
    after = NOTHING
    for number in range(count):
        place = (0, number)
        made = [Segment(CODES, b"key", content(number))]
        assert index.add(after, place, b"%d" % number, f"pv1-{number}", {number}, made)
        after = place


def held(index):
    return {evidence_id: one.content for evidence_id, one in index.segments(CODES)}


def test_what_was_put_in_comes_back_in_order(path):
    with opened(path) as index:
        fill(index)
        assert list(held(index).items()) == [(f"pv1-{number}", content(number)) for number in range(4)]
        assert index.segment_bytes(CODES) >= 4 * 3000
        assert list(index.segments(9)) == []


def test_a_later_examination_by_the_same_key_takes_the_place_and_another_keys_stands_beside(path):
    with opened(path) as index:
        index.add(NOTHING, (0, 1), b"1", "pv1-a", {1}, [Segment(CODES, b"own", b"old")])
        index.add((0, 1), (0, 2), b"2", "pv1-a", {1}, [Segment(CODES, b"own", b"new")])
        index.add((0, 2), (0, 3), b"3", "pv1-a", {1}, [Segment(CODES, b"other", b"theirs")])
        assert [(one.signer, one.content) for _, one in index.segments(CODES)] == [
            (b"other", b"theirs"),
            (b"own", b"new"),
        ]


def test_what_was_left_out_gets_its_segment_later(path):
    with opened(path) as index:
        index.add(NOTHING, (0, 1), b"1", "pv1-a", None)
        assert held(index) == {}
        index.add_left_out(b"1", "pv1-a", {1}, [Segment(CODES, b"key", b"late")])
        assert held(index) == {"pv1-a": b"late"}


def test_no_content_stands_in_the_file(path):
    text = b"a code that tells what was registered " * 60
    with opened(path) as index:
        index.add(NOTHING, (0, 1), b"1", "pv1-a", {1}, [Segment(CODES, b"key", text)])
        index.add((0, 1), (0, 2), b"2", "pv1-b", {1}, [Segment(CODES, b"key", text)])
    data = beside(path).read_bytes()
    assert not any(text[at : at + 8] in data for at in range(200))
    with sqlite3.connect(beside(path)) as plain:
        boxes = [box for (box,) in plain.execute("SELECT box FROM segments")]
    assert len({box[at : at + 16] for box in boxes for at in range(0, len(box), 16)}) == sum(
        len(box) // 16 for box in boxes
    )


def test_lengths_tell_twelve_percent_and_short_ones_are_alike(path):
    sizes = [0, 1, 200, 500, 5000, 5100, 5119, 90_000]
    with opened(path) as index:
        after = NOTHING
        for number, size in enumerate(sizes):
            index.add(after, (0, number), b"%d" % number, f"pv1-{number}", {1}, [Segment(CODES, b"key", bytes(size))])
            after = (0, number)
    with sqlite3.connect(beside(path)) as plain:
        lengths = [length for (length,) in plain.execute("SELECT length(box) FROM segments ORDER BY evidence")]
    assert len(set(lengths[:4])) == 1
    assert lengths[4] == lengths[5]
    assert all(length <= 1.13 * size + 700 for length, size in zip(lengths, sizes, strict=True))


TAMPERINGS = {
    "overwritten": "UPDATE segments SET box = CAST(zeroblob(900) || substr(box, 901) AS BLOB) WHERE evidence = 2",
    "cut": "UPDATE segments SET box = substr(box, 1, 900) WHERE evidence = 2",
    "swapped": "UPDATE segments SET box = (SELECT box FROM segments WHERE evidence = 1) WHERE evidence = 2",
    "gone": "DELETE FROM segments WHERE evidence = 2",
    "added": "INSERT INTO segments SELECT 9, kind, signer, box FROM segments WHERE evidence = 1",
    "of nobody": "DELETE FROM evidence WHERE number = 2",
    "a text": "UPDATE segments SET box = 'x' WHERE evidence = 2",
    "another signer": "UPDATE segments SET signer = x'00' WHERE evidence = 2",
}


@pytest.mark.parametrize("sql", TAMPERINGS.values(), ids=TAMPERINGS)
def test_a_segment_that_was_changed_is_told(path, sql):
    with opened(path) as index:
        fill(index)
    with sqlite3.connect(beside(path)) as plain:
        plain.execute(sql)
    with opened(path) as index, pytest.raises(ArchiveError) as caught:
        held(index)
    assert caught.value.code == "archive.damaged"
    with opened(path) as index:  # the read that failed keeps no lock
        index.clear()
        assert held(index) == {}


def test_flipped_and_cut_files_give_what_was_put_in_or_say_that_they_are_damaged(path):
    with opened(path) as index:
        fill(index)
        whole = held(index)
    kept = beside(path).read_bytes()
    source = random.Random(11)
    told = 0
    for turn in range(120):
        changed = bytearray(kept)
        if turn % 4:
            changed[source.randrange(len(kept))] ^= 1 << source.randrange(8)
        else:
            del changed[source.randrange(len(kept)) :]
        beside(path).write_bytes(changed)
        try:
            with opened(path, write=False) as index:
                if index.of_archive():
                    assert held(index) == whole
                else:
                    told += 1
        except ArchiveError:  # in whatever way SQLite saw it
            told += 1
    assert told > 30


def test_another_archives_index_is_begun_anew(path):
    with opened(path) as index:
        fill(index)
    with opened(path, origin="provenance/bb") as other:
        assert (held(other), other.indexed_to()[0]) == ({}, NOTHING)
    with opened(path, secret=b"t" * 32) as other:
        assert held(other) == {}


def test_a_writer_that_is_killed_leaves_whole_records(path):
    with opened(path) as index:
        fill(index, 2)
    child = os.fork()
    if not child:
        with opened(path) as index:
            index._put = lambda *_: os._exit(9)  # in the middle of the transaction
            index.add((0, 1), (0, 2), b"2", "pv1-2", {1, 2, 3}, [Segment(CODES, b"key", b"x")])
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    with opened(path) as index:
        assert held(index) == {f"pv1-{number}": content(number) for number in range(2)}
        assert (index.indexed_to()[0], index.surplus()) == ((0, 1), 0)
        assert index.add((0, 1), (0, 2), b"2", "pv1-2", {1}, [Segment(CODES, b"key", b"again")])
