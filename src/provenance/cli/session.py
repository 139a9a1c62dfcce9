"""What every command shares: which archive, which passphrase, and how to speak."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provenance.cli.output import warn
from provenance.errors import KeyFileError, LockedError, UsageError
from provenance.escaping import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.cli.progress import Meter
    from provenance.custodian import Custodian
    from provenance.founding import FirstUse

#: Passphrases, recovery words, slips and recovery exports are a few kB at most; a longer file was named by mistake.
_SMALL = 65_536


@dataclass(frozen=True, slots=True)
class Session:
    """The choices of one call. Unset ones are filled from the group's options, then from the environment."""

    archive: str | None = None
    passphrase_file: str | None = None
    quiet: bool = False
    json: bool = False

    def merged(self, *, archive: str | None, passphrase_file: str | None, quiet: bool, json: bool) -> Session:
        """These choices with a command's own, which win."""
        return replace(
            self,
            archive=archive or self.archive,
            passphrase_file=passphrase_file or self.passphrase_file,
            quiet=quiet or self.quiet,
            json=json or self.json,
        )

    @property
    def archive_path(self) -> Path:
        """``--archive``, else ``$PROVENANCE_ARCHIVE``, else the platform's user data directory."""
        named = self.archive or os.environ.get("PROVENANCE_ARCHIVE")
        if named:
            return Path(named)
        from provenance.store.archive import default_path

        return default_path()

    def note(self, text: str) -> None:
        """One line beside the answer, on stderr; nothing under ``--quiet``."""
        if not self.quiet:
            warn(text)

    def say_remarks(self, custodian: Custodian | None) -> None:
        """Say once what the work came across beside its answer."""
        while custodian is not None and custodian.remarks:
            self._tell(custodian.remarks.pop(0))

    def _tell(self, remark: str) -> None:
        self.note(plain(remark))

    def given_passphrase(self) -> str | None:
        """The passphrase from ``--passphrase-file`` or ``$PROVENANCE_PASSPHRASE``; never asks."""
        if self.passphrase_file is not None:
            return _first_line(self.passphrase_file)
        return os.environ.get("PROVENANCE_PASSPHRASE") or None

    def passphrase(self, words: str = "Passphrase of the archive (Enter: stay locked)") -> str | None:
        """The passphrase as given, else asked for at a terminal; None when there is nobody to ask, or no answer."""
        given = self.given_passphrase()
        if given is not None or not sys.stdin.isatty():
            return given
        answer: str = click.prompt(words, default="", hide_input=True, show_default=False, err=True)
        return answer or None

    def new_passphrase(
        self,
        words: str,
        *,
        file: str | None = None,
        given: bool = True,
        advice: str = "give --passphrase-file FILE or set PROVENANCE_PASSPHRASE",
    ) -> str:
        """A passphrase to set: from ``file``, else as given if that counts here, else asked for twice.

        Raises :class:`UsageError` with ``advice`` when there is nobody to ask.
        """
        if file is not None:
            return _first_line(file)
        known = self.given_passphrase() if given else None
        if known is not None:
            return known
        if not sys.stdin.isatty():
            raise no_passphrase(advice)
        answer: str = click.prompt(words, hide_input=True, confirmation_prompt=True, err=True)
        return answer

    def optional_passphrase(self) -> str | None:
        """A passphrase to set, or none: as given, else asked for at a terminal, twice unless it is left empty."""
        given = self.given_passphrase()
        if given is not None or not sys.stdin.isatty():
            return given
        while answer := click.prompt(
            "New passphrase, so that who finds this device cannot read it (Enter: none)",
            default="", hide_input=True, show_default=False, err=True,
        ):  # fmt: skip
            if click.prompt("Once more", default="", hide_input=True, show_default=False, err=True) == answer:
                return str(answer)
            warn("these were not the same")
        return None

    def open(self, *, write: bool = False, ask: bool = True, guards: bool = True) -> Custodian:
        """The archive, which must exist. ``ask``: whether a passphrase may be asked for at a terminal."""
        from provenance.custodian import Custodian

        custodian = Custodian.open(self.archive_path, write=write, passphrase=self._source(ask=ask), guards=guards)
        custodian.teller = self._tell
        return custodian

    def open_to_read(self, *, write: bool = False, guards: bool = True) -> Custodian:
        """The archive, its sealed values open if they can be; a note says if they are not.

        Raises :class:`KeyFileError` (``key.passphrase``) for a wrong passphrase: it must not look like a lock.
        """
        custodian = self.open(write=write, guards=guards)
        try:
            custodian.reading  # noqa: B018 - opened now, so that nothing later asks or fails
        except LockedError:
            self.note(f"the archive is locked: sealed values are left out; {_opens(custodian)}")
        except BaseException:
            custodian.close()
            raise
        return custodian

    def open_or_create(self) -> Custodian:
        """The archive for registering: the first call makes it, nothing is asked, a wrong passphrase is only noted."""
        from provenance.founding import Init, open_or_create

        given = self.given_passphrase()
        # Whether there is an archive is decided where it is made, under the lock: a file may be there and hold nothing.
        custodian, first = open_or_create(
            self.archive_path,
            Init(passphrase=given),
            passphrase=lambda: given,
            unattended=not sys.stdin.isatty(),
        )
        try:
            custodian.reading  # noqa: B018 - a wrong passphrase shows here
        except LockedError:
            pass
        except KeyFileError as error:
            if error.code != "key.passphrase":
                raise
            self.note("the passphrase does not open this archive: registering goes on without reading it")
            custodian.close()
            custodian, _ = open_or_create(self.archive_path)
        return self._noted(custodian, first)

    def _noted(self, custodian: Custodian, first: FirstUse | None) -> Custodian:
        # A second log means that the archive was taken as a copy, which nobody asked for: said under --quiet, too.
        say = self.note if custodian.archive.current_log().log == 0 else warn
        for notice in first.notices if first is not None else ():
            say(plain(notice))
        custodian.teller = self._tell
        return custodian

    def _source(self, *, ask: bool) -> Callable[[], str | None]:
        """Where the archive gets its passphrase from; asked for once."""
        return cache(self.passphrase if ask else self.given_passphrase)

    def meter(self) -> Meter:
        """Progress on stderr when that is a terminal."""
        from provenance.cli.progress import Meter

        return Meter(shown=sys.stderr.isatty() and not self.quiet)


def _opens(custodian: Custodian) -> str:
    """What would open a locked archive: without its keys folder neither a passphrase nor words do."""
    folder = custodian.keyring.folder
    if folder.is_dir():
        return "`provenance unlock` or the passphrase opens it"
    return f"{plain(str(folder))} is missing: put back a copy, or `provenance key restore FILE` from a recovery export"


def no_passphrase(advice: str) -> UsageError:
    """The error of a command that needs a passphrase and has nobody to ask."""
    return UsageError("a passphrase is needed and nobody can be asked", code="usage.passphrase", advice=advice)


def read_small(name: str) -> bytes:
    """The bytes of a small file that a person named; raises :class:`UsageError` (``file.unreadable``)."""
    try:
        with Path(name).open("rb") as file:
            data = file.read(_SMALL + 1)
    except OSError as error:
        raise UsageError(
            f"cannot be read: {error.strerror}", code="file.unreadable", file=name, advice="name another file"
        ) from error
    if len(data) > _SMALL:
        raise UsageError("is too large to be this", code="file.unreadable", file=name, advice="name another file")
    return data


def read_text(name: str) -> str:
    """The text of a small file that a person named; what is not UTF-8 in it is replaced, and found wrong later."""
    return read_small(name).decode("utf-8", "replace")


def _first_line(name: str) -> str:
    line = read_small(name).partition(b"\n")[0].removesuffix(b"\r")
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if not text:
        raise KeyFileError(
            "holds no passphrase", code="key.passphrase-file", file=name, advice="write it on the first line, as UTF-8"
        )
    return text
