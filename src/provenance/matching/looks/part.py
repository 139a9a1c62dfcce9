"""Part of a file as the looks of its pictures: what is asked where exact units explain the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import numpy as np

from provenance.evidence import FEATURE_BYTES, SMALL_BYTES
from provenance.matching.looks.sight import Sight

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from provenance.comparison import Span

#: Seconds of the pictures beside a part that are looked at with it: a part of 1 s alone has three small pictures of a
#: recording, and four are the least by which recordings are told apart. Ten more stand in 4 s.
BESIDE: Final = Fraction(4)


@dataclass(frozen=True)
class PartOfSight(Sight):
    """A file of which only some pictures say anything; all keep their numbers and times. ``of_it``: how many do."""

    of_it: int

    @property
    def asked(self) -> int:
        """Number of pictures that are asked about."""
        return self.of_it


def part_of(file: Sight, spans: Sequence[Span]) -> PartOfSight:
    """``file``, blind but for ``spans`` and the seconds beside them."""
    looks = file.track.looks
    assert looks is not None
    inside = np.zeros(len(file.times), bool)
    for span in spans:
        inside |= (file.times >= float(span.start - BESIDE)) & (file.times < float(span.end + BESIDE))
    small, featured = (inside[np.array(one, np.int64)] for one in (looks.small_places, looks.feature_places))
    seen = replace(
        looks,
        qualities=np.where(inside, np.frombuffer(looks.qualities, np.uint8), 0).astype(np.uint8).tobytes(),
        small=_rows(looks.small, SMALL_BYTES, small),
        small_places=_numbers(looks.small_places, small),
        features=_rows(looks.features, FEATURE_BYTES, featured),
        feature_places=_numbers(looks.feature_places, featured),
        larger=tuple(one for one in looks.larger if inside[one.place]),
    )
    return PartOfSight(file.source, file.line, replace(file.track, looks=seen), file.times, int(inside.sum()))


def _rows(blob: bytes, width: int, kept: NDArray[np.bool_]) -> bytes:
    return np.frombuffer(blob, np.uint8).reshape(-1, width)[kept].tobytes()


def _numbers(places: Sequence[int], kept: NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple(np.array(places, np.int64)[kept].tolist())
