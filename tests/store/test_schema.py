import sqlite3

import pytest

from provenance.errors import ArchiveError
from provenance.store import schema
from provenance.store.archive import Archive
from provenance.store.connection import open_database
from provenance.store.inspection import Inspection
from provenance.store.log_tables import Entry
from provenance.store.record_tables import Row


@pytest.fixture
def archive(tmp_path):
    def initialise(new):
        new.add_log("provenance/00", b"k" * 32)
        new.add_entry(Entry(0, 0, b"e" * 32, b"s" * 32, b"d" * 32), [(0, 0, b"h" * 32)])
        new.add_envelope(Row(b"d" * 32, 0, 0, "key", "introduced", None, "kid", None, 0), b"{}")
        new.add_head("heads", 0, 1, "note\n")
        new.add_head("checkpoints", 0, 1, "note\n")

    made, created = Archive.open_or_create(tmp_path / "a.sqlite", initialise)
    assert created
    with made:
        yield made


@pytest.mark.parametrize("table", ["logs", "log_entries", "envelopes", "tree_nodes", "heads", "checkpoints"])
def test_append_only_tables_refuse_every_way_to_change_a_row(archive, table):
    connection = archive._database.conn
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    before = connection.execute(f"SELECT * FROM {table}").fetchall()
    assert before
    attempts = [
        f"UPDATE {table} SET {columns[-1]} = {columns[-1]}",
        f"DELETE FROM {table}",
        f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
        f"REPLACE INTO {table} SELECT * FROM {table}",
    ]
    for sql in attempts:
        with pytest.raises(sqlite3.IntegrityError, match="only grows"):
            connection.execute(sql)
    assert connection.execute(f"SELECT * FROM {table}").fetchall() == before


def test_sqlite_utils_cannot_get_round_the_guards(archive):
    with pytest.raises(sqlite3.IntegrityError):
        archive._database["envelopes"].upsert({"digest": b"d" * 32, "envelope": b"other"}, pk="digest")
    with pytest.raises(sqlite3.IntegrityError):
        archive._database["envelopes"].insert({"digest": b"d" * 32, "envelope": b"other"}, pk="digest", replace=True)


def test_an_entry_that_is_not_the_next_one_is_refused(archive):
    with pytest.raises(ArchiveError, match="only grows"), archive.writing():
        archive.add_entry(Entry(0, 2, b"e" * 32, b"s" * 32, None), [])
    assert archive.size(0) == 1


def test_a_lost_guard_is_noticed_when_the_archive_is_opened(tmp_path, archive):
    archive._database.conn.execute("DROP TRIGGER envelopes_no_update")
    assert schema.missing_triggers(archive._database.conn) == ["envelopes_no_update"]
    with pytest.raises(ArchiveError, match="append-only guards") as caught:
        Archive.open(tmp_path / "a.sqlite")
    assert caught.value.code == "archive.guards"


def test_reading_a_missing_archive_creates_nothing(tmp_path):
    with pytest.raises(ArchiveError) as caught:
        Archive.open(tmp_path / "none.sqlite")
    assert caught.value.code == "archive.missing"
    assert not list(tmp_path.iterdir())


def test_another_kind_of_database_is_refused(tmp_path):
    connection = sqlite3.connect(tmp_path / "x.sqlite")
    connection.execute("CREATE TABLE t (a)")
    connection.close()
    with pytest.raises(ArchiveError) as caught:
        Archive.open(tmp_path / "x.sqlite")
    assert caught.value.code == "archive.foreign"
    with pytest.raises(ArchiveError):
        Archive.open_or_create(tmp_path / "x.sqlite", lambda new: None)
    (tmp_path / "y.sqlite").write_bytes(b"this is no database at all, though it is long enough to look like one" * 20)
    with pytest.raises(ArchiveError) as caught:
        Archive.open(tmp_path / "y.sqlite")
    assert caught.value.code == "archive.damaged"


def test_a_newer_schema_is_refused(tmp_path, archive):
    archive._database.conn.execute("PRAGMA user_version = 99")
    with pytest.raises(ArchiveError) as caught:
        Archive.open(tmp_path / "a.sqlite")
    assert caught.value.code == "archive.newer"


def test_a_failed_initialisation_leaves_an_archive_that_can_be_made_again(tmp_path):
    def fails(new):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        Archive.open_or_create(tmp_path / "a.sqlite", fails)
    with pytest.raises(ArchiveError) as caught:
        Archive.open(tmp_path / "a.sqlite")
    assert caught.value.code == "archive.missing"
    made, created = Archive.open_or_create(tmp_path / "a.sqlite", lambda new: new.set_setting("a", "b"))
    assert created
    made.close()


def test_the_journal_keeps_nothing_and_every_commit_is_synced(tmp_path):
    database = open_database(tmp_path / "a", write=True)
    pragma = {name: database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
    assert pragma == {"journal_mode": "persist", "synchronous": 3}
    assert database.execute("PRAGMA secure_delete").fetchone()[0] == 1
    database.conn.execute("CREATE TABLE t (a)")
    database.conn.execute("INSERT INTO t VALUES (zeroblob(100000))")
    database.conn.execute("DELETE FROM t")
    assert (tmp_path / "a-journal").stat().st_size == 0
    database.close()


def record(archive, index, predicate, evidence_id):
    row = Row(b"%032d" % index, 0, index, predicate, None, evidence_id, "kid", 0, index)
    archive.add_envelope(row, b"{}")


def test_what_waits_is_kept_whoever_writes(archive):
    for index, evidence_id in enumerate(("pv1-b", "pv1-a", "pv1-c"), 1):
        record(archive, index, "registration", evidence_id)
    assert archive.pending() == archive.without_digest() == ["pv1-b", "pv1-a", "pv1-c"]
    record(archive, 4, "examination", "pv1-a")
    archive.index_digest(b"x", "pv1-b")
    assert (archive.pending(), archive.without_digest()) == (["pv1-b", "pv1-c"], ["pv1-a", "pv1-c"])
    connection = archive._database.conn
    connection.execute("UPDATE digest_index SET evidence_id = 'pv1-c'")
    connection.execute("DELETE FROM statements WHERE idx = 4")
    assert (archive.pending(), archive.without_digest()) == (["pv1-b", "pv1-a", "pv1-c"], ["pv1-b", "pv1-a"])
    connection.execute("DELETE FROM statements WHERE idx = 1")
    assert archive.pending() == ["pv1-a", "pv1-c"]
    with Inspection(archive.path) as inspection:
        assert inspection.waiting_differences() == []
        connection.execute("DELETE FROM waiting WHERE what = 'digest'")
        connection.execute("INSERT INTO waiting VALUES ('examination', 'pv1-z')")
        assert inspection.waiting_differences() == [
            "'pv1-a' is not said to wait for its digest",
            "'pv1-z' is said to wait for its examination",
        ]


def test_look_ups_on_every_registration_read_no_row_that_they_do_not_give(archive):
    """Asked of SQLite, not of a clock: no table is scanned as a whole, and nothing is sorted that could be many."""
    asked = []
    archive._database.conn.set_trace_callback(asked.append)
    archive.pending()
    archive.without_digest()
    archive.with_digest(b"x")
    archive.statements(predicate="key", event="introduced")
    archive.statements(predicate="examination", evidence_id="pv1-a")
    archive.after((0, 0), ("registration", "examination"))
    archive.in_log_order(["pv1-a"])
    archive._database.conn.set_trace_callback(None)
    assert len(asked) == 7
    for sql in asked:
        plan = [row[3] for row in archive._database.conn.execute(f"EXPLAIN QUERY PLAN {sql}")]
        assert not [step for step in plan if step.startswith("SCAN")], (sql, plan)
