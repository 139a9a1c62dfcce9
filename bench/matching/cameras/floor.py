"""Where the benchmark's own files lie, for the scripts of this folder: they stand one floor above."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import tables
from answers import Archive
from footage import Footage, material
from grade import evidence_ids
from ground import melody, stock, write_sound
from sources import number_of, scene_of, sources_in

__all__ = [
    "Archive",
    "Footage",
    "evidence_ids",
    "material",
    "melody",
    "number_of",
    "scene_of",
    "sources_in",
    "stock",
    "tables",
    "write_sound",
]
