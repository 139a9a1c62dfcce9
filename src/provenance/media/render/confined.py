"""Becomes the ffmpeg program, after closing the door: ``python -I -m provenance.media.render.confined``.

Arguments: bytes that a file may get, the program, its arguments. The first line on standard error says which layers
hold, in JSON; everything after it is the program's own. It inherits descriptors and opens nothing else.

Where nothing keeps the program from opening files by name (no Landlock: macOS, old kernels), it is not run: what it
decodes may come from an adversary, and the archive and its keys lie in reach.
"""

from __future__ import annotations

import json
import os
import sys

from provenance.media import sandbox

#: Threads whose address space is allowed for: two a decoder, and the encoder's. Six segments of 854 x 480 beside
#: themselves, twelve decoders, took 1.2 GiB (VmPeak) of the 4.4 GiB that follow from this.
_THREADS = 24
#: Bytes of the largest picture: 8K at 4:2:0 and 16 bits.
_PICTURE_BYTES = 7680 * 4320 * 3
#: The layer without which the program is not run, and the status that says so (EX_NOPERM of sysexits.h).
NEEDED = "landlock"
NOT_RUN = 77


def main() -> None:
    """Close the door and become the program, if the door holds."""
    file_bytes, program, *arguments = sys.argv[1:]
    report = sandbox.Report()
    sandbox.isolate(report, threads=_THREADS, picture_bytes=_PICTURE_BYTES, file_bytes=int(file_bytes))
    sandbox.confine_program(report, program)
    told = {"in_force": report.in_force, "missing": report.missing}
    os.write(2, json.dumps(told).encode("ascii") + b"\n")
    if NEEDED not in report.in_force:
        sys.exit(NOT_RUN)
    os.execve(program, ["ffmpeg", *arguments], dict(os.environ))  # noqa: S606 - the program that our wheel carries


if __name__ == "__main__":
    main()
