"""Makes ``provenance-v1.json``: one registration from fixed inputs, through every format that docs/formats shows.

Run it to see the JSON; a test compares it with the file. What it prints must never change: it is what was signed.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from provenance import merkle
from provenance.attest import commitment, disclosure, envelope, keys, recovery, statement
from provenance.attest.disclosure import Disclosure
from provenance.evidence import DigestSet, evidence_id
from provenance.tlog import checkpoint, entry, proof, slip

FILE = b"hello\n"
EVIDENCE = evidence_id(bytes(range(16)))
SIGNING = keys.SigningKey.from_seed(bytes(range(0x20)))
LOG = keys.SigningKey.from_seed(bytes(range(0x20, 0x40)))
READING = keys.ReadingKey.from_private(bytes(range(0x40, 0x60)))
SUBJECT_SALT = bytes(range(0x60, 0x80))
ENTRY_SALT = bytes(range(0x80, 0xA0))
DECOY_SEED = bytes(range(0xA0, 0xC0))
BLOB_SECRET = commitment.BlobSecret(salt=bytes(range(0xC0, 0xE0)), k_blob=bytes(range(0xE0, 0x100)))
DIGESTS = DigestSet(hashlib.sha256(FILE).digest(), hashlib.sha512(FILE).digest(), len(FILE))
TIME = 1_795_003_200  # 2026-11-18T12:00:00Z
WORDS = "legal winner thank year wave sausage worth useful legal winner thank yellow"


def sealed_fields() -> tuple[list[Disclosure], tuple[str, ...]]:
    fields: dict[str, Any] = {
        "clock": {"source": "system", "sync": "unknown"},
        "decoys": DECOY_SEED.hex(),
        "how": "captured",
        "key_prev": [],
        "note": "gare de Menton, Noël \N{EM DASH} \N{VIDEO CAMERA}",
        "observed_at": "2026-11-18T12:00:00Z",
        "sha256": DIGESTS.sha256.hex(),
        "sha512": DIGESTS.sha512.hex(),
        "size": DIGESTS.size,
        "subject_salt": SUBJECT_SALT.hex(),
    }
    made = [
        Disclosure(hashlib.sha256(name.encode()).digest()[:16], name, value) for name, value in sorted(fields.items())
    ]
    decoys = [
        disclosure.canonical.to_base64url(
            hashlib.sha256(b"provenance/decoy/1\n" + DECOY_SEED + number.to_bytes(8, "big")).digest()
        )
        for number in range(32 - len(made))
    ]
    return made, tuple(sorted([*(one.digest for one in made), *decoys]))


def build() -> dict[str, Any]:
    fields, sd = sealed_fields()
    subject = commitment.subject_commitment(SUBJECT_SALT, DIGESTS)
    payload = statement.dump(
        statement.Statement(
            "registration",
            statement.Subject.evidence(EVIDENCE, subject),
            key=SIGNING.key_id,
            key_seq=0,
            period="2026-W47",
            sd=sd,
            branch=statement.Branch(EVIDENCE, SIGNING.key_id, 0, ()),
        )
    )
    signed = envelope.make(payload, [SIGNING])
    leaves = [
        entry.leaf(bytes(32), entry.PADDING),
        entry.leaf(ENTRY_SALT, signed),
        entry.leaf(b"\x01" * 32, entry.PADDING),
    ]
    root = merkle.root(leaves)
    note = checkpoint.sign(checkpoint.Checkpoint(checkpoint.origin_of(LOG.public), 3, root), LOG.public, LOG.sign)
    path = merkle.inclusion_proof(1, 3, merkle.in_memory(leaves))
    facts, head = slip.FileFacts(DIGESTS.sha256, DIGESTS.size), slip.Head(LOG.public, 3, root)
    recovered = recovery.recover(WORDS)
    r_sealed = slip.sealed_r(recovered.slip_secret, DIGESTS.sha256)
    rows = [b"row%d" % number for number in range(3)]
    blob = commitment.commit_blob(b"HEAD", rows, BLOB_SECRET)
    opened = commitment.open_row(rows, BLOB_SECRET, 2)
    return {
        "source": "tests/vectors/make_own.py",
        "file": FILE.decode(),
        "signing_public": SIGNING.public.hex(),
        "key_id": SIGNING.key_id,
        "log_public": LOG.public.hex(),
        "vkey": checkpoint.vkey_of(LOG.public),
        "reading_public_text": keys.public_text(READING.public),
        "reading_key_file": READING.to_file(None).decode(),
        "disclosures": {one.name: one.encoded for one in fields},
        "sd": list(sd),
        "subject_commitment": subject.hex(),
        "statement": payload.decode(),
        "envelope": signed.decode(),
        "envelope_digest": envelope.digest(signed).hex(),
        "entry": entry.entry(ENTRY_SALT, signed).hex(),
        "leaf": leaves[1].hex(),
        "checkpoint": note,
        "receipt": proof.Receipt(ENTRY_SALT, 1, tuple(path), note).text,
        "slip_open": slip.make(facts, head, claimed_time=TIME, r=bytes(range(16)), sealed=False, sign=LOG.sign),
        "slip_sealed": slip.make(facts, head, claimed_time=TIME, r=r_sealed, sealed=True, sign=LOG.sign),
        "words": WORDS,
        "recovery_signing_public": recovered.signing.public.hex(),
        "recovery_next_public": recovered.following.public.hex(),
        "recovery_reading_public": recovered.reading.public.hex(),
        "recovery_slip_secret": recovered.slip_secret.hex(),
        "blob_commitment": blob.to_field(),
        "blob_secret": BLOB_SECRET.to_field(),
        "row_opening": {
            "index": opened.index,
            "salt": opened.salt.hex(),
            "row": opened.row.hex(),
            "proof": [value.hex() for value in opened.proof],
        },
    }


if __name__ == "__main__":
    print(json.dumps(build(), indent=1, ensure_ascii=False))
