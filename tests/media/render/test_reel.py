"""The clip of both side by side, and the program that makes it."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from fractions import Fraction

import av
import numpy as np
import pytest

from hand_made import comparison, segment, span
from provenance.comparison import Alteration
from provenance.errors import MediaError
from provenance.media.render import graph, program
from provenance.media.render.reel import reel
from provenance.media.render.words import Words

ROOMY = program.Bounds(60, 10**8)


@pytest.fixture
def filmed(footage, tmp_path):
    """Make the clip of a comparison; its path, and what was said of it."""

    def make(questioned, evidence, found):
        target = tmp_path / "both.mp4"
        with ExitStack() as stack:
            into = os.open(target, os.O_RDWR | os.O_CREAT)
            stack.callback(os.close, into)
            both = {source: footage(path) for source, path in evidence.items()}
            said = reel(Words(found), footage(questioned), both, into=into, stack=stack)
        return target, said

    return make


def pictures(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def panes(picture):
    """Left and right pane of a clip whose panes are equally wide."""
    width = (picture.shape[1] - 8) // 2
    body = picture[: -graph.STRIP].astype(int)
    return body[:, :width], body[:, width + 8 :]


COPIES = {
    "excerpt": (("-ss", "1", "-t", "2"), segment((0, 2), (1, 3)), 50),
    "mirrored": (("-ss", "1", "-t", "2", "-vf", "hflip"), segment((0, 2), (1, 3), mirrored=True), 50),
    "turned": (("-vf", "transpose=clock"), segment((0, 4), (0, 4), rotation=90), 100),
    "half speed": (
        ("-vf", "setpts=2*PTS", "-fps_mode", "vfr", "-an"),
        segment((0, 8), (0, 4), speed=Fraction(1, 2)),
        100,
    ),
    "cropped": (
        ("-vf", "crop=iw/2:ih/2:iw/4:ih/2"),
        segment((0, 4), (0, 4), region=(Fraction(1, 4), Fraction(1, 2), Fraction(1, 2), Fraction(1, 2))),
        100,
    ),
}


@pytest.mark.parametrize("name", COPIES)
def test_both_panes_show_the_same_moment_in_every_picture(filmed, recording, copied, name):
    words, one, count = COPIES[name]
    path, said = filmed(copied(*words), {"theirs": recording}, comparison(one))
    shown = pictures(path)
    assert len(shown) == count
    assert said.parts == ((0, count),)
    off = [float(np.abs(left - right).mean()) for left, right in map(panes, shown)]
    assert max(off) < 22  # coding alone; the neighbouring picture differs by 55 and more


def test_segments_follow_each_other_each_with_its_own_recording(filmed, recording, clip, copied):
    both = comparison(segment((0, 1), (2, 3)), segment((2, 4), (1, 3), source="other"))
    path, said = filmed(recording, {"theirs": recording, "other": clip("market", size=(240, 180))}, both)
    assert said.parts == ((0, 25), (1, 50))
    assert len(pictures(path)) == 75
    with av.open(str(path)) as container:
        sound = sum(frame.samples for frame in container.decode(audio=0))
        assert sound / 48_000 == pytest.approx(3, abs=0.05)


def test_a_questioned_file_without_sound_gives_a_clip_without_sound(filmed, recording, copied):
    path, _ = filmed(copied("-an"), {"theirs": recording}, comparison(segment((0, 4), (0, 4))))
    with av.open(str(path)) as container:
        assert [stream.type for stream in container.streams] == ["video"]


def test_a_clip_carries_nothing_of_what_it_was_made_from(filmed, clip):
    named = clip("pier", tags=(("title", "WITNESS-TITLE"), ("comment", "WITNESS-COMMENT")))
    path, _ = filmed(named, {"theirs": named}, comparison(segment((0, 4), (0, 4))))
    data = path.read_bytes()
    assert not any(word in data for word in (b"WITNESS", b"x264", b"Lav", os.fsencode(named.name)))
    assert data.index(b"moov") < data.index(b"mdat")  # plays while it is loaded


def test_what_was_changed_is_outlined_while_it_is(filmed, clip):
    painted = Alteration("picture", span(1, 2), (Fraction(1, 4), Fraction(1, 4), Fraction(1, 2), Fraction(1, 2)))
    black = clip("pier", content="black")
    path, _ = filmed(black, {"theirs": black}, comparison(segment((0, 4), (0, 4), alterations=(painted,))))
    lit = [[bool((side[20:-20, 20:-20] > 100).any()) for side in panes(one)] for one in pictures(path)]
    both = [index for index, sides in enumerate(lit) if all(sides)]
    assert set(range(26, 50)) <= set(both) <= set(range(24, 52))
    assert not any(any(sides) for sides in (*lit[:24], *lit[52:]))


def run(*words, descriptors=(), bounds=ROOMY, feed=()):
    return program.run(["-nostdin", "-loglevel", "error", *words], descriptors=descriptors, feed=feed, bounds=bounds)


def test_the_program_cannot_open_a_file_by_its_name(recording, tmp_path):
    with pytest.raises(MediaError, match=r"Permission denied|Operation not permitted"):
        run("-i", str(recording), "-f", "null", "-")
    with pytest.raises(MediaError) as caught:
        run("-f", "lavfi", "-i", "testsrc=d=1", "-f", "matroska", str(tmp_path / "x.mkv"))
    assert caught.value.code == "media.render"
    assert not (tmp_path / "x.mkv").exists()


def test_the_program_has_no_network():
    with pytest.raises(MediaError, match=r"Operation not permitted|Permission denied|unreachable"):
        run("-i", "tcp://127.0.0.1:9", "-f", "null", "-")


def test_the_layers_that_hold_are_told(recording):
    with recording.open("rb") as file:
        layers = run(
            "-fd", str(file.fileno()), "-i", "fd:", "-t", "0.1", "-f", "null", "-", descriptors=[file.fileno()]
        )
    assert {"limits", "landlock", "seccomp"} <= set(layers)


def test_without_landlock_the_program_is_not_run(monkeypatch, tmp_path):
    without = "import runpy; from provenance.media import sandbox; sandbox._landlock = lambda *_, **__: 'not here'"
    start = f"{without}; runpy.run_module('provenance.media.render.confined', run_name='__main__')"
    monkeypatch.setattr(program, "_LAUNCHER", [sys.executable, "-c", start])
    with (tmp_path / "x.nut").open("wb") as target:
        into = target.fileno()
        made = ("-f", "lavfi", "-i", "testsrc=d=1", "-c:v", "rawvideo", "-f", "nut", "-fd", str(into), "fd:")
        with pytest.raises(MediaError, match="no Landlock") as caught:
            run(*made, descriptors=[into])
    assert caught.value.code == "media.render"
    assert (tmp_path / "x.nut").stat().st_size == 0


def test_no_room_for_the_clip_is_said(tmp_path):
    made = ("-f", "lavfi", "-i", "testsrc=d=5", "-c:v", "rawvideo", "-f", "nut")
    with (tmp_path / "full.nut").open("wb") as target:
        into = target.fileno()
        with pytest.raises(MediaError) as caught:
            run(*made, "-fd", str(into), "fd:", descriptors=[into], bounds=program.Bounds(60, 100_000))
    assert caught.value.code == "file.unwritable"


def test_a_run_that_takes_too_long_is_ended(recording):
    with pytest.raises(MediaError) as caught:
        run("-re", "-f", "lavfi", "-i", "testsrc=d=3600", "-f", "null", "-", bounds=program.Bounds(3, 0))
    assert caught.value.code == "media.limit"


def test_text_that_is_no_video_ends_in_an_error_of_ours(tmp_path):
    path = tmp_path / "list.mp4"
    path.write_bytes(b"#EXTM3U\n/etc/passwd\n")
    with path.open("rb") as file, pytest.raises(MediaError) as caught:
        run("-f", "mov", "-fd", str(file.fileno()), "-i", "fd:", "-f", "null", "-", descriptors=[file.fileno()])
    assert caught.value.code == "media.render"
    assert "0x" not in caught.value.message
