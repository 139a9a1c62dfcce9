"""A table: drawn for a terminal, tab-separated for a program."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``name`` for programs, ``title`` for people.

    ``fold``: may be broken when the line is short; ``piped``: for programs only, a terminal has no room for it.
    """

    name: str
    title: str
    right: bool = False
    fold: bool = False
    piped: bool = False


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

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    shown = [number for number, column in enumerate(columns) if not column.piped]
    for column in (columns[number] for number in shown):
        table.add_column(
            column.title,
            justify="right" if column.right else "left",
            no_wrap=not column.fold,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(Text(row[number]) for number in shown))
    Console().print(table)
