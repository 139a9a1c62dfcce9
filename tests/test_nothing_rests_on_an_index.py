"""Columns of the archive that nobody signed lead to records; no answer and no signature rests on one of them."""

import shutil
import sqlite3

import pytest

from provenance import custody, founding, receipts, records
from provenance.custodian import Custodian
from provenance.errors import ArchiveError, RecordError, UsageError
from provenance.founding import Init, adopt, open_or_create
from provenance.register import Intake, register
from provenance.store import heads
from provenance.verify import verify


@pytest.fixture(autouse=True)
def account(tmp_path, monkeypatch):
    monkeypatch.setattr(heads, "state_folder", lambda: tmp_path / "state")


@pytest.fixture
def archive(tmp_path):
    custodian, _ = open_or_create(tmp_path / "archive.sqlite")
    for name in "ab":
        path = tmp_path / name
        path.write_bytes(name.encode() * 100_000)
        register(custodian, path, Intake(), examine=False)
    yield custodian
    custodian.close()


def tamper(custodian, sql, *values, without=()):
    connection = sqlite3.connect(custodian.archive.path)
    for trigger in without:
        connection.execute(f"DROP TRIGGER {trigger}")
    connection.execute(sql, values)
    connection.commit()
    connection.close()


def test_swapped_digest_rows_make_no_identical_file(archive, tmp_path):
    (one, first), (two, second) = archive.archive.digest_rows()
    tamper(archive, "DELETE FROM digest_index")
    tamper(archive, "INSERT INTO digest_index VALUES (?, ?), (?, ?)", one, second, two, first)
    verdict = verify(archive, tmp_path / "a")
    assert verdict.comparison.relation != "identical"
    again = register(archive, tmp_path / "a", Intake(), examine=False)
    assert again.status == "registered"


def test_a_changed_tree_is_not_signed_over(archive, tmp_path):
    tamper(archive, "UPDATE tree_nodes SET hash = ? WHERE level = 0", b"\0" * 32, without=["tree_nodes_no_update"])
    size = archive.archive.size(0)
    with pytest.raises(ArchiveError, match="does not lead to its last signed head"):
        register(archive, tmp_path / "a", Intake(), examine=False)
    assert archive.archive.size(0) == size


@pytest.mark.parametrize("column", ["key_seq = key_seq - 1", "seq = 7", "event = 'erased'", "key_id = 'deadbeef'"])
def test_a_changed_column_is_neither_signed_nor_shown(archive, tmp_path, column):
    evidence_id = records.listing(archive)[-1]["evidence_id"]
    tamper(archive, f"UPDATE statements SET {column} WHERE evidence_id = ?", evidence_id)
    with pytest.raises(RecordError, match="is not what the index of the archive says"):
        records.show(archive, evidence_id)
    if column.startswith("key_seq"):
        done = register(archive, tmp_path / "a", Intake(), examine=False)
        newest = archive.archive.statements(evidence_id=done.evidence_id)[-1]
        assert records.statement_of(archive, newest).key_seq == 3
    if column.startswith("seq"):
        assert register(archive, tmp_path / "b", Intake(), examine=False).status == "registered"


def test_one_damaged_record_does_not_hide_the_others(archive, tmp_path):
    row = archive.archive.statements(predicate="registration")[0]
    tamper(archive, "UPDATE sealed_fields SET box = ? WHERE envelope_digest = ?", b"broken", row.envelope_digest)
    listed = records.listing(archive)
    assert [one["unreadable"] for one in listed] == [True, False]
    assert verify(archive, tmp_path / "b").comparison.relation == "identical"


def test_a_copy_makes_no_checkpoint_before_it_is_adopted(archive, tmp_path, monkeypatch):
    monkeypatch.setattr(heads, "state_folder", lambda: tmp_path / "other")
    with pytest.raises(ArchiveError) as caught:
        receipts.checkpoint(archive)
    assert caught.value.code == "archive.unknown-origin"
    assert heads.last_seen(archive.archive.current_log().origin) is None


def test_a_fork_cannot_be_adopted_as_moved(archive, tmp_path):
    origin = archive.archive.current_log().origin
    copy = tmp_path / "copy.sqlite"
    shutil.copy(archive.archive.path, copy)
    shutil.copytree(archive.keyring.folder, copy.with_name("copy.sqlite.keys"))
    (tmp_path / "c").write_bytes(b"c")
    register(archive, tmp_path / "c", Intake(), examine=False)
    seen = heads.last_seen(origin)
    forked = Custodian.open(copy, write=True)
    with pytest.raises(UsageError, match="does not hold"):
        adopt(forked, "moved")
    assert heads.last_seen(origin) == seen


def test_a_continued_log_that_fails_leaves_the_old_keys_in_force(archive, tmp_path, monkeypatch):
    key = archive.signing.public

    def fails(*_, **__):
        raise ArchiveError("no room", code="archive.disk")

    monkeypatch.setattr(founding, "introduce", fails)
    with pytest.raises(ArchiveError, match="no room"):
        adopt(archive, "copied")
    monkeypatch.undo()
    monkeypatch.setattr(heads, "state_folder", lambda: tmp_path / "state")
    again, _ = open_or_create(archive.archive.path)
    assert again.signing.public == key
    adopt(again, "copied")
    said = records.statement_of(again, again.archive.statements(log=1)[0])
    assert said.key_seq == 0
    assert again.signing.public != key
    register(again, tmp_path / "a", Intake(), examine=False)


def test_an_empty_file_in_the_place_of_the_archive_takes_the_passphrase(tmp_path):
    path = tmp_path / "empty.sqlite"
    path.touch()
    custodian, first = open_or_create(path, Init(passphrase="horse"))
    assert first is not None
    assert custodian.locked


def test_a_memory_that_cannot_be_written_does_not_undo_a_record(archive, monkeypatch, tmp_path):
    def full(*_):
        raise ArchiveError("the disk is full", code="archive.state-folder")

    monkeypatch.setattr(heads, "remember", full)
    (tmp_path / "c").write_bytes(b"c")
    done = register(archive, tmp_path / "c", Intake(), examine=False)
    assert done.status == "registered"
    assert "could not be noted" in done.remarks[0]
    assert done.evidence_id in [row["evidence_id"] for row in records.listing(archive)]


def test_settling_skips_what_is_damaged(tmp_path):
    custodian, _ = open_or_create(tmp_path / "locked.sqlite", Init(passphrase="p"))
    for name in "ab":
        (tmp_path / name).write_bytes(b"same bytes")
        register(custodian, tmp_path / name, Intake(), examine=False)
    row = custodian.archive.statements(predicate="registration")[0]
    tamper(custodian, "UPDATE sealed_fields SET box = ? WHERE envelope_digest = ?", b"broken", row.envelope_digest)
    opened = Custodian.open(tmp_path / "locked.sqlite", write=True, passphrase=lambda: "p")
    assert custody.settle(opened) == []
    assert verify(opened, tmp_path / "b").comparison.relation == "identical"


def test_a_copy_without_its_keys_knows_no_signer(archive, tmp_path):
    copy = tmp_path / "stick.sqlite"
    shutil.copy(archive.archive.path, copy)
    keys = copy.with_name("stick.sqlite.keys")
    keys.mkdir(mode=0o700)
    for name in ("reading.key", "reading.pub"):
        shutil.copy(archive.keyring.folder / name, keys)
    verdict = verify(Custodian.open(copy), tmp_path / "a")
    assert verdict.comparison.relation == "identical"
    assert (verdict.axes.record, verdict.axes.standing, verdict.axes.signer) == (
        "valid-unknown-signer",
        "unknown",
        None,
    )
