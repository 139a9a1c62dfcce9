"""What registering costs over hashing alone: ``python bench/register.py [--runs 3] [--megabytes 1000]``.

``provenance register --no-examine`` of one file (SHA-256, SHA-512, chunk tree, signature, log, durable) against
``openssl dgst -sha256`` of the same file, turn about, with the file in the page cache.
"""

import os
from pathlib import Path

from yardstick import arguments, cost_of, figures, folder, heading, openssl, provenance


def main() -> None:
    asked = arguments(__doc__, runs=3, megabytes=1000)
    heading("register --no-examine", "size", "register wall s", "openssl wall s", "wall ratio: median (worst)")
    with folder() as temporary:
        path = Path(temporary, "large.bin")
        block = os.urandom(10**6)
        with path.open("wb") as out:
            for number in range(asked.megabytes):
                out.write(number.to_bytes(8, "big") + block[8:])
        ours, theirs = [], []
        for run in range(asked.runs):
            archive = Path(temporary, f"run{run}", "archive")
            archive.parent.mkdir()
            done = []
            ours.append(cost_of(lambda: done.append(provenance(archive, "register", "--no-examine", path))).wall)  # noqa: B023 - called at once
            assert done[0].returncode == 0, done[0].stderr.decode()
            theirs.append(cost_of(lambda: openssl(path)).wall)
        ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
        print(f"| {asked.megabytes} MB | {figures(ours)} | {figures(theirs)} | {figures(ratios)} |")


if __name__ == "__main__":
    main()
