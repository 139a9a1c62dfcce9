"""What `key` and `log` statements say in plain beside the members that all statements have (formats section 1)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from provenance.errors import RecordError

if TYPE_CHECKING:
    from provenance.attest.canonical import Members

_ORIGIN = re.compile(r"provenance/[0-9a-f]{32}")
_HASH_BYTES = 32


@dataclass(frozen=True, slots=True)
class KeyIntroduced:
    """A signing key presents itself.

    ``public``: its 32 bytes; ``origin``: the log it writes to; ``next``: SHA-256 of the key that is to follow it;
    ``recovery``: the public key that may revoke it. The last two are None where there is none.
    """

    public: bytes
    origin: str
    next: bytes | None = None
    recovery: bytes | None = None


@dataclass(frozen=True, slots=True)
class KeyRotated:
    """A signing key hands over to ``public``, whose SHA-256 it had announced; ``next`` as in :class:`KeyIntroduced`."""

    public: bytes
    next: bytes | None = None


@dataclass(frozen=True, slots=True)
class LogHead:
    """The head that was checkpointed: ``size`` entries under ``root``."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class LogContinued:
    """The log ``origin`` goes on where the subject's log ended.

    ``size`` and ``root``: the last good head of the old log. ``lost``: first entry that may be lost and the one after
    the last (None: unknown how many); None as a whole if nothing is.
    """

    origin: str
    size: int
    root: bytes
    lost: tuple[int, int | None] | None = None


Details = KeyIntroduced | KeyRotated | LogHead | LogContinued
#: The details that an event has; other events have none.
OF_EVENT: dict[str, type[Details]] = {
    "introduced": KeyIntroduced,
    "rotated": KeyRotated,
    "checkpointed": LogHead,
    "log-continued": LogContinued,
}


def check_origin(origin: str) -> str:
    """Return the origin of a log or raise :class:`RecordError`."""
    if _ORIGIN.fullmatch(origin) is None:
        raise RecordError("this is not the origin of a log")
    return origin


def check(details: Details | None, event: str | None) -> None:
    """Check that the details are those of the event, and their values; raises :class:`RecordError`."""
    expected = OF_EVENT.get(event or "", type(None))
    if type(details) is not expected:
        raise RecordError(f"the details of {event!r} are missing or do not belong to it")
    match details:
        case KeyIntroduced(public, origin, following, recovery):
            check_origin(origin)
            _check_sizes(public, following, recovery)
            if public == recovery or (following is not None and following == hashlib.sha256(public).digest()):
                raise RecordError("a key cannot recover or follow itself")
        case KeyRotated(public, following):
            _check_sizes(public, following)
        case LogHead(size, root):
            _check_sizes(root)
            _check_range(size, None)
        case LogContinued(origin, size, root, lost):
            check_origin(origin)
            _check_sizes(root)
            _check_range(size, lost)


def members(details: Details | None) -> dict[str, Any]:
    """The JSON members of the details."""
    match details:
        case KeyIntroduced(public, origin, following, recovery):
            return {"next": _hex(following), "origin": origin, "public": public.hex(), "recovery": _hex(recovery)}
        case KeyRotated(public, following):
            return {"next": _hex(following), "public": public.hex()}
        case LogHead(size, root):
            return {"root": root.hex(), "size": size}
        case LogContinued(origin, size, root, lost):
            return {
                "lost": None if lost is None else list(lost),
                "origin": origin,
                "root": root.hex(),
                "size": size,
            }
        case None:
            return {}


def take(event: str | None, members: Members) -> Details | None:
    """The details of an event, taken from the members of a predicate; raises :class:`RecordError`."""
    match event:
        case "introduced":
            return KeyIntroduced(
                public=members.hex("public"),
                origin=members.text("origin"),
                next=members.hex_or_null("next"),
                recovery=members.hex_or_null("recovery"),
            )
        case "rotated":
            return KeyRotated(public=members.hex("public"), next=members.hex_or_null("next"))
        case "checkpointed":
            return LogHead(size=members.integer("size"), root=members.hex("root"))
        case "log-continued":
            return LogContinued(
                origin=members.text("origin"),
                size=members.integer("size"),
                root=members.hex("root"),
                lost=_take_lost(members.take("lost")),
            )
        case _:
            return None


def _take_lost(value: Any) -> tuple[int, int | None] | None:
    if value is None:
        return None
    match value:
        case [int(first), None | int()] if type(first) is int and type(value[1]) in {int, type(None)}:
            return first, value[1]
        case _:
            raise RecordError("'lost' is not a pair of entries")


def _check_range(size: int, lost: tuple[int, int | None] | None) -> None:
    if size < 0:
        raise RecordError("the size of a log is not negative")
    if lost is not None and not (lost[0] >= size and (lost[1] is None or lost[1] > lost[0])):
        raise RecordError("'lost' is not a range behind the last good head")


def _check_sizes(*values: bytes | None) -> None:
    if any(value is not None and len(value) != _HASH_BYTES for value in values):
        raise RecordError(f"a key or digest is not {_HASH_BYTES} bytes")


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()
