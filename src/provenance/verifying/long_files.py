"""Long files and long recordings: which places of which recordings are compared, and what is not excluded then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.comparison import Note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from provenance.evidence import Measurement
    from provenance.matching.looks.library import CodeLibrary, Place
    from provenance.matching.looks.sight import Sight
    from provenance.verifying.looks import Search

#: Seconds between the pictures of a file that are searched for, from which on pieces of ten seconds can be missed.
_FAR_APART: Final = 5
#: Seconds between small pictures of a recording of up to an hour (0.4), and half of that: what is beyond was thinned.
_USUAL: Final = 0.6


def compare_places(search: Search, library: CodeLibrary, held: Callable[[str], Measurement | None]) -> None:
    """Compare a long file window by window, and at places of long recordings, where these look alike.

    ``held``: what was measured of a recording. What was compared as a whole is long, or the file is; a short file and a
    short recording were compared with all that is kept of both.
    """
    from provenance.matching.looks.library import LEAST_VOTES
    from provenance.matching.looks.sight import Sight
    from provenance.matching.looks.windows import MOST_PLACES, PLACES, THINNED, is_long, windows

    long_file = is_long(search.file)
    if not long_file and library.longest < THINNED:  # another search by codes, for nothing
        return
    asked = tuple(windows(search.file)) if long_file else (search.file,)
    pictures = library.affordable(len(asked)) if long_file and asked else None
    if pictures is not None:
        search.asked_apart = float(search.file.length()) / (len(asked) * pictures)
    found = [one for part in asked for one in library.places(part, PLACES, pictures) if one.weight >= LEAST_VOTES]
    tried = 0
    passed: set[str] = set()
    for place in sorted(found, key=lambda one: -one.weight):
        seen = search.sights.get(place.source)
        if _is_explained(search, place) or (seen is not None and not long_file and not seen.is_thinned):
            continue
        if tried == MOST_PLACES:
            passed.add(place.source)
            continue
        measured = held(place.source)
        if measured is None:
            continue
        sight = search.sights[place.source] = seen or Sight.of(place.source, measured)
        if sight is not None and (long_file or sight.is_thinned):
            search.compare_at(place, sight, measured)
            tried += 1
    search.leave_out(f"look alike in further places than the {MOST_PLACES} that were compared", len(passed))


#: Part of the pictures of a place that pieces of the same recording explain, from which it is not asked again.
_EXPLAINED: Final = 0.9


def _is_explained(search: Search, place: Place) -> bool:
    times = search.file.times
    low, high = (int(one) for one in times.searchsorted(place.here))
    told = [
        max(0, min(one.last, high) - max(one.first, low) + 1)
        for one in search.pieces
        if one.standing == "same" and one.evidence.source == place.source
    ]
    return bool(told) and sum(told) >= _EXPLAINED * (high - low + 1)


def library_of(measured: Mapping[str, Measurement]) -> CodeLibrary:
    """Codes of recordings that are not asked for in an archive."""
    from provenance.matching.looks.kept import segment_of
    from provenance.matching.looks.library import CodeLibrary
    from provenance.matching.looks.sight import Sight

    segments = []
    for source, one in measured.items():
        sight = Sight.of(source, one)
        if sight is not None and sight.track.looks is not None:
            looks = sight.track.looks
            segments.append((source, segment_of(one, looks.codes, looks.qualities, sight.track.index)))
    return CodeLibrary(segments, sum(len(content) for _, content in segments))


def searched_coarsely(sight: Sight, measured: Mapping[str, Measurement], asked_apart: float) -> Iterator[Note]:
    """What is not excluded where so few pictures of a long file, or of a long recording, can be compared.

    ``asked_apart``: seconds between the pictures that everything held was searched for, where these were fewer.
    """
    from provenance.matching.looks.pieces import LEAST_TOLD
    from provenance.matching.looks.stills import is_still
    from provenance.matching.looks.windows import seconds_apart

    apart = max(seconds_apart(sight), asked_apart)
    if apart > _FAR_APART:
        detail = (
            f"one picture in {apart:.0f} s was searched for: pieces shorter than {2 * apart:.0f} s are not excluded"
        )
        yield Note("questioned.notMeasured", "informational", detail)
    if is_still(sight):  # codes of every picture are kept, however long the recording is
        return
    kept = [seen.spacing for source, one in measured.items() if (seen := type(sight).of(source, one)) is not None]
    kept = [pace for pace in kept if pace > _USUAL]
    sparse = sum(LEAST_TOLD * pace > float(sight.length()) for pace in kept)
    if sparse:
        detail = f"{sparse} long recordings keep a picture in {max(kept):.1f} s: too few to tell a piece of this length"
        yield Note("evidence.notMeasured", "informational", detail)
