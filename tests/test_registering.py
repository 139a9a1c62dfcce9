"""Registering, reading back, receipts and slips, on a temporary archive and files of random bytes."""

import hashlib
import json
import os
import secrets
import shutil

import pytest

from provenance import custody, founding, merkle, receipts, records
from provenance.attest import envelope, statement
from provenance.attest.keys import ReadingKey, verify
from provenance.custodian import Custodian
from provenance.errors import ArchiveError, FileError, KeyFileError, LockedError, RecordError, UsageError
from provenance.founding import Init, adopt, open_or_create, restore_keys
from provenance.register import Intake, register
from provenance.store import heads
from provenance.tlog import checkpoint, note, proof


@pytest.fixture(autouse=True)
def account(tmp_path, monkeypatch):
    monkeypatch.setattr(heads, "state_folder", lambda: tmp_path / "state")
    (tmp_path / "run").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))


def a_file(tmp_path, name="a.mp4", size=200_000):
    path = tmp_path / name
    path.write_bytes(secrets.token_bytes(size))
    return path


def made(tmp_path, init=None, **options):
    custodian, first = open_or_create(tmp_path / "archive.sqlite", init, **options)
    return custodian, first


def test_a_registration_says_nothing_in_plain(tmp_path):
    custodian, _ = made(tmp_path)
    path = a_file(tmp_path, "Secret Name.mp4")
    done = register(custodian, path, Intake(sender="Alice Canary", claimed_place="Ventimiglia"), examine=False)
    row = records.registration_of(custodian, done.evidence_id)
    payload = envelope.parse(custodian.archive.envelope(row.envelope_digest)).payload
    for told in (b"Secret", b"Alice", b"Ventimiglia", done.digests.sha256.hex().encode(), b"200000", b"2026-1"):
        assert told not in payload.replace(b'"period":"' + payload.split(b'"period":"')[1].split(b'"')[0], b"")
    fields = records.fields_of(custodian, row)
    assert fields["sender"] == "Alice Canary"
    assert fields["place"] == "Ventimiglia"
    assert fields["how"] == "received"
    assert fields["sha256"] == done.digests.sha256.hex()
    assert fields["key_prev"] == [custodian.archive.statements(predicate="key")[0].envelope_digest.hex()]
    assert len(statement.parse(payload).sd) % 32 == 0


def test_the_same_bytes_again_are_a_second_source_of_one_evidence(tmp_path):
    custodian, _ = made(tmp_path)
    path = a_file(tmp_path)
    first = register(custodian, path, Intake(), examine=False)
    copy = tmp_path / "copy.mp4"
    shutil.copy(path, copy)
    again = register(custodian, copy, Intake(sender="Bob"), examine=False)
    assert (again.status, again.evidence_id, again.log_index) == ("already-registered", first.evidence_id, 1)
    events = custodian.archive.statements(evidence_id=first.evidence_id, predicate="custody")
    assert [(row.event, row.seq) for row in events] == [("received-again", 1)]
    assert {str(place.path) for place in records.locations(custodian, first.evidence_id)} == {str(path), str(copy)}


def test_what_is_filed_reads_back_and_the_file_is_untouched(tmp_path):
    custodian, _ = made(tmp_path)
    path = a_file(tmp_path)
    os.utime(path, (1_000_000_000, 1_100_000_000))
    before = path.stat()
    done = register(custodian, path, Intake(how="captured"), examine=False)
    after = path.stat()
    assert (before.st_mtime_ns, before.st_ctime_ns, before.st_atime_ns) == (
        after.st_mtime_ns,
        after.st_ctime_ns,
        after.st_atime_ns,
    )
    assert records.digests_of(custodian, done.evidence_id) == done.digests
    assert len(records.chunks_of(custodian, done.evidence_id)) == 4
    (listed,) = records.listing(custodian)
    assert listed["how"] == "captured"
    assert listed["size"] == 200_000
    assert not listed["examined"]


def test_a_receipt_leads_from_the_envelope_to_the_head(tmp_path):
    custodian, _ = made(tmp_path)
    ids = [register(custodian, a_file(tmp_path, f"{n}"), Intake(), examine=False).evidence_id for n in range(5)]
    log = custodian.archive.current_log()
    for evidence_id in ids:
        receipt = proof.parse(receipts.receipt(custodian, evidence_id))
        row = records.registration_of(custodian, evidence_id)
        head = proof.verify(
            receipt,
            custodian.archive.envelope(row.envelope_digest),
            origin=log.origin,
            vkeys=[checkpoint.vkey_of(log.public_key)],
            verify_bytes=verify,
        )
        assert head.size == 6
    with pytest.raises(UsageError):
        receipts.receipt(custodian, "pv1-00000000000000000000000000")
    with pytest.raises(UsageError):
        receipts.receipt(custodian, "zz")


def test_a_padded_checkpoint_tells_no_count_and_is_consistent(tmp_path):
    custodian, _ = made(tmp_path, Init(profile="filmer"))
    register(custodian, a_file(tmp_path), Intake(), examine=False)
    first = checkpoint.parse(note.split(receipts.checkpoint(custodian))[0])
    assert first.size == 64
    assert receipts.checkpoint(custodian) == receipts.checkpoint(custodian)
    register(custodian, a_file(tmp_path, "b"), Intake(), examine=False)
    second = checkpoint.parse(note.split(receipts.checkpoint(custodian))[0])
    assert second.size == 128
    node = custodian.archive.node(0)
    path = merkle.consistency_proof(64, 128, node)
    merkle.verify_consistency(64, first.root, 128, second.root, path)
    assert records.listing(custodian)[1]["log_index"] == 64


def test_periods_follow_the_profile(tmp_path):
    for profile, empty in (("filmer", True), ("organisation", False)):
        custodian, _ = open_or_create(tmp_path / profile, Init(profile=profile))
        row = custodian.archive.statements(predicate="key")[0]
        assert (records.statement_of(custodian, row).period == "") is empty


def test_a_slip_needs_only_the_file(tmp_path):
    custodian, _ = made(tmp_path)
    path = a_file(tmp_path)
    done = register(custodian, path, Intake(), examine=False, slip=True)
    assert len(done.slip) <= 263
    checked = receipts.check_slip(done.slip, done.digests)
    assert checked.log_origin == custodian.archive.current_log().origin
    other = register(custodian, a_file(tmp_path, "b"), Intake(), examine=False)
    with pytest.raises(RecordError) as caught:
        receipts.check_slip(done.slip, other.digests)
    assert caught.value.code == "slip.other-file"


def test_under_a_passphrase_registering_still_never_asks(tmp_path):
    def ask():
        raise AssertionError("nobody is to be asked")

    made(tmp_path, Init(passphrase="horse"))[0].close()
    custodian, first = open_or_create(tmp_path / "archive.sqlite")
    assert first is None
    path = a_file(tmp_path)
    one = register(custodian, path, Intake(sender="Alice"), examine=False)
    two = register(custodian, path, Intake(), examine=False)
    assert one.status == two.status == "registered"
    assert one.evidence_id != two.evidence_id
    with pytest.raises(LockedError):
        records.digests_of(custodian, one.evidence_id)
    assert [(row["sealed"], row["sha256"]) for row in records.listing(custodian)] == [(True, None), (True, None)]
    receipts.receipt(custodian, one.evidence_id)
    custodian.close()

    opened = Custodian.open(tmp_path / "archive.sqlite", write=True, passphrase=lambda: "horse")
    assert custody.settle(opened) == [(two.evidence_id, one.evidence_id)]
    assert custody.settle(opened) == []
    (row,) = opened.archive.statements(evidence_id=two.evidence_id, predicate="custody")
    assert row.event == "same-bytes-as"
    assert records.fields_of(opened, row)["same_as"] == one.evidence_id
    assert records.fields_of(opened, records.registration_of(opened, one.evidence_id))["sender"] == "Alice"
    opened.unlock(60)
    again = Custodian.open(tmp_path / "archive.sqlite", passphrase=ask)
    assert not again.locked
    assert again.lock()
    assert Custodian.open(tmp_path / "archive.sqlite").locked
    assert Custodian.open(tmp_path / "archive.sqlite", passphrase=lambda: "cow").locked


def test_a_write_only_device_seals_for_its_organisation(tmp_path):
    organisation = ReadingKey.generate()
    custodian, _ = made(tmp_path, Init(profile="filmer", seal_to=(organisation.public,)))
    done = register(custodian, a_file(tmp_path), Intake(sender="Carol"), examine=False)
    assert custodian.write_only
    with pytest.raises(LockedError):
        records.digests_of(custodian, done.evidence_id)
    row = records.registration_of(custodian, done.evidence_id)
    custodian.__dict__["_opened"] = (organisation, None)  # what the organisation will do with an import
    assert records.fields_of(custodian, row)["sender"] == "Carol"


def test_recovery_words_open_what_the_archive_seals(tmp_path):
    from provenance.attest.recovery import recover

    custodian, first = made(tmp_path, Init(recovery_words=True, passphrase="p"))
    done = register(custodian, a_file(tmp_path), Intake(), examine=False)
    assert custodian.locked
    custodian.__dict__["_opened"] = (recover(first.recovery_words).reading, None)
    assert records.digests_of(custodian, done.evidence_id) == done.digests
    introduced = records.statement_of(custodian, custodian.archive.statements(predicate="key")[0])
    assert introduced.details.recovery == recover(first.recovery_words).signing.public
    assert introduced.details.next == hashlib.sha256(recover(first.recovery_words).following.public).digest()
    assert introduced.details.next != hashlib.sha256(introduced.details.public).digest()


def test_a_recovery_export_restores_the_keys(tmp_path):
    custodian, _ = made(tmp_path, Init(passphrase="p"), passphrase=lambda: "p")
    done = register(custodian, a_file(tmp_path), Intake(), examine=False)
    export = custodian.export_recovery("q")
    custodian.close()
    shutil.rmtree(custodian.keyring.folder)
    with pytest.raises(KeyFileError, match="is missing"):
        register(open_or_create(tmp_path / "archive.sqlite")[0], a_file(tmp_path, "b"), Intake(), examine=False)
    restore_keys(tmp_path / "archive.sqlite", export, "q")
    again, _ = open_or_create(tmp_path / "archive.sqlite")
    assert records.digests_of(again, done.evidence_id) == done.digests
    register(again, a_file(tmp_path, "c"), Intake(), examine=False)


def test_a_rolled_back_archive_takes_no_more_entries(tmp_path):
    custodian, _ = made(tmp_path)
    register(custodian, a_file(tmp_path), Intake(), examine=False)
    backup = tmp_path / "backup"
    shutil.copy(custodian.archive.path, backup)
    register(custodian, a_file(tmp_path, "b"), Intake(), examine=False)
    custodian.close()
    shutil.copy(backup, custodian.archive.path)

    restored = Custodian.open(custodian.archive.path, write=True)
    with pytest.raises(ArchiveError) as caught:
        register(restored, a_file(tmp_path, "c"), Intake(), examine=False)
    assert caught.value.code == "archive.rolled-back"
    with pytest.raises(UsageError):
        adopt(restored, "moved")
    restored.close()
    restored, said = open_or_create(custodian.archive.path)
    assert "older than this account saw it" in said.notices[0]
    log = restored.archive.current_log()
    assert log.log == 1
    first = restored.archive.statements(log=1)[0]
    said = records.statement_of(restored, first)
    assert (first.event, first.idx, said.details.size, said.details.lost) == ("log-continued", 0, 2, (2, 3))
    assert len(envelope.parse(restored.archive.envelope(first.envelope_digest)).signatures) == 2
    register(restored, a_file(tmp_path, "d"), Intake(), examine=False)
    assert restored.archive.size(0) == 2
    assert [row["log_index"] for row in records.listing(restored)] == [1, 2]


def test_another_account_must_say_whether_the_archive_was_moved(tmp_path, monkeypatch):
    custodian, _ = made(tmp_path)
    register(custodian, a_file(tmp_path), Intake(), examine=False)
    monkeypatch.setattr(heads, "state_folder", lambda: tmp_path / "other")
    assert len(records.listing(custodian)) == 1
    with pytest.raises(ArchiveError) as caught:
        register(custodian, a_file(tmp_path, "b"), Intake(), examine=False)
    assert caught.value.code == "archive.unknown-origin"
    with pytest.raises(ArchiveError):
        open_or_create(custodian.archive.path, unattended=False)
    adopt(custodian, "moved")
    register(custodian, a_file(tmp_path, "b"), Intake(), examine=False)
    monkeypatch.setattr(heads, "state_folder", lambda: tmp_path / "third")
    copied, said = open_or_create(custodian.archive.path)
    assert "taken as a copy" in said.notices[0]
    assert copied.archive.current_log().log == 1


def test_keys_left_by_a_killed_beginning_are_set_aside(tmp_path, monkeypatch):
    class Killed(BaseException):
        pass

    def killed(*_, **__):
        raise Killed

    monkeypatch.setattr(founding, "introduce", killed)
    with pytest.raises(Killed):
        made(tmp_path)
    monkeypatch.undo()
    monkeypatch.setattr(heads, "state_folder", lambda: tmp_path / "state")
    custodian, first = made(tmp_path)
    assert first is not None
    register(custodian, a_file(tmp_path), Intake(), examine=False)
    custodian.close()
    (tmp_path / "archive.sqlite").unlink()
    with pytest.raises(ArchiveError) as caught:
        made(tmp_path)
    assert caught.value.code == "archive.keys-without-archive"


def test_locate_takes_only_the_registered_bytes(tmp_path):
    custodian, _ = made(tmp_path)
    done = register(custodian, a_file(tmp_path), Intake(), examine=False)
    moved = tmp_path / "moved"
    (tmp_path / "a.mp4").rename(moved)
    custody.locate(custodian, done.evidence_id, moved)
    assert moved in [place.path for place in records.locations(custodian, done.evidence_id)]
    with pytest.raises(FileError) as caught:
        custody.locate(custodian, done.evidence_id, a_file(tmp_path, "other"))
    assert caught.value.code == "file.other-bytes"


def test_a_box_cannot_be_put_in_the_place_of_another(tmp_path):
    custodian, _ = made(tmp_path)
    one = register(custodian, a_file(tmp_path), Intake(sender="A"), examine=False)
    two = register(custodian, a_file(tmp_path, "b"), Intake(sender="B"), examine=False)
    rows = [records.registration_of(custodian, done.evidence_id) for done in (one, two)]
    boxes = [custodian.archive.fields_box(row.envelope_digest) for row in rows]
    with custodian.archive.writing():
        custodian.archive._all(
            "UPDATE sealed_fields SET box = ? WHERE envelope_digest = ?", boxes[1], rows[0].envelope_digest
        )
    with pytest.raises(RecordError):
        records.fields_of(custodian, rows[0])


def test_every_setting_and_index_can_be_read_by_people(tmp_path):
    custodian, _ = made(tmp_path)
    register(custodian, a_file(tmp_path), Intake(), examine=False)
    (row,) = custodian.archive._all("SELECT evidence_id, log_index, examined FROM evidence")
    assert row[0].startswith("pv1-")
    assert json.dumps(records.show(custodian, row[0]))
