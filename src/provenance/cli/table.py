"""A table: drawn for a terminal, tab-separated for a program."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Columns of a terminal on which nothing has to be shortened: ids, times, sizes, and 30 characters for a file name.
_WIDE = 100


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``name`` for programs, ``title`` for people.

    ``fold``: may be broken when the line is short; ``narrow``: characters of it that such a line shows.
    """

    name: str
    title: str
    right: bool = False
    fold: bool = False
    narrow: int | None = None


def draw(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """Write the rows on stdout. The caller has made values from elsewhere `plain`."""
    if not sys.stdout.isatty():
        for row in ([column.name for column in columns], *rows):
            click.echo("\t".join(cell.replace("\t", "\\t") for cell in row))
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    kept = [column.narrow if console.width < _WIDE else None for column in columns]
    for column, most in zip(columns, kept, strict=True):
        table.add_column(
            column.title[:most],
            justify="right" if column.right else "left",
            no_wrap=not column.fold,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(Text(cell[:most]) for cell, most in zip(row, kept, strict=True)))
    console.print(table)
