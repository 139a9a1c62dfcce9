"""How an archive begins, and how it goes on after it was moved, copied or restored (formats section 4)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from provenance import custody
from provenance.attest.details import KeyIntroduced, LogContinued
from provenance.attest.keys import ReadingKey, SigningKey, parse_public_text, public_text
from provenance.attest.recovery import new_words, recover, unprotect
from provenance.attest.statement import Subject
from provenance.custodian import READING, READING_PUBLIC, Custodian, log_key_name, signing_key_name
from provenance.errors import ArchiveError, KeyFileError, UsageError
from provenance.store import heads
from provenance.store.archive import Archive
from provenance.store.keyring import Keyring
from provenance.tlog import checkpoint
from provenance.tlog import note as note_text
from provenance.tlog.checkpoint import origin_of

if TYPE_CHECKING:
    from pathlib import Path

    from provenance.attest.recovery import Recovery
    from provenance.custodian import PassphraseSource
    from provenance.store.log_tables import Log

LOST_WITH_THE_ARCHIVE = (
    "If this device is lost, its records and keys are lost with it: keep a copy of the archive file in another place, "
    "and of the keys with `provenance key export --recovery -o FILE`"
)


@dataclass(frozen=True, slots=True)
class Init:
    """How an archive is set up. Nothing of it can be asked: registering sets up a default archive by itself.

    ``seal_to``: X25519 recipient keys; with any of them the device itself can seal and never open.
    ``recovery_words``: make twelve words that open the archive and can revoke its key; they are shown once.
    """

    profile: Literal["filmer", "organisation"] = "organisation"
    captured: bool = False
    seal_to: tuple[bytes, ...] = ()
    passphrase: str | None = None
    recovery_words: bool = False


@dataclass(frozen=True, slots=True)
class FirstUse:
    """What the person who began an archive is to be told once."""

    notices: tuple[str, ...]
    recovery_words: str | None


def open_or_create(
    path: Path,
    init: Init | None = None,
    *,
    passphrase: PassphraseSource = lambda: None,
    must_be_new: bool = False,
    unattended: bool = True,
) -> tuple[Custodian, FirstUse | None]:
    """Open the archive for writing; the first call makes it as ``init`` says, with its keys and the first log entry.

    ``must_be_new``: raises :class:`UsageError` (``archive.exists``) unless this call makes it. ``unattended``: nobody
    can be asked whether an archive that this account does not know was moved or copied; it is taken as copied.
    """
    words = new_words() if init is not None and init.recovery_words else None
    founding = _Founding(init or Init(), None if words is None else recover(words), passphrase)
    archive, created = Archive.open_or_create(path, founding.found)
    custodian = Custodian(archive, passphrase=passphrase)
    if not created:
        if must_be_new:
            archive.close()
            raise UsageError(
                "there is an archive already",
                code="archive.exists",
                file=str(path),
                advice="name another with --archive",
            )
        try:
            said = _go_on(custodian, unattended=unattended)
        except BaseException:
            custodian.close()
            raise
        return custodian, None if said is None else FirstUse((said,), None)
    custody.remember_head(custodian)
    notices = (f"Began the archive {path}.", *founding.notices, LOST_WITH_THE_ARCHIVE + ".")
    return custodian, FirstUse(notices, words)


@dataclass(frozen=True, slots=True)
class _Founding:
    init: Init
    recovery: Recovery | None
    passphrase: PassphraseSource
    notices: list[str] = field(default_factory=list)

    def found(self, archive: Archive) -> None:
        """Make keys, log, settings and the first entry, inside the transaction that makes the tables."""
        keyring = Keyring(archive.path)
        _refuse_keys_in_use(keyring)
        aside = keyring.set_aside()
        if aside is not None:
            self.notices.append(f"Keys without an archive lay here; they were set aside as {aside}.")
        self._make_keys(keyring)
        custodian = Custodian(archive, passphrase=self.passphrase)
        archive.set_setting("profile", self.init.profile)
        archive.set_setting("captured_default", "captured" if self.init.captured else "unstated")
        custody.set_index_secret(custodian)
        begin_log(custodian)
        introduce(custodian, self.recovery)

    def _make_keys(self, keyring: Keyring) -> None:
        for number, public in enumerate(self.init.seal_to):
            keyring.write(f"recipients/seal-to-{number}.pub", public_text(public).encode())
        if self.recovery is not None:
            keyring.write("recipients/recovery.pub", public_text(self.recovery.reading.public).encode())
        if not self.init.seal_to:
            reading = ReadingKey.generate()
            keyring.write(READING, reading.to_file(self.init.passphrase))
            keyring.write(READING_PUBLIC, public_text(reading.public).encode())
        keyring.write(signing_key_name(0), SigningKey.generate().to_pem())


def _refuse_keys_in_use(keyring: Keyring) -> None:
    """Keys whose log this account has seen belong to an archive that is gone: nobody may begin another over them.

    Keys whose log nobody saw are what a process left that was killed before its archive was durable.
    """
    if not keyring.has(log_key_name(0)):
        return
    origin = origin_of(SigningKey.from_pem(keyring.read(log_key_name(0))).public)
    seen = heads.last_seen(origin)
    if seen is not None and seen[0] > 0:
        raise ArchiveError(
            "there are keys of an archive here, and the archive is gone",
            code="archive.keys-without-archive",
            file=str(keyring.folder),
            advice="restore the archive, or move this folder away to begin a new one",
        )


def begin_log(custodian: Custodian) -> Log:
    """Make a log key and an empty log of the archive, inside the caller's transaction.

    This account hears of the origin before the log is durable: else a process killed in between would leave a log that
    the account takes for a stranger's.
    """
    log_key = SigningKey.generate()
    log = custodian.archive.add_log(origin_of(log_key.public), log_key.public)
    custodian.keyring.write(log_key_name(log.log), log_key.to_pem(), force=True)
    heads.remember(log.origin, 0, "")
    return log


def introduce(custodian: Custodian, recovery: Recovery | None = None) -> None:
    """Append the statement in which the signing key presents itself to the log that grows.

    With ``recovery`` it names the key that may revoke it and commits to the one that follows: neither lies here.
    """
    public = custodian.signing.public
    details = KeyIntroduced(
        public=public,
        origin=custodian.archive.current_log().origin,
        next=None if recovery is None else hashlib.sha256(recovery.following.public).digest(),
        recovery=None if recovery is None else recovery.signing.public,
    )
    custody.append(custodian, custody.Draft("key", Subject.key(public), event="introduced", details=details))


def adopt(custodian: Custodian, how: Literal["moved", "copied"], *, if_needed: bool = False) -> str:
    """Take over an archive that this account does not know, or that was restored.

    ``moved``: the archive now lives only here, the same log goes on. ``copied``: it also lives elsewhere, or an older
    state was restored: a new key and a new log whose first entry names the old log's last good head; with
    ``if_needed`` only if the old log must not grow, asked under the lock. Returns what was done, in one line.
    """
    if how == "moved":
        return _go_on_as_moved(custodian)
    with custodian.archive.writing():
        if if_needed and custodian.is_continuous():
            return "Another process has just begun a new log."
        size = _continue_log(custodian)
    custody.remember_head(custodian)
    return f"A new log was begun; it names the head of {size} entries as the last good one of the old log."


def _go_on_as_moved(custodian: Custodian) -> str:
    log = custodian.archive.current_log()
    seen = heads.last_seen(log.origin)
    size = custodian.archive.size(log.log)
    if seen is not None and not custodian.holds(log, seen):
        raise UsageError(
            f"this account saw a head of {seen[0]} entries of this log that the archive ({size} entries) does not hold",
            code="archive.rolled-back",
            advice="`--copied` begins a new log; `provenance audit` tells the two histories apart",
        )
    custody.remember_head(custodian)
    return f"The log of {size} entries goes on here."


def _continue_log(custodian: Custodian) -> int:
    """Begin the next log inside the caller's transaction; returns the size of the old one.

    Keys are named after the log that the tables hold: if the transaction does not come to its end, the old ones count.
    """
    archive, old_key, old = custodian.archive, custodian.signing, custodian.archive.current_log()
    last = archive.last_head(old.log)
    assert last is not None  # a log begins with an entry
    size, note = last
    seen = heads.last_seen(old.origin)
    head = checkpoint.parse(note_text.split(note)[0])
    log = begin_log(custodian)
    custodian.keyring.write(signing_key_name(log.log), SigningKey.generate().to_pem(), force=True)
    custodian.forget_keys()
    details = LogContinued(
        origin=log.origin,
        size=head.size,
        root=head.root,
        lost=None if seen is None or seen[0] <= size else (size, seen[0]),
    )
    # The new key counts from 0, so that no number of the old key is used twice; the old one co-signs that it goes on.
    custody.append(
        custodian,
        custody.Draft(
            "log", Subject.log(old.origin, note), event="log-continued", details=details, cosigners=(old_key,)
        ),
    )
    introduce(custodian)
    return size


def restore_keys(archive: Path, export: bytes, passphrase: str) -> list[str]:
    """Put the key files of a recovery export beside ``archive``; returns their names.

    Raises :class:`~provenance.errors.KeyFileError` for another passphrase, and :class:`ArchiveError` (``file.exists``)
    rather than replace a key that is there.
    """
    keyring = Keyring(archive)
    try:
        files = json.loads(unprotect(export, passphrase))
        named = {PurePosixPath(name): data.encode("ascii") for name, data in files.items()}
    except (ValueError, AttributeError) as error:
        raise KeyFileError("this is not a recovery export of an archive", code="key.malformed") from error
    if any(name.is_absolute() or ".." in name.parts for name in named):
        raise KeyFileError("this recovery export names files outside its folder", code="key.malformed")
    present = [str(name) for name in named if keyring.has(str(name))]
    if present:
        raise ArchiveError(
            f"has {present[0]} already",
            code="file.exists",
            file=str(keyring.folder),
            advice="move the folder away first",
        )
    for name, data in named.items():
        keyring.write(str(name), data)
    return sorted(map(str, named))


def _go_on(custodian: Custodian, *, unattended: bool) -> str | None:
    """Begin a new log where the old one must not grow (formats section 4); what was done, in one line."""
    try:
        custodian.check_continuity()
    except ArchiveError as error:
        known = error.code == "archive.rolled-back"
        if not known and not (error.code == "archive.unknown-origin" and unattended):
            raise
        why = "is older than this account saw it" if known else "was never seen by this account"
        return f"The archive {why}, so it is taken as a copy. {adopt(custodian, 'copied', if_needed=True)}"
    return None


def read_recipient(path: Path) -> bytes:
    """The X25519 key in an ``ORG.pub`` file."""
    try:
        return parse_public_text(path.read_text("ascii"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("cannot be read as a recipient key", code="key.recipient", file=str(path)) from error
