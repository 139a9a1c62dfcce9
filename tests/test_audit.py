"""The audit of archives that are whole, damaged in one place, locked, moved, or written to meanwhile."""

import json
import re
import stat
from pathlib import Path

import pytest

import archives
from archives import Archive, Forger, filled, tampering
from provenance import custody, receipts, records
from provenance.attest import passphrase
from provenance.attest.keys import SigningKey
from provenance.auditing.faults import MEANINGS
from provenance.custodian import Custodian
from provenance.errors import ArchiveError, KeyFileError
from provenance.founding import Init, adopt
from provenance.register import Intake, register
from provenance.store import heads

PAGE = Path(__file__).parents[1] / "docs" / "formats" / "audit.md"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setattr(passphrase, "SCRYPT_N", 2**10)
    return archives.use_account(tmp_path, monkeypatch)


@pytest.fixture
def archive(tmp_path, home):
    return filled(tmp_path)


def write(archive, sql, *values):
    with tampering(archive.path) as connection:
        assert connection.execute(sql, values).rowcount > 0


# --- whole ----------------------------------------------------------------------------------------------------------


def test_a_whole_archive_is_consistent_and_everything_in_it_was_counted(archive):
    report = archive.audit(files=True)
    assert (report.state, report.exit_status, report.faults) == ("consistent-with-outside", 0, ())
    checked = dict(report.checked)
    assert checked.pop("sealed_fields") > 40
    assert checked == {
        "entries": 5,
        "heads": 5,
        "records": 5,
        "sealed_blobs": 6,
        "index_rows": 2 * archives.UNITS + 3,  # packets and pictures of one recording, the one chunk of each file
        "not_indexed_yet": 0,
        "heads_held_outside": 1,
        "key_files": 4,
        "places_present": 3,
        "places_missing": 0,
        "places_changed": 0,
        "places_unreadable": 0,
    }


def test_the_json_is_that_of_the_format(archive):
    value = json.loads(json.dumps(archive.audit().to_json_value()))
    assert set(value) == {"schema", "state", "faults", "erased_by_record", "files", "sealed", "checked"}
    assert value["schema"] == "provenance/audit/v1"
    assert (value["files"], value["sealed"], value["erased_by_record"]) == ("not-checked", "checked", 0)
    write(archive, "DELETE FROM heads WHERE size = 2")
    value = archive.audit().to_json_value()
    assert value["state"] == "faults"
    assert [set(fault) for fault in value["faults"]] == [{"code", "where", "detail", "advice"}]


def test_an_account_that_never_saw_the_log_can_only_call_it_self_consistent(archive, home, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "another"))
    assert archive.audit().state == "self-consistent"


def test_padding_and_checkpoints_are_part_of_a_whole_log(tmp_path, home):
    archive = filled(tmp_path, Init(profile="filmer"))
    with Custodian.open(archive.path, write=True) as custodian:
        receipts.checkpoint(custodian)
    archive.register("after.mp4")
    report = archive.audit()
    assert (report.state, report.checked["entries"], report.checked["records"]) == ("consistent-with-outside", 65, 6)
    assert report.checked["heads"] == 66
    write(archive, "UPDATE log_entries SET salt = zeroblob(32) WHERE idx = 40")
    assert archive.codes() == {"log.padding"}


def test_a_log_that_goes_on_in_a_copy_is_whole(archive):
    with Custodian.open(archive.path, write=True) as custodian:
        adopt(custodian, "copied")
    archive.register("after.mp4")
    assert archive.audit().state == "consistent-with-outside"


def test_a_continued_log_must_join_the_old_one(archive):
    with Custodian.open(archive.path, write=True) as custodian:
        adopt(custodian, "copied")
    forger = Forger(archive)
    with tampering(archive.path) as connection:
        forger.write_head(connection, "heads", 5, bytes(32))
    assert "log.continued" in archive.codes()


def test_records_appended_during_an_audit_are_left_to_the_next(archive):
    added = []

    def meanwhile(phase, done, total):
        if phase == "records" and done in {1, 3}:
            added.append(archive.register(f"meanwhile-{done}.mp4", examine=done == 1))

    report = archive.audit(progress=meanwhile)
    assert (len(added), report.faults, report.checked["entries"]) == (2, (), 5)
    assert archive.audit().checked["entries"] == 8


# --- damaged in one place -------------------------------------------------------------------------------------------

DAMAGE = [
    ("UPDATE logs SET origin = 'provenance/00000000000000000000000000000000'", "log.origin"),
    ("UPDATE logs SET public_key = zeroblob(32)", "log.origin"),
    ("UPDATE logs SET public_key = 'text'", "archive.value"),
    ("DELETE FROM log_entries WHERE idx = 2", "log.gap"),
    ("UPDATE log_entries SET salt = zeroblob(32) WHERE idx = 2", "log.entry"),
    ("UPDATE log_entries SET salt = zeroblob(31) WHERE idx = 2", "archive.value"),
    ("UPDATE log_entries SET entry = zeroblob(32) WHERE idx = 2", "log.entry"),
    ("UPDATE log_entries SET entry = zeroblob(32) WHERE idx = 2", "log.node"),
    ("UPDATE log_entries SET envelope_digest = NULL WHERE idx = 2", "log.padding"),
    ("UPDATE log_entries SET envelope_digest = zeroblob(32) WHERE idx = 2", "record.missing"),
    ("UPDATE tree_nodes SET hash = zeroblob(32) WHERE level = 1 AND idx = 1", "log.node"),
    ("DELETE FROM tree_nodes WHERE level = 2", "log.node"),
    ("INSERT INTO tree_nodes VALUES (0, 9, 0, zeroblob(32))", "log.tail-cut"),
    ("DELETE FROM heads WHERE size = 3", "head.missing"),
    ("UPDATE heads SET note = 'x' WHERE size = 3", "head.malformed"),
    ("UPDATE heads SET note = zeroblob(9) WHERE size = 3", "head.malformed"),
    ("UPDATE heads SET note = replace(note, 'provenance/', 'provenances/') WHERE size = 3", "head.signature"),
    ("DELETE FROM envelopes WHERE digest = (SELECT min(digest) FROM envelopes)", "record.missing"),
    ("UPDATE envelopes SET envelope = zeroblob(200)", "record.envelope"),
    ("UPDATE envelopes SET envelope = 'text'", "archive.value"),
    ("UPDATE envelopes SET envelope = CAST(envelope || x'0a' AS BLOB)", "record.digest"),
    ("INSERT INTO envelopes VALUES (zeroblob(32), zeroblob(9))", "record.unlogged"),
    ("DELETE FROM statements WHERE idx = 2", "index.missing"),
    ("INSERT INTO statements VALUES (zeroblob(32), 7, 7, 'registration', NULL, 'x', 'y', 0, 0)", "index.extra"),
    (
        "DELETE FROM sealed_fields WHERE envelope_digest = (SELECT min(envelope_digest) FROM sealed_fields)",
        "sealed.missing",
    ),
    ("UPDATE sealed_fields SET box = zeroblob(900)", "sealed.box"),
    ("UPDATE sealed_fields SET box = 5", "sealed.box"),
    ("INSERT INTO sealed_fields VALUES (zeroblob(32), zeroblob(9))", "sealed.stray"),
    ("DELETE FROM sealed_blobs WHERE commitment = (SELECT min(commitment) FROM sealed_blobs)", "sealed.blob-missing"),
    ("UPDATE sealed_blobs SET box = zeroblob(900)", "sealed.box"),
    ("UPDATE sealed_blobs SET envelope_digest = (SELECT min(digest) FROM envelopes)", "sealed.box"),
    ("INSERT INTO sealed_blobs SELECT zeroblob(32), digest, zeroblob(9) FROM envelopes LIMIT 1", "sealed.stray"),
    ("UPDATE digest_index SET keyed_digest = zeroblob(32)", "index.digest"),
    ("UPDATE digest_index SET evidence_id = 'pv1-x'", "index.digest"),
    ("UPDATE locations SET box = zeroblob(900)", "sealed.location"),
    ("UPDATE locations SET place = zeroblob(32)", "sealed.location"),
    ("UPDATE settings SET value = 'x' WHERE name = 'profile'", "archive.value"),
    ("UPDATE settings SET value = '00' WHERE name = 'index_secret'", "archive.value"),
    ("DELETE FROM settings WHERE name = 'captured_default'", "archive.value"),
    ("INSERT INTO settings VALUES ('note', 'x')", "archive.value"),
]


@pytest.mark.parametrize(("sql", "code"), DAMAGE, ids=[f"{code}:{sql[:40]}" for sql, code in DAMAGE])
def test_damage_in_one_place_is_named_and_the_rest_is_checked_all_the_same(archive, sql, code):
    try:
        write(archive, sql)
    except archives.sqlite3.IntegrityError:
        pytest.skip("the schema refuses it")
    report = archive.audit()
    assert code in {fault.code for fault in report.faults}
    assert report.checked["key_files"] >= 3  # the last step was reached


def test_missing_and_altered_guards_are_told_though_nothing_else_opens_such_an_archive(archive):
    connection = archives.sqlite3.connect(archive.path)
    connection.execute("DROP TRIGGER heads_no_delete")
    connection.commit()
    with pytest.raises(ArchiveError, match="append-only"):
        Custodian.open(archive.path)
    assert archive.codes() == {"archive.guards"}


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TRIGGER hush AFTER INSERT ON heads BEGIN DELETE FROM locations; END",
        "CREATE TABLE mine (x)",
        "DROP INDEX statements_of_key",
        "DROP VIEW evidence",
    ],
)
def test_a_changed_schema_is_told(archive, sql):
    connection = archives.sqlite3.connect(archive.path)
    connection.execute(sql)
    connection.commit()
    assert "archive.schema" in archive.codes()


def test_a_page_of_the_file_that_cannot_be_read_leaves_the_other_tables_checked(archive):
    with tampering(archive.path) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'heads'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with archive.path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * 64)
    report = archive.audit()
    assert "archive.unreadable" in {fault.code for fault in report.faults}
    assert report.checked["records"] == 5


def test_the_whole_list_is_given_not_the_first_fault(archive):
    for sql in ("DELETE FROM heads WHERE size = 2", "UPDATE statements SET seq = 9 WHERE idx = 1"):
        write(archive, sql)
    write(archive, "UPDATE sealed_fields SET box = zeroblob(900)")
    found = [fault.code for fault in archive.audit().faults]
    assert {"head.missing", "index.columns", "sealed.box"} <= set(found)
    assert found.count("sealed.box") == 5


def test_faults_at_neighbouring_heads_are_told_as_one(archive):
    write(archive, "DELETE FROM heads WHERE size IN (1, 2, 3, 5)")
    assert [fault.where for fault in archive.audit().faults] == [
        "log 0, head of sizes 1-3",
        "log 0, head of size 5",
    ]


def test_the_index_of_units_is_compared_with_the_measurements(archive):
    index = archive.path.with_name("archive.sqlite.index")
    connection = archives.sqlite3.connect(index)
    connection.execute("DELETE FROM units WHERE key = (SELECT min(key) FROM units)")
    connection.commit()
    assert archive.codes() == {"index.units"}
    connection.execute("INSERT INTO units VALUES (5, 1), (6, 1)")
    connection.commit()
    assert "1 rows too many" in {fault.detail for fault in archive.audit().faults}
    connection.close()
    index.write_bytes(b"nothing of the kind")
    assert archive.codes() == {"index.units"}
    index.unlink()
    report = archive.audit()
    assert (report.faults, report.checked["not_indexed_yet"]) == ((), 4)


# --- locked ---------------------------------------------------------------------------------------------------------


def test_a_locked_archive_is_checked_as_far_as_it_is_plain(tmp_path, home):
    archive = filled(tmp_path, Init(passphrase="correct horse"))
    report = archive.audit(files=True)
    assert (report.state, report.sealed, report.files) == ("consistent-with-outside", "not-checked", "not-checked")
    write(archive, "UPDATE sealed_fields SET box = zeroblob(900)")
    write(archive, "UPDATE sealed_blobs SET box = zeroblob(900)")
    write(archive, "DELETE FROM heads WHERE size = 2")
    assert archive.codes() == {"sealed.box", "head.missing"}


def test_a_wrong_passphrase_is_trouble_and_no_fault(tmp_path, home):
    archive = filled(tmp_path, Init(passphrase="correct horse"))
    with archive.open(passphrase=lambda: "wrong horse") as custodian, pytest.raises(KeyFileError):
        archives.audit(custodian)


def test_what_was_registered_under_lock_is_pending_and_no_fault(tmp_path, home):
    archive = filled(tmp_path, Init(passphrase="correct horse"))
    with archive.open(passphrase=lambda: "correct horse") as custodian:
        report = archives.audit(custodian, files=True)
    assert (report.faults, report.sealed) == ((), "checked")
    assert report.checked["not_indexed_yet"] == 7  # digests and chunks of three files, and one measurement


def test_a_device_that_only_seals_is_audited_without_its_reading_key(tmp_path, home):
    organisation = archives.keys.ReadingKey.generate()
    archive = filled(tmp_path, Init(seal_to=(organisation.public,)))
    report = archive.audit()
    assert (report.state, report.sealed) == ("consistent-with-outside", "not-checked")


# --- erased ---------------------------------------------------------------------------------------------------------


def test_values_erased_by_a_record_are_counted_and_no_fault(archive):
    evidence_id = next(iter(archive.files))
    with Custodian.open(archive.path, write=True) as custodian:
        with custodian.archive.writing():
            custody.append_event(custodian, evidence_id, "erased", {"reason": "asked for by a person shown"})
        custody.remember_head(custodian)
    write(archive, "DELETE FROM sealed_blobs WHERE envelope_digest IN (SELECT envelope_digest FROM statements"
                   " WHERE predicate = 'examination')")  # fmt: skip
    report = archive.audit()
    assert [fault.code for fault in report.faults] == ["index.units"]
    assert report.erased_by_record == 3
    write(archive, "DELETE FROM sealed_fields WHERE envelope_digest IN (SELECT envelope_digest FROM statements"
                   " WHERE idx = 4)")  # fmt: skip
    assert "sealed.missing" in archive.codes()  # of another item, which no record erased


# --- keys and copies ------------------------------------------------------------------------------------------------


def test_key_files_are_there_are_right_and_are_closed_to_others(archive):
    folder = archive.path.with_name("archive.sqlite.keys")
    (folder / "signing.pem").chmod(0o644)
    assert archive.codes() == {"key.open"}
    (folder / "signing.pem").chmod(0o600)
    kept = (folder / "log-0.pem").read_bytes()
    (folder / "log-0.pem").write_bytes(SigningKey.generate().to_pem())
    assert archive.codes() == {"key.mismatch"}
    (folder / "log-0.pem").write_bytes(b"no key")
    assert archive.codes() == {"key.malformed"}
    (folder / "log-0.pem").write_bytes(kept)
    (folder / "signing.pem").write_bytes(SigningKey.generate().to_pem())
    assert archive.codes() == {"key.mismatch"}
    (folder / "signing.pem").unlink()
    (folder / "reading.key").write_bytes(archives.keys.ReadingKey.generate().to_file(None))
    assert {"key.missing", "key.mismatch", "sealed.box"} <= archive.codes()
    (folder / "reading.key").unlink()
    assert archive.codes() == {"key.missing"}


def test_an_archive_without_its_keys_is_audited_and_they_are_missed(archive):
    archive.path.with_name("archive.sqlite.keys").rename(archive.folder / "elsewhere")
    report = archive.audit()
    assert [fault.code for fault in report.faults] == ["key.missing"]
    assert report.sealed == "not-checked"


def test_missing_changed_and_unreadable_files_are_told_apart(archive):
    missing, changed, unreadable = archive.files.values()
    missing.unlink()
    changed.write_bytes(b"other bytes")
    unreadable.unlink()
    unreadable.mkdir()
    report = archive.audit(files=True)
    assert sorted(fault.code for fault in report.faults) == ["file.changed", "file.missing", "file.unreadable"]
    assert archive.audit().faults == ()  # not asked, not checked
    assert {key: value for key, value in report.checked.items() if key.startswith("places")} == {
        "places_present": 0,
        "places_missing": 1,
        "places_changed": 1,
        "places_unreadable": 1,
    }


def test_a_file_that_was_moved_and_located_again_is_not_missing(archive):
    evidence_id, path = next(iter(archive.files.items()))
    moved = path.rename(archive.folder / "moved.mp4")
    with Custodian.open(archive.path, write=True) as custodian:
        register(custodian, moved, Intake(), examine=False)
        assert len(records.locations(custodian, evidence_id)) == 2
    report = archive.audit(files=True)
    assert (report.faults, report.checked["places_missing"]) == ((), 1)


# --- heads held outside ---------------------------------------------------------------------------------------------


def test_checkpoints_receipts_and_slips_held_outside_are_compared(archive, home, monkeypatch):
    evidence_id = next(iter(archive.files))
    with Custodian.open(archive.path, write=True) as custodian:
        held = [
            receipts.checkpoint(custodian),
            receipts.receipt(custodian, evidence_id),
            receipts.make_slip(custodian, records.digests_of(custodian, evidence_id)),
        ]
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "another"))
    report = archive.audit(outside=held)
    assert (report.state, report.checked["heads_held_outside"]) == ("consistent-with-outside", 3)
    Forger(archive).cut(3, clean=True)
    report = archive.audit(outside=held)
    assert [fault.code for fault in report.faults] == ["outside.rolled-back"] * 3


def test_heads_from_outside_that_cannot_be_compared_are_told(archive, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    foreign = Archive(other)
    with Custodian.open(foreign.path, write=True) as custodian:
        note = receipts.checkpoint(custodian)
    with Custodian.open(archive.path, write=True) as custodian:
        own = receipts.checkpoint(custodian)
    assert archive.codes(outside=[note]) == {"outside.unknown-origin"}
    assert archive.codes(outside=["nothing", "PVR1:AAAA", "c2sp.org/tlog-proof@v1\n"]) == {"outside.malformed"}
    assert archive.codes(outside=[own.replace("\n5\n", "\n4\n")]) == {"outside.signature"}


def test_a_damaged_memory_of_this_account_is_told(archive):
    (kept,) = (heads.state_folder() / "heads").glob("*/*")
    kept.write_bytes(b"\xff\xfe")
    assert archive.codes() == {"outside.malformed"}
    kept.write_text("x")
    assert archive.codes() == {"outside.malformed"}


# --- the page of the format -----------------------------------------------------------------------------------------


def test_every_code_is_on_the_page_with_its_meaning_and_advice():
    rows = re.findall(r"^\| `([a-z.-]+)` \| (.*?) \| (.*?) \|$", PAGE.read_text(), re.MULTILINE)
    assert {code: (plain, advice) for code, plain, advice in rows} == {
        code: (one.plain, one.advice) for code, one in MEANINGS.items()
    }


def test_an_audit_writes_nothing(archive):
    before = {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in archive.folder.rglob("*") if path.is_file()
    }
    mode = stat.S_IMODE(archive.path.stat().st_mode)
    archive.audit(files=True)
    after = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in archive.folder.rglob("*") if path.is_file()}
    assert after == before
    assert stat.S_IMODE(archive.path.stat().st_mode) == mode
