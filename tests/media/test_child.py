"""What the child measures of recordings that are whole."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import pytest

import clips
import forge
import stock
from provenance.binding import codec
from provenance.evidence import PACKET_DISCARD, PACKET_STORED, PICTURE_LOW_INFORMATION, SILENCE
from provenance.media import child
from provenance.media.source import open_source


def stock_digests(path, track=0):
    """First 24 bytes of what the published command prints for each picture."""
    words = f"-noautorotate -i {path} -map 0:v:{track} -fps_mode passthrough -noautoscale -f framehash -hash sha256 -"
    lines = stock.ffmpeg(*words.split()).splitlines()
    return tuple(bytes.fromhex(line.split(",")[-1].strip())[:24] for line in lines if not line.startswith("#"))


def shown_units(track):
    rows = track.packets
    keep = PACKET_DISCARD | PACKET_STORED
    return tuple(digest for digest, flags in zip(rows.digests, rows.flags, strict=True) if not flags & keep)


@pytest.mark.parametrize(
    "variant",
    [
        "plain",
        "variable-rate",
        "odd-size",
        "edit-inside-gop",
        "ten-bit",
        "mjpeg",
        "interlaced",
        "mpeg4-b-frames",
        "av1",
    ],
)
def test_picture_digests_are_those_of_the_stock_command(clip, measure, variant):
    path = clip("pier", **clips.VARIANTS[variant])
    measured = measure(path)
    track = measured.of_kind("video")[0]
    assert measured.state == "whole"
    assert measured.damage == ()
    assert track.pictures.digests == stock_digests(path)
    assert not any(track.pictures.flags)


def test_every_layer_of_the_sandbox_is_reported(clip, measure):
    measured = measure(clip("pier"), depth="streams")
    layers = {"namespaces", "dies-with-parent", "limits", "landlock", "seccomp"}
    assert set(measured.sandbox) | {each.partition(":")[0] for each in measured.sandbox_missing} == layers
    assert {"av", "libavcodec", "libavformat", "libavutil"} <= set(measured.libraries)


def test_streams_alone_tell_the_same_packets_and_presentation(clip, measure):
    for variant in ({}, {"rotation": 90}, {"edit": "inside-gop"}):
        full, streams = (measure(clip("pier", **variant), depth=depth) for depth in ("full", "streams"))
        assert streams.depth == "streams"
        for one, other in zip(full.tracks, streams.tracks, strict=True):
            assert (one.packets, one.presentation, one.configuration) == (
                other.packets,
                other.presentation,
                other.configuration,
            )
            assert other.pictures is None
            assert other.sound is None


def test_measuring_twice_gives_the_same_blobs(clip, measure):
    first, second = (codec.to_blobs(measure(clip("pier"))) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("variant", [{}, {"codec": "hevc"}])
@pytest.mark.parametrize("container", ["mov", "mkv", "ts"])
def test_wrapping_does_not_change_units_or_configuration(clip, measure, tmp_path, variant, container):
    path = clip("pier", **variant)
    wrapped = tmp_path / f"wrapped.{container}"
    stock.ffmpeg("-i", path, "-map", "0", "-c", "copy", wrapped)
    one, other = measure(path, depth="streams"), measure(wrapped, depth="streams")
    for before, after in zip(one.tracks, other.tracks, strict=True):
        units = shown_units(after)
        assert units[-len(shown_units(before)) :] == shown_units(before)
        assert len(units) - len(shown_units(before)) <= 2  # priming that the edit list of MP4 hides
        assert [each.digest for each in before.configuration] == [each.digest for each in after.configuration]


@pytest.mark.parametrize(
    ("options", "turn"),
    [
        ({}, (0, False)),
        ({"rotation": 90}, (90, False)),
        ({"rotation": 180}, (180, False)),
        ({"rotation": 270}, (270, False)),
        ({"mirrored": True}, (0, True)),
    ],
)
@pytest.mark.parametrize("depth", ["streams", "full"])
def test_rotation_and_mirroring(clip, measure, options, turn, depth):
    shown = measure(clip("pier", **options), depth=depth).of_kind("video")[0].presentation
    assert (shown.rotation, shown.mirrored) == turn


def test_units_outside_the_presented_range_are_stored_rows(clip, measure, tmp_path):
    whole = measure(clip("pier"), depth="streams").of_kind("video")[0]
    forged = forge.hidden_start(forge.Material(clip("pier"), tmp_path, clips.Studio(tmp_path)))
    track = measure(forged).of_kind("video")[0]
    assert set(track.packets.digests) == set(whole.packets.digests)
    stored = [pts for pts, flags in zip(track.packets.pts, track.packets.flags, strict=True) if flags & PACKET_STORED]
    assert stored
    assert max(stored) < min(track.pictures.pts)
    assert track.presentation.duration < whole.presentation.duration
    assert list(track.packets.offsets) == sorted(track.packets.offsets)


def test_an_empty_edit_shifts_the_picture_against_the_sound(clip, measure):
    measured = measure(clip("pier", edit="empty"), depth="streams")
    picture, sound = measured.of_kind("video")[0], measured.of_kind("sound")[0]
    assert picture.presentation.start - sound.presentation.start == Fraction(2, 5)


def test_black_and_bars_are_of_low_information_and_silence_is_level_0(clip, measure):
    for content in ("black", "bars"):
        track = measure(clip("pier", content=content)).of_kind("video")[0]
        assert set(track.pictures.flags) == {PICTURE_LOW_INFORMATION}
    sound = measure(clip("pier", sound_content="silence")).of_kind("sound")[0].sound
    assert set(sound.levels) == {SILENCE}
    assert min(measure(clip("pier")).of_kind("sound")[0].sound.levels[1:-1]) > 30


@pytest.mark.parametrize(
    ("options", "kind", "tracks"),
    [
        ({"content": None, "container": "m4a"}, "audio", ["sound"]),
        ({"sound": None}, "video", ["video"]),
        ({"second_video": True}, "video", ["video", "video", "sound"]),
        ({"attached_picture": True}, "video", ["video", "sound", "attached-picture"]),
        ({"zero_pictures": True, "sound": None}, "video", ["video"]),
    ],
)
def test_tracks_of_every_kind(clip, measure, options, kind, tracks):
    measured = measure(clip("pier", **options))
    assert measured.kind == kind
    assert [track.kind for track in measured.tracks] == tracks
    assert (measured.state, measured.damage) == ("whole", ())
    empty = [each.track for each in measured.not_measured if each.what == "packets"]
    assert empty == [track.index for track in measured.tracks if not track.packets]


def test_replay_finds_registered_units_where_the_container_no_longer_parses(clip, measure, tmp_path):
    path = clip("pier", faststart=False)
    track = measure(path, depth="streams").of_kind("video")[0]
    torn = tmp_path / "torn.mp4"
    end = track.packets.offsets[60]
    torn.write_bytes(path.read_bytes()[:end])
    assert measure(torn).state == "unfinished-recording"
    places = list(zip(track.packets.offsets, track.packets.sizes, strict=True))
    with open_source(torn) as source:
        found = child.replay(source, places, codec=track.codec, nal_length_size=track.nal_length_size)
    assert found[:60] == track.packets.digests[:60]
    assert set(found[60:]) == {None}


@pytest.mark.parametrize("variant", ["plain", "ten-bit", "mjpeg", "full-range", "odd-size"])
def test_one_picture_in_native_format_equals_its_row(clip, measure, tmp_path, variant):
    path = clip("pier", **clips.VARIANTS[variant])
    rows = measure(path).of_kind("video")[0]
    with open_source(path) as source:
        by_number = child.exact_picture(source, number=7)
        moment = rows.pictures.pts[7] * rows.time_base + Fraction(1, 1000)
        by_time = child.exact_picture(source, time=moment)
    assert by_number == by_time
    alone = tmp_path / "picture.mkv"
    alone.write_bytes(by_number)
    picture = measure(alone).of_kind("video")[0]
    assert picture.pictures.digests == (rows.pictures.digests[7],)
    assert picture.presentation.stated.size == rows.presentation.stated.size
    assert picture.presentation.stated.matrix == rows.presentation.stated.matrix
    assert picture.presentation.pixel_format == rows.presentation.pixel_format
    expected = rows.presentation.stated.colour_range
    assert expected is None or picture.presentation.stated.colour_range == expected


def test_a_picture_that_is_not_there_is_an_error(clip):
    from provenance.errors import MediaError

    with open_source(clip("pier")) as source:
        with pytest.raises(MediaError) as error:
            child.exact_picture(source, number=10_000)
        assert error.value.code == "media.no-picture"
        with pytest.raises(ValueError, match="either"):
            child.exact_picture(source)


def test_progress_is_told_within_the_file(clip, measure):
    told = []
    measure(clip("pier"), progress=lambda done, total: told.append((done, total)))
    assert all(0 <= done <= total for done, total in told)


def test_the_child_loads_neither_keys_nor_archive():
    code = (
        "import sys, provenance.media.worker, provenance.media.measure, provenance.media.exact, av;"
        "print({'cryptography', 'sqlite3', 'sqlite_utils', 'provenance.attest', 'provenance.store'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
