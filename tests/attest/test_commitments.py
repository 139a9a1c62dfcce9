"""Commitments to files and blobs hide, bind, and open one row alone."""

from __future__ import annotations

import hashlib
import hmac
import os
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance import merkle
from provenance.attest import commitment
from provenance.attest.commitment import BlobCommitment, BlobSecret
from provenance.errors import ProofError, RecordError
from provenance.evidence import DigestSet

FILE = DigestSet(hashlib.sha256(b"x").digest(), hashlib.sha512(b"x").digest(), 1)
SALT = bytes(range(32))
SECRET = BlobSecret(salt=bytes(32), k_blob=b"\x01" * 32)


def test_the_subject_is_the_stated_formula():
    data = b"provenance/subject/v1\n" + SALT + FILE.sha256 + FILE.sha512 + b"\0\0\0\0\0\0\0\1"
    assert commitment.subject_commitment(SALT, FILE) == hashlib.sha256(data).digest()


@pytest.mark.parametrize(
    "other",
    [replace(FILE, size=2), replace(FILE, sha256=bytes(32)), replace(FILE, sha512=bytes(64))],
    ids=["size", "sha256", "sha512"],
)
def test_a_subject_is_one_file(other):
    subject = commitment.subject_commitment(SALT, FILE)
    commitment.check_subject(subject, SALT, FILE)
    for salt, digests in ((SALT, other), (bytes(32), FILE)):
        with pytest.raises(RecordError) as caught:
            commitment.check_subject(subject, salt, digests)
        assert caught.value.code == "record.subject"


@pytest.mark.parametrize(
    ("salt", "digests"), [(b"", FILE), (SALT, replace(FILE, sha256=b"")), (SALT, replace(FILE, size=-1))]
)
def test_a_malformed_subject_is_refused(salt, digests):
    with pytest.raises(RecordError):
        commitment.subject_commitment(salt, digests)


@settings(deadline=None)
@given(st.binary(max_size=20), st.lists(st.binary(min_size=5, max_size=5), max_size=20))
def test_a_blob_is_committed_by_the_stated_formulas(header, rows):
    made = commitment.commit_blob(header, rows, SECRET)
    assert made.sha256 == hashlib.sha256(SECRET.salt + header + b"".join(rows)).digest()
    leaves = []
    for index, row in enumerate(rows):
        salt = hmac.new(SECRET.k_blob, index.to_bytes(8, "big"), hashlib.sha256).digest()
        leaves.append(merkle.leaf_hash(salt + row))
    assert made.root == merkle.root(leaves)
    assert (made.rows, made.width) == (len(rows), 5 if rows else 0)
    commitment.check_blob(made, header, rows, SECRET)


@settings(deadline=None)
@given(st.lists(st.binary(min_size=5, max_size=5), min_size=1, max_size=20), st.data())
def test_one_row_opens_alone_and_no_other_passes_for_it(rows, data):
    made = commitment.commit_blob(b"HEAD", rows, SECRET)
    index = data.draw(st.integers(0, len(rows) - 1))
    opened = commitment.open_row(rows, SECRET, index)
    assert opened.row == rows[index]
    commitment.verify_row(opened, made)
    for changed in (
        replace(opened, row=bytes([opened.row[0] ^ 1]) + opened.row[1:]),
        replace(opened, salt=bytes(32)),
        replace(opened, index=index + 1),
        replace(opened, row=opened.row + b"\0"),
        replace(opened, salt=opened.salt + opened.row[:1], row=opened.row[1:]),
        replace(opened, proof=(*opened.proof, bytes(32))),
    ):
        with pytest.raises(ProofError):
            commitment.verify_row(changed, made)


def test_there_is_no_row_behind_the_last():
    with pytest.raises(ProofError):
        commitment.open_row([b"a"], SECRET, 1)


@pytest.mark.parametrize(
    ("header", "rows"), [(b"HEAE", [b"ab", b"cd"]), (b"HEAD", [b"ab", b"ce"]), (b"HEAD", [b"cd", b"ab"]), (b"HEA", [])]
)
def test_another_blob_is_refused(header, rows):
    made = commitment.commit_blob(b"HEAD", [b"ab", b"cd"], SECRET)
    with pytest.raises(RecordError) as caught:
        commitment.check_blob(made, header, rows, SECRET)
    assert caught.value.code == "record.blob"


def test_rows_of_unlike_width_are_refused():
    with pytest.raises(RecordError):
        commitment.commit_blob(b"", [b"a", b"bc"], SECRET)


def test_equal_blobs_have_unlike_commitments():
    one, two = (commitment.commit_blob(b"HEAD", [b"ab"], BlobSecret.fresh()) for _ in range(2))
    assert one.sha256 != two.sha256
    assert one.root != two.root


def test_sealed_field_values_are_read_back_and_checked():
    made = commitment.commit_blob(b"HEAD", [b"ab"], SECRET)
    assert BlobCommitment.from_field(made.to_field()) == made
    assert BlobSecret.from_field(SECRET.to_field()) == SECRET
    for value in (
        None,
        {},
        {**made.to_field(), "x": 1},
        {**made.to_field(), "rows": -1},
        {**made.to_field(), "root": ""},
    ):
        with pytest.raises(RecordError):
            BlobCommitment.from_field(value)
    with pytest.raises(RecordError):
        BlobSecret.from_field({**SECRET.to_field(), "salt": "00"})


def test_a_hundred_thousand_rows_take_well_under_a_second():
    rows = [os.urandom(56)] * 100_000
    start = time.process_time()
    commitment.commit_blob(b"", rows, SECRET)
    assert time.process_time() - start < 1.2  # measured 0.28 s; three times that on a busy machine
