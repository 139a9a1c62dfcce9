"""What each peer measures of a file, kept as JSON: the costly half, done once.

vPDQ by its own package (its decoder, one hash a second); MPEG-7 frame signatures by FFmpeg's ``signature`` filter at
every picture, of which the ISCC Video-Code takes five a second as ISO 24138 and its SDK do; PDQ and pHash of five
pictures a second, for stills.
"""

from __future__ import annotations

import base64
import json
import re
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import imagehash
import iscc_lib
import numpy as np
import pdqhash
import vpdq
from floor import stock
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Pictures a second that ISCC takes, and that stills are compared with.
PACE = 5
#: Longer side of the pictures that PDQ and pHash are given; both average them down to 64 boxes or fewer.
_SIDE = 512
_ELEMENTS = 380
_STILLS = {".jpg", ".jpeg", ".png", ".webp"}


@dataclass(frozen=True)
class Fingerprints:
    """``kept``: what stands in the JSON. Bits are rows of bytes."""

    kept: dict[str, Any]

    def _rows(self, name: str, width: int) -> NDArray[np.uint8]:
        return np.frombuffer(base64.b64decode(self.kept[name]), np.uint8).reshape(-1, width)

    @cached_property
    def signatures(self) -> NDArray[np.float32]:
        """MPEG-7 frame signatures, (pictures, 760): each ternary element as two bits that differ as it does."""
        packed = self._rows("signatures", 2 * _ELEMENTS // 8)
        return np.unpackbits(packed, axis=1).astype(np.float32)

    @property
    def times(self) -> NDArray[np.float64]:
        """Seconds after the first picture, one a signature."""
        return np.array(self.kept["times"], np.float64)

    @property
    def confidence(self) -> NDArray[np.int64]:
        """What FFmpeg says of how much there is in each picture."""
        return np.array(self.kept["confidence"], np.int64)

    @cached_property
    def paced(self) -> NDArray[np.int64]:
        """The signatures nearest to five a second."""
        return paced(self.times)

    @property
    def iscc(self) -> NDArray[np.uint8]:
        return self._rows("iscc", 32)

    @property
    def vpdq(self) -> NDArray[np.uint8]:
        return self._rows("vpdq", 32)

    @property
    def pdq(self) -> NDArray[np.uint8]:
        return self._rows("pdq", 32)

    @property
    def phash(self) -> NDArray[np.uint8]:
        return self._rows("phash", 8)


def paced(times: NDArray[np.float64]) -> NDArray[np.int64]:
    moments = np.arange(0, times[-1] + 1e-6, 1 / PACE)
    return np.unique(np.abs(times[None, :] - moments[:, None]).argmin(1))


def of(path: Path, folder: Path) -> Fingerprints:
    """The fingerprints of a file; measured if they are not in ``folder`` yet. What a peer cannot read is empty."""
    kept = folder / f"{path.name}.json"
    if not kept.exists():
        told = _still(path) if path.suffix.lower() in _STILLS else _video(path)
        beside = kept.with_suffix(".part")
        beside.write_text(json.dumps(told) + "\n", encoding="utf-8")
        beside.rename(kept)
    return Fingerprints(json.loads(kept.read_text(encoding="utf-8")))


def _still(path: Path) -> dict[str, Any]:
    return _pictures([np.asarray(Image.open(path).convert("RGB"))])


def _video(path: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="provenance-bench-") as name:
        scratch = Path(name)
        try:
            times, confidence, elements = signatures(path, scratch)
        except stock.FfmpegFailed:  # no picture: of the sound alone
            return {"without": "picture"}
        pictures = _decoded(path, scratch)
    code = iscc_lib.soft_hash_video_v0(elements[paced(times)].tolist(), bits=256)
    return {
        "times": [round(float(one), 6) for one in times],
        "confidence": confidence.tolist(),
        "signatures": _text(np.packbits(np.concatenate([elements >= 1, elements >= 2], axis=1), axis=1)),
        "iscc": _text(code),
        "vpdq": _text(vpdq_hashes(path)),
        **_pictures(pictures),
    }


def signatures(
    path: Path, scratch: Path, before: str = ""
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.uint8]]:
    """Times, confidences and ternary elements (pictures, 380) as FFmpeg writes them; ``before``: filters in front."""
    told = scratch / "signature.xml"
    stock.ffmpeg("-i", path, "-map", "0:v:0", "-vf", f"{before}signature=format=xml:filename={told}", "-f", "null", "-")
    text = told.read_text(encoding="ascii")
    unit = int(re.search(r"<MediaTimeUnit>(\d+)<", text)[1])
    ticks = [int(one) for one in re.findall(r"<MediaTimeOfFrame>(\d+)<", text)]
    times = np.array([(one - 2**64 if one >= 2**63 else one) / unit for one in ticks])  # written without their sign
    confidence = np.array([int(one) for one in re.findall(r"<FrameConfidence>(\d+)<", text)])
    rows = re.findall(r"<FrameSignature>([012 ]+)<", text)
    elements = np.array([np.array(row.split(), np.uint8) for row in rows])
    return times - times[0], confidence, elements


def vpdq_hashes(path: Path) -> bytes:
    """One PDQ hash a second, those without features left out: quality 50 is what its documentation asks."""
    found = vpdq.computeHash(str(path), seconds_per_hash=1, thread_count=1)
    return b"".join(bytes.fromhex(one.hex) for one in found if one.quality >= 50)


def _decoded(path: Path, scratch: Path) -> list[NDArray[np.uint8]]:
    raw = scratch / "pictures.ppm"
    scale = f"scale={_SIDE}:{_SIDE}:force_original_aspect_ratio=decrease:flags=area"
    stock.ffmpeg(
        "-i", path, "-map", "0:v:0", "-vf", f"fps={PACE},{scale},format=rgb24", "-c:v", "ppm", "-f", "image2pipe", raw
    )
    return list(_ppm(raw.read_bytes()))


def _ppm(raw: bytes) -> list[NDArray[np.uint8]]:
    found, at = [], 0
    while at < len(raw):
        width, height = map(int, raw[at + 3 : raw.index(b"\n", at + 3)].split())
        start = raw.index(b"\n255\n", at) + 5
        end = start + width * height * 3
        found.append(np.frombuffer(raw[start:end], np.uint8).reshape(height, width, 3))
        at = end
    return found


def _pictures(pictures: list[NDArray[np.uint8]]) -> dict[str, str]:
    pdq = [pdqhash.compute(np.ascontiguousarray(one))[0] for one in pictures]
    looks = [imagehash.phash(Image.fromarray(one)).hash.ravel() for one in pictures]
    return {"pdq": _text(np.packbits(np.array(pdq, bool), axis=1)), "phash": _text(np.packbits(looks, axis=1))}


def _text(raw: bytes | NDArray[np.uint8]) -> str:
    return base64.b64encode(raw if isinstance(raw, bytes) else raw.tobytes()).decode()
