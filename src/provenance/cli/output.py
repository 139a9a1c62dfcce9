"""What a command writes: data on stdout, notes and errors on stderr, one JSON form for both kinds of answer."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING, Any, Self, TextIO

import click

from provenance.cli.words import wrapped
from provenance.escaping import plain, unicode_text

if TYPE_CHECKING:
    from provenance.errors import ProvenanceError

ERROR_SCHEMA = "provenance/error/v1"
#: Exit status of everything that is not an answer (formats section 6): undetermined, unreadable, usage.
TROUBLE = 2


def say(text: str = "") -> None:
    """Lines of data for a person, on stdout. The caller has made values from elsewhere `plain`."""
    click.echo(_fitted(text, sys.stdout))


def say_exactly(text: str) -> None:
    """Text that others check to the byte: never wrapped."""
    click.echo(text)


def warn(text: str) -> None:
    """One line on stderr."""
    click.echo(_fitted(text, sys.stderr), err=True)


def _fitted(text: str, stream: TextIO) -> str:
    """``text`` wrapped between words on a terminal, as it is elsewhere."""
    return wrapped(text, shutil.get_terminal_size().columns) if stream.isatty() else text


def say_json(value: Any) -> None:
    """One JSON value on stdout, ASCII only: a value cannot reach the terminal as a control sequence."""
    click.echo(to_json(value))


def to_json(value: Any) -> str:
    """JSON text of ``value``; file names that are not UTF-8 are escaped so that it stays valid Unicode."""
    return json.dumps(_unicode(value), indent=2, allow_nan=False)


def say_line(value: Any) -> None:
    """One JSON value on one line of stdout (JSON lines), ASCII only, sorted keys as in a verdict."""
    click.echo(json.dumps(_unicode(value), sort_keys=True, allow_nan=False))


def _unicode(value: Any) -> Any:
    if isinstance(value, str):
        return unicode_text(value)
    if isinstance(value, dict):
        return {unicode_text(str(name)): _unicode(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_unicode(item) for item in value]
    return value


def error_object(error: ProvenanceError, *, file: str | None = None) -> dict[str, str | None]:
    """The ``error`` member of error/v1: code, message, file, advice."""
    return {"code": error.code, "message": error.message, "file": error.file or file, "advice": _advice(error)}


def _advice(error: ProvenanceError) -> str | None:
    """What the error says to do, else what usually helps with errors of its code."""
    from provenance.error_codes import ERRORS

    if error.advice is not None or error.code not in ERRORS:
        return error.advice
    usual = ERRORS[error.code].advice.removesuffix(".")
    return usual[:1].lower() + usual[1:]


def error_value(error: ProvenanceError, *, file: str | None = None) -> dict[str, Any]:
    """The object of docs/formats/errors.md."""
    return {"schema": ERROR_SCHEMA, "error": error_object(error, file=file)}


def say_error(error: ProvenanceError, *, file: str | None = None) -> None:
    """An error for a person, in one line on stderr: which file, what is wrong, what to do."""
    told = error_object(error, file=file)
    where = f"{plain(told['file'])}: " if told["file"] else ""
    advice = f" - {plain(told['advice'])}" if told["advice"] else ""
    warn(f"provenance: {where}{plain(error.message)}{advice}")


class JsonArray:
    """A JSON array written as its members become known, closed also when the command is interrupted."""

    def __init__(self) -> None:
        self._empty = True

    def __enter__(self) -> Self:
        click.echo("[", nl=False)
        return self

    def add(self, text: str) -> None:
        """Write one member, given as JSON text."""
        click.echo("\n" if self._empty else ",\n", nl=False)
        click.echo(text, nl=False)
        self._empty = False

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None or not issubclass(kind, BrokenPipeError):  # a closed pipe takes no more
            click.echo("]" if self._empty else "\n]")


class JsonSingle:
    """One JSON value, in place of an array of one."""

    def __enter__(self) -> Self:
        return self

    def add(self, text: str) -> None:
        """Write the value, given as JSON text."""
        click.echo(text)

    def __exit__(self, *_: object) -> None:
        pass
