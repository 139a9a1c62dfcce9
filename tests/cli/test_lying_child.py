"""A subverted measuring process can answer anything: what no recording can be is refused, and nothing falls over."""

from __future__ import annotations

import io
import sys
from dataclasses import replace

import pytest

from provenance.binding import codec, facts
from provenance.media import child, process, protocol
from provenance.media.source import open_source

FAR = 2**62


@pytest.fixture
def honest(clip):
    """What an honest child says of a clip at full depth, as header members and blobs."""
    with open_source(clip("pier")) as source:
        measured = child.measure(source, depth="full", looking="kept")
    header = {
        "sandbox": list(measured.sandbox),
        "sandbox_missing": list(measured.sandbox_missing),
        "libraries": dict(measured.libraries),
    }
    return header, measured


@pytest.fixture
def answers(monkeypatch, tmp_path, honest):
    """``answers(blobs)``: from now on every child gives these blobs, whatever it is asked."""

    def called(blobs):
        told = io.BytesIO()
        protocol.write_answer(told, honest[0], blobs)
        answer = tmp_path / "answer.bin"
        answer.write_bytes(told.getvalue())
        script = f"import sys; sys.stdin.readline(); sys.stdout.buffer.write(open({str(answer)!r}, 'rb').read())"
        monkeypatch.setattr(process, "_COMMAND", [sys.executable, "-c", script])

    return called


def with_last_time(blobs, kind, pts):
    """``blobs`` with the time of the last row of the first ``kind`` set to ``pts``."""
    key = next(key for key in blobs if key[0] == kind)
    head, rows = codec.split(blobs[key])
    moved = rows[-1][:24] + pts.to_bytes(8, "big", signed=True) + rows[-1][32:]
    return blobs | {key: head + b"".join([*rows[:-1], moved])}


def of_no_size(measured):
    """The measurement with pictures of no width."""
    track = measured.tracks[0]
    shown = replace(track.presentation, coded=replace(track.presentation.coded, size=(0, 180)))
    return replace(measured, tracks=(replace(track, presentation=shown), *measured.tracks[1:]))


def lies(measured):
    """What a lying child says: name -> blobs."""
    blobs = codec.to_blobs(measured)
    return {
        "a picture ages away": with_last_time(blobs, "pictures", FAR),
        "a unit ages before": with_last_time(blobs, "packets", -FAR),
        "a picture of no width": codec.to_blobs(of_no_size(measured)),
    }


@pytest.mark.parametrize("lie", ["a picture ages away", "a unit ages before", "a picture of no width"])
def test_a_lie_about_times_or_sizes_is_refused_and_the_registration_stands(lie, honest, answers, call, clip):
    answers(lies(honest[1])[lie])
    (done,) = call("register", "--json", clip("pier")).json
    assert done["status"] == "registered"
    assert not done["examined"]
    assert "cannot be used" in done["examine_error"]
    again = call("verify", "--json", clip("brook"))
    assert again.status == 2
    assert again.json["error"]["code"] == "media.protocol"
    audited = call("audit", "--json")
    assert audited.status == 0, audited.out


def test_a_size_of_nothing_is_malformed_in_facts(honest):
    with pytest.raises(Exception, match="facts of a measurement are malformed"):
        facts.from_json(facts.to_json(of_no_size(honest[1])))


def test_what_a_forged_file_states_is_cut_to_what_a_time_can_be(honest):
    video = honest[1].tracks[0]
    far = replace(video, pictures=replace(video.pictures, pts=(*video.pictures.pts[:-1], 2**63 - 1)))
    read = codec.from_blobs(codec.to_blobs(replace(honest[1], tracks=(far, *honest[1].tracks[1:]))))
    assert read.tracks[0].pictures.pts[-1] * video.time_base == 2**36
