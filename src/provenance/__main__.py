"""``python -m provenance`` and the ``provenance`` script."""

from __future__ import annotations

import os
import sys

from provenance import threads


def main() -> int:
    """Run one command of this process's arguments and return its exit status."""
    threads.one_each()
    # Codes of a thousand hours, 240 MB that are filled once and searched a few times, need no huge pages: to find
    # them took 0.6 s of processor time where small ones took 0.2, and the search as long (docs/benchmarks.md).
    os.environ.setdefault("NUMPY_MADVISE_HUGEPAGE", "0")
    from provenance.cli.main import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
