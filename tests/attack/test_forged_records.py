"""Records that are well signed and logged and still cannot be: each is named for what is wrong with it.

The forger makes tree and heads anew each time, so that the record alone is left to tell.
"""

from dataclasses import replace

import pytest

import archives
from archives import Forger, measurement, tampering
from provenance.attest.keys import SigningKey
from provenance.binding.codec import to_blobs

# entries of the archive: 0 key introduced, 1 registration pier, 2 examination pier, 3 registration train, 4 notes


@pytest.fixture
def forger(archive):
    return Forger(archive)


def codes_after(forger, index, **how):
    """The codes of an audit after forging a record, without those that any rewriting has."""
    forger.resign(index, **how)
    forger.reroot()
    forger.resign_heads()
    with tampering(forger.archive.path) as connection:  # the index says what the record says
        forger.reindex(connection, index)
    return forger.archive.codes() - {"outside.fork", "order.key-prev"}


def test_signed_by_another_key_than_it_names(forger):
    assert codes_after(forger, 4, signer=SigningKey.generate()) == {"record.signature"}


def test_naming_and_signed_by_a_key_that_the_log_never_introduced(forger):
    key = SigningKey.generate()

    def state(stated):
        return replace(stated, key=key.key_id, key_seq=0, branch=replace(stated.branch, custodian=key.key_id))

    assert codes_after(forger, 4, signer=key, state=state, key_prev=[]) == {"record.signer"}


def test_content_that_is_no_statement(forger):
    assert "record.statement" in codes_after(forger, 4, state=lambda stated: b'{"_type":"something else"}')


def test_an_examination_of_another_file_under_the_same_id(forger):
    def state(stated):
        return replace(stated, subject=replace(stated.subject, digest=bytes(32)))

    assert codes_after(forger, 2, state=state) == {"record.subject"}


def test_an_evidence_id_that_is_registered_twice(forger):
    first = next(iter(forger.archive.files))

    def state(stated):
        return replace(
            stated, subject=replace(stated.subject, name=first), branch=replace(stated.branch, evidence_id=first)
        )

    assert {"record.registration", "record.subject", "order.branch"} <= codes_after(forger, 4, state=state)


def test_an_examination_of_what_nobody_registered(forger):
    other = "pv1-" + "0" * 26

    def state(stated):
        return replace(
            stated,
            subject=replace(stated.subject, name=other),
            branch=replace(stated.branch, evidence_id=other, seq=0, prev=()),
        )

    assert "record.registration" in codes_after(forger, 2, state=state)


def test_a_number_left_out_in_the_custody_of_an_item(forger):
    assert codes_after(forger, 2, state=lambda one: replace(one, branch=replace(one.branch, seq=5))) == {"order.branch"}


def test_another_record_named_as_the_one_before(forger):
    def state(stated):
        return replace(stated, branch=replace(stated.branch, prev=(bytes(32),)))

    assert codes_after(forger, 2, state=state) == {"order.branch-prev"}


def test_a_number_of_the_key_used_twice(forger):
    assert "order.key" in codes_after(forger, 4, state=lambda stated: replace(stated, key_seq=3))


def test_an_examination_whose_blobs_do_not_belong_together(forger):
    blobs = to_blobs(measurement("pier.mp4"))
    del blobs["facts", 0]
    assert codes_after(forger, 2, blobs=blobs) == {"sealed.blob-form"}


def test_disclosures_of_another_record_in_the_box(forger):
    one, other = forger.digest_at(3), forger.digest_at(4)
    with tampering(forger.archive.path) as connection:
        (box,) = connection.execute("SELECT box FROM sealed_fields WHERE envelope_digest = ?", (other,)).fetchone()
        content = archives.sealing.open_box(box, forger.reading, archives.fields_purpose(other))
        box = forger.seal(content, archives.fields_purpose(one))
        connection.execute("UPDATE sealed_fields SET box = ? WHERE envelope_digest = ?", (box, one))
    assert {"sealed.fields", "sealed.withheld"} <= forger.archive.codes()


def test_an_index_of_sqlite_that_leaves_out_rows(forger):
    connection = archives.sqlite3.connect(forger.archive.path)
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute(
        "UPDATE sqlite_master SET sql = replace(sql, 'key_seq)', 'seq)') WHERE name = 'statements_of_key'"
    )
    connection.commit()
    connection.close()
    assert {"archive.integrity", "archive.schema"} <= forger.archive.codes()
