"""The step of appearance: which of everything that is held looks like the file in hand, and does it come from there?

Codes of all evidence propose first, then local features; small pictures are opened only of what is proposed. What could
not be searched is counted, because `no-match` holds only where everything was.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from provenance import lookup
from provenance.comparison import Note
from provenance.errors import RecordError
from provenance.matching.left_aside import left_aside
from provenance.store.segments import CODES
from provenance.verifying.known import measurement
from provenance.verifying.long_files import compare_places, library_of, searched_coarsely
from provenance.verifying.looks_by_features import by_features

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from provenance.comparison import Comparison, Span
    from provenance.custodian import Custodian
    from provenance.evidence import Measurement
    from provenance.matching.looks.library import CodeLibrary, Place, Proposed
    from provenance.matching.looks.pieces import Piece
    from provenance.matching.looks.sight import Sight
    from provenance.verifying.file import FileInHand
    from provenance.verifying.known import Known
    from provenance.verifying.questions import Questions

#: Recordings that are compared although nothing proposes them: those that exact units did, and those that are in no
#: index, because it cannot be written here. Each costs the reading of its blobs and a comparison, 0.1 to 0.5 s.
_UNPROPOSED: Final = 8


@dataclass
class Search:
    """What one search has come to. ``compared``: recordings that were searched, by codes or one by one."""

    questioned: Measurement
    file: Sight
    deep: bool
    pieces: list[Piece] = field(default_factory=list)
    compared: set[str] = field(default_factory=set)
    tried: set[str] = field(default_factory=set)
    #: of what was compared one by one
    measured: dict[str, Measurement] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    #: looks of recordings that were compared place by place
    sights: dict[str, Sight | None] = field(default_factory=dict)
    #: seconds between the pictures of a long file that were asked about
    asked_apart: float = 0.0

    @property
    def is_still(self) -> bool:
        """Whether the file has so few pictures that each is looked at by itself."""
        from provenance.matching.looks.stills import is_still

        return is_still(self.file)

    @property
    def is_settled(self) -> bool:
        """Whether what was compared explains the whole file; a still can have been taken from any recording."""
        from provenance.matching.looks.explaining import settles

        return not self.is_still and settles(self.file, self.pieces)

    def found(self) -> Comparison | None:
        """What all that was compared comes to."""
        from provenance.matching.looks.relation import compare_looks, related

        return compare_looks(self.questioned, self.measured) if self.is_still else related(self.file, self.pieces)

    def compare(self, source: str, measured: Measurement | None) -> None:
        """Add what one recording explains."""
        from provenance.matching.looks.explaining import pieces_with

        self.tried.add(source)
        if measured is None or not any(track.looks for track in measured.tracks):
            return
        self.compared.add(source)
        self.measured[source] = measured
        if self.is_still:  # moments are compared once all that is proposed is at hand
            return
        self.pieces.extend(pieces_with(self.file, source, measured, deep=self.deep))

    def compare_at(self, place: Place, sight: Sight, measured: Measurement) -> None:
        """Add what one recording explains at one place, by all small pictures that are kept there."""
        from provenance.matching.looks.explaining import pieces_between
        from provenance.matching.looks.windows import laid_at

        self.compared.add(place.source)
        self.measured[place.source] = measured
        self.pieces.extend(pieces_between(*laid_at(self.file, sight, place), deep=self.deep, insets=False))

    def leave_out(self, why: str, count: int) -> None:
        """Note that ``count`` recordings were not searched."""
        if count:
            self.left_out[why] = self.left_out.get(why, 0) + count


def by_looks(
    custodian: Custodian | None, file: FileInHand, comparison: Comparison, known: Known, questions: Questions
) -> Comparison:
    """What appearance adds: its match, or that something looks alike and was not shown to be the same."""
    measured = file.measured
    if measured is None or not any(track.looks for track in measured.tracks):
        return comparison  # a still, sound, or a file that cannot be decoded
    from provenance.matching.looks.explaining import tells_too_little  # loads numpy, OpenCV and faiss
    from provenance.matching.looks.sight import Sight

    sight = Sight.of("", measured)
    if sight is None:
        return _unfound(comparison, [_too_little("times of its pictures are not known")], complete=False)
    search = Search(measured, sight, questions.deep)
    notes = _run(search, custodian, known, questions)
    found = search.found()
    far_apart = list(searched_coarsely(sight, search.measured if found is None else {}, search.asked_apart))
    notes += far_apart
    if found is None:
        if tells_too_little(sight):
            notes.append(
                _too_little("it is shorter than 0.9 s, or fewer than four of its pictures show anything to be told by")
            )
            return _unfound(comparison, notes, complete=False)
        notes.append(Note("softBinding.none", "informational", _compared(search)))
        return _unfound(comparison, notes, complete=not search.left_out and not far_apart)
    if found.segments and found.relation != "still":
        from provenance.matching.sounds.relation import with_sound

        found = with_sound(found, measured, search.measured)
        notes += _left_aside(found, search)
    return _merged(comparison, found, notes)


def _left_aside(found: Comparison, search: Search) -> tuple[Note, ...]:
    used = {one.source: search.measured[one.source] for one in found.segments}
    return left_aside(search.questioned, used)


def beside_exact(
    custodian: Custodian | None, file: FileInHand, comparison: Comparison, known: Known, questions: Questions
) -> Comparison:
    """``comparison``, which is by exact units, with what appearance says of the parts that share none."""
    from provenance.matching.mixed import open_parts

    parts, measured = open_parts(comparison), file.measured
    if not parts or measured is None or not any(track.looks for track in measured.tracks):
        return comparison
    from provenance.matching.looks.part import part_of
    from provenance.matching.looks.sight import Sight

    sight = Sight.of("", measured)
    if sight is None:
        return comparison
    search = Search(measured, part_of(sight, parts), questions.deep)
    if search.is_still:
        return comparison
    notes = _run(search, custodian, known, questions)
    held = {**known.measured, **search.measured}
    return _with_parts(comparison, search, parts, held, notes)


def _with_parts(
    comparison: Comparison,
    search: Search,
    parts: tuple[Span, ...],
    held: Mapping[str, Measurement],
    notes: list[Note],
) -> Comparison:
    """``comparison`` with what the search found of ``parts``; ``held``: source -> what was measured of it."""
    from provenance.matching.looks.relation import looks_of_parts
    from provenance.matching.looks.sight import Sight
    from provenance.matching.mixed import completed
    from provenance.matching.sounds.relation import with_sound

    found = looks_of_parts(search.file, search.pieces, parts)
    if found is None:
        detail = f"asked about the parts that share no unit; {_compared(search)}"
        return replace(comparison, notes=(*comparison.notes, *notes, Note("softBinding.none", "informational", detail)))
    sources = {one.source for one in (*comparison.segments, *found.segments)}
    known = {source: held[source] for source in sources if source in held}
    wholes = {source: seen.whole() for source, one in known.items() if (seen := Sight.of(source, one)) is not None}
    # Nothing but likeness; or a recording measured before looks were: how long it is, looks cannot say.
    if not found.segments or not sources <= set(wholes):
        others = tuple(one for one in found.others if one[0] not in sources)
        every = tuple(dict.fromkeys((*comparison.notes, *notes, *found.notes)))
        return replace(comparison, notes=every, others=tuple(dict.fromkeys((*comparison.others, *others))))
    found = with_sound(found, search.questioned, search.measured)
    return completed(comparison, replace(found, notes=(*found.notes, *notes, *_left_aside(found, search))), wholes)


def _run(search: Search, custodian: Custodian | None, known: Known, questions: Questions) -> list[Note]:
    """Compare with all that is asked for; what was not searched."""
    if custodian is None or questions.evidence_ids:
        _compare_named(search, known.measured)
    else:
        _search_all(custodian, search, known)
    return [
        Note("evidence.notMeasured", "informational", f"{n} recordings {why}") for why, n in search.left_out.items()
    ]


def _compared(search: Search) -> str:
    count = len(search.compared)
    return "1 recording was compared" if count == 1 else f"{count} recordings were compared"


def _too_little(why: str) -> Note:
    return Note("questioned.tooLittle", "informational", why)


def _unfound(comparison: Comparison, notes: Iterable[Note], *, complete: bool) -> Comparison:
    undecided = comparison.relation == "no-match" and not complete
    relation = "undetermined" if undecided else comparison.relation
    return replace(comparison, relation=relation, notes=(*comparison.notes, *notes))


def _merged(comparison: Comparison, found: Comparison, notes: list[Note]) -> Comparison:
    every = [*comparison.notes, *notes]
    if comparison.basis == "sound":  # a match of sound alone never outranks pictures; what they do not say, it may
        if found.relation == "undetermined":
            return replace(comparison, notes=(*every, *found.notes))
        found = replace(found, sound=comparison.sound)
    kept = [note for note in every if note.code != "hardBinding.none"]
    return replace(found, notes=tuple(dict.fromkeys((*found.notes, *kept))))


def _compare_named(search: Search, measured: Mapping[str, Measurement]) -> None:
    for source, one in measured.items():
        search.compare(source, one)
    never = sum(bool(one.of_kind("video")) and source not in search.compared for source, one in measured.items())
    search.leave_out(_NEVER_LOOKED_AT, never)
    if not search.is_still and not search.is_settled:
        compare_places(search, library_of(search.measured), search.measured.get)


_NEVER_LOOKED_AT: Final = "were measured before looks were: `provenance examine --renew` measures them again"


def _search_all(custodian: Custodian, search: Search, known: Known) -> None:
    """Codes of everything held, then, if they do not explain the file, local features."""
    from provenance.matching.looks.library import LEAST_VOTES, MOST_PROPOSED, NEARLY, CodeLibrary

    library, unindexed = lookup.searched(custodian, CODES, CodeLibrary)
    search.compared.update(library.sources)
    search.leave_out(_NEVER_LOOKED_AT, len(library.not_looked_at))
    # Most copies lie as the recording does: what clearly looks like the file so is compared before an eightfold search.
    ranked = [] if search.deep or search.is_still else library.likely(search.file)
    _compare_ranked(custodian, search, known, [one for one in ranked if one.weight >= NEARLY * ranked[0].weight])
    if not ranked or not search.is_settled:
        ranked = [one for one in library.ranked(search.file) if search.deep or one.weight >= LEAST_VOTES]
        _compare_ranked(custodian, search, known, ranked)
    shared = [one for one in known.measured if one not in {two.source for two in ranked[:MOST_PROPOSED]}]
    for source in (*shared[:_UNPROPOSED], *unindexed[:_UNPROPOSED]):
        if source not in search.tried:
            _compare_held(custodian, search, known, source)
    search.leave_out("are not in the index, which cannot be written here", len(set(unindexed) - search.tried))
    if not search.is_still and not search.is_settled:
        compare_places(search, library, lambda source: _held(custodian, search, known, source))
    if search.deep or not search.is_settled:
        likely, passed = by_features(custodian, search.file, library.sources, deep=search.deep)
        search.leave_out(
            "were searched by codes alone, the earliest: `--deep` searches their local features, too", passed
        )
        for proposed in likely:
            if proposed.source not in search.tried:
                _compare_held(custodian, search, known, proposed.source)
    if not search.is_still and not any(one.standing == "same" for one in search.pieces):
        _compare_insets(custodian, search, known, library)


def _compare_insets(custodian: Custodian, search: Search, known: Known, library: CodeLibrary) -> None:
    """Where nothing was found: recordings of which the file may hold a small picture among others."""
    from provenance.matching.looks.library import LEAST_VOTES

    proposed = [one for one in library.around_insets(search.file) if one.weight >= LEAST_VOTES]
    for one in proposed[: None if search.deep else _INSET_TRIED]:
        if one.source not in search.tried:
            _compare_held(custodian, search, known, one.source)


#: Recordings compared because a small picture in the file may be of them: each takes half a second to three.
_INSET_TRIED: Final = 4


def _compare_ranked(custodian: Custodian, search: Search, known: Known, ranked: Sequence[Proposed]) -> None:
    """Compare with as many as are proposed, or, if they explain the whole file, with those that have as many votes."""
    from provenance.matching.looks.library import MOST_PROPOSED, NEARLY

    for one in ranked[:MOST_PROPOSED]:
        if not search.deep and one.weight < NEARLY * ranked[0].weight and search.is_settled:
            break
        if one.source not in search.tried:
            _compare_held(custodian, search, known, one.source)


def _compare_held(custodian: Custodian, search: Search, known: Known, source: str) -> None:
    measured = _held(custodian, search, known, source)
    if measured is not None:
        search.compare(source, measured)


def _held(custodian: Custodian, search: Search, known: Known, source: str) -> Measurement | None:
    """What was measured of a recording; None where it cannot be opened."""
    try:
        return search.measured.get(source) or known.measured.get(source) or measurement(custodian, source)
    except RecordError:  # `audit` tells why
        if source not in search.tried:
            search.leave_out("could not be opened", 1)
        search.tried.add(source)
        return None
