"""Measure what is registered, and commit to every measurement."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from provenance import custody, lookup, records
from provenance.binding.codec import to_blobs
from provenance.errors import FileError, ProvenanceError, UsageError
from provenance.media import child
from provenance.media.source import digest, open_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from provenance.custodian import Custodian
    from provenance.evidence import Measurement
    from provenance.media.source import Source

    Progress = Callable[[str, int, int | None], None]


#: What was not measured, as told in a sealed field of at most 64 KiB; a file has a few tracks.
_GAPS = 100


@dataclass(frozen=True, slots=True)
class Examination:
    """What an examination came to, in lines for people.

    ``error`` says why nothing could be measured; ``unknown``: no such evidence is registered here.
    """

    evidence_id: str
    lines: tuple[str, ...] = ()
    error: str | None = None
    unknown: bool = False

    @property
    def nothing_measured(self) -> bool:
        """Whether only the bytes are on record."""
        return self.error is not None


def examine_source(
    custodian: Custodian, source: Source, evidence_id: str, *, progress: Progress | None = None
) -> Examination:
    """Measure the registered bytes behind ``source`` in the child and append the examination.

    Raises :class:`~provenance.errors.MediaError` when the child stopped (nothing is recorded: it can be tried again)
    and :class:`~provenance.errors.FileError` when the file changed meanwhile.
    """
    measured = child.measure(source, depth="full", looking="kept", progress=_examining(progress))
    source.check_unchanged()
    with custodian.archive.writing():
        custody.append_examination(custodian, evidence_id, to_blobs(measured), sealed_facts(measured))
    custody.remember_head(custodian)
    done = summary(evidence_id, measured)
    if not custodian.locked:
        try:
            lookup.index_examinations(custodian)
        except ProvenanceError as error:  # the examination stands; `verify` brings the index up to date
            return replace(done, lines=(*done.lines, f"the index was not brought up to date: {error}"))
    return done


def _examining(progress: Progress | None) -> Callable[[int, int], None] | None:
    """The phase in which the child measures."""
    return None if progress is None else lambda done, total: progress("examining", done, total)


def sealed_facts(measured: Measurement) -> dict[str, object]:
    """The sealed fields about how it was measured: no path, no kernel release, no locale."""
    gaps = [{"what": gap.what, "track": gap.track, "why": gap.why} for gap in measured.not_measured]
    return {
        "media": {"kind": measured.kind, "state": measured.state, "measured": _is_measured(measured)},
        "not_measured": gaps[:_GAPS],  # the facts blob has them all
        "parameters": {"libraries": dict(measured.libraries)},
        "sandbox": {"in_force": list(measured.sandbox), "missing": list(measured.sandbox_missing)},
    }


def _is_measured(measured: Measurement) -> bool:
    return any(track.packets or track.pictures for track in measured.tracks)


def summary(evidence_id: str, measured: Measurement) -> Examination:
    """What was and was not measured, for people."""
    lines = tuple(
        f"{gap.what} not measured{'' if gap.track is None else f' (track {gap.track})'}: {gap.why}"
        for gap in measured.not_measured
    )
    if _is_measured(measured):
        return Examination(evidence_id, lines)
    why = {
        "not-media": "this is no video or sound that can be measured; its bytes are registered",
        "unfinished-recording": "the recording has no index (moov); it is registered as an unfinished recording",
        "unreadable": "the container cannot be read; its bytes are registered",
    }.get(measured.state, "it holds no coded pictures or sound; its bytes are registered")
    return Examination(evidence_id, lines, error=why)


def examine_pending(
    custodian: Custodian,
    ids: Sequence[str] = (),
    *,
    paths: Mapping[str, Path] | None = None,
    progress: Progress | None = None,
) -> Iterator[Examination]:
    """Examine ``ids``, or everything that was registered and never examined, where its bytes are known to be.

    Yields one :class:`Examination` an id; what cannot be examined has ``error`` set and stays pending.
    """
    custody.settle(custodian)
    for evidence_id in ids or custodian.archive.pending():
        try:
            records.registration_of(custodian, evidence_id)
        except UsageError as error:
            yield Examination(evidence_id, error=str(error), unknown=True)
            continue
        if records.examinations_of(custodian, evidence_id):
            yield Examination(evidence_id, lines=("was examined before",))
            continue
        try:
            yield _examine_one(custodian, evidence_id, (paths or {}).get(evidence_id), progress)
        except ProvenanceError as error:
            yield Examination(evidence_id, error=str(error))


def _examine_one(custodian: Custodian, evidence_id: str, path: Path | None, progress: Progress | None) -> Examination:
    places = [path] if path else [place.path for place in records.locations(custodian, evidence_id)]
    if not places:
        raise UsageError(
            f"nobody has said where the bytes of {evidence_id} are", advice=f"`provenance locate {evidence_id} PATH`"
        )
    wanted = records.digests_of(custodian, evidence_id)
    failure: ProvenanceError | None = None
    for place in places:
        try:
            with open_source(place) as source:
                if digest(source)[0] != wanted:
                    raise FileError(
                        "is not what was registered: its digests differ", code="file.other-bytes", file=str(place)
                    )
                return examine_source(custodian, source, evidence_id, progress=progress)
        except FileError as error:
            failure = error
    assert failure is not None
    raise failure
