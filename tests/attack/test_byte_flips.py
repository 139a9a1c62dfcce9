"""A byte of the archive file changes: the audit finds it, or nothing that the archive says changes."""

import json
import random
from datetime import UTC, datetime

import pytest

import archives
from archives import filled
from provenance import receipts, records
from provenance.audit import audit
from provenance.custodian import Custodian
from provenance.errors import ProvenanceError
from provenance.founding import adopt
from provenance.verdict import to_json
from provenance.verify import verify

#: A verdict names the time of its making: it is held still.
NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
def archive(tmp_path, home):
    """With a checkpoint, and with a second log that goes on after a copy."""
    archive = filled(tmp_path)
    with Custodian.open(archive.path, write=True) as custodian:
        receipts.checkpoint(custodian)
        adopt(custodian, "copied")
    archive.register("after.mp4")
    return archive


def exported(path):
    """All that people get out of an archive: list, show, receipts, and what a file in hand is found to be."""
    with Custodian.open(path) as custodian:
        listed = records.listing(custodian)
        ids = [item["evidence_id"] for item in listed]
        shown = [records.show(custodian, one) for one in ids]
        held = [receipts.receipt(custodian, one) for one in ids]
        files = [records.locations(custodian, one)[0].path for one in ids]
        verdicts = [to_json(verify(custodian, file, at=NOW)).decode() for file in files]
        chunks = [records.chunks_of(custodian, one) for one in ids]
        measured = [records.measurement_of(custodian, one) for one in ids]
    return json.dumps([listed, shown, held, verdicts], sort_keys=True), chunks, measured


def outcome(path):
    """``found`` with the codes, or the exported values where the audit has no faults."""
    try:
        with Custodian.open(path, guards=False) as custodian:
            codes = sorted({fault.code for fault in audit(custodian).faults})
    except ProvenanceError as error:
        return ["refused", error.code]
    return codes or exported(path)


def check_flips(archive, count, seed):
    """Flip one byte at a time, every fourth anywhere, the others where the file is in use; how many were found."""
    good = archive.path.read_bytes()
    used = [place for place, value in enumerate(good) if value]
    wanted = exported(archive.path)
    chance = random.Random(seed)
    found = 0
    for number in range(count):
        place = chance.choice(used) if number % 4 else chance.randrange(len(good))
        data = bytearray(good)
        data[place] ^= (mask := chance.randrange(1, 256))
        archive.path.write_bytes(data)
        came = outcome(archive.path)
        found += isinstance(came, list)
        seen = isinstance(came, list) or came == wanted
        assert seen, f"seed {seed}: byte {place} ^ {mask:#x} (page {place // 4096 + 1}) went unseen"
    archive.path.write_bytes(good)
    assert outcome(archive.path) == wanted
    return found


def test_forty_flipped_bytes_are_found_or_change_nothing(archive):
    assert check_flips(archive, 40, seed=random.randrange(2**32)) >= 20


@pytest.mark.hard
def test_five_hundred_flipped_bytes_are_found_or_change_nothing(archive):
    found = check_flips(archive, 500, seed=20261121)
    print(f"{found} of 500 flips were found; the others changed nothing")
    assert found >= 300


@pytest.mark.hard
def test_every_byte_of_the_file_header_and_of_the_schema_can_be_flipped(archive, tmp_path):
    wanted = exported(archive.path)
    good = archive.path.read_bytes()
    for place in range(200):
        data = bytearray(good)
        data[place] ^= 0x01
        archive.path.write_bytes(data)
        came = outcome(archive.path)
        assert isinstance(came, list) or came == wanted, f"byte {place} went unseen"
    archive.path.write_bytes(good)


def test_a_flipped_byte_in_each_column_is_found(archive):
    """Not left to chance: one bit of some values of every column, in place in the file."""
    good = archive.path.read_bytes()
    wanted = exported(archive.path)
    values = {bytes(row[0]) for row in values_of(archive.path)}
    unseen = []
    for value in sorted(values, key=len):
        place = good.find(value)
        if place < 0 or len(value) < 4:  # spread over overflow pages, or too short to find
            continue
        data = bytearray(good)
        data[place + len(value) // 2] ^= 0x04
        archive.path.write_bytes(data)
        came = outcome(archive.path)
        if not isinstance(came, list) and came != wanted:
            unseen.append(value[:20])
    assert not unseen


def values_of(path):
    with archives.tampering(path) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            for column in columns:
                yield from connection.execute(
                    f"SELECT DISTINCT CAST({column} AS BLOB) FROM {table} WHERE typeof({column}) IN ('text', 'blob')"
                    " LIMIT 3"
                )
