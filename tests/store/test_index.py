import os
import random
import sqlite3
import threading

import pytest

from provenance.errors import ArchiveError
from provenance.store import connection, index, index_file
from provenance.store.index import UnitIndex, padded, unit_key
from provenance.store.index_file import NOTHING

SECRET = b"s" * 32


def opened(path, *, origin="provenance/aa", secret=SECRET, **options):
    return UnitIndex(path, origin=origin, secret=secret, **options)


def units(name, count):
    return {unit_key(SECRET, "packet", f"{name}/{number}".encode()) for number in range(count)}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.sqlite"


def file_of(path):
    return path.with_name("a.sqlite.index")


def test_what_was_added_is_proposed_most_units_first(path):
    with opened(path) as one:
        assert one.add(NOTHING, (0, 1), b"1", "pv1-one", units("a", 30) | units("b", 5))
        assert one.add((0, 1), (0, 2), b"2", "pv1-two", units("b", 20))
        assert one.candidates(units("b", 20)) == [("pv1-two", 20), ("pv1-one", 5)]
        assert one.candidates(units("c", 20)) == []
        assert one.counts() == {"pv1-one": 35, "pv1-two": 20}
        assert one.surplus() == 0
        assert (one.lacking("pv1-two", units("b", 21)), one.lacking("pv1-one", units("a", 30))) == (1, 0)
        assert one.indexed_to() == ((0, 2), b"2")


def test_a_unit_names_the_earliest_evidences_and_no_more(path):
    with opened(path) as one:
        for number in range(index.PER_UNIT + 2):
            one.add((0, number - 1) if number else NOTHING, (0, number), b"%d" % number, f"pv1-{number}", units("a", 1))
        proposed = [evidence_id for evidence_id, _ in one.candidates(units("a", 1))]
        assert proposed == [f"pv1-{number}" for number in range(index.PER_UNIT)]
        assert one.lacking(f"pv1-{index.PER_UNIT + 1}", units("a", 1)) == 0


def test_a_record_is_added_once_and_in_order(path):
    with opened(path) as one, opened(path) as other:
        assert one.add(NOTHING, (0, 1), b"1", "pv1-one", units("a", 3))
        assert not other.add(NOTHING, (0, 1), b"1", "pv1-one", units("a", 3))
        assert other.add((0, 1), (0, 4), b"4", "pv1-one", units("a", 4))  # a second examination shares three of them
        assert one.counts() == {"pv1-one": 4}


def test_a_record_that_could_not_be_read_is_kept_in_mind(path):
    with opened(path) as one:
        one.add(NOTHING, (0, 1), b"1", "pv1-one", None)
        one.add((0, 1), (0, 2), b"2", "pv1-two", units("b", 4))
        assert one.left_out() == {b"1": "pv1-one"}
        one.add_left_out(b"1", "pv1-one", units("a", 4))
        one.add_left_out(b"1", "pv1-one", units("x", 4))
        assert one.left_out() == {}
        assert one.counts() == {"pv1-one": 4, "pv1-two": 4}
        one.clear()
        assert (one.indexed_to(), one.counts()) == ((NOTHING, None), {})


def test_nobody_without_the_secret_counts_the_units_of_an_evidence_or_sees_what_is_shared(path):
    sizes = {"pv1-0": 137, "pv1-1": 61, "pv1-2": 3, "pv1-3": 998}
    shared = units("shared", 40)
    with opened(path) as one:
        for number, (evidence_id, count) in enumerate(sizes.items()):
            after = (0, number - 1) if number else NOTHING
            one.add(after, (0, number), b"%d" % number, evidence_id, shared | units(evidence_id, count))
    with sqlite3.connect(file_of(path)) as plain:
        tables = [row[0] for row in plain.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        true = {count + 40 for count in sizes.values()} | {sum(sizes.values()) + 160}
        seen = {plain.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}
        for table in tables:
            columns = [row[1] for row in plain.execute(f"PRAGMA table_info({table})")]
            for column in columns:
                groups = plain.execute(f"SELECT count(*) FROM {table} GROUP BY {column}").fetchall()
                if table == "units":
                    assert {count for (count,) in groups} == {1}, column
                seen |= {count for (count,) in groups}
        keys, postings = zip(*plain.execute("SELECT key, posting FROM units"), strict=True)
        state = plain.execute("SELECT * FROM state").fetchone()
        seen |= {value for value in state if isinstance(value, int)}
    assert not seen & true
    assert len(keys) == sum(padded(count + 40) for count in sizes.values())
    # A number under no mask, or one mask for all, would leave the high bits alike.
    for column in (keys, postings):
        assert abs(sum(value < 0 for value in column) / len(column) - 0.5) < 0.1
        assert len({value >> 48 for value in column}) > len(column) * 0.9


def test_padding_is_padme_with_a_floor():
    assert [padded(count) for count in (0, 1, 16, 17, 100, 1000)] == [16, 16, 16, 18, 104, 1024]
    for count in random.Random(5).sample(range(16, 10**6), 500):
        assert count <= padded(count) <= count * 1.125


def test_an_index_in_use_is_left_alone(path, monkeypatch):
    monkeypatch.setattr(connection, "BUSY_SECONDS", 0.05)
    with opened(path) as one:
        one.add(NOTHING, (0, 1), b"1", "pv1-one", units("a", 3))
    holder = sqlite3.connect(file_of(path), isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    inode = file_of(path).stat().st_ino
    with pytest.raises(ArchiveError) as caught:
        opened(path)
    assert caught.value.code == "archive.busy"
    holder.execute("ROLLBACK")
    holder.close()
    assert file_of(path).stat().st_ino == inode
    with opened(path) as one:
        assert one.counts() == {"pv1-one": 3}


@pytest.mark.parametrize("content", [b"nothing of the kind" * 400, b"SQLite format 3\0" + b"\xff" * 9000])
def test_a_damaged_index_is_made_again(path, content):
    file_of(path).write_bytes(content)
    with opened(path) as one:
        assert one.add(NOTHING, (0, 1), b"1", "pv1-one", units("a", 3))
        assert one.of_archive()
    assert sorted(each.name for each in path.parent.iterdir() if each.name.endswith(".part")) == []


@pytest.mark.parametrize("other", [{"origin": "provenance/bb"}, {"secret": b"t" * 32}])
def test_an_index_of_another_archive_is_emptied_in_its_place(path, other):
    with opened(path, **other) as one:
        one.add(NOTHING, (0, 1), b"1", "pv1-one", units("a", 3))
    with opened(path, write=False) as one:
        assert not one.of_archive()
    with opened(path) as one:
        assert one.of_archive()
        assert (one.indexed_to(), one.counts()) == ((NOTHING, None), {})


def test_a_table_of_another_shape_is_no_index_of_ours(path):
    with sqlite3.connect(file_of(path)) as plain:
        plain.execute("CREATE TABLE units (a)")
        plain.execute("CREATE VIEW state AS SELECT 1 AS owner")
        plain.execute(f"PRAGMA application_id = {index_file._APPLICATION_ID}")
        plain.execute(f"PRAGMA user_version = {index_file.INDEX_VERSION}")
    plain.close()
    with opened(path) as one:
        assert one.of_archive()


def test_many_creators_at_once_all_succeed(path):
    failures, gate = [], threading.Barrier(8)

    def create():
        gate.wait()
        try:
            with opened(path) as one:
                assert one.of_archive()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test shows it
            failures.append(error)

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.skipif(os.name == "nt", reason="this system has no file modes")
def test_the_index_is_for_its_owner_alone(path):
    before = os.umask(0o022)
    try:
        opened(path).close()
    finally:
        os.umask(before)
    assert file_of(path).stat().st_mode & 0o777 == 0o600
