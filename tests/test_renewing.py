"""``examine --renew``: a statement of its own for older evidence, which takes no earlier date over."""

import sqlite3
from dataclasses import replace
from types import SimpleNamespace

import pytest

import archives
from provenance import custody, lookup, records
from provenance.audit import audit
from provenance.binding.codec import to_blobs
from provenance.comparison import Comparison
from provenance.errors import RecordError
from provenance.examine import examine_pending
from provenance.matching.looks.kept import parse_segment
from provenance.register import Intake, register
from provenance.store.segments import CODES
from provenance.verifying.sounds import by_sound

OPTIONS = {"size": (160, 90), "fps": 10, "seconds": 3, "sound": None}
OF_LOOKS = {"codes", "small", "features"}


@pytest.fixture
def archive(tmp_path, monkeypatch):
    archives.use_account(tmp_path, monkeypatch)
    return archives.Archive(tmp_path)


@pytest.fixture
def old(archive, studio, monkeypatch):
    """A clip that was examined before looks were measured; returns its evidence id."""

    def before_looks(measured):
        return {key: blob for key, blob in to_blobs(measured).items() if key[0] not in OF_LOOKS}

    with monkeypatch.context() as earlier, archive.open(write=True) as custodian:
        earlier.setattr("provenance.examine.to_blobs", before_looks)
        return register(custodian, studio.clip("pier", **OPTIONS), Intake()).evidence_id


def kinds(custodian, evidence_id):
    return [
        {kind for kind, _ in records.committed(custodian, row)}
        for row in records.examinations_of(custodian, evidence_id)
    ]


def renewed(archive, *ids):
    with archive.open(write=True) as custodian:
        return list(examine_pending(custodian, ids, renew=True))


def test_what_lacks_looks_is_measured_again_once(archive, old):
    assert [(one.evidence_id, one.error) for one in renewed(archive)] == [(old, None)]
    with archive.open() as custodian:
        first, second = kinds(custodian, old)
        assert second - first == OF_LOOKS
        measured, row = records.measurement_of(custodian, old)
        assert measured.tracks[0].looks is not None
        assert row == records.examinations_of(custodian, old)[-1]
        assert lookup.index_examinations(custodian) == []
        found = audit(custodian)
        assert (found.faults, found.checked["not_indexed_yet"]) == ((), 0)
    assert renewed(archive) == []


def test_a_renewed_examination_commits_anew(archive, old):
    """The same blob under a new salt: nothing of the earlier commitment, and so of its date, is taken over."""
    renewed(archive, old)
    renewed(archive, old)
    with archive.open() as custodian:
        rows = records.examinations_of(custodian, old)
        assert len(rows) == 3
        committed = [
            value["sha256"]
            for row in rows
            for name, value in records.fields_of(custodian, row).items()
            if name.startswith(records.COMMITMENT)
        ]
        assert len(set(committed)) == len(committed)
        assert records.measurement_of(custodian, old)[1] == rows[-1]
        assert [row.idx for row in rows] == sorted(row.idx for row in rows)


def test_what_gains_nothing_is_not_recorded_again_unless_it_is_named(archive, old, monkeypatch):
    monkeypatch.setattr("provenance.examine.to_blobs", lambda one: {("facts", 0): to_blobs(one)["facts", 0]})
    (done,) = renewed(archive)
    assert done.lines == ("nothing more could be measured; nothing was recorded",)
    with archive.open() as custodian:
        assert len(records.examinations_of(custodian, old)) == 1


def test_bytes_that_are_gone_leave_the_earlier_examination(archive, old, tmp_path):
    with archive.open(write=True) as custodian:
        with sqlite3.connect(archive.path) as connection:
            connection.execute("DELETE FROM locations")
        (done,) = examine_pending(custodian, [old], renew=True)
        assert done.failed
        assert "nobody has said where the bytes" in done.error
        assert records.measurement_of(custodian, old) is not None


def test_another_keys_examination_does_not_take_the_place_of_the_own(archive, old, monkeypatch):
    with archive.open(write=True) as custodian:
        own = records.measurement_of(custodian, old)
        with custodian.archive.writing():
            custody.append_examination(custodian, old, to_blobs(archives.measurement("theirs")), {})
        theirs = records.examinations_of(custodian, old)[-1]
        assert records.measurement_of(custodian, old)[1] == theirs
        rows = [
            replace(row, key_id="stranger") if row == theirs else row for row in records.examinations_of(custodian, old)
        ]
        monkeypatch.setattr(records, "examinations_of", lambda *_: rows)
        assert records.by_standing(custodian, old)[0] == own[1]


@pytest.fixture
def unheard(archive, studio, monkeypatch):
    """A clip that was examined before prints of sound were made; returns its evidence id."""

    def before_prints(measured):
        return {key: blob for key, blob in to_blobs(measured).items() if key[0] != "soundprint"}

    with monkeypatch.context() as earlier, archive.open(write=True) as custodian:
        earlier.setattr("provenance.examine.to_blobs", before_prints)
        return register(custodian, studio.clip("pier", **OPTIONS | {"sound": "aac"}), Intake()).evidence_id


def test_sound_without_its_print_is_measured_again_and_until_then_said(archive, unheard):
    with archive.open() as custodian:
        bare, _ = records.measurement_of(custodian, unheard)
    assert [(one.evidence_id, one.error) for one in renewed(archive)] == [(unheard, None)]
    assert renewed(archive) == []
    with archive.open() as custodian:
        first, second = kinds(custodian, unheard)
        assert second - first == {"soundprint"}
        heard, _ = records.measurement_of(custodian, unheard)
    in_hand, known = SimpleNamespace(measured=heard), SimpleNamespace(measured={unheard: bare})
    found = by_sound(None, in_hand, Comparison("no-match", "none"), known, None)
    assert found.relation == "undetermined"
    (note,) = found.notes
    assert note.code == "evidence.notMeasured"
    assert "examine --renew" in note.detail
    assert "--evidence" not in note.detail


def test_a_record_that_becomes_readable_late_takes_no_newer_one_s_place(archive, old, monkeypatch):
    """The order of the log decides what a recording is searched by, not the order in which records could be read."""
    first = lookup.index_entry
    with archive.open() as custodian:
        earlier = records.examinations_of(custodian, old)[0].envelope_digest

    def unreadable(custodian, row):
        if row.envelope_digest == earlier:
            raise RecordError("the disk did not give it")
        return first(custodian, row)

    renewed(archive, old)
    index = archive.path.with_name(archive.path.name + ".index")
    index.unlink()
    with monkeypatch.context() as then, archive.open() as custodian:
        then.setattr(lookup, "index_entry", unreadable)
        assert lookup.index_examinations(custodian) == [old]
        newest = segments(custodian)
    with archive.open() as custodian:
        assert lookup.index_examinations(custodian) == []
        assert segments(custodian) == newest
        assert parse_segment(newest[0][1]).state == "codes"


def segments(custodian):
    return lookup.searched(custodian, CODES, lambda found, _: list(found))[0]
