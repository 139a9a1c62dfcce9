"""``provenance register``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import click

from provenance.cli import output
from provenance.cli.values import byte_count, file_name, free_text
from provenance.cli.verb import verb
from provenance.cli.words import details, size
from provenance.errors import ProvenanceError, UsageError, refusal
from provenance.escaping import plain

if TYPE_CHECKING:
    from provenance.cli.session import Session
    from provenance.register import Intake, Registered


@verb("register")
@click.argument("files", nargs=-1, required=True, type=file_name)
@click.option("--captured", is_flag=True, help="You filmed this: a claim of this archive's key, kept as a claim.")
@click.option("--received-from", "sender", type=free_text, metavar="NAME", help="Who sent it.")
@click.option("--channel", type=free_text, metavar="TEXT", help="How it was sent: messenger, e-mail, memory card ...")
@click.option("--generation", type=click.Choice(["unknown", "copy", "original"]), help="What the sender says it is.")
@click.option("--url", type=free_text, metavar="URL", help="Where on the web it was taken from.")
@click.option(
    "--claimed-time",
    type=free_text,
    metavar="TIME",
    help="When it was filmed, as said; vague is fine: 2015-05, 2015-05-04~.",
)
@click.option("--claimed-place", type=free_text, metavar="TEXT", help="Where it was filmed, as said.")
@click.option("--event", type=free_text, metavar="TEXT", help="What it belongs to, in your words.")
@click.option("--note", type=free_text, metavar="TEXT", help="Anything else; sealed like all of the above.")
@click.option("--no-examine", "examine", flag_value=False, default=True, help="Register now, examine later.")
@click.option("--slip", is_flag=True, help="Print a slip for each file: a signed line for a message.")
@click.option("--max-bytes", type=byte_count, metavar="SIZE", help="Refuse files that are larger, e.g. 4GiB.")
def register(session: Session, files: tuple[str, ...], **options: Any) -> int:
    """Register FILES: hash, sign and log them first, which takes seconds and no network, then examine them.

    The files are not touched. The first call makes an archive and its keys without a question. The same bytes again
    are a new event on the same record, not a new record. What is said about a file (sender, place, note ...) is sealed.

    Exit status: 0 if all are registered, also when an examination failed; 2 otherwise.
    """
    intake = _intake(options)
    examine, slip, max_bytes = options["examine"], options["slip"], options["max_bytes"]
    from provenance.register import register as register_file

    failed = False
    with session.open_or_create() as custodian, _Answers(session) as answers:
        for name in files:
            try:
                with session.meter().of(name) as meter:
                    done = register_file(
                        custodian, Path(name), intake, examine=examine, slip=slip, max_bytes=max_bytes, progress=meter
                    )
            except (ProvenanceError, OSError) as error:
                failed = True
                answers.failed(name, refusal(error) if isinstance(error, OSError) else error)
            else:
                answers.registered(name, done)
    return output.TROUBLE if failed else 0


def _intake(options: dict[str, Any]) -> Intake:
    from provenance.register import Intake

    came = [name for name in ("sender", "channel", "generation", "url") if options[name] is not None]
    if options["captured"] and came:
        raise UsageError(
            "a file is either captured by you or received from somebody",
            code="usage.captured-or-received",
            advice="leave out --captured, or the options that say how it came",
        )
    how: Literal["captured", "received"] | None = "captured" if options["captured"] else "received" if came else None
    said = ("sender", "channel", "generation", "url", "claimed_time", "claimed_place", "event", "note")
    return Intake(how=how, **{name: options[name] for name in said})


class _Answers:
    """One answer a file, as it comes."""

    def __init__(self, session: Session) -> None:
        self._quiet = session.quiet
        self._array = output.JsonArray() if session.json else None

    def __enter__(self) -> Self:
        if self._array is not None:
            self._array.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._array is not None:
            self._array.__exit__(kind)

    def registered(self, name: str, done: Registered) -> None:
        """Say what was recorded."""
        if self._array is not None:
            self._array.add(output.to_json(_value(name, done)))
            return
        known = done.status == "already-registered"
        verbed = "was registered before; received again, noted on" if known else "registered as"
        output.say(f"{plain(name)}: {verbed} {done.evidence_id}")
        if not self._quiet:
            output.say(details(_rows(done)))
        if done.slip is not None:
            output.say(done.slip)

    def failed(self, name: str, error: ProvenanceError) -> None:
        """Say why nothing was recorded."""
        if self._array is None:
            output.say_error(error, file=name)
            return
        empty = dict.fromkeys(("evidence_id", "sha256", "sha512", "size", "log_index", "examine_error", "slip"))
        value = {"file": name, "status": "failed", **empty, "examined": False}
        self._array.add(output.to_json({**value, "error": output.error_object(error, file=name)}))


def _value(name: str, done: Registered) -> dict[str, Any]:
    return {
        "file": name,
        "status": done.status,
        "evidence_id": done.evidence_id,
        "sha256": done.digests.sha256.hex(),
        "sha512": done.digests.sha512.hex(),
        "size": done.digests.size,
        "log_index": done.log_index,
        "examined": done.examined,
        "examine_error": done.examine_error,
        "slip": done.slip,
    }


def _rows(done: Registered) -> list[tuple[str, str]]:
    rows = [
        ("SHA-256", done.digests.sha256.hex()),
        ("size", size(done.digests.size)),
        ("log entry", str(done.log_index)),
        ("examined", _examined(done)),
    ]
    return rows + [("", plain(remark)) for remark in done.remarks]


def _examined(done: Registered) -> str:
    if done.examined:
        return "yes"
    if done.examine_error is not None:
        return f"no: {plain(done.examine_error)}"
    return "not yet: `provenance examine` does it"
