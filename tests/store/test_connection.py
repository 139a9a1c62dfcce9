import os
import sqlite3

import pytest

from provenance.errors import ArchiveError
from provenance.store import connection
from provenance.store.connection import open_database


@pytest.fixture
def path(tmp_path):
    database = open_database(tmp_path / "a.sqlite", write=True)
    database.conn.execute("CREATE TABLE t (a)")
    database.close()
    return tmp_path / "a.sqlite"


def ways(monkeypatch, path, error):
    """How a reader tries to open ``path`` when ``mode=ro`` fails with ``error``."""
    tried, real = [], connection._connect

    def connect(path, way, *, write):
        tried.append(way)
        if len(tried) == 1:
            raise error
        return real(path, way, write=write)

    monkeypatch.setattr(connection, "_connect", connect)
    try:
        open_database(path, write=False).close()
    except ArchiveError as caught:
        return tried, caught.code
    return tried, None


def failure(code, text="it failed"):
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = code
    return error


def protected(monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_, **__: False)


def test_a_file_in_use_is_never_read_past_its_lock(monkeypatch, path):
    protected(monkeypatch)
    assert ways(monkeypatch, path, failure(sqlite3.SQLITE_BUSY, "database is locked")) == (["mode=ro"], "archive.busy")


def test_a_damaged_file_is_not_opened_another_way(monkeypatch, path):
    protected(monkeypatch)
    tried, code = ways(monkeypatch, path, failure(sqlite3.SQLITE_NOTADB, "file is not a database"))
    assert (tried, code) == (["mode=ro"], "archive.damaged")


def test_only_what_nobody_can_write_is_read_without_a_lock(monkeypatch, path):
    error = failure(sqlite3.SQLITE_CANTOPEN, "unable to open database file")
    assert ways(monkeypatch, path, error) == (["mode=ro"], "archive.unusable")
    protected(monkeypatch)
    assert ways(monkeypatch, path, error) == (["mode=ro", "mode=ro&immutable=1"], None)


def test_a_journal_with_content_is_put_back_and_never_read_past(monkeypatch, path):
    protected(monkeypatch)
    path.with_name("a.sqlite-journal").write_bytes(b"x")
    tried, _ = ways(monkeypatch, path, failure(sqlite3.SQLITE_READONLY_ROLLBACK))
    assert tried == ["mode=ro", "mode=rw"]


@pytest.mark.skipif(os.name == "nt", reason="this system has no file modes")
def test_a_new_file_and_its_journal_are_for_their_owner_alone(tmp_path):
    before = os.umask(0o022)
    try:
        database = open_database(tmp_path / "b", write=True)
        database.conn.execute("CREATE TABLE t (a)")
        database.close()
    finally:
        os.umask(before)
    assert {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir() if file.name.startswith("b")} == {
        "b": 0o600,
        "b-journal": 0o600,
    }
