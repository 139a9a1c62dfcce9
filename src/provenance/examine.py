"""Measure what is registered, and commit to every measurement."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from provenance import custody, lookup, records
from provenance.binding.codec import to_blobs
from provenance.errors import FileError, ProvenanceError, RecordError, UsageError
from provenance.media import child
from provenance.media.source import digest, open_source

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
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

    ``error`` says why nothing could be measured; ``unknown``: no such evidence is registered here; ``failed``: it was
    not examined, and can be tried again.
    """

    evidence_id: str
    lines: tuple[str, ...] = ()
    error: str | None = None
    unknown: bool = False
    failed: bool = False

    @property
    def nothing_measured(self) -> bool:
        """Whether only the bytes are on record."""
        return self.error is not None


def examine_source(
    custodian: Custodian,
    source: Source,
    evidence_id: str,
    *,
    progress: Progress | None = None,
    beyond: Collection[tuple[str, int]] | None = None,
) -> Examination:
    """Measure the registered bytes behind ``source`` in the child and append the examination.

    ``beyond``: blobs that are on record; without any further one nothing is appended.

    Raises :class:`~provenance.errors.MediaError` when the child stopped (nothing is recorded: it can be tried again)
    and :class:`~provenance.errors.FileError` when the file changed meanwhile.
    """
    measured = child.measure(source, depth="full", looking="kept", progress=_examining(progress))
    source.check_unchanged()
    blobs = to_blobs(measured)
    if beyond is not None and blobs.keys() <= set(beyond):
        return Examination(evidence_id, lines=("nothing more could be measured; nothing was recorded",))
    with custodian.archive.writing():
        custody.append_examination(custodian, evidence_id, blobs, sealed_facts(measured))
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


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be examined, where its bytes are said to be, and whether what was examined before is, too."""

    ids: Sequence[str]
    paths: Mapping[str, Path]
    renew: bool


def examine_pending(
    custodian: Custodian,
    ids: Sequence[str] = (),
    *,
    paths: Mapping[str, Path] | None = None,
    renew: bool = False,
    progress: Progress | None = None,
) -> Iterator[Examination]:
    """Examine ``ids``, or everything that was registered and never examined, where its bytes are known to be.

    ``renew``: what was examined before, too; without ``ids``, everything whose examination lacks kinds that are
    measured now. A renewed examination is a statement of its own and takes no earlier date over.

    Yields one :class:`Examination` an id; what cannot be examined has ``error`` set and stays as it is.
    """
    wanted = _Wanted(ids, paths or {}, renew)
    custody.settle(custodian)
    for evidence_id in wanted.ids or (_outdated(custodian) if wanted.renew else custodian.archive.pending()):
        try:
            records.registration_of(custodian, evidence_id)
        except UsageError as error:
            yield Examination(evidence_id, error=str(error), unknown=True)
            continue
        if records.examinations_of(custodian, evidence_id) and not wanted.renew:
            yield Examination(evidence_id, lines=("was examined before",))
            continue
        try:
            yield _examine_one(custodian, evidence_id, wanted, progress)
        except ProvenanceError as error:
            yield Examination(evidence_id, error=str(error), failed=True)


#: Kinds of blobs that are measured beside another, and were not always.
_BESIDE = {"pictures": ("codes", "small", "features"), "sound": ("soundprint",)}


def _outdated(custodian: Custodian) -> list[str]:
    """Evidence whose newest examination has pictures or sound without what is measured of them now, in log order."""
    rows = custodian.archive.statements(predicate="examination")
    every = dict.fromkeys(row.evidence_id for row in rows if row.evidence_id is not None)
    return [one for one in every if _lacks(_on_record(custodian, one))]


def _on_record(custodian: Custodian, evidence_id: str) -> frozenset[tuple[str, int]]:
    """(kind, track) of every blob of the examination that counts; none where its fields cannot be read."""
    try:
        return next(
            (records.committed(custodian, row) for row in records.by_standing(custodian, evidence_id)), frozenset()
        )
    except RecordError:  # `audit` tells what is wrong with it
        return frozenset()


def _lacks(blobs: Collection[tuple[str, int]]) -> bool:
    return any((other, track) not in blobs for kind, track in blobs for other in _BESIDE.get(kind, ()))


def _examine_one(custodian: Custodian, evidence_id: str, wanted: _Wanted, progress: Progress | None) -> Examination:
    path = wanted.paths.get(evidence_id)
    # Everything that is old: only what gains by it is recorded again. What was named: in any case.
    beyond = _on_record(custodian, evidence_id) if wanted.renew and not wanted.ids else None
    places = [path] if path else [place.path for place in records.locations(custodian, evidence_id)]
    if not places:
        raise UsageError(
            f"nobody has said where the bytes of {evidence_id} are", advice=f"`provenance locate {evidence_id} PATH`"
        )
    registered = records.digests_of(custodian, evidence_id)
    failure: ProvenanceError | None = None
    for place in places:
        try:
            with open_source(place) as source:
                if digest(source)[0] != registered:
                    raise FileError(
                        "is not what was registered: its digests differ", code="file.other-bytes", file=str(place)
                    )
                return examine_source(custodian, source, evidence_id, progress=progress, beyond=beyond)
        except FileError as error:
            failure = error
    assert failure is not None
    raise failure
