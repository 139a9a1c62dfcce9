"""Who holds an archive: its file, its keys, and the reading key when it is at hand.

The signing and log keys work unattended. The reading key is looked for in this order: its plain file, what `unlock`
left in the runtime folder, then the passphrase source. A device that was set up with ``--seal-to`` has none.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Self

from provenance.attest import sealing
from provenance.attest.keys import ReadingKey, SigningKey, needs_passphrase, parse_public_text
from provenance.attest.recovery import protect
from provenance.errors import ArchiveError, KeyFileError, LockedError, RecordError
from provenance.store import heads, keyring
from provenance.store.archive import Archive

if TYPE_CHECKING:
    from provenance.store.log_tables import Log

if TYPE_CHECKING:
    from pathlib import Path

PassphraseSource = Callable[[], str | None]

SIGNING = "signing.pem"
READING_PUBLIC = "reading.pub"
READING = "reading.key"
INDEX_PURPOSE = b"index-secret"


def log_key_name(log: int) -> str:
    """The file with the key of log number ``log``."""
    return f"log-{log}.pem"


def signing_key_name(log: int) -> str:
    """The file with the key that signs the statements of log number ``log``."""
    return SIGNING if log == 0 else f"signing-{log}.pem"


class Custodian:
    """An open archive with its keys. Use :func:`provenance.custody.open_or_create` to make one."""

    def __init__(self, archive: Archive, *, passphrase: PassphraseSource = lambda: None) -> None:
        self.archive = archive
        self.keyring = keyring.Keyring(archive.path)
        self._passphrase = passphrase
        self._keys: dict[str, SigningKey] = {}
        #: what people should be told beside the answer, each once, and who tells what is left of it in the end
        self.remarks: list[str] = []
        self.teller: Callable[[str], None] | None = None
        #: what was made of the index: a process that answers about many files loads it once (`lookup.searched`)
        self.loaded: dict[int, tuple[object, object]] = {}
        keyring.forget_expired()

    @classmethod
    def open(
        cls, path: Path, *, write: bool = False, guards: bool = True, passphrase: PassphraseSource = lambda: None
    ) -> Custodian:
        """Open an archive that exists; raises :class:`ArchiveError` (``archive.missing``).

        ``guards`` as in :meth:`Archive.open`.
        """
        return cls(Archive.open(path, write=write, guards=guards), passphrase=passphrase)

    def close(self) -> None:
        """Close the archive; what nobody has told yet is told."""
        self.archive.close()
        while self.teller is not None and self.remarks:
            self.teller(self.remarks.pop(0))

    def remark(self, text: str) -> None:
        """Note what people should be told beside the answer."""
        if text not in self.remarks:
            self.remarks.append(text)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- signing: never asks ----------------------------------------------------------------------------------------

    @property
    def signing(self) -> SigningKey:
        """The key that signs the statements of the log that grows."""
        return self._key(signing_key_name(self.archive.current_log().log))

    @property
    def log_key(self) -> SigningKey:
        """The key that signs the heads of the log that grows."""
        return self._key(log_key_name(self.archive.current_log().log))

    def _key(self, name: str) -> SigningKey:
        if name not in self._keys:
            self._keys[name] = SigningKey.from_pem(self.keyring.read(name))
        return self._keys[name]

    def forget_keys(self) -> None:
        """Read key files anew: new ones have been written."""
        self._keys.clear()

    @cached_property
    def recipients(self) -> tuple[bytes, ...]:
        """X25519 public keys that everything is sealed to; raises :class:`ArchiveError` when there is none."""
        texts = [self.keyring.read(READING_PUBLIC)] if self.keyring.has(READING_PUBLIC) else []
        keys = tuple(parse_public_text(text.decode("ascii", "replace")) for text in texts + self.keyring.recipients())
        if not keys:
            raise ArchiveError(
                "holds neither a reading key nor a recipient",
                code="key.no-recipient",
                file=str(self.keyring.folder),
                advice="put back a copy of the keys folder, or `provenance key restore FILE` from a recovery export; "
                "recovery words and a NAME.key open nothing without it",
            )
        return keys

    # --- reading ----------------------------------------------------------------------------------------------------

    @property
    def write_only(self) -> bool:
        """Whether this device can seal and never open."""
        return not self.keyring.has(READING)

    @property
    def locked(self) -> bool:
        """Whether sealed values cannot be opened now; a wrong passphrase must not stop a registration."""
        return self._opened[0] is None

    @cached_property
    def _opened(self) -> tuple[ReadingKey | None, KeyFileError | None]:
        """The reading key, or why a given passphrase does not open it; asked for once, as scrypt takes a second."""
        if not self.keyring.folder.is_dir():  # a copy of the archive alone: what is plain can be read
            return None, None
        data = None if self.write_only else self.keyring.read(READING)
        if data is not None and not needs_passphrase(data):
            return ReadingKey.from_file(data, None), None
        private = keyring.unlocked(self._public)
        if private is not None:
            key = ReadingKey.from_private(private)
            if key.public in self.recipients:  # whoever can write there could leave any key
                return key, None
        if data is None:
            return None, None
        passphrase = self._passphrase()
        try:
            return (None if passphrase is None else ReadingKey.from_file(data, passphrase)), None
        except KeyFileError as error:
            if error.code != "key.passphrase":
                raise
            return None, error

    @property
    def reading(self) -> ReadingKey:
        """The key that opens what is sealed.

        Raises :class:`LockedError` when it is not at hand, :class:`KeyFileError` for a wrong passphrase.
        """
        key, wrong = self._opened
        if wrong is not None:
            raise wrong
        if key is None:
            raise LockedError(
                "is locked: its sealed values cannot be read here",
                file=str(self.archive.path),
                advice="this device only seals; `provenance unlock --key-file` where the recipient's key is"
                if self.write_only
                else "`provenance unlock`, or give the passphrase",
            )
        return key

    def unlock(self, seconds: float) -> None:
        """Keep the reading key at hand for ``seconds``."""
        keyring.keep_unlocked(self._public, self.reading.private, seconds=seconds)

    def unlock_with(self, key: ReadingKey, seconds: float) -> None:
        """Keep ``key`` at hand, which opens what is sealed here: re-made from recovery words, or a recipient's.

        Raises :class:`~provenance.errors.KeyFileError` (``key.not-for-this-archive``) when it opens nothing here.
        """
        self._check_opens(key)
        keyring.keep_unlocked(self._public, key.private, seconds=seconds)
        self.__dict__.pop("_opened", None)

    def _check_opens(self, key: ReadingKey) -> None:
        if key.public not in self.recipients:
            raise KeyFileError(
                "this key opens nothing of this archive",
                code="key.not-for-this-archive",
                file=str(self.archive.path),
                advice="give the key that the archive was set up to seal for",
            )

    @property
    def _public(self) -> bytes:
        """What the place of an unlocked key is named after: the first key that everything here is sealed to."""
        return self.recipients[0]

    def use(self, key: ReadingKey) -> None:
        """Read with ``key``, which another process of this command has opened; it is kept in memory alone.

        Raises :class:`~provenance.errors.KeyFileError` (``key.not-for-this-archive``) when it opens nothing here.
        """
        self._check_opens(key)
        self.__dict__["_opened"] = (key, None)

    def lock(self) -> bool:
        """Forget the reading key that `unlock` left at hand; whether there was one."""
        self.__dict__.pop("_opened", None)
        return keyring.lock(self._public)

    def _own_reading(self) -> ReadingKey:
        """The archive's own reading key; what `unlock` was given may be another that opens the same boxes."""
        key = self.reading
        if key.public != parse_public_text(self.keyring.read(READING_PUBLIC).decode("ascii", "replace")):
            raise KeyFileError(
                "the archive is open with another key than its own",
                code="key.not-for-this-archive",
                file=str(self.archive.path),
                advice="`provenance unlock --lock`, then give the archive's passphrase",
            )
        return key

    def set_passphrase(self, passphrase: str | None) -> None:
        """Put the reading key under another passphrase (None: under none)."""
        self.keyring.write(READING, self._own_reading().to_file(passphrase), force=True)
        self.lock()

    def export_recovery(self, passphrase: str) -> bytes:
        """Every key file under a passphrase of its own: restores signing and reading when the keys folder is lost.

        Who cannot open the reading key cannot carry it away under another passphrase; a device that only seals exports
        what it has.
        """
        files = {name: self.keyring.read(name).decode("ascii") for name in self.keyring.names()}
        if not self.write_only:
            files[READING] = self._own_reading().to_file(None).decode("ascii")
        return protect(json.dumps(files, sort_keys=True).encode("ascii"), passphrase)

    def seal(self, plaintext: bytes, purpose: bytes) -> bytes:
        """A box for every recipient of this archive."""
        return sealing.seal(plaintext, self.recipients, purpose)

    def open_box(self, box: bytes, purpose: bytes) -> bytes:
        """What a box holds; raises :class:`LockedError` or :class:`RecordError`."""
        return sealing.open_box(box, self.reading, purpose)

    @cached_property
    def index_secret(self) -> bytes:
        """The sealed secret under which digests and units are indexed."""
        box = self.archive.setting("index_secret")
        if box is None:
            raise ArchiveError("lacks its index secret", code="archive.damaged", file=str(self.archive.path))
        try:
            sealed = bytes.fromhex(box)
        except ValueError as error:
            raise ArchiveError(
                "has a malformed index secret", code="archive.damaged", file=str(self.archive.path)
            ) from error
        return self.open_box(sealed, INDEX_PURPOSE)

    def disclosures(self, envelope_digest: bytes) -> tuple[str, ...]:
        """The encoded disclosures of a statement, out of their box; empty when they were erased."""
        box = self.archive.fields_box(envelope_digest)
        if box is None:
            return ()
        try:
            texts = json.loads(self.open_box(box, fields_purpose(envelope_digest)))
        except ValueError as error:
            raise RecordError("the sealed fields of a record are malformed", code="record.fields") from error
        if type(texts) is not list or not all(type(text) is str for text in texts):
            raise RecordError("the sealed fields of a record are malformed", code="record.fields")
        return tuple(texts)

    # --- the memory outside the archive -----------------------------------------------------------------------------

    def is_continuous(self) -> bool:
        """Whether the log that grows is the one that this account saw last (formats section 4)."""
        try:
            self.check_continuity()
        except ArchiveError as error:
            if error.code not in {"archive.unknown-origin", "archive.rolled-back"}:
                raise
            return False
        return True

    def check_continuity(self) -> None:
        """Raise unless this archive holds what this account last saw of its log (formats section 4)."""
        log = self.archive.current_log()
        if self.archive.size(log.log) == 0:  # it is being begun in this transaction
            return
        seen = heads.last_seen(log.origin)
        if seen is None:
            raise ArchiveError(
                "this account has never seen the log of this archive",
                code="archive.unknown-origin",
                file=str(self.archive.path),
                advice="`provenance archive adopt --moved` if it now lives only here, `--copied` if it is a copy",
            )
        if not self.holds(log, seen):
            raise ArchiveError(
                f"is older than, or differs from, the head of {seen[0]} entries that this account saw",
                code="archive.rolled-back",
                file=str(self.archive.path),
                advice="if it was restored from a backup: `provenance archive adopt --copied` begins a new log",
            )

    def holds(self, log: Log, seen: tuple[int, str]) -> bool:
        """Whether ``log`` has the very head (size, note) that was seen; size 0 was noted before the log began."""
        size, note = seen
        return size == 0 or self.archive.head_note(log.log, size) == note


def fields_purpose(envelope_digest: bytes) -> bytes:
    """What binds a box of sealed fields to its statement."""
    return b"fields:" + envelope_digest


def blob_purpose(commitment: bytes) -> bytes:
    """What binds a box with a blob to the commitment to it."""
    return b"blob:" + commitment
