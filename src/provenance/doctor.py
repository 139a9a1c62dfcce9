"""The state of this machine and archive: what works, what is missing, and what a finder of the device could read.

Nothing is changed. A check that cannot be made is told as such; only the archive's own faults need repair.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from provenance.attest.keys import needs_passphrase, parse_public_text
from provenance.clock import observe
from provenance.custodian import READING, READING_PUBLIC, Custodian, log_key_name, signing_key_name
from provenance.errors import ArchiveError, ProvenanceError
from provenance.store.keyring import readable_key_lies_here

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.evidence import Measurement

#: Room under which the next registrations could fail: the records of about 15 hours of examined video (60 MB an hour).
_ROOM = 1_000_000_000
#: The first bytes of an MP4 file that holds nothing: enough to make the child start and say how it is confined.
_EMPTY_MP4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2\x00\x00\x00\x08mdat"

_REGISTERED_FILES = "registered files that lie on it are not protected by provenance"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. ``fault``: needs repair; ``note``: worth knowing, nothing is broken."""

    name: str
    state: Literal["ok", "note", "fault"]
    detail: str
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """``finder``: what somebody who finds this device could read, in one line."""

    finder: str
    checks: tuple[Check, ...]

    @property
    def exit_status(self) -> int:
        """0, or 1 when something needs repair."""
        return int(any(check.state == "fault" for check in self.checks))

    def to_json_value(self) -> dict[str, Any]:
        """The object of ``doctor --json``."""
        return {
            "schema": "provenance/doctor/v1",
            "finder": self.finder,
            "checks": [asdict(check) for check in self.checks],
        }


ReadingState = Literal["unknown", "missing", "none", "open", "unlocked", "protected"]


def own_reading_key(custodian: Custodian) -> bytes | None:
    """The X25519 public key of this device's own reading key; None on a device that only seals for others."""
    if not custodian.keyring.has(READING_PUBLIC):
        return None
    return parse_public_text(custodian.keyring.read(READING_PUBLIC).decode("ascii", "replace"))


def reading_state(custodian: Custodian) -> ReadingState:
    """Whether a key that opens lies here, and how: plain, unlocked for a while, or under its passphrase.

    ``none``: this device was set up to seal for others. ``missing``: it was not, and the reading key is gone.
    """
    keyring = custodian.keyring
    has_own = keyring.has(READING)
    if has_own and not needs_passphrase(keyring.read(READING)):
        return "open"
    if (keyring.has(READING_PUBLIC) or keyring.recipients()) and readable_key_lies_here(custodian.recipients[0]):
        return "unlocked"  # by the passphrase, the recovery words or a recipient's key
    if has_own:
        return "protected"
    seals_for_others = any(name.startswith("recipients/seal-to-") for name in keyring.names())
    return "none" if seals_for_others and not keyring.has(READING_PUBLIC) else "missing"


_FINDER = {
    "missing": "nothing of what they say: the reading key is missing here, unless it lies elsewhere on this device;",
    "none": "nothing of what they say: this device only seals;",
    "protected": "nothing of what they say without the passphrase;",
}
_FINDER_OF_ALL = {
    "unknown": "not known, as archive and keys cannot be looked at; at worst everything recorded here;",
    "unlocked": "everything recorded here, until the key is locked again;",
    "open": "everything recorded here, sources and places too: no passphrase is set;",
}


def finder_line(state: ReadingState | None, *, weeks: bool = True) -> str:
    """What a finder of this device could read; ``None``: there is no archive. ``weeks``: whether records carry one."""
    if state is None:
        return f"nothing of provenance: there is no archive; {_REGISTERED_FILES}"
    if state in _FINDER_OF_ALL:
        return f"{_FINDER_OF_ALL[state]} {_REGISTERED_FILES}"
    plain = f"the order of the records, the kind, evidence id{', week' if weeks else ''} and signing key of each"
    return f"{plain}, and about how large each sealed value is; {_FINDER[state]} {_REGISTERED_FILES}"


def examine_machine(path: Path) -> Health:
    """Look at the archive at ``path``, its keys, the disk, the clock and the child that measures media."""
    checks: list[Check] = []
    state: ReadingState | None = "unknown"
    weeks = True
    try:
        with Custodian.open(path) as custodian:
            state = reading_state(custodian)
            weeks = custodian.archive.setting("profile") != "filmer"
            checks.extend(_archive(custodian))
            checks.extend(_keys(custodian, state))
    except ArchiveError as error:
        missing = error.code == "archive.missing"
        state = None if missing else state
        checks.append(Check("archive", "note" if missing else "fault", f"{path}: {error.message}", error.advice))
    except ProvenanceError as error:
        checks.append(Check("keys", "fault", str(error), error.advice))
    checks.extend((_disk(path), _clock(), _sqlite(), _measuring(), _rendering()))
    return Health(finder_line(state, weeks=weeks), tuple(checks))


def _archive(custodian: Custodian) -> Iterator[Check]:
    archive = custodian.archive
    entries = sum(archive.size(log.log) for log in archive.logs())
    yield Check("archive", "ok", f"{archive.path}: {entries} log entries, {len(archive.pending())} not examined")
    if custodian.keyring.folder.is_dir():
        yield Check("keys folder", "ok", str(custodian.keyring.folder))
    faults = archive.faults_of_file()
    if faults:
        yield Check("file", "fault", "; ".join(faults), "`provenance audit` tells more; restore a backup")
    try:
        custodian.check_continuity()
    except ArchiveError as error:
        yield Check("history", "fault", error.message, error.advice)
    else:
        yield Check("history", "ok", "holds at least what this account last saw of its log")


def _keys(custodian: Custodian, state: ReadingState) -> Iterator[Check]:
    open_files = custodian.keyring.too_open()
    if open_files:
        yield Check("key files", "fault", f"others may read {', '.join(open_files)}", "chmod -R go= that folder")
    log = custodian.archive.current_log().log
    absent = [name for name in (signing_key_name(log), log_key_name(log)) if not custodian.keyring.has(name)]
    if absent:
        yield Check(
            "keys",
            "fault",
            f"{' and '.join(absent)} missing: nothing can be added",
            "put back a copy of the keys folder",
        )
    match state:
        case "open":
            yield Check(
                "passphrase", "note", "none is set: whoever has this device reads all", "`provenance key passphrase`"
            )
        case "unlocked":
            yield Check("passphrase", "note", "not asked for: unlocked for now", "`provenance unlock --lock` ends it")
        case "protected":
            yield Check("passphrase", "ok", "set")
        case "missing":
            yield Check(
                "reading key",
                "fault",
                "reading.key is missing, and this device was not set up to seal for others alone",
                "put back a copy of the keys folder, or `provenance key restore`",
            )
        case "none":
            count = len(custodian.recipients)
            yield Check("passphrase", "ok", f"not needed: sealed for {count} recipient{'s' if count > 1 else ''} only")


def _disk(path: Path) -> Check:
    folder = next(each for each in (path.absolute().parent, *path.absolute().parents) if each.is_dir())
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Check("disk", "note", f"free room not known: {error.strerror}")
    text = f"{free / 1e9:.1f} GB free at {folder}"
    if free < _ROOM:
        return Check("disk", "fault", text, "make room: a registration that cannot be written fails")
    return Check("disk", "ok", text)


def _clock() -> Check:
    seen = observe()
    if seen.sync == "not-synchronised":
        return Check("clock", "note", f"{seen.text}, not synchronised; records say so", "switch on network time")
    return Check("clock", "ok", f"{seen.text}, {seen.sync if seen.sync != 'unknown' else 'synchronisation not known'}")


def _sqlite() -> Check:
    return Check("SQLite", "ok", f"{sqlite3.sqlite_version}, rollback journal, every record synced to the disk")


def _measuring() -> Check:
    """Start the child on a file that holds nothing: what is asked is how it is confined."""
    try:
        measured = _measured_nothing()
    except ProvenanceError as error:
        return Check("measuring", "fault", error.message, error.advice or "reinstall provenance with its libraries")
    held = ", ".join(measured.sandbox) or "none"
    libraries = ", ".join(f"{name} {number}" for name, number in sorted(measured.libraries.items()))
    detail = f"works ({libraries}); confined by: {held}"
    if not measured.sandbox_missing:
        return Check("measuring", "ok", detail)
    missing = "; ".join(measured.sandbox_missing)
    return Check("measuring", "note", f"{detail}; missing: {missing}", "records name the missing layers, too")


def _measured_nothing() -> Measurement:
    from provenance.media.child import measure
    from provenance.media.source import open_source

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.mp4"
        path.write_bytes(_EMPTY_MP4)
        with open_source(path) as source:
            return measure(source, depth="streams")


def _rendering() -> Check:
    if find_spec("imageio_ffmpeg") is None:
        return Check("rendering", "note", "the ffmpeg program is not installed", "pip install imageio-ffmpeg")
    return Check("rendering", "ok", "an ffmpeg program came with the installation")
