"""Pieces of some seconds in long files and out of long recordings: asked window by window, compared place by place."""

from __future__ import annotations

import numpy as np
import pytest

import stock
from provenance.matching.looks import sight as sights
from provenance.matching.looks import windows
from provenance.matching.looks.explaining import pieces_between, pieces_with
from provenance.matching.looks.relation import related
from provenance.matching.looks.sight import Sight
from provenance.media.child import measure
from provenance.media.source import open_source
from provenance.verifying.long_files import library_of

OPTIONS = {"size": (192, 108), "fps": 10, "pace": 2.5, "sound": None}
CODED = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "30", "-pix_fmt", "yuv420p")


def looked(path, looking):
    with open_source(path) as source:
        return measure(source, depth="full", looking=looking)


@pytest.fixture(scope="module")
def joined(studio, tmp_path_factory):
    """20 s of one recording, 5 s of another, 20 s of a third, coded again."""
    clips = [studio.clip(name, seconds=s, **OPTIONS) for name, s in (("cliff", 20), ("dune", 5), ("marsh", 20))]
    path = tmp_path_factory.mktemp("long") / "joined.mp4"
    inputs = [word for clip in clips for word in ("-i", clip)]
    stock.ffmpeg(*inputs, "-filter_complex", "concat=n=3:v=1:a=0", *CODED, path)
    return path


def found_at_places(file, recordings):
    """What a comparison at the likeliest places of every window comes to."""
    library = library_of(recordings)
    pieces = []
    for window in windows.windows(file):
        for place in library.places(window, windows.PLACES):
            recording = Sight.of(place.source, recordings[place.source])
            pieces += pieces_between(*windows.laid_at(file, recording, place))
    return related(file, pieces)


def test_windows_show_every_picture_once_and_say_nothing_beyond_what_lies_beside_them(joined, monkeypatch):
    monkeypatch.setattr(windows, "WINDOW", 10)
    file = Sight.of("", looked(joined, "close"))
    seen = [set(one.places.tolist()) for one in windows.windows(file)]
    assert len(seen) == 5
    assert set.union(*seen) == set(file.places.tolist())
    assert all(max(one) - min(one) <= 10 * (9 + 2 * 4) + 1 for one in seen)


def test_a_short_recording_is_found_in_a_window_of_a_longer_file(joined, studio, monkeypatch):
    monkeypatch.setattr(windows, "WINDOW", 10)
    held = {"dune": looked(studio.clip("dune", seconds=5, **OPTIONS), "kept")}
    found = found_at_places(Sight.of("", looked(joined, "close")), held)
    (segment,) = found.segments
    assert (found.source, found.basis) == ("dune", "visual")
    assert [float(one) for one in (segment.questioned.start, segment.questioned.end)] == pytest.approx(
        [20, 25], abs=0.3
    )


def test_a_piece_between_the_pictures_of_a_coarse_comparison_is_found_at_its_place(joined, tmp_path, monkeypatch):
    """A picture in 0.4 s is kept; where one in 1.2 s is compared, two seconds have too few to be told by."""
    monkeypatch.setattr(sights, "MOST_COMPARED", 50)
    stock.ffmpeg("-ss", "21", "-i", joined, "-t", "2", *CODED, "-crf", "33", tmp_path / "piece.mp4")
    held = {"joined": looked(joined, "kept")}
    recording = Sight.of("joined", held["joined"])
    assert recording.is_thinned
    assert recording.pace > 2 * recording.spacing
    file = Sight.of("", looked(tmp_path / "piece.mp4", "close"))
    assert not [one for one in pieces_with(file, "joined", held["joined"]) if one.standing == "same"]
    found = found_at_places(file, held)
    (segment,) = found.segments
    assert float(segment.evidence.start) == pytest.approx(21, abs=0.3)


def test_a_place_beside_another_of_the_same_recording_is_not_compared_twice(joined):
    file = Sight.of("", looked(joined, "close"))
    library = library_of({"joined": looked(joined, "kept")})
    places = library.places(file, 8)
    assert places[0].weight == max(one.weight for one in places)
    offsets = np.array([[one.there[0] - one.here[0], *one.here] for one in places])
    assert len(np.unique(offsets.round(1), axis=0)) == len(places)
