"""A recording, and copies of it made by the stock program."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

import stock
from provenance.media.render.footage import Footage
from provenance.media.source import open_source


@pytest.fixture(scope="session")
def recording(clip):
    """4 s, 320x180, 25 pictures a second, with sound."""
    return clip("pier")


@pytest.fixture(scope="session")
def copied(recording, tmp_path_factory):
    """Make a copy by a filter; the same one once."""
    folder = tmp_path_factory.mktemp("copies")
    made = {}

    def copy(*words, suffix=".mp4"):
        if words not in made:
            made[words] = folder / f"{len(made)}{suffix}"
            stock.ffmpeg("-i", recording, *words, made[words])
        return made[words]

    return copy


@pytest.fixture
def footage():
    """Open files as footage; closed with the test."""
    with ExitStack() as stack:
        yield lambda path: Footage.of(stack.enter_context(open_source(path)))
