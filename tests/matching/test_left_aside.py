"""What a match by appearance leaves aside is told."""

from fractions import Fraction

from provenance.evidence import Measurement, PacketRows, Presentation, SoundPrint, Track
from provenance.matching.left_aside import left_aside

ROWS = PacketRows((b"a" * 24,), (0,), (1,), (1,), (0,), (1,))


def track(index, kind, *, captions=0, default=False, print_=None):
    presentation = Presentation(default=default, captions=captions)
    return Track(index, kind, "x", Fraction(1, 25), presentation=presentation, packets=ROWS, sound_print=print_)


def measured(*tracks):
    return Measurement("video", "whole", "mov", "full", tracks)


HEARD = SoundPrint(b"a" * 8, b"b")
PLAIN = measured(track(0, "video"), track(1, "sound", print_=HEARD))


def said(questioned, evidence=PLAIN):
    return [note.detail.removeprefix("by appearance, and in ") for note in left_aside(questioned, {"one": evidence})]


def test_nothing_is_left_aside_of_one_picture_and_one_sound_track():
    assert said(PLAIN) == []


def test_further_tracks_subtitles_and_captions_are_named_with_the_file_that_has_them():
    rich = measured(
        track(0, "video", captions=3), track(1, "video"), track(2, "sound", print_=HEARD), track(3, "subtitle")
    )
    told = ["1 further picture track", "1 subtitle track", "captions inside 3 coded pictures"]
    assert said(rich) == [f"the file in hand: {one}" for one in told]
    assert said(PLAIN, rich) == [f"the recording: {one}" for one in told]


def test_a_played_sound_track_without_a_print_is_named_where_another_was_compared():
    bare = measured(track(0, "video"), track(1, "sound"), track(2, "sound", print_=HEARD, default=True))
    assert said(bare) == ["the file in hand: 1 further sound track"]
    other = measured(track(0, "video"), track(1, "sound", default=True), track(2, "sound", print_=HEARD))
    assert "sound track 1, which players play: it has no print, and another track was compared" in said(other)[1]
