"""What verify says of sound that was coded again: beside pictures, beside exact pictures, and alone."""

from __future__ import annotations

import shutil

import pytest

import clips
import stock
from speech import speech

SECONDS = 8
AGAIN = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "30", "-vf", "scale=240:-2")
AAC = ("-c:a", "aac", "-b:a", "32k")
OPUS = ("-c:a", "libopus", "-b:a", "16k", "-ac", "1")


@pytest.fixture(scope="module")
def made(studio, tmp_path_factory):
    """A recording with a voice, the voice of another, and a recording without sound."""
    folder = tmp_path_factory.mktemp("voices")
    for name in ("pier", "harbour"):
        clips.write_sound(folder / f"{name}.wav", speech(name, SECONDS))
    silent = studio.clip("pier", seconds=SECONDS, sound=None)
    words = ("-i", silent, "-i", folder / "pier.wav", "-c:v", "copy", "-c:a", "aac", "-b:a", "128k")
    stock.ffmpeg(*words, folder / "pier.mp4")
    shutil.copy(silent, folder / "silent.mp4")
    return folder


@pytest.fixture
def verdict(call, made, tmp_path):
    """The verdict on a copy that ffmpeg makes with these words, against the recording."""

    def ask(*words, name="copy.mkv", also=(), of="pier.mp4", accept=()):
        inputs = [part for each in (made / of, *also) for part in ("-i", each)]
        stock.ffmpeg(*inputs, *words, tmp_path / name)
        answer = call("verify", "--json", *accept, "--against", made / "pier.mp4", tmp_path / name)
        return answer.status, answer.json

    return ask


def audio(found):
    told = found["audio"]
    return found["relation"], found["basis"], told["relation"], found["altered"]["sound"]


def sound_alterations(found):
    alterations = [one for segment in found["segments"] for one in segment["alterations"]]
    return [(one["kind"], one["questioned"]) for one in alterations if one["kind"].startswith(("sound", "track"))]


CODED = {
    "aac": AAC,
    "opus": OPUS,
    "mp3": ("-c:a", "libmp3lame", "-b:a", "48k"),
    "telephone": ("-af", "highpass=f=300,lowpass=f=3400", "-ar", "8000", *OPUS),
    "louder": ("-af", "volume=6dB", *AAC),
    "quieter": ("-af", "volume=-12dB", *AAC),
}


@pytest.mark.parametrize("coding", CODED.values(), ids=CODED)
def test_sound_coded_again_is_the_same(coding, verdict):
    status, found = verdict(*AGAIN, *coding)
    assert audio(found) == ("rendition", "visual", "same", "none-found")
    (segment,) = found["audio"]["segments"]
    assert segment["evidence"] == pytest.approx([0, SECONDS], abs=0.15)
    assert 0.6 < segment["similarity"] < 1
    assert sound_alterations(found) == []
    assert status == 1
    assert any("a second" in limit and "print" in limit for limit in found["limits"])


def test_a_rendition_with_its_sound_can_be_accepted(verdict):
    assert verdict(*AGAIN, *AAC, accept=("--accept", "rendition"))[0] == 0
    assert verdict(*AGAIN, "-af", "volume=0", *AAC, accept=("--accept", "rendition"))[0] == 1


def test_an_excerpt_has_the_sound_of_its_place(verdict):
    _, found = verdict("-ss", "2.3", "-t", "4", *AGAIN, *AAC)
    assert audio(found) == ("excerpt", "visual", "excerpt", "none-found")
    assert found["audio"]["segments"][0]["evidence"] == pytest.approx([2.3, 6.3], abs=0.15)


def test_other_sound_is_replaced(verdict, made):
    _, found = verdict("-map", "0:v", "-map", "1:a", *AGAIN, *AAC, also=[made / "harbour.wav"])
    assert audio(found) == ("derivative", "visual", "replaced", "found")
    assert sound_alterations(found) == [("sound", pytest.approx([0, SECONDS], abs=0.1))]


def test_a_muted_track_is_silent_and_none_is_absent(verdict):
    _, found = verdict(*AGAIN, "-af", "volume=0", *AAC)
    assert audio(found) == ("derivative", "visual", "silent", "found")
    _, found = verdict(*AGAIN, "-an")
    assert audio(found) == ("derivative", "visual", "absent", "not-examined")
    assert sound_alterations(found) == [("track", None)]


def test_sound_put_to_a_recording_without_is_different(verdict, call, made, tmp_path):
    stock.ffmpeg("-i", made / "pier.mp4", *AGAIN, *AAC, tmp_path / "copy.mp4")
    found = call("verify", "--json", "--against", made / "silent.mp4", tmp_path / "copy.mp4").json
    assert audio(found) == ("derivative", "visual", "different", "cannot-tell")


def test_no_sound_on_either_side_is_absent_without_a_change(call, made, tmp_path):
    stock.ffmpeg("-i", made / "silent.mp4", *AGAIN, tmp_path / "copy.mp4")
    found = call("verify", "--json", "--against", made / "silent.mp4", tmp_path / "copy.mp4").json
    assert audio(found) == ("rendition", "visual", "absent", "not-examined")


def test_an_overdub_is_told_with_its_range(verdict, made):
    graph = (
        "[0:a]volume=0:enable='between(t,3,5)'[a];[1:a]volume=0:enable='not(between(t,3,5))'[b];"
        "[a][b]amix=inputs=2:duration=first:normalize=0[m]"
    )
    words = ("-filter_complex", graph, "-map", "0:v", "-map", "[m]", *AGAIN, *AAC)
    _, found = verdict(*words, also=[made / "harbour.wav"])
    assert audio(found) == ("derivative", "visual", "partly-replaced", "found")
    assert sound_alterations(found) == [("sound", pytest.approx([3, 5], abs=0.2))]
    kept = [one["questioned"] for one in found["audio"]["segments"]]
    assert kept == [pytest.approx([0, 3], abs=0.2), pytest.approx([5, SECONDS], abs=0.2)]


def test_sound_that_comes_later_is_shifted(verdict):
    _, found = verdict(*AGAIN, "-af", "adelay=700:all=1", *AAC, "-t", str(SECONDS))
    assert audio(found)[2:] == ("excerpt", "found")
    assert found["audio"]["shift"] == pytest.approx(0.7, abs=0.06)
    assert sound_alterations(found) == [("sound-offset", None)]


@pytest.mark.parametrize("name", ["copy.m4a", "copy.wav"])
def test_sound_alone_is_the_same_sound_event(name, verdict):
    coding = ("-c:a", "pcm_s16le", "-ar", "16000") if name.endswith("wav") else AAC
    status, found = verdict("-vn", *coding, name=name, accept=("--accept", "rendition"))
    assert audio(found) == ("rendition", "sound", "same", "none-found")
    assert found["altered"]["picture"] == "not-examined"
    assert status == 1  # whatever is accepted
    assert "sound.sameEvent" in {finding["code"] for finding in found["findings"]}
    assert found["segments"][0]["evidence"] == pytest.approx([0, SECONDS], abs=0.15)


def test_a_part_of_the_sound_on_black_is_an_excerpt_by_sound(verdict):
    _, found = verdict("-ss", "2", "-t", "4", *AGAIN[:-1], "lutyuv=y=16:u=128:v=128", *OPUS)
    assert audio(found) == ("excerpt", "sound", "excerpt", "none-found")
    assert found["altered"]["picture"] == "cannot-tell"
    assert found["segments"][0]["evidence"] == pytest.approx([2, 6], abs=0.3)


def test_exact_pictures_with_sound_coded_again_are_never_exact(verdict):
    status, found = verdict("-c:v", "copy", *AAC)
    assert audio(found) == ("derivative", "packets", "same", "none-found")
    assert sound_alterations(found) == [("sound", pytest.approx([0, SECONDS], abs=0.1))]
    assert status == 1
    assert verdict("-c:v", "copy", *AAC, accept=("--accept", "excerpt,rendition"))[0] == 1


def test_exact_pictures_with_an_overdub_coded_again(verdict, made):
    graph = "[0:a]volume=0:enable='between(t,2,4)'[m]"
    _, found = verdict("-filter_complex", graph, "-map", "0:v", "-map", "[m]", "-c:v", "copy", *AAC)
    assert audio(found) == ("derivative", "packets", "partly-replaced", "found")
    assert ("sound", pytest.approx([2, 4], abs=0.2)) in sound_alterations(found)


def test_the_archive_finds_sound_alone_and_says_so(call, made, tmp_path, clip):
    examined = call("register", "--json", made / "pier.mp4", clip("bridge", seconds=2)).json[0]["evidence_id"]
    stock.ffmpeg("-ss", "1", "-t", "5", "-i", made / "pier.mp4", "-vn", *OPUS, tmp_path / "voice.ogg")
    answer = call("verify", "--json", tmp_path / "voice.ogg")
    assert (answer.status, answer.json["relation"], answer.json["basis"]) == (1, "excerpt", "sound")
    assert answer.json["evidence"]["id"] == examined
    text = call("verify", tmp_path / "voice.ogg").out
    assert "by its sound alone" in text
    assert "what there is of it sounds like that of the recording" in text
    stock.ffmpeg("-i", made / "harbour.wav", *OPUS, tmp_path / "stranger.ogg")
    assert call("verify", "--json", tmp_path / "stranger.ogg").json["relation"] == "no-match"
