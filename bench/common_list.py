"""Make the list of coded units that unrelated files share: digital silence as FFmpeg's coders write it.

Run: ``python bench/common_list.py > src/provenance/matching/common.py``. The list holds the units that are too large
for the rule on small units; it is the same on every machine that has the same imageio-ffmpeg.
"""

from __future__ import annotations

import itertools
import subprocess
import tempfile
from pathlib import Path

import imageio_ffmpeg

from provenance.matching.line import SMALL_SOUND_BYTES
from provenance.media.child import measure
from provenance.media.source import open_source

CODERS = {
    "aac": ("32k", "64k", "96k", "128k", "192k", "256k"),
    "libopus": ("16k", "32k", "64k", "128k"),
    "libmp3lame": ("64k", "128k", "192k"),
    "ac3": ("96k", "192k", "384k"),
    "pcm_s16le": ("0k",),
    "flac": ("0k",),
}
RATES = (22050, 32000, 44100, 48000)
LAYOUTS = ("mono", "stereo")

HEAD = '''"""Digests of coded units that unrelated files share: digital silence as common coders write it.

Made by bench/common_list.py with the FFmpeg program of imageio-ffmpeg and the unit digests of ``provenance.binding``.
It covers what a measurement cannot see by itself: silent units of a file whose sound was not decoded. Do not edit.
"""

from __future__ import annotations

from typing import Final

_HEX = """
'''
TAIL = '''"""

#: 24 bytes of SHA-256 of canonical units (docs/formats/measurements.md).
COMMON_DIGESTS: Final[frozenset[bytes]] = frozenset(bytes.fromhex(line) for line in _HEX.split())
'''


def silent_units(coder: str, bitrate: str, shape: tuple[int, str], folder: Path) -> set[bytes]:
    """Digests of the coded units of four seconds of digital silence; empty where the coder refuses the shape."""
    out = folder / "silence.mkv"
    source = f"anullsrc=sample_rate={shape[0]}:channel_layout={shape[1]}"
    options = ["-t", "4", "-c:a", coder, *(() if bitrate == "0k" else ("-b:a", bitrate))]
    program = imageio_ffmpeg.get_ffmpeg_exe()
    done = subprocess.run([program, "-v", "quiet", "-y", "-f", "lavfi", "-i", source, *options, str(out)], check=False)
    if done.returncode:
        return set()
    with open_source(out) as opened:
        rows = measure(opened, depth="streams").tracks[0].packets
    assert rows is not None
    return {digest for digest, size in zip(rows.digests, rows.sizes, strict=True) if size >= SMALL_SOUND_BYTES}


def main() -> None:
    found: set[bytes] = set()
    with tempfile.TemporaryDirectory() as name:
        for coder, bitrates in CODERS.items():
            for bitrate, rate, layout in itertools.product(bitrates, RATES, LAYOUTS):
                found |= silent_units(coder, bitrate, (rate, layout), Path(name))
    print(HEAD + "\n".join(sorted(digest.hex() for digest in found)) + "\n" + TAIL, end="")


if __name__ == "__main__":
    main()
