"""Small archives for tests, and the hands of somebody who can write to their file and knows the format.

``account`` gives a test a home of its own; ``Archive`` begins an archive there and fills it without a decoder: what is
"measured" of a recording is made up from its name. ``Forger`` holds the keys of an archive and changes its file with
the guards taken off and put back, as a careful attacker would.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
from dataclasses import dataclass, replace
from fractions import Fraction

from provenance import custody, lookup, merkle
from provenance.attest import commitment, disclosure, envelope, keys, sealing, statement
from provenance.audit import audit
from provenance.binding.codec import chunks_blob, split, to_blobs
from provenance.custodian import Custodian, blob_purpose, fields_purpose
from provenance.errors import RecordError
from provenance.evidence import DigestSet, Measurement, PacketRows, PictureRows, Track
from provenance.founding import open_or_create
from provenance.register import Intake, register
from provenance.store import schema
from provenance.tlog import checkpoint, entry

UNITS = 40


def use_account(folder, monkeypatch):
    """Nothing of the person who runs the tests is seen or touched."""
    for name in [name for name in os.environ if name.startswith(("PROVENANCE_", "XDG_"))]:
        monkeypatch.delenv(name)
    home = folder / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("STATE", "DATA", "CACHE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    (home / "run").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home / "run"))
    return home


def digest24(*parts):
    return hashlib.sha256("/".join(map(str, parts)).encode()).digest()[:24]


def measurement(name):
    """A recording of 40 pictures that nothing was decoded of."""
    pts = tuple(range(0, UNITS * 512, 512))
    packets = PacketRows(
        tuple(digest24(name, "packet", number) for number in range(UNITS)),
        pts,
        (512,) * UNITS,
        (1,) + (0,) * (UNITS - 1),
        tuple(range(48, 48 + UNITS * 900, 900)),
        (900,) * UNITS,
    )
    pictures = PictureRows(tuple(digest24(name, "picture", number) for number in range(UNITS)), pts, (0,) * UNITS)
    track = Track(0, "video", "h264", Fraction(1, 12800), packets=packets, pictures=pictures)
    return Measurement("video", "whole", "mov", "full", (track,))


class Archive:
    """An archive at ``folder/archive.sqlite`` and the files registered in it."""

    def __init__(self, folder, init=None):
        self.folder = folder
        self.path = folder / "archive.sqlite"
        self.files = {}
        open_or_create(self.path, init)[0].close()

    def open(self, **options):
        return Custodian.open(self.path, guards=False, **options)

    def register(self, name, intake=None, *, examine=False):
        """Register a file of bytes made from its name; returns the evidence id."""
        path = self.folder / name
        path.write_bytes(hashlib.sha256(name.encode()).digest() * 4096)
        with Custodian.open(self.path, write=True) as custodian:
            done = register(custodian, path, intake or Intake(), examine=False)
            if examine:
                self.examine(done.evidence_id, name, custodian)
            if not custodian.locked:
                lookup.index_examinations(custodian)
        self.files[done.evidence_id] = path
        return done.evidence_id

    def examine(self, evidence_id, name, custodian):
        with custodian.archive.writing():
            custody.append_examination(custodian, evidence_id, to_blobs(measurement(name)), {})
        custody.remember_head(custodian)

    def delete_index(self):
        """The index beside the archive may be deleted at any time; a careful attacker does it."""
        self.path.with_name("archive.sqlite.index").unlink()

    def audit(self, **options):
        with self.open() as custodian:
            return audit(custodian, **options)

    def codes(self, **options):
        """The distinct codes of an audit's faults."""
        return {fault.code for fault in self.audit(**options).faults}


def filled(folder, init=None):
    """An archive with four records of three items and of a key, one of them examined."""
    made = Archive(folder, init)
    made.register("pier.mp4", Intake(sender="Alice", claimed_place="Menton"), examine=True)
    made.register("train.mp4", Intake(note="from the second carriage"))
    made.register("notes.txt")
    return made


@contextlib.contextmanager
def tampering(path):
    """A connection to the file with every guard off; they are back, word for word, at the end."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for name in schema.TRIGGERS:
            connection.execute(f"DROP TRIGGER IF EXISTS {name}")
        yield connection
        for sql in schema.TRIGGERS.values():
            connection.execute(sql)
    finally:
        connection.close()


@dataclass
class Forger:
    """Somebody with the file and every key. Methods change the file and leave it as consistent as they say."""

    archive: Archive

    def __post_init__(self):
        folder = self.archive.path.with_name("archive.sqlite.keys")
        self.signing = keys.SigningKey.from_pem((folder / "signing.pem").read_bytes())
        self.log_key = keys.SigningKey.from_pem((folder / "log-0.pem").read_bytes())
        self.reading = keys.ReadingKey.from_file((folder / "reading.key").read_bytes(), None)

    def digest_at(self, index):
        with tampering(self.archive.path) as connection:
            query = "SELECT envelope_digest FROM log_entries WHERE idx = ?"
            return connection.execute(query, (index,)).fetchone()[0]

    def fields(self, connection, digest):
        (box,) = connection.execute("SELECT box FROM sealed_fields WHERE envelope_digest = ?", (digest,)).fetchone()
        texts = json.loads(sealing.open_box(box, self.reading, fields_purpose(digest)))
        return {one.name: one.value for one in map(disclosure.parse, texts)}

    def resign(self, index, *, blobs=None, state=lambda stated: stated, signer=None, **changed):
        """Replace the record at ``index`` by one with other sealed fields, signed well; log and tree stay as they are.

        ``state`` may change the statement, ``signer`` is another key, ``blobs`` replace all that it committed to.
        Returns the new digest. Index columns, boxes and the entry (with its salt) are those of the new record.
        """
        self.archive.delete_index()
        with tampering(self.archive.path) as connection:
            (old,) = connection.execute("SELECT envelope_digest FROM log_entries WHERE idx = ?", (index,)).fetchone()
            (content,) = connection.execute("SELECT envelope FROM envelopes WHERE digest = ?", (old,)).fetchone()
            fields = {**self.fields(connection, old), **changed}
            fields.pop(disclosure.DECOYS)
            boxes = {}
            if blobs is not None:
                fields = {name: value for name, value in fields.items() if "/" not in name}
            for (kind, track), blob in (blobs or {}).items():
                secret = commitment.BlobSecret.fresh()
                promised = commitment.commit_blob(*split(blob), secret)
                fields[f"blob/{kind}/{track}"] = secret.to_field()
                fields[f"commitment/{kind}/{track}"] = promised.to_field()
                boxes[promised.sha256] = blob
            stated = statement.parse(envelope.parse(content).payload)
            disclosures, sd = disclosure.seal_fields(fields)
            stated = state(replace(stated, sd=sd))
            payload = stated if isinstance(stated, bytes) else statement.dump(stated)
            signed = envelope.make(payload, [signer or self.signing])
            new = envelope.digest(signed)
            texts = json.dumps([one.encoded for one in disclosures]).encode()
            connection.execute("UPDATE envelopes SET digest = ?, envelope = ? WHERE digest = ?", (new, signed, old))
            connection.execute("UPDATE statements SET envelope_digest = ? WHERE envelope_digest = ?", (new, old))
            connection.execute(
                "UPDATE sealed_fields SET envelope_digest = ?, box = ? WHERE envelope_digest = ?",
                (new, self.seal(texts, fields_purpose(new)), old),
            )
            connection.execute("UPDATE sealed_blobs SET envelope_digest = ? WHERE envelope_digest = ?", (new, old))
            if boxes:
                connection.execute("DELETE FROM sealed_blobs WHERE envelope_digest = ?", (new,))
            for sha256, blob in boxes.items():
                row = (sha256, new, self.seal(blob, blob_purpose(sha256)))
                connection.execute("INSERT INTO sealed_blobs VALUES (?, ?, ?)", row)
            (salt,) = connection.execute("SELECT salt FROM log_entries WHERE idx = ?", (index,)).fetchone()
            connection.execute(
                "UPDATE log_entries SET envelope_digest = ?, entry = ? WHERE idx = ?",
                (new, entry.entry(salt, signed), index),
            )
        return new

    def reindex(self, connection, index):
        """Write the index columns of the record at ``index`` anew from its bytes, if it is a statement at all."""
        query = "SELECT v.envelope FROM envelopes v JOIN log_entries e ON e.envelope_digest = v.digest WHERE idx = ?"
        (content,) = connection.execute(query, (index,)).fetchone()
        with contextlib.suppress(RecordError):
            stated = statement.parse(envelope.parse(content).payload)
            values = (stated.predicate, stated.branch.evidence_id, stated.key, stated.branch.seq, stated.key_seq, index)
            connection.execute(
                "UPDATE statements SET predicate = ?, evidence_id = ?, key_id = ?, seq = ?, key_seq = ? WHERE idx = ?",
                values,
            )

    def seal(self, content, purpose):
        return sealing.seal(content, [self.reading.public], purpose)

    def reroot(self):
        """Make every tree node again from the stored entries."""
        with tampering(self.archive.path) as connection:
            connection.execute("DELETE FROM tree_nodes")
            made = {}
            for size, (value,) in enumerate(
                connection.execute("SELECT entry FROM log_entries ORDER BY idx").fetchall()
            ):
                nodes = merkle.new_nodes(size, merkle.leaf_hash(value), lambda level, index: made[level, index])
                for level, index, hashed in nodes:
                    made[level, index] = hashed
                    connection.execute("INSERT INTO tree_nodes VALUES (0, ?, ?, ?)", (level, index, hashed))

    def resign_heads(self, tables=("heads", "checkpoints")):
        """Sign every head again over the stored tree."""
        with tampering(self.archive.path) as connection:
            made = {
                (level, index): value
                for level, index, value in connection.execute("SELECT level, idx, hash FROM tree_nodes")
            }
            for table in tables:
                for (size,) in connection.execute(f"SELECT size FROM {table}").fetchall():
                    root = merkle.root_of(size, lambda level, index: made[level, index])
                    self.write_head(connection, table, size, root)

    def write_head(self, connection, table, size, root, key=None):
        signer = key or self.log_key
        head = checkpoint.Checkpoint(checkpoint.origin_of(self.log_key.public), size, root)
        note = checkpoint.sign(head, signer.public, signer.sign)
        connection.execute(f"UPDATE {table} SET note = ? WHERE size = ?", (note, size))

    def cut(self, size, *, clean):
        """Cut the log down to ``size`` entries; ``clean``: with everything that belongs to the cut ones."""
        with tampering(self.archive.path) as connection:
            digests = [
                row[0] for row in connection.execute("SELECT envelope_digest FROM log_entries WHERE idx >= ?", (size,))
            ]
            connection.execute("DELETE FROM log_entries WHERE idx >= ?", (size,))
            if not clean:
                return
            self.archive.delete_index()
            for table in ("heads", "checkpoints"):
                connection.execute(f"DELETE FROM {table} WHERE size > ?", (size,))
            connection.execute("DELETE FROM tree_nodes WHERE idx >= (? >> level)", (size,))
            for digest in digests:
                (evidence_id,) = connection.execute(
                    "SELECT evidence_id FROM statements WHERE envelope_digest = ?", (digest,)
                ).fetchone()
                for table in ("statements", "sealed_fields", "sealed_blobs"):
                    connection.execute(f"DELETE FROM {table} WHERE envelope_digest = ?", (digest,))
                connection.execute("DELETE FROM envelopes WHERE digest = ?", (digest,))
                for table in ("digest_index", "locations"):
                    connection.execute(f"DELETE FROM {table} WHERE evidence_id = ?", (evidence_id,))


def hold(archive, every):
    """Register one item for each measurement, in one transaction; returns the evidence ids."""
    ids = []
    with archive.open(write=True) as custodian:
        with custodian.archive.writing():
            for number, one in enumerate(every):
                digests = DigestSet(digest24("a", number) + bytes(8), bytes(64), 0)
                row = custody.append_registration(custodian, digests, chunks_blob(b"", 0), {})
                custody.append_examination(custodian, row.evidence_id, to_blobs(one), {})
                ids.append(row.evidence_id)
        custody.remember_head(custodian)
    return ids
