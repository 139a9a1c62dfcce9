"""Where the benchmark's own files lie, for the scripts of this folder: they stand one floor above."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import tables
import truths
from ground import stock
from score import Bench

__all__ = ["Bench", "stock", "tables", "truths"]
