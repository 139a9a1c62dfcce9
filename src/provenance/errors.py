"""Every way provenance can fail, sorted by whose fault it is.

Each error carries a stable ``code`` (``room.what``), one line for a person, the file it is about, if any, and
what to do next. The command line prints the line, or the object of ``error/v1`` (docs/formats/errors.md), and exits
with status 2: trouble is never a verdict.
"""

from __future__ import annotations

import os


class ProvenanceError(Exception):
    """Base of every error that provenance raises on purpose.

    ``code`` is stable and machine-readable, ``message`` is one plain line without a trailing period, ``file`` is the
    name the caller used, ``advice`` says what to do.
    """

    code = "provenance.error"

    def __init__(
        self, message: str, *, code: str | None = None, file: str | None = None, advice: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.file = file
        self.advice = advice

    def __str__(self) -> str:
        where = f"{self.file}: " if self.file else ""
        then = f" - {self.advice}" if self.advice else ""
        return f"{where}{self.message}{then}"


class UsageError(ProvenanceError):
    """The caller asked for something that makes no sense."""

    code = "usage"


class FileError(ProvenanceError):
    """The file in hand cannot be used: missing, not a regular file, changed while it was read, too large."""

    code = "file.unreadable"


class MediaError(ProvenanceError):
    """The child could not measure the file: a limit was reached, or it stopped. Never says that a file is bad."""

    code = "media.failed"


class RecordError(ProvenanceError):
    """A record (statement, envelope, disclosure, note, proof, slip, blob) is malformed or does not check."""

    code = "record.malformed"


class SignatureError(RecordError):
    """A signature does not verify under the key that it was checked with."""

    code = "record.signature"


class ProofError(RecordError):
    """An inclusion or consistency proof does not lead to the stated root."""

    code = "log.proof"


class ArchiveError(ProvenanceError):
    """The archive is missing, busy, read-only, of another version, or contradicts the head last seen."""

    code = "archive.unusable"


class LockedError(ArchiveError):
    """A sealed value is needed and the reading key is not at hand."""

    code = "archive.locked"


class KeyFileError(ProvenanceError):
    """A key file is missing, malformed, too open, or the passphrase is wrong."""

    code = "key.unusable"


def refusal(error: OSError) -> ProvenanceError:
    """What the system refused, as an error of ours; a closed pipe is no trouble with a file and is raised again."""
    if isinstance(error, BrokenPipeError):
        raise error
    return ProvenanceError(
        f"the system refused: {error.strerror or error}",
        code="system",
        file=os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else None,
        advice="check disk, permissions and memory",
    )
