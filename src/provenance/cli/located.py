"""The registered bytes of an evidence id, wherever they were seen, or a file by its name."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from provenance.cli.values import split_ids
from provenance.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.cli.session import Session
    from provenance.evidence import DigestSet
    from provenance.media.source import Source


@contextmanager
def opened(session: Session, file: str) -> Iterator[Source]:
    """FILE itself, or for an evidence id the registered bytes: digested on the descriptor that is then measured."""
    from provenance.media.source import open_source

    if not split_ids([file])[0]:
        with open_source(file) as source:
            yield source
        return
    from provenance.records import digests_of, locations

    with session.open() as custodian:
        wanted = digests_of(custodian, file)
        places = [place.path for place in locations(custodian, file)]
    for path in places:
        with ExitStack() as stack:
            try:
                source = stack.enter_context(open_source(path))
                holds = _holds(session, source, wanted)
            except FileError:
                continue  # gone, or not readable now: the next place may do
            if holds:
                yield source
                return
    raise FileError(
        "the registered bytes are at none of the places where they were seen",
        code="file.missing",
        file=file,
        advice=f"`provenance locate {file} PATH` says where they are",
    )


@contextmanager
def given(session: Session, evidence_id: str, file: str) -> Iterator[Source]:
    """FILE, which must hold the registered bytes of ``evidence_id``. Raises FileError ``file.other-bytes``."""
    from provenance.media.source import open_source
    from provenance.records import digests_of

    with session.open() as custodian:
        wanted = digests_of(custodian, evidence_id)
    with open_source(file) as source:
        if not _holds(session, source, wanted):
            raise FileError(
                f"does not hold the bytes registered as {evidence_id}", code="file.other-bytes", file=source.name
            )
        yield source


def _holds(session: Session, source: Source, wanted: DigestSet) -> bool:
    from provenance.media.source import digest

    with session.meter().of(source.name) as meter:
        return source.size == wanted.size and digest(source, meter.reading)[0] == wanted
