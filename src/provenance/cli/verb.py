"""The options that every command takes, added once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from provenance.cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

_COMMON = ("archive", "passphrase_file", "quiet", "json")


def common_options() -> list[click.Option]:
    """``--json``, ``--archive``, ``--passphrase-file`` and ``--quiet``."""
    return [
        click.Option(["--json"], is_flag=True, help="Answer in JSON, errors too."),
        click.Option(
            ["--archive"],
            metavar="PATH",
            help="The archive file. Default: $PROVENANCE_ARCHIVE, else your user data folder.",
        ),
        click.Option(
            ["--passphrase-file"],
            metavar="FILE",
            help="Read the passphrase from the first line of FILE. Default: $PROVENANCE_PASSPHRASE, else asked for.",
        ),
        click.Option(
            ["-q", "--quiet"], is_flag=True, help="No progress, no notes, and only first lines; warnings are said."
        ),
    ]


class Verb(click.Command):
    """A command with the common options; its callback gets the :class:`Session` as first argument."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.extend(common_options())

    def invoke(self, ctx: click.Context) -> Any:
        """Merge the common options into the session and call."""
        own = {name: ctx.params.pop(name) for name in _COMMON}
        session = ctx.obj if isinstance(ctx.obj, Session) else Session()
        ctx.obj = session.merged(**own)
        return super().invoke(ctx)


def verb(name: str) -> Callable[[Callable[..., Any]], Verb]:
    """Make a callback ``(session, **options) -> exit status or None`` the command ``name``."""

    def made(callback: Callable[..., Any]) -> Verb:
        return click.command(name, cls=Verb)(click.pass_obj(callback))

    return made
