"""The reference pages that are made from the code: ``python -m provenance.cli.reference`` rewrites them.

docs/cli.md is made whole; in docs/formats/ the tables of errors.md (codes) and verdict.md (words). A test fails when
they are not up to date.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provenance.cli.main import root
from provenance.error_codes import ERRORS
from provenance.verdict_words import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = """\
# Command line

Made from the code by `python -m provenance.cli.reference`; a test keeps it up to date.
"""

_COMMON = """\
Every command also takes `--json`, `--archive PATH`, `--passphrase-file FILE`, `-q, --quiet` and `-h, --help`; they may
stand before or after the command's name.
"""


def commands(group: click.Group = root, path: str = "provenance") -> Iterator[tuple[str, click.Command]]:
    """(full name, command) of every command, groups before their members, in the order of ``--help``."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


def cli_page() -> str:
    """The text of docs/cli.md."""
    parts = [_HEAD, "## provenance\n", _help(root, "provenance"), _COMMON]
    parts.extend(f"## {name}\n\n{_help(command, name)}" for name, command in commands())
    return "\n".join(parts)


def _help(command: click.Command, name: str) -> str:
    info: dict[str, Any] = {"terminal_width": 100, "max_content_width": 100, **root.context_settings}
    with click.Context(command, info_name=name, **info) as context:
        text = command.get_help(context)
    lines = text.splitlines()
    if command is not root:
        lines = _without_common(lines)
    return "```text\n" + "\n".join(line.rstrip() for line in lines).rstrip() + "\n```\n"


def _without_common(lines: list[str]) -> list[str]:
    """Help without the options that every command takes, and without their heading if nothing else is under it."""
    if "Options:" not in lines:
        return lines
    options = lines.index("Options:") + 1
    kept = []
    skipping = False
    for line in lines[options:]:
        if line.startswith("  -") or not line.startswith("   "):
            skipping = line.startswith(("  --json", "  --archive", "  --passphrase-file", "  -q, ", "  -h, --help"))
        if not skipping:
            kept.append(line)
    return [*lines[:options], *kept] if kept and kept[0] else [*lines[: options - 1], *kept[1:]]


def error_table() -> str:
    """The table of error codes for docs/formats/errors.md."""
    rows = [f"| `{code}` | {one.meaning} | {one.advice} |" for code, one in ERRORS.items()]
    return "\n".join(["| code | what it means | what usually helps |", "|---|---|---|", *rows]) + "\n"


def word_table() -> str:
    """The table of the words of a verdict for docs/formats/verdict.md."""
    rows = [
        f"| `{member}` | `{word}` | {one.said} | {one.meaning} |"
        for member, _, words in KINDS.values()
        for word, one in words.items()
    ]
    return "\n".join(["| member | word | in the text | it means |", "|---|---|---|---|", *rows]) + "\n"


#: Pages under docs/formats/ -> the table in them that is made from the code.
TABLES = {"errors.md": error_table, "verdict.md": word_table}


def with_table(page: str, table: str) -> str:
    """``page`` with its table, between two marks, made anew."""
    before, rest = page.split("<!-- table -->\n", 1)
    _, after = rest.split("<!-- end of table -->\n", 1)
    return f"{before}<!-- table -->\n{table}<!-- end of table -->\n{after}"


def main(folder: Path) -> None:
    """Rewrite the pages under ``folder`` (docs)."""
    (folder / "cli.md").write_text(cli_page(), encoding="utf-8")
    for name, table in TABLES.items():
        page = folder / "formats" / name
        page.write_text(with_table(page.read_text(encoding="utf-8"), table()), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
