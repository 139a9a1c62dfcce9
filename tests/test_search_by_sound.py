"""Search over everything held by its sound: prints in the index propose, and two prints decide."""

from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

import archives
from archives import hold
from provenance.binding.soundprint import SoundPrintObserver
from provenance.comparison import Comparison
from provenance.errors import RecordError
from provenance.evidence import Measurement, PacketRows, Track
from provenance.matching.sounds.heard import Heard
from provenance.matching.sounds.kept import PrintLibrary, segment_of
from provenance.verifying.known import Known
from provenance.verifying.questions import Questions
from provenance.verifying.sounds import by_sound
from speech import RATE, speech

SECONDS = 6


def measured(sound, *, printed=True):
    observer = SoundPrintObserver(Fraction(1, RATE))
    observer.update((np.clip(sound, -1, 1)[:, None] * 32_000).astype("<i2"), 0, RATE)
    packets = PacketRows((bytes(24),), (0,), (len(sound),), (1,), (-1,), (9,))
    track = Track(
        0, "sound", "aac", Fraction(1, RATE), packets=packets, sound_print=observer.result() if printed else None
    )
    return Measurement("audio", "whole", "mov", "full", (track,))


VOICES = {f"voice {number}": measured(speech(f"voice {number}", SECONDS)) for number in range(24)}
NOISE = np.random.default_rng(1).normal(0, 0.01, SECONDS * RATE)


def copy_of(name):
    return measured(speech(name, SECONDS)[RATE // 3 :] + NOISE[RATE // 3 :])


def library(voices):
    segments = [(name, segment_of(one)) for name, one in voices.items()]
    return PrintLibrary(iter(segments), sum(len(content) for _, content in segments))


def test_a_copy_that_begins_elsewhere_is_proposed_first():
    held = library(VOICES)
    for name in ("voice 0", "voice 11", "voice 23"):
        assert held.ranked(Heard.of("", copy_of(name)))[0] == name


def test_silence_asks_for_nothing_and_a_sound_shorter_than_a_word_neither():
    held = library(VOICES)
    for sound in (np.zeros(4 * RATE), speech("voice 1", 0.5)):
        assert held.ranked(Heard.of("", measured(sound))) == []


def test_what_has_no_print_is_told_from_what_has_no_sound():
    bare = measured(speech("voice 1", 1), printed=False)
    none = Measurement("video", "whole", "mov", "full", (Track(0, "video", "h264", Fraction(1, 25)),))
    held = library({"bare": bare, "none": none, "voice 0": VOICES["voice 0"]})
    assert (held.bare, held.sources) == ({"bare"}, {"voice 0"})


@pytest.mark.parametrize("forge", [lambda one: one[:3], lambda one: one[:-1], lambda one: b"\x03" + one[1:]])
def test_a_malformed_segment_is_refused(forge):
    with pytest.raises(RecordError):
        PrintLibrary(iter([("x", forge(segment_of(VOICES["voice 0"])))]), 10_000)


@pytest.fixture
def archive(tmp_path, monkeypatch):
    archives.use_account(tmp_path, monkeypatch)
    return archives.Archive(tmp_path)


def listened(archive, one):
    with archive.open() as custodian:
        file = SimpleNamespace(measured=one)
        return by_sound(custodian, file, Comparison("no-match", "none"), Known({}), Questions())


def test_sound_that_was_registered_first_of_many_is_found(archive):
    ids = hold(archive, VOICES.values())
    found = listened(archive, copy_of("voice 0"))
    assert (found.basis, found.source) == ("sound", ids[0])


def test_sound_that_nobody_registered_is_no_match_and_sound_without_a_print_stands_against_it(archive):
    hold(archive, [VOICES["voice 0"], VOICES["voice 1"]])
    assert listened(archive, copy_of("a stranger")).relation == "no-match"
    hold(archive, [measured(speech("voice 9", 2), printed=False)])
    found = listened(archive, copy_of("a stranger"))
    assert found.relation == "undetermined"
    assert [note.detail for note in found.notes] == [
        "1 recordings have no print of their sound; `provenance examine --renew` measures it"
    ]
