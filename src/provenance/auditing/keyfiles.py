"""The key files beside the archive: there, readable by their owner alone, and those that the log names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.attest.keys import ReadingKey, SigningKey, needs_passphrase, parse_public_text
from provenance.custodian import READING, READING_PUBLIC, log_key_name, signing_key_name
from provenance.errors import KeyFileError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.auditing.faults import Faults
    from provenance.auditing.stored import StoredLog
    from provenance.custodian import Custodian


def check_key_files(custodian: Custodian, logs: Sequence[StoredLog], signing: str | None, faults: Faults) -> int:
    """Check every key file; ``signing``: id of the key that was introduced last. Returns how many files were read."""
    keyring = custodian.keyring
    if not keyring.folder.is_dir():
        faults.add("key.missing", keyring.folder.name, "the folder with the keys is missing")
        return 0
    for path in keyring.too_open():
        faults.add("key.open", path, "its mode lets others in")
    checked = _check_signing(custodian, signing_key_name(logs[-1].log if logs else 0), signing, faults)
    for log in logs:
        name = log_key_name(log.log)
        if log is logs[-1] or keyring.has(name):  # the key of a log that has ended signs nothing any more
            checked += _check_log_key(custodian, name, log, faults)
    return checked + _check_reading(custodian, faults) + _check_recipients(custodian, faults)


def _check_signing(custodian: Custodian, name: str, expected: str | None, faults: Faults) -> int:
    key = _private(custodian, name, faults)
    if key is not None and expected is not None and key.key_id != expected:
        faults.add("key.mismatch", name, f"it holds key {key.key_id}; the log introduced {expected} last")
    return int(key is not None)


def _check_log_key(custodian: Custodian, name: str, log: StoredLog, faults: Faults) -> int:
    key = _private(custodian, name, faults)
    if key is not None and key.public != log.public_key:
        faults.add("key.mismatch", name, f"it holds another key than log {log.log} is signed with")
    return int(key is not None)


def _private(custodian: Custodian, name: str, faults: Faults) -> SigningKey | None:
    try:
        return SigningKey.from_pem(custodian.keyring.read(name))
    except KeyFileError as error:
        faults.add("key.missing" if error.code == "key.missing" else "key.malformed", name, error.message)
    return None


def _check_reading(custodian: Custodian, faults: Faults) -> int:
    """The reading key is absent, whole, on a device that only seals; a half of it alone is a fault."""
    keyring = custodian.keyring
    public, private = keyring.has(READING_PUBLIC), keyring.has(READING)
    if not public and not private:
        return 0
    if public != private:
        faults.add("key.missing", READING if public else READING_PUBLIC, "its other half is there")
        return 1
    with faults.noting("key.malformed", READING_PUBLIC):
        half = parse_public_text(keyring.read(READING_PUBLIC).decode("ascii", "replace"))
        with faults.noting("key.malformed", READING):
            data = keyring.read(READING)
            if not needs_passphrase(data) and ReadingKey.from_file(data, None).public != half:
                faults.add("key.mismatch", READING, f"it is not the other half of {READING_PUBLIC}")
    return 2


def _check_recipients(custodian: Custodian, faults: Faults) -> int:
    texts = custodian.keyring.recipients()
    for number, text in enumerate(texts):
        with faults.noting("key.malformed", f"recipients, file {number + 1}"):
            parse_public_text(text.decode("ascii", "replace"))
    if not texts and not custodian.keyring.has(READING_PUBLIC):
        faults.add("key.missing", READING_PUBLIC, "there is nobody to seal for")
    return len(texts)
