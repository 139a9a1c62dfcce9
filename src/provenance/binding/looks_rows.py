"""Rows of how pictures look: codes, small pictures, local features (docs/formats/measurements.md)."""

from __future__ import annotations

import struct
from collections import Counter
from typing import TYPE_CHECKING

from provenance.binding.blob import (
    HEADER_BYTES,
    PLACE,
    WIDTHS,
    blob_of,
    checked,
    malformed,
    parse_header,
    small_extras,
    small_step,
)
from provenance.evidence import (
    CODE_BYTES,
    FEATURE_BYTES,
    MOST_FEATURED,
    MOST_FEATURES,
    MOST_SMALL,
    SMALL_BYTES,
    SMALL_SIDE,
    SMALL_STEP,
    STEP_QUALITY,
    Looks,
)

if TYPE_CHECKING:
    from provenance.binding.blob import BlobKey
    from provenance.evidence import Track

#: Levels that the luma of a small picture in steps can have.
_IN_STEPS = bytes((*range(0, 256, SMALL_STEP), 255))


def looks_blobs(looks: Looks, track: Track) -> dict[BlobKey, bytes]:
    """The three blobs of the looks of ``track``."""
    codes = (looks.codes[at : at + CODE_BYTES] for at in range(0, len(looks.codes), CODE_BYTES))
    rows = {
        "codes": b"".join(code + bytes((q,)) for code, q in zip(codes, looks.qualities, strict=True)),
        "small": _placed(looks.small_places, looks.small, SMALL_BYTES),
        "features": _placed(looks.feature_places, looks.features, FEATURE_BYTES),
    }
    blobs = {(kind, track.index): blob_of(kind, held, track) for kind, held in rows.items()}
    blobs["small", track.index] = blob_of("small", rows["small"], track, extras=small_extras(looks.small_step))
    return blobs


def parse_codes(blob: bytes) -> tuple[bytes, bytes]:
    """Codes (32 bytes a picture) and qualities (one byte a picture) of a codes blob.

    Raises RecordError, code ``record.blob``.
    """
    if parse_header(blob).kind != "codes":
        raise malformed("not a blob of codes")
    rows = memoryview(blob)[HEADER_BYTES:]
    codes = b"".join(rows[at : at + CODE_BYTES] for at in range(0, len(rows), CODE_BYTES + 1))
    return codes, bytes(rows[CODE_BYTES :: CODE_BYTES + 1])


def read_looks(track: Track, blob: bytes, left: dict[BlobKey, bytes], pictures: int) -> Looks:
    """The looks of ``track``, whose codes are in ``blob``; the other two blobs are taken out of ``left``.

    Raises RecordError, code ``record.blob``.
    """
    if checked(blob, "codes", track).count != pictures:
        raise malformed("not one code a picture")
    codes, qualities = parse_codes(blob)
    small_blob = left.get(("small", track.index), b"")
    small_places, small = _read_placed(track, "small", left, pictures)
    step = small_step(parse_header(small_blob))
    feature_places, features = _read_placed(track, "features", left, pictures)
    if len(set(small_places)) != len(small_places) or len(small_places) > MOST_SMALL or bool(pictures) > bool(small):
        raise malformed("two small pictures of one picture, too many of them, or none")
    clear = [at for at, place in enumerate(small_places) if step > 1 and qualities[place] >= STEP_QUALITY]
    if any(small[at * SMALL_BYTES : at * SMALL_BYTES + SMALL_SIDE**2].translate(None, _IN_STEPS) for at in clear):
        raise malformed("a level of a small picture between the steps")
    counts = Counter(feature_places)
    if len(counts) > MOST_FEATURED or max(counts.values(), default=0) > MOST_FEATURES:
        raise malformed("too many local features")
    return Looks(codes, qualities, small, small_places, features, feature_places, small_step=step)


def _placed(places: tuple[int, ...], rows: bytes, width: int) -> bytes:
    """Each row behind the number of the picture that it is of."""
    return b"".join(PLACE.pack(place) + rows[at * width : (at + 1) * width] for at, place in enumerate(places))


def _read_placed(track: Track, kind: str, left: dict[BlobKey, bytes], pictures: int) -> tuple[tuple[int, ...], bytes]:
    """Numbers of pictures in order, and the rows behind them."""
    blob = left.pop((kind, track.index), None)
    if blob is None:
        raise malformed(f"the {kind} blob is missing")
    checked(blob, kind, track)
    rows = memoryview(blob)[HEADER_BYTES:]
    if not rows:
        return (), b""
    row = struct.Struct(f"{PLACE.format}{WIDTHS[kind] - PLACE.size}s")
    places, held = zip(*row.iter_unpack(rows), strict=True)  # 84,000 features of a minute: 20 ms, one by one 600
    if list(places) != sorted(places) or places[-1] >= pictures:
        raise malformed(f"{kind} rows are not in the order of the pictures")
    return places, b"".join(held)
