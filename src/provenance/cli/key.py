"""``provenance key``: new, list, export, passphrase."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from provenance.cli import output
from provenance.cli.lazy import LazyGroup
from provenance.cli.session import no_passphrase, read_small
from provenance.cli.values import file_name
from provenance.cli.verb import verb
from provenance.cli.words import plural
from provenance.errors import UsageError
from provenance.escaping import plain

if TYPE_CHECKING:
    from provenance.cli.session import Session
    from provenance.custodian import Custodian


@click.group(
    "key",
    cls=LazyGroup,
    lazy={
        "new": ("key:new", "Make a recipient key pair for --seal-to."),
        "list": ("key:listing", "List the keys of the archive."),
        "export": ("key:export", "Write a key for others, or a recovery export for yourself."),
        "restore": ("key:restore", "Put the keys of a recovery export back beside the archive."),
        "passphrase": ("key:passphrase", "Put the reading key under a passphrase, or change it."),
    },
)
def key() -> None:
    """Keys of the archive. Signing works unattended; reading what is sealed takes the reading key."""


@verb("new")
@click.option(
    "-o", "--output", "name", type=file_name, required=True, metavar="NAME", help="Write NAME.pub and NAME.key."
)
@click.option("--no-passphrase", is_flag=True, help="Leave NAME.key open to whoever holds it.")
def new(session: Session, name: str, *, no_passphrase: bool) -> None:
    """Make a recipient key pair: others seal for NAME.pub with `provenance init --seal-to`, NAME.key opens it.

    Keep NAME.key away from the devices that seal for it; `provenance unlock --key-file NAME.key` opens their archive.
    """
    from provenance.attest.keys import ReadingKey, public_text
    from provenance.store.files import write_new

    secret, public = Path(f"{name}.key"), Path(f"{name}.pub")
    for path in (secret, public):
        if path.exists():
            raise UsageError("exists already", code="file.exists", file=str(path), advice="choose another NAME")
    chosen = None if no_passphrase else session.new_passphrase("Passphrase for the new key")
    made = ReadingKey.generate()
    write_new(secret, made.to_file(chosen))
    write_new(public, public_text(made.public).encode("ascii"), mode=0o644)
    value = {"schema": "provenance/key/v1", "public": public_text(made.public).strip()}
    if session.json:
        output.say_json({**value, "files": [str(public), str(secret)]})
    else:
        output.say(f"{plain(str(public))}: to give away\n{plain(str(secret))}: to keep; without it nothing can be read")


@verb("list")
def listing(session: Session) -> None:
    """List the keys of the archive: what each is for, and its public part."""
    with session.open(ask=False) as custodian:
        keys = _keys(custodian)
    if session.json:
        output.say_json(keys)
        return
    for each in keys:
        output.say(f"{each['use']}: {each['public']}")
        if not session.quiet:
            output.say(f"  {each['about']}")


def _keys(custodian: Custodian) -> list[dict[str, object]]:
    from provenance.attest.keys import public_text
    from provenance.doctor import own_reading_key, reading_state

    found: list[dict[str, object]] = []
    signing = custodian.signing.public
    found.append(_key("signing", signing.hex(), "Ed25519; signs statements, unattended"))
    found.extend(
        _key("log", log.public_key.hex(), f"Ed25519; signs the heads of {log.origin}, unattended")
        for log in custodian.archive.logs()
    )
    own, state = own_reading_key(custodian), reading_state(custodian)
    for recipient in custodian.recipients:
        if recipient == own:
            how = {"open": "not under a passphrase", "missing": "missing here"}.get(state, "under a passphrase")
            found.append(_key("reading", public_text(recipient).strip(), f"X25519; opens what is sealed; {how}"))
        else:
            about = "X25519; what is sealed here can be opened by its holder"
            found.append(_key("recipient", public_text(recipient).strip(), about))
    return found


def _key(use: str, public: str, about: str) -> dict[str, object]:
    return {"use": use, "public": public, "about": about}


@verb("export")
@click.option("-o", "--output", "target", type=file_name, required=True, metavar="FILE", help="Where to write it.")
@click.option("--recovery", is_flag=True, help="All keys, under a passphrase: what to keep in another place.")
@click.option(
    "--export-passphrase-file",
    "export_file",
    type=file_name,
    metavar="FILE",
    help="With --recovery: read the passphrase of the export from FILE. Default: asked for.",
)
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
def export(session: Session, target: str, *, recovery: bool, export_file: str | None, force: bool) -> None:
    """Write the public reading key, for others to seal for; or with --recovery all keys, for yourself.

    The recovery export is under a passphrase of its own; --passphrase-file opens the archive. It restores signing when
    the keys folder is lost, and reading, unless this device only seals for others. It holds no record: keep a copy of
    the archive file, too.
    """
    from provenance.attest.keys import public_text
    from provenance.doctor import own_reading_key
    from provenance.store.files import write_new

    if export_file is not None and not recovery:
        raise UsageError(
            "--export-passphrase-file is for --recovery: a public key has no passphrase", advice="leave it out"
        )
    with session.open() as custodian:
        if recovery:
            chosen = session.new_passphrase(
                "Passphrase for the recovery export",
                file=export_file,
                given=False,
                advice="give --export-passphrase-file FILE",
            )
            data = custodian.export_recovery(chosen)
        else:
            public = own_reading_key(custodian)
            if public is None:
                raise UsageError("this device has no reading key of its own", advice="it only seals for others")
            data = public_text(public).encode("ascii")
    write_new(Path(target), data, force=force, mode=0o600 if recovery else 0o644)
    kind = "recovery" if recovery else "public"
    if session.json:
        output.say_json({"schema": "provenance/key-export/v1", "file": target, "kind": kind})
    else:
        output.say(f"{plain(target)}: {'recovery export; keep it in another place' if recovery else 'to give away'}")


@verb("restore")
@click.argument("file", type=file_name)
def restore(session: Session, file: str) -> None:
    """Put the keys of the recovery export FILE back beside the archive.

    The passphrase is that of the export. No key that is there is replaced.
    """
    from provenance.founding import restore_keys

    path = session.archive_path
    passphrase = session.passphrase("Passphrase of the recovery export")
    if passphrase is None:
        raise no_passphrase("give --passphrase-file FILE or set PROVENANCE_PASSPHRASE")
    names = restore_keys(path, read_small(file), passphrase)
    if session.json:
        output.say_json({"schema": "provenance/key-restore/v1", "archive": str(path), "keys": names})
    else:
        output.say(f"{plain(str(path))}: {plural(len(names), 'key file')} put back\n  {', '.join(map(plain, names))}")


@verb("passphrase")
@click.option("--new-passphrase-file", "new_file", type=file_name, metavar="FILE", help="Read the new one from FILE.")
@click.option("--remove", is_flag=True, help="Leave the reading key open to whoever holds this device.")
def passphrase(session: Session, new_file: str | None, *, remove: bool) -> None:
    """Put the reading key under a passphrase, or change it.

    The present passphrase, if there is one, comes from --passphrase-file, $PROVENANCE_PASSPHRASE or the prompt; the
    new one from --new-passphrase-file or the prompt. What was sealed stays sealed for the same key: a copy of the old
    key file still opens with the old passphrase.
    """
    from provenance.doctor import own_reading_key

    if remove and new_file is not None:
        raise UsageError("--remove and --new-passphrase-file contradict each other", advice="give one of them")
    with session.open() as custodian:
        reading = custodian.reading  # asked for first: who cannot open the key cannot change its passphrase
        if reading.public != own_reading_key(custodian):
            raise UsageError(
                "it is open with another key than this device's own, which alone can get a passphrase here",
                advice="`provenance unlock --lock`, then give the passphrase",
            )
        chosen = (
            None
            if remove
            else session.new_passphrase(
                "New passphrase", file=new_file, given=False, advice="give --new-passphrase-file FILE"
            )
        )
        custodian.set_passphrase(chosen)
    if session.json:
        value = {"schema": "provenance/passphrase/v1", "protected": not remove, "key": reading.public.hex()}
        output.say_json(value)
    else:
        output.say("the reading key is open to whoever holds this device" if remove else "passphrase set")
