"""Somebody holds every key and the file, and makes the file consistent again after each change: what still tells?"""

import pytest

import archives
from archives import Forger, measurement, tampering
from provenance import merkle, receipts
from provenance.attest.keys import SigningKey
from provenance.binding.codec import to_blobs
from provenance.custodian import Custodian
from provenance.register import Intake

# entries of the archive: 0 key introduced, 1 registration pier, 2 examination pier, 3 registration train, 4 notes


def checkpoint_of(archive):
    with Custodian.open(archive.path, write=True) as custodian:
        return receipts.checkpoint(custodian)


def test_the_untouched_archive_has_no_faults(archive):
    assert archive.audit(files=True).state == "consistent-with-outside"


def test_a_swapped_envelope_is_named_by_the_entry_that_it_does_not_make(archive):
    forger = Forger(archive)
    one, other = forger.digest_at(3), forger.digest_at(4)
    with tampering(archive.path) as connection:
        (content,) = connection.execute("SELECT envelope FROM envelopes WHERE digest = ?", (other,)).fetchone()
        connection.execute("UPDATE envelopes SET envelope = ? WHERE digest = ?", (content, one))
    assert {"record.digest", "log.entry", "index.columns"} <= archive.codes()


def test_two_records_swapped_with_their_index_rows_break_the_order(archive):
    forger = Forger(archive)
    one, other = forger.digest_at(3), forger.digest_at(4)
    with tampering(archive.path) as connection:
        connection.execute("UPDATE log_entries SET envelope_digest = ? WHERE idx = 3", (other,))
        connection.execute("UPDATE log_entries SET envelope_digest = ? WHERE idx = 4", (one,))
        connection.execute("UPDATE statements SET idx = 99 WHERE envelope_digest = ?", (one,))
        connection.execute("UPDATE statements SET idx = 3 WHERE envelope_digest = ?", (other,))
        connection.execute("UPDATE statements SET idx = 4 WHERE envelope_digest = ?", (one,))
    assert {"log.entry", "order.key", "order.key-prev"} <= archive.codes()


@pytest.mark.parametrize(
    ("column", "value"),
    [("predicate", "custody"), ("event", "erased"), ("evidence_id", "pv1-" + "0" * 26), ("seq", 7), ("key_seq", 7)],
)
def test_changed_index_columns_are_compared_with_the_signed_bytes(archive, column, value):
    with tampering(archive.path) as connection:
        connection.execute(f"UPDATE statements SET {column} = ? WHERE idx = 3", (value,))
    faults = [fault for fault in archive.audit().faults if fault.code == "index.columns"]
    assert len(faults) == 1
    assert column in faults[0].detail
    assert "entry 3" in faults[0].where


def test_a_rewritten_record_is_not_under_the_heads_that_were_signed(archive):
    forger = Forger(archive)
    forger.resign(4, sender="Mallory")
    assert archive.codes() == {"log.node", "head.root", "outside.fork"}


def test_a_re_rooted_tree_contradicts_the_signed_heads(archive):
    forger = Forger(archive)
    forger.resign(4, sender="Mallory")
    forger.reroot()
    assert archive.codes() == {"head.root", "outside.fork"}


def test_re_signed_heads_leave_only_the_head_outside(archive):
    outside = checkpoint_of(archive)
    forger = Forger(archive)
    forger.resign(4, sender="Mallory")
    forger.reroot()
    forger.resign_heads()
    assert archive.codes() == {"outside.fork"}
    assert {fault.where.split(" ")[0] for fault in archive.audit(outside=[outside]).faults} == {"the", "number"}


def test_without_a_head_outside_a_complete_rewrite_is_called_self_consistent_and_no_more(archive, home, monkeypatch):
    forger = Forger(archive)
    forger.resign(4, sender="Mallory")
    forger.reroot()
    forger.resign_heads()
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "another-account"))
    report = archive.audit()
    assert (report.state, report.exit_status) == ("self-consistent", 0)


def test_a_rewritten_record_in_the_middle_breaks_the_chain_of_its_key(archive):
    forger = Forger(archive)
    forger.resign(3, sender="Mallory")
    forger.reroot()
    forger.resign_heads()
    assert archive.codes() == {"order.key-prev", "outside.fork"}


@pytest.mark.parametrize("table", ["heads", "checkpoints"])
def test_a_head_signed_by_another_key_is_told(archive, table):
    size = 5
    checkpoint_of(archive)
    with tampering(archive.path) as connection:
        Forger(archive).write_head(connection, table, size, bytes(32), SigningKey.generate())
    assert archive.codes() == {"head.signature"}


@pytest.mark.parametrize("table", ["heads", "checkpoints"])
def test_a_head_with_another_root_signed_by_the_log_key_is_told(archive, table):
    checkpoint_of(archive)
    with tampering(archive.path) as connection:
        Forger(archive).write_head(connection, table, 5, bytes(32))
    assert archive.codes() == {"head.root"}


def test_a_head_of_another_size_in_its_place_is_told(archive):
    with tampering(archive.path) as connection:
        connection.execute("UPDATE heads SET note = (SELECT note FROM heads WHERE size = 3) WHERE size = 4")
    assert archive.codes() == {"head.place"}


def test_a_blob_replaced_with_a_matching_new_examination_in_its_place_contradicts_what_follows(archive):
    forger = Forger(archive)
    forger.resign(2, blobs=to_blobs(measurement("another film")))
    forger.reroot()
    forger.resign_heads()
    assert archive.codes() == {"order.key-prev", "outside.fork"}


def test_a_blob_replaced_while_a_new_examination_is_appended_is_missed_by_the_old_one(archive):
    evidence_id = next(iter(archive.files))
    with tampering(archive.path) as connection:
        connection.execute("DELETE FROM sealed_blobs WHERE envelope_digest = (SELECT envelope_digest FROM statements"
                           " WHERE predicate = 'examination')")  # fmt: skip
    with Custodian.open(archive.path, write=True) as custodian:
        archive.examine(evidence_id, "another film", custodian)
    assert "sealed.blob-missing" in archive.codes()


def test_a_blob_replaced_in_its_box_is_not_what_was_committed_to(archive):
    forger = Forger(archive)
    digest = forger.digest_at(2)
    blob = to_blobs(measurement("another film"))["pictures", 0]
    with tampering(archive.path) as connection:
        promised = bytes.fromhex(forger.fields(connection, digest)["commitment/pictures/0"]["sha256"])
        box = forger.seal(blob, archives.blob_purpose(promised))
        connection.execute("UPDATE sealed_blobs SET box = ? WHERE commitment = ?", (box, promised))
    assert "sealed.blob" in archive.codes()


def test_boxes_put_in_one_anothers_place_do_not_open(archive):
    with tampering(archive.path) as connection:
        rows = connection.execute("SELECT envelope_digest, box FROM sealed_fields LIMIT 2").fetchall()
        for (digest, _), (_, box) in zip(rows, reversed(rows), strict=True):
            connection.execute("UPDATE sealed_fields SET box = ? WHERE envelope_digest = ?", (box, digest))
    assert archive.codes() == {"sealed.box"}


def test_other_digests_under_the_same_commitment_are_told(archive):
    """The holder of all keys cannot say later that another file was registered."""
    forger = Forger(archive)
    forger.resign(4, sha256="00" * 32)
    forger.reroot()
    forger.resign_heads()
    assert "sealed.subject" in archive.codes()


def test_a_field_left_out_of_its_box_is_told_as_withheld(archive):
    forger = Forger(archive)
    digest = forger.digest_at(3)
    with tampering(archive.path) as connection:
        (box,) = connection.execute("SELECT box FROM sealed_fields WHERE envelope_digest = ?", (digest,)).fetchone()
        purpose = archives.fields_purpose(digest)
        texts = archives.json.loads(archives.sealing.open_box(box, forger.reading, purpose))
        kept = [text for text in texts if archives.disclosure.parse(text).name != "note"]
        assert len(kept) == len(texts) - 1
        box = forger.seal(archives.json.dumps(kept).encode(), purpose)
        connection.execute("UPDATE sealed_fields SET box = ? WHERE envelope_digest = ?", (box, digest))
    assert archive.codes() == {"sealed.withheld"}


def test_a_tail_cut_that_leaves_anything_behind_is_told_from_a_backup(archive):
    Forger(archive).cut(3, clean=False)
    codes = archive.codes()
    assert {"log.tail-cut", "outside.tail-cut"} <= codes
    assert "outside.rolled-back" not in codes


def test_a_clean_tail_cut_is_told_by_the_head_outside_alone(archive):
    outside = checkpoint_of(archive)
    Forger(archive).cut(3, clean=True)
    assert archive.codes() == {"outside.rolled-back"}
    assert len(archive.audit(outside=[outside]).faults) == 2


def test_a_restored_backup_is_told_as_rolled_back(archive):
    before = archive.path.read_bytes()
    archive.register("later.mp4")
    archive.path.write_bytes(before)
    assert archive.codes() == {"outside.rolled-back", "index.units"}  # the index was not restored with it
    archive.delete_index()
    assert archive.codes() == {"outside.rolled-back"}


def test_two_histories_of_one_key_are_a_fork(archive, home, monkeypatch):
    before = archive.path.read_bytes()
    archive.register("told to the first.mp4")
    outside = checkpoint_of(archive)
    archive.path.write_bytes(before)
    archive.delete_index()
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "another-account"))
    with Custodian.open(archive.path, write=True) as custodian:
        archives.custody.remember_head(custodian)
    archive.register("told to the second.mp4")
    assert archive.codes() == set()
    assert archive.codes(outside=[outside]) == {"outside.fork"}


def test_a_backdated_registration_slipped_into_the_middle_is_told(archive):
    """Numbers of the key, entries and heads are all in the way."""
    archive.register("new.mp4", Intake(note="made in November"))
    with tampering(archive.path) as connection:
        connection.execute("UPDATE log_entries SET idx = 100 WHERE idx = 3")
        connection.execute("UPDATE log_entries SET idx = 3 WHERE idx = 5")
        connection.execute("UPDATE log_entries SET idx = 5 WHERE idx = 100")
        connection.execute("UPDATE statements SET idx = 100 WHERE idx = 3")
        connection.execute("UPDATE statements SET idx = 3 WHERE idx = 5")
        connection.execute("UPDATE statements SET idx = 5 WHERE idx = 100")
    Forger(archive).reroot()
    Forger(archive).resign_heads()
    # The unit index notes which record it ends with, so that it contradicts the new order, too.
    assert {"order.key", "order.key-prev", "outside.fork", "index.units"} == archive.codes()


def test_entries_are_counted_under_the_recomputed_root(archive):
    """The recomputation is RFC 6962, not only self-made: the stored nodes give the same root."""
    with archive.open() as custodian:
        size = custodian.archive.size(0)
        root = merkle.root_of(size, custodian.archive.node(0))
        head = archives.checkpoint.parse(archives.checkpoint.note.split(custodian.archive.last_head(0)[1])[0])
    assert (head.size, head.root) == (size, root)
