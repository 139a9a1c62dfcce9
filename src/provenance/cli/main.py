"""The outermost shell: parse, call, and turn whatever comes back into lines and an exit status."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import click

from provenance.cli import output
from provenance.cli.lazy import LazyGroup
from provenance.cli.session import Session
from provenance.cli.verb import common_options
from provenance.errors import ProvenanceError, UsageError, refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

#: 128 + SIGINT, as shells report it.
INTERRUPTED = 130
#: 128 + SIGPIPE: the reader of our output has gone.
PIPE_CLOSED = 141
#: 128 + SIGTERM.
TERMINATED = 143

COMMANDS = {
    "register": ("register:register", "Register files: hash, sign, log, then examine."),
    "verify": ("verify:verify", "Tell how files relate to what was registered."),
    "batch": ("batch:batch", "Tell how many files, or folders of them, relate to what was registered."),
    "list": ("listing:listing", "List what is registered."),
    "show": ("show:show", "Show all that is recorded about an item of evidence."),
    "examine": ("examine:examine", "Examine what was registered and not examined yet."),
    "locate": ("locate:locate", "Say where the bytes of an item of evidence are now."),
    "frames": ("frames:frames", "Take one exact picture out of a video."),
    "audit": ("audit:audit", "Recompute every record and the log, and list all faults."),
    "slip": ("slip:slip", "A signed line that commits to a file and fits a text message."),
    "log": ("log:log", "Heads and receipts of the log, to be kept by others."),
    "init": ("init:init", "Make an archive and its keys, with choices."),
    "unlock": ("unlock:unlock", "Keep the reading key at hand for a while, or lock it again."),
    "key": ("key:key", "Keys of the archive: make, list, export, put under a passphrase."),
    "archive": ("archive:archive", "Take over an archive that was moved, copied or restored."),
    "doctor": ("doctor:doctor", "State of this machine: what works, and what a finder could read."),
    "explain": ("explain:explain", "What a word or a code in an answer means."),
    "completion": ("completion:completion", "Print the completion script of a shell."),
}

EPILOG = """\
Exit status, as diff: 0 the exact match, or done; 1 compared, and anything else; 2 undetermined, unreadable, wrong use;
130 interrupted.

Arguments that have the form of an evidence id (pv1-...) are ids, everything else is a file; -- ends the options.
"""


def _print_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's signature
    if not value or ctx.resilient_parsing:
        return
    from provenance.cli.versions import lines

    for line in lines():
        output.say(line)
    ctx.exit()


@click.group(
    "provenance",
    cls=LazyGroup,
    lazy=COMMANDS,
    params=[
        *common_options(),
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_print_version,
            help="Show this version and those of its libraries.",
        ),
    ],
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)
def root(**common: Any) -> None:
    """Register witness video, keep signed records, and tell how a copy relates to what was registered.

    A match shows which registered bytes a file comes from. It does not show that the scene is true, complete, or what
    it is said to show.
    """
    click.get_current_context().obj = Session().merged(**common)


def run(arguments: Sequence[str]) -> int:
    """Run one command; return its exit status. Raises nothing."""
    _speak_safely(sys.stdout)
    _speak_safely(sys.stderr)
    json = _asks_for_json(arguments)
    try:
        try:
            previous = signal.signal(signal.SIGTERM, _terminated)
        except ValueError:  # not the main thread: the embedding program owns signals
            previous = None
        try:
            status = _run(arguments)
        finally:
            if previous is not None:
                signal.signal(signal.SIGTERM, previous)
        sys.stdout.flush()
    except ProvenanceError as error:
        status = _told(error, json=json)
    except (KeyboardInterrupt, click.Abort):
        output.warn("\nprovenance: interrupted; everything that was acknowledged is kept")
        return INTERRUPTED
    except BrokenPipeError:
        _discard_output()
        return PIPE_CLOSED
    except Exception as error:
        if os.environ.get("PROVENANCE_DEBUG"):
            raise
        return _told(_internal(error), json=json)
    return status


def _run(arguments: Sequence[str]) -> int:
    """Parse and call. click's own shell is not used: it would answer a closed pipe with 1, which means "differs"."""
    if "_PROVENANCE_COMPLETE" in os.environ:  # a shell asks what could follow
        root.main(list(arguments), prog_name="provenance")
    try:
        with root.make_context("provenance", list(arguments)) as context:
            status = root.invoke(context)
    except click.exceptions.NoArgsIsHelpError as error:
        output.warn(error.format_message())
        return output.TROUBLE
    except click.exceptions.Exit as done:
        return int(done.exit_code)
    except click.ClickException as error:
        raise _usage(error) from error
    return status if isinstance(status, int) else 0


def _usage(error: click.ClickException) -> UsageError:
    """The complaint of click in our words."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    advice = f"`{context.command_path} --help` lists what it takes" if context else None
    return UsageError(error.format_message().rstrip("."), advice=advice)


def _told(error: ProvenanceError, *, json: bool) -> int:
    try:
        if json:
            output.say_json(output.error_value(error))
        else:
            output.say_error(error)
        sys.stdout.flush()
    except OSError:  # nobody can be told: the pipe is closed, or the disk that the answer goes to is full
        _discard_output()
    return output.TROUBLE


def _internal(error: Exception) -> ProvenanceError:
    """A fault of ours, or of the machine, that nothing below has translated."""
    if isinstance(error, OSError):
        return refusal(error)
    return ProvenanceError(
        f"stopped by a fault of its own ({type(error).__name__}: {error})",
        code="internal",
        advice="nothing acknowledged is lost; PROVENANCE_DEBUG=1 shows where, please report it",
    )


def _asks_for_json(arguments: Sequence[str]) -> bool:
    """Whether ``--json`` is among the options, also when the rest cannot be parsed."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in options


def _speak_safely(stream: TextIO) -> None:
    """Characters that the terminal's encoding lacks are escaped instead of stopping the command."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


def _discard_output() -> None:
    """Let the interpreter's last flush go nowhere."""
    sink = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, sys.stdout.fileno())
    except (OSError, ValueError):  # stdout is not a file of the system
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - lives until exit
    finally:
        os.close(sink)


def _terminated(*_: object) -> NoReturn:
    raise SystemExit(TERMINATED)
