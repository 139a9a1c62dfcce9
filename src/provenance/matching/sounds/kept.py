"""What an index keeps of one recording's sound, and which recordings are worth listening to with a file in hand.

A segment of kind 9 holds two words of 256 bits a second: four rows of the print, a quarter of a second apart. They only
order what is compared; what is said rests on the two prints alone (docs/adr/0056, docs/formats/archive.md).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

import faiss
import numpy as np

from provenance.errors import RecordError
from provenance.evidence import MOST_PRINTED, PRINT_RATE
from provenance.matching.background import threshold
from provenance.matching.sounds.heard import Heard

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from provenance.evidence import Measurement

#: State (0: heard, 1: sound without a print, 2: no sound) and how many words follow.
_HEAD: Final = struct.Struct(">BI")
_HEARD, _NOT_HEARD, _NO_SOUND = range(3)
#: Rows of one word, and rows from one to the next: windows are 0.25 s, so that these four overlap in nothing.
_ROWS, _APART = 4, 13
_SPAN: Final = (_ROWS - 1) * _APART + 1
#: Bytes of a word.
WORD_BYTES: Final = 8 * _ROWS
#: Rows from one word that is kept to the next, and from one that is asked about to the next: a word that lies 20 ms
#: beside its place has some more bits wrong, and one that lies 40 ms beside it twice as many more.
_KEPT_EACH: Final = PRINT_RATE // 2
_ASKED_EACH: Final = 2
#: Places of a file that are asked about, evenly spread, half a second each: one word of the recording begins in each.
_PLACES: Final = 24
#: Words of one recording: as many as its print can give.
_MOST: Final = MOST_PRINTED // _KEPT_EACH + 1
#: Nearest words looked at for each.
_NEAREST: Final = 32
#: Seconds within which words of one course lie.
_TOGETHER: Final = 0.3
#: Recordings that are listened to after a search, the most voted for first.
MOST_PROPOSED: Final = 12
_FARTHEST: Final = int(threshold("search.sounds.farthest"))


def segment_of(measured: Measurement) -> bytes:
    """The segment of one recording."""
    heard = Heard.of("", measured)
    if heard is None:
        return _HEAD.pack(_NOT_HEARD if measured.of_kind("sound") else _NO_SOUND, 0)
    rows = np.arange(0, max(len(heard) - _SPAN + 1, 0), _KEPT_EACH)
    chosen, words = _words(heard, rows)
    return _HEAD.pack(_HEARD, len(chosen)) + words.tobytes() + chosen.astype(">u4").tobytes()


def _words(heard: Heard, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Those of ``rows`` at which loud words begin, and the words: shape (n, 32)."""
    places = rows[:, None] + np.arange(_ROWS) * _APART
    loud = heard.is_loud[places].all(axis=1)
    words = heard.codes[places[loud]].astype(">u8").view(np.uint8).reshape(-1, WORD_BYTES)
    return rows[loud], words


class PrintLibrary:
    """Words of everything held. ``room``: no fewer bytes than all segments have together."""

    def __init__(self, segments: Iterable[tuple[str, bytes]], room: int) -> None:
        self._words = np.empty((room // (WORD_BYTES + 4) + 1, WORD_BYTES), np.uint8)
        self._rows = np.empty(len(self._words), np.uint32)
        self._starts: list[int] = []
        self._sources: list[str] = []
        #: recordings with sound and no print of it
        self.bare: set[str] = set()
        total = 0
        for source, content in segments:
            state, words, rows = _parsed(content)
            if state == _NOT_HEARD:
                self.bare.add(source)
            if state != _HEARD:
                continue
            end = total + len(words)
            if end > len(self._words):  # another process added to the index since it was measured
                self._words = np.concatenate([self._words, np.empty_like(words)])
                self._rows = np.concatenate([self._rows, np.empty_like(rows)])
            self._starts.append(total)
            self._sources.append(source)
            self._words[total:end], self._rows[total:end] = words, rows
            total = end
        self._words, self._rows = self._words[:total], self._rows[:total]
        self.bare -= set(self._sources)

    def ranked(self, questioned: Heard) -> list[str]:
        """Recordings that have words near those of the file at moments that agree, the likeliest first."""
        asked, words = _words(questioned, _asked(questioned))
        if not len(words) or not len(self._words):
            return []
        bits, near = faiss.knn_hamming(np.ascontiguousarray(words), self._words, min(_NEAREST, len(self._words)))
        which, columns = np.nonzero((bits <= _FARTHEST) & (near >= 0))
        if not len(which):
            return []
        found = near[which, columns]
        owners = np.searchsorted(self._starts, found, side="right") - 1
        weights = (_FARTHEST + 1 - bits[which, columns]).astype(np.float64)
        shifts = (self._rows[found].astype(np.int64) - asked[which]) / PRINT_RATE
        votes = np.zeros(len(self._sources))
        for begins in (0.0, 0.5):  # within a stretch of this length, wherever it begins
            moments = np.floor(shifts / _TOGETHER + begins).astype(np.int64)
            spots, inverse = np.unique(np.column_stack([owners, moments]), axis=0, return_inverse=True)
            np.maximum.at(votes, spots[:, 0], np.bincount(inverse.ravel(), weights=weights))
        order = sorted(np.flatnonzero(votes).tolist(), key=lambda one: (-votes[one], one))
        return list(dict.fromkeys(self._sources[one] for one in order))

    @property
    def sources(self) -> frozenset[str]:
        """Recordings that are searched."""
        return frozenset(self._sources)


def _asked(questioned: Heard) -> NDArray[np.int64]:
    """Rows at which words begin that are asked about: half a second at each of some places, where it is loud."""
    begins = np.arange(0, max(len(questioned) - _SPAN - _KEPT_EACH + 1, 1), _KEPT_EACH)
    loud = np.concatenate([[0], np.cumsum(questioned.is_loud)])
    ends = np.minimum(begins + _KEPT_EACH + _SPAN, len(questioned))
    filled = begins[loud[ends] - loud[begins] >= (ends - begins) / 2]
    if len(filled) > _PLACES:
        filled = filled[np.linspace(0, len(filled) - 1, _PLACES).astype(np.int64)]
    rows = (filled[:, None] + np.arange(0, _KEPT_EACH, _ASKED_EACH)).ravel()
    return np.asarray(rows[rows <= len(questioned) - _SPAN], np.int64)


def _parsed(content: bytes) -> tuple[int, NDArray[np.uint8], NDArray[np.uint32]]:
    """State, words and the rows at which they begin. Raises RecordError, code ``record.blob``."""
    if len(content) < _HEAD.size:
        raise RecordError("a segment of sound is cut off", code="record.blob")
    state, count = _HEAD.unpack_from(content)
    end = _HEAD.size + count * WORD_BYTES
    if state > _NO_SOUND or (state and count) or count > _MOST or len(content) != end + 4 * count:
        raise RecordError("a segment of sound is malformed", code="record.blob")
    words = np.frombuffer(content, np.uint8, count * WORD_BYTES, _HEAD.size).reshape(-1, WORD_BYTES)
    return state, words, np.frombuffer(content, ">u4", count, end).astype(np.uint32)
