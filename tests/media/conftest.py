"""Measuring in a child process, as callers do."""

from __future__ import annotations

import pytest

from provenance.media import child
from provenance.media.source import open_source


@pytest.fixture(scope="session")
def measure():
    """``measure(path, depth="full", **options)``: what the child says of a file."""

    def call(path, depth="full", **options):
        with open_source(path) as source:
            return child.measure(source, depth=depth, **options)

    return call
