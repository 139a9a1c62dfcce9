"""The story of many verdicts: which files, by how many processes, and what of it was answered by an earlier run."""

from __future__ import annotations

import hashlib
import os
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from provenance import lookup, records
from provenance.batching.crew import Crew, Request
from provenance.matching import background

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from queue import SimpleQueue

    from provenance.batching.answers import Answer
    from provenance.batching.journal import Journal
    from provenance.custodian import Custodian


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told how far it is (files done, files in all), and what was come across beside the answers, each once."""

    progress: Callable[[int, int], None]
    remark: Callable[[str], None]


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def prepared(custodian: Custodian, choices: Mapping[str, Any], asked: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """What every worker is told first: the archive, what opens it, the options of ``verify``, and what is required.

    Evidence that was asked for has to exist, and the index is brought up to date once, for all of them.

    Raises:
        ProvenanceError: as :func:`provenance.verify.verify` about the archive.
    """
    for evidence_id in choices["evidence_ids"]:
        records.registration_of(custodian, evidence_id)
    if not custodian.locked:
        lookup.index_examinations(custodian)
    return {
        "archive": str(custodian.archive.path.absolute()),
        "reading": None if custodian.locked else custodian.reading.private.hex(),
        "choices": {name: list(value) if type(value) is tuple else value for name, value in choices.items()},
        "asked": {name: list(value) for name, value in asked.items()},
    }


def about(custodian: Custodian, setup: Mapping[str, Any]) -> dict[str, Any]:
    """The first line of a journal: what answers depend on beside the files themselves."""
    log = custodian.archive.current_log()
    size = custodian.archive.size(log.log)
    note = custodian.archive.head_note(log.log, size) or ""
    return {
        "tool": version("provenance"),
        "background": background.digest(),
        "archive": {"origin": log.origin, "size": size, "head": hashlib.sha256(note.encode()).hexdigest()},
        "options": {"choices": setup["choices"], "asked": setup["asked"]},
        "locked": custodian.locked,
    }


def answers(
    files: Sequence[str], setup: Mapping[str, Any], *, jobs: int, journal: Journal | None, listener: Listener
) -> Generator[Answer]:
    """One answer a file, in the order of ``files``, each as soon as those before it are known.

    Raises:
        ProvenanceError: The archive cannot be opened any more, or the journal cannot be written.
    """
    earlier = {} if journal is None else journal.done
    requests = [_request(name, earlier) for name in files]
    waiting: dict[str, Answer] = {}
    due = iter(files)
    following = next(due, None)
    told = set[str]()
    with Crew(max(1, min(jobs, len(files))), setup) as crew, closing(crew.answers(requests)) as found:
        for done, (request, new) in enumerate(found, 1):
            if new is not None and journal is not None:
                journal.add(new)
            waiting[request.file] = earlier[request.file] if new is None else new
            listener.progress(done, len(files))
            _tell(crew.remarks, told, listener)
            while following in waiting:
                yield waiting.pop(following)
                following = next(due, None)


def _tell(remarks: SimpleQueue[str], told: set[str], listener: Listener) -> None:
    while not remarks.empty():
        remark = remarks.get()
        if remark not in told:  # several workers find the same
            told.add(remark)
            listener.remark(remark)


def _request(name: str, earlier: Mapping[str, Answer]) -> Request:
    """What went wrong is tried again; a verdict holds as long as the file is the same."""
    answer = earlier.get(name)
    if answer is None or answer.sha256 is None or answer.size is None:
        return Request(name)
    return Request(name, {"size": answer.size, "mtime_ns": answer.mtime_ns, "sha256": answer.sha256})
