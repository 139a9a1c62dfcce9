"""What the benchmark of matching shares with the other benchmarks and with the tests: nothing is written twice.

``stock`` runs the ffmpeg program, ``Material`` says what it shows of a file, ``Studio`` makes clips, ``provenance``
runs one command against an archive.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from yardstick import Studio, provenance, stock  # noqa: I001 - its folder comes first, and it adds the tests
from clips import melody, write_sound
from material import Material, NotPossible

__all__ = ["Material", "NotPossible", "Studio", "melody", "provenance", "stock", "write_sound"]
