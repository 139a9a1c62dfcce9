"""The index of units follows the archive, whatever happens to either."""

import pytest

import archives
from archives import Forger, measurement, tampering
from provenance import custody, lookup
from provenance.binding.codec import to_blobs
from provenance.store.index import UnitIndex
from provenance.store.segments import CODES


@pytest.fixture
def archive(tmp_path, monkeypatch):
    archives.use_account(tmp_path, monkeypatch)
    return archives.filled(tmp_path)


def index_of(custodian, **options):
    origin = custodian.archive.logs()[0].origin
    return UnitIndex(custodian.archive.path, origin=origin, secret=custodian.index_secret, **options)


def proposed(custodian, name):
    assert lookup.index_examinations(custodian) == []
    return lookup.candidates(custodian, measurement(name))[0]


def test_an_index_up_to_date_reads_no_record(archive, monkeypatch):
    pier = next(iter(archive.files))
    monkeypatch.setattr(lookup, "index_entry", lambda *_: pytest.fail("a record was read"))
    with archive.open() as custodian:
        assert proposed(custodian, "pier.mp4") == [pier]


def test_an_index_that_was_emptied_since_it_was_filled_proposes_what_it_did(archive):
    """As another process does that finds it damaged: out of the empty one nothing would be proposed."""
    pier = next(iter(archive.files))
    with archive.open() as custodian:
        assert proposed(custodian, "pier.mp4") == [pier]
        with index_of(custodian) as index:
            index.make_way()
        assert lookup.candidates(custodian, measurement("pier.mp4"))[0] == [pier]


def test_an_index_of_another_history_is_made_again(archive):
    """The archive was restored from a backup and has gone on otherwise; the index beside it stayed."""
    forger = Forger(archive)
    beside = archive.path.with_name("archive.sqlite.index")
    kept = beside.read_bytes()
    forger.resign(4)
    beside.write_bytes(kept)
    assert "index.units" in archive.codes()
    with archive.open() as custodian:
        assert proposed(custodian, "pier.mp4") == [next(iter(archive.files))]
        with index_of(custodian) as index:
            assert index.indexed_to()[1] == forger.digest_at(4)
    assert "index.units" not in archive.codes()


def test_a_record_that_cannot_be_read_is_named_and_holds_up_no_other(archive):
    archive.delete_index()
    digest = Forger(archive).digest_at(2)
    with tampering(archive.path) as connection:
        rows = connection.execute("SELECT * FROM sealed_blobs WHERE envelope_digest = ?", (digest,)).fetchall()
        connection.execute("UPDATE sealed_blobs SET box = zeroblob(900) WHERE envelope_digest = ?", (digest,))
    with archive.open() as custodian:
        assert lookup.index_examinations(custodian) == [next(iter(archive.files))]
        with index_of(custodian) as index:
            assert len(index.counts()) == 3  # the first chunks of all three files
    with tampering(archive.path) as connection:
        for commitment, _, box in rows:
            connection.execute("UPDATE sealed_blobs SET box = ? WHERE commitment = ?", (box, commitment))
    with archive.open() as custodian:
        assert proposed(custodian, "pier.mp4") == [next(iter(archive.files))]
    assert archive.codes() == set()


def test_where_the_index_cannot_be_written_what_is_not_in_it_is_named(archive, monkeypatch):
    archive.delete_index()
    monkeypatch.setattr("provenance.store.index_file._writable", lambda _: False)
    with archive.open() as custodian:
        assert set(lookup.index_examinations(custodian)) == set(archive.files)


def test_what_was_loaded_serves_until_the_index_changes(archive):
    made = []

    def make(found, room):
        made.append(room)
        return [one for one, _ in found]

    with archive.open(write=True) as custodian:
        for _ in range(3):
            (pier,) = lookup.searched(custodian, CODES, make)[0]
        assert len(made) == 1
        with custodian.archive.writing():
            custody.append_examination(custodian, pier, to_blobs(measurement("pier.mp4")), {})
        assert lookup.searched(custodian, CODES, make)[0] == [pier]
        assert len(made) == 2
        archive.delete_index()
        assert lookup.searched(custodian, CODES, make)[0] == [pier]
