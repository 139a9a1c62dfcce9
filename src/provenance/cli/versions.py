"""Versions of this program and of what it is built on, read from package metadata: nothing is loaded for it."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

#: Distributions whose behaviour enters records or verdicts.
LIBRARIES = ("av", "click", "cryptography", "faiss-cpu", "ffmpeg-python", "imageio-ffmpeg", "mnemonic", "numpy",
             "opencv-python-headless", "platformdirs", "rich", "sqlite-utils")  # fmt: skip


def own_version() -> str:
    """The version of provenance."""
    return version("provenance")


def libraries() -> dict[str, str]:
    """Version by name; ``not installed`` where a distribution is absent."""
    import sqlite3

    found = {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def lines() -> list[str]:
    """What ``--version`` prints."""
    return [f"provenance {own_version()}", *(f"  {name} {number}" for name, number in libraries().items())]
