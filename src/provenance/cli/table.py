"""A table: drawn for a terminal, tab-separated for a program."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import click


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``name`` for programs, ``title`` for people; ``fold``: may be broken when the line is short."""

    name: str
    title: str
    right: bool = False
    fold: bool = False


def draw(columns: list[Column], rows: list[list[str]]) -> None:
    """Write the rows on stdout. The caller has made values from elsewhere `plain`."""
    if not sys.stdout.isatty():
        for row in ([column.name for column in columns], *rows):
            click.echo("\t".join(cell.replace("\t", "\\t") for cell in row))
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(
            column.title,
            justify="right" if column.right else "left",
            no_wrap=not column.fold,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)
