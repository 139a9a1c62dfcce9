"""The registered bytes where they were last seen: there, missing, changed or unreadable."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provenance import records
from provenance.auditing.stored import blob_value, text_value
from provenance.errors import FileError, ProvenanceError, RecordError
from provenance.media.source import digest, open_source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from provenance.auditing.faults import Faults
    from provenance.custodian import Custodian
    from provenance.evidence import DigestSet
    from provenance.store.inspection import Inspection

    Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class SeenAt:
    """A place where the bytes of an evidence were seen."""

    evidence_id: str
    path: str


def read_places(custodian: Custodian, inspection: Inspection, faults: Faults) -> list[SeenAt]:
    """Every remembered place; what cannot be opened is noted."""
    places = []
    with faults.noting("archive.unreadable", "locations"):
        for row in inspection.locations():
            with faults.noting("sealed.location", f"location of {row[0]!a}"):
                places.append(_place(custodian, *row))
    return places


def _place(custodian: Custodian, evidence_id: Any, place: Any, box: Any) -> SeenAt:
    name = text_value(evidence_id, "evidence id of a location")
    purpose = records.location_purpose(name, blob_value(place, "key of a location"))
    try:
        said = json.loads(custodian.open_box(blob_value(box, "box of a location"), purpose))
        if type(said["size"]) is not int or type(said["modified"]) is not int or type(said["seen"]) is not str:
            raise RecordError("a location is malformed")
        path = said["path"]
    except (ValueError, TypeError, KeyError) as error:
        raise RecordError("a location is malformed") from error
    if type(path) is not str:
        raise RecordError("a location is malformed")
    return SeenAt(name, path)


class CopyCheck:
    """Hashes registered files again. ``counts``: places by state."""

    def __init__(self, digests: Mapping[str, DigestSet], faults: Faults, progress: Progress | None) -> None:
        self._digests = digests
        self._faults = faults
        self._progress = progress
        self.counts = dict.fromkeys(("present", "missing", "changed", "unreadable"), 0)

    def check(self, places: list[SeenAt]) -> None:
        """Hash the file at each place.

        A missing file is a fault only where no other place has the bytes: people move files. Other bytes in the place,
        and a file that cannot be read, always are.
        """
        missing: list[tuple[SeenAt, str]] = []
        held = set()
        for seen in places:
            wanted = self._digests.get(seen.evidence_id)
            if wanted is None:
                continue  # erased, or told already
            state, detail = self._state(seen, wanted)
            self.counts[state] += 1
            if state == "present":
                held.add(seen.evidence_id)
            elif state == "missing":
                missing.append((seen, detail))
            else:
                self._faults.add(f"file.{state}", f"{seen.evidence_id} at {seen.path}", detail)
        for seen, detail in missing:
            if seen.evidence_id not in held:
                self._faults.add("file.missing", f"{seen.evidence_id} at {seen.path}", detail)

    def _state(self, seen: SeenAt, wanted: DigestSet) -> tuple[str, str]:
        try:
            with open_source(Path(seen.path)) as source:
                digests, _ = digest(source, self._hashing)
        except FileError as error:
            return ("missing" if error.code == "file.missing" else "unreadable"), error.message
        except ProvenanceError as error:
            return "unreadable", error.message
        if digests != wanted:
            return "changed", f"its SHA-256 is {digests.sha256.hex()}, registered was {wanted.sha256.hex()}"
        return "present", ""

    def _hashing(self, done: int, total: int) -> None:
        if self._progress:
            self._progress("hashing", done, total)
