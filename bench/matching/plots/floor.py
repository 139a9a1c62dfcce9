"""Where the benchmark's own files lie, for the scripts of this folder: they stand one floor above."""

import sys
from pathlib import Path

ABOVE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ABOVE))

import tables  # noqa: E402 - the folder above comes first
from family_regions import AREAS, DURATIONS  # noqa: E402
from grade import Grade  # noqa: E402
from score import Bench, grades_of  # noqa: E402

__all__ = ["ABOVE", "AREAS", "DURATIONS", "Bench", "Grade", "grades_of", "tables"]
