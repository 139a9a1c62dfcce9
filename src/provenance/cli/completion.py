"""``provenance completion``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.shell_completion import get_completion_class

from provenance.cli import output
from provenance.cli.verb import verb

if TYPE_CHECKING:
    from provenance.cli.session import Session


@verb("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(session: Session, shell: str) -> None:
    """Print the completion script of SHELL.

    For bash: `provenance completion bash > ~/.local/share/bash-completion/completions/provenance`.
    """
    from provenance.cli.main import root

    complete = get_completion_class(shell)
    assert complete is not None
    script = complete(root, {}, "provenance", "_PROVENANCE_COMPLETE").source()
    if session.json:
        output.say_json({"schema": "provenance/completion/v1", "shell": shell, "script": script})
    else:
        output.say_exactly(script)
