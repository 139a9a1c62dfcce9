"""``python -m provenance`` and the ``provenance`` script."""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Run one command of this process's arguments and return its exit status."""
    # Matrices here are small: threads of the linear algebra only wait for each other. Verifying a copy of 12 s took
    # 5.8 s of processor time with one a core and 4.2 s with one (docs/adr/0051). It is read when numpy is loaded.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Nor do codes of a thousand hours, 240 MB that are filled once and searched a few times, need huge pages: to find
    # them took 0.6 s of processor time where small ones took 0.2, and the search as long (docs/benchmarks.md).
    os.environ.setdefault("NUMPY_MADVISE_HUGEPAGE", "0")
    from provenance.cli.main import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
