"""The truth table over synthesised clips, through the real command line; the whole of it over real files is
``make test-media``. The plain clip meets every transformation, the others those in which they differ from it."""

import pytest

import forge
from clips import VARIANTS
from court import Court
from trial import Stand, attempt

EVERY = tuple(forge.FORGERIES)
WRAPPING = ("rewrapped_mp4", "rewrapped_mkv", "rewrapped_ts", "excerpt_anywhere", "lossless_ffv1")
CUTS = (
    "excerpt_at_keyframe",
    "excerpt_anywhere",
    "truncated_two_thirds",
    "one_byte_damaged",
    "removed_packets_with_gap",
)
CHOSEN = {
    "plain": EVERY,
    "hevc": (*WRAPPING, *CUTS, "header_crop", "range_flipped", "captions_in_stream"),
    "variable-rate": (*WRAPPING, "removed_pictures", "half_speed"),
    "rotated-90": (*WRAPPING, "mirrored", "quarter_turn"),
    "edit-inside-gop": (*WRAPPING, "hidden_middle"),
    "edit-empty": ("rewrapped_mp4", "sound_shifted"),
    "vp9": ("rewrapped_mkv", *CUTS, "lossless_ffv1", "sound_removed"),
    "mjpeg": ("rewrapped_mkv", *CUTS, "lossless_ffv1"),
    "mpeg4-b-frames": ("tags_stripped", "excerpt_at_keyframe", "one_byte_damaged"),
    "index-last": ("truncated_third", "truncated_two_thirds"),
    "fragmented": ("rewrapped_mp4", "truncated_two_thirds"),
    "interlaced": ("rewrapped_mp4", "lossless_ffv1"),
    "two-video": ("rewrapped_mkv", "track_removed"),
    "no-sound": ("rewrapped_mp4", "lossless_excerpt", "extra_sound_track"),
}
TRIALS = [
    pytest.param(variant, name, id=f"{variant}-{name}", marks=pytest.mark.xdist_group(variant))
    for variant, names in CHOSEN.items()
    for name in names
]


@pytest.fixture(scope="session")
def stand_of(tmp_path_factory, studio):
    stands = {}

    def find(variant):
        if variant not in stands:
            source = studio.clip("market", **VARIANTS[variant])
            stands[variant] = Stand(variant, source, tmp_path_factory.mktemp("stand") / "archive", studio)
        return stands[variant]

    return find


@pytest.mark.parametrize(("variant", "transformation"), TRIALS)
def test_verdict_is_the_one_of_the_truth_table(variant, transformation, stand_of):
    try:
        misses = attempt(stand_of(variant), transformation, "small")
    except forge.NotPossible as reason:
        pytest.skip(f"{variant}, {transformation}: {reason}")
    assert not misses


@pytest.fixture(scope="session")
def shared_court(tmp_path_factory, studio):
    """An archive of recordings that share what says nothing: black, bars, silence; and two with one intro."""
    court = Court(tmp_path_factory.mktemp("shared"))
    court.register(*(_shared(studio, "first", what) for what in SHARED))
    return court


SHARED = {
    "black": {"content": "black"},
    "bars": {"content": "bars"},
    "silence": {"sound_content": "silence"},
    "intro": {"intro": 5.0, "seconds": 7.0},
}


def _shared(studio, recording, what):
    return studio.clip(recording, **SHARED[what])


@pytest.mark.xdist_group("shared")
@pytest.mark.parametrize("what", ["black", "bars", "silence"])
def test_sharing_only_what_says_nothing_is_no_relation(what, shared_court, studio):
    _, verdict = shared_court.verify(_shared(studio, "second", what))
    assert verdict["relation"] in {"no-match", "undetermined"}
    assert verdict["segments"] == []
    assert verdict["evidence"] is None


@pytest.mark.xdist_group("shared")
def test_a_shared_intro_is_told_as_exactly_the_intro(shared_court, studio):
    status, verdict = shared_court.verify(_shared(studio, "second", "intro"))
    assert status == 1
    segments = [segment for segment in verdict["segments"] if segment["basis"] in {"packets", "pictures"}]
    assert segments or "evidence.sharedMaterial" in {finding["code"] for finding in verdict["findings"]}
    for segment in segments:
        assert segment["questioned"] == pytest.approx([0, 5], abs=0.15)
        assert segment["evidence"] == pytest.approx([0, 5], abs=0.15)


@pytest.mark.xdist_group("shared")
def test_another_recording_is_no_match(shared_court, studio):
    status, verdict = shared_court.verify(studio.clip("nowhere else"))
    assert (status, verdict["relation"], verdict["basis"]) == (1, "no-match", "none")
