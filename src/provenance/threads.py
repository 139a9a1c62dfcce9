"""How many threads numeric libraries use: one each, unless the caller's environment says otherwise.

Matrices and pictures here are small: threads only wait for each other, and spin while they wait. With a thread a core
on two busy cores, comparing a copy of 6 s with two recordings that it is not of took 6.6 to 11 s of processor time, of
which FAISS spent 3 to 10 in searches of 64 codes; with one thread 4.2 s, of which FAISS spent 0.07. Verifying a copy of
60 s among 1,000 hours took 9.3 s and takes 8.5 (docs/adr/0051).
"""

from __future__ import annotations

import os
from typing import Final

#: Read when FAISS, numpy and OpenCV are loaded.
NAMES: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")


def one_each() -> None:
    """Set what is not set yet, for this process and those that it starts."""
    for name in NAMES:
        os.environ.setdefault(name, "1")
