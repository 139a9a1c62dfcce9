"""``python -m provenance`` and the ``provenance`` script."""

from __future__ import annotations

import sys


def main() -> int:
    """Run one command of this process's arguments and return its exit status."""
    from provenance.cli.main import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
