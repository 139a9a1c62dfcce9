"""Files of which one part shares coded units with a recording and another was coded again (ADR 0053)."""

from pathlib import Path

import pytest

import stock
from court import Court

AGAIN = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "24", "-g", "50", "-pix_fmt", "yuv420p")
OPTIONS = {"seconds": 8.0, "gop": 50, "sound": None}
BOX = "drawbox=x=100:y=60:w=90:h=60:color=white:t=fill:enable='between(t,1,3)'"


@pytest.fixture(scope="module")
def court(tmp_path_factory, studio):
    court = Court(tmp_path_factory.mktemp("partly"))
    court.register(studio.clip("quay", **OPTIONS), studio.clip("mole", **OPTIONS))
    return court


def joined(folder: Path, *parts: tuple):
    """One MP4 of stream copies or re-encoded pieces: (clip, from, seconds, words of the coder)."""
    names = []
    for number, (clip, start, seconds, coding) in enumerate(parts):
        piece = folder / f"{number}.ts"
        words = coding or ("-c", "copy", "-bsf:v", "h264_mp4toannexb")
        stock.ffmpeg("-ss", str(start), "-i", clip, "-t", str(seconds), *words, "-f", "mpegts", piece)
        names.append(f"file '{piece}'\n")
    (folder / "list.txt").write_text("".join(names))
    out = folder / "joined.mp4"
    stock.ffmpeg("-f", "concat", "-safe", "0", "-i", folder / "list.txt", "-c", "copy", out)
    return out


def segments(verdict):
    return [(one["basis"], [*one["questioned"], *one["evidence"]]) for one in verdict["segments"]]


def test_a_smart_cut_is_an_excerpt_of_which_the_head_only_looks_like_the_recording(court, studio, tmp_path):
    clip = studio.clip("quay", **OPTIONS)
    status, verdict = court.verify(joined(tmp_path, (clip, 0.6, 1.4, AGAIN), (clip, 2, 6, None)))
    assert (status, verdict["relation"], verdict["basis"]) == (1, "excerpt", "visual")
    (head, one), (tail, other) = segments(verdict)
    assert (head, tail) == ("visual", "packets")
    assert one == pytest.approx([0, 1.4, 0.6, 2.0], abs=0.05)
    assert other == pytest.approx([1.4, 7.4, 2.0, 8.0], abs=1e-6)
    assert verdict["unmatched"] == verdict["missing"] == []
    assert verdict["altered"]["timing"] == "cannot-tell"


def test_a_whole_with_a_painted_head_is_a_derivative_and_the_rest_stays_exact(court, studio, tmp_path):
    clip = studio.clip("quay", **OPTIONS)
    painted = ("-vf", BOX, *AGAIN)
    _, verdict = court.verify(joined(tmp_path, (clip, 0, 4, painted), (clip, 4, 4, None)))
    assert (verdict["relation"], verdict["basis"]) == ("derivative", "visual")
    assert verdict["altered"]["picture"] == "found"
    first, second = verdict["segments"]
    painted_at = [one["questioned"] for one in first["alterations"] if one["kind"] == "picture" and one["region"]]
    assert painted_at == [pytest.approx([1, 3], abs=0.5)]
    assert (second["basis"], second["alterations"], second["limit"]) == ("packets", [], None)


def test_one_recording_copied_and_another_coded_again_are_both_named(court, studio, tmp_path):
    clip, other = studio.clip("quay", **OPTIONS), studio.clip("mole", **OPTIONS)
    _, verdict = court.verify(joined(tmp_path, (clip, 2, 6, None), (other, 1, 5, AGAIN)))
    assert verdict["relation"] == "composite"
    ids = [one["evidence_id"] for one in verdict["segments"]]
    assert ids == court.register(clip, other)
    assert [basis for basis, _ in segments(verdict)] == ["packets", "visual"]
    assert segments(verdict)[1][1] == pytest.approx([6, 11, 1, 6], abs=0.05)
    assert verdict["unmatched"] == []


def test_a_foreign_head_stays_foreign_and_what_is_exact_stays_exact(court, studio, tmp_path):
    clip, foreign = studio.clip("quay", **OPTIONS), studio.clip("nobody registered this", **OPTIONS)
    _, verdict = court.verify(joined(tmp_path, (foreign, 0, 2, AGAIN), (clip, 2, 6, None)))
    assert (verdict["relation"], verdict["basis"]) == ("composite", "packets")
    assert verdict["unmatched"] == [pytest.approx([0, 2], abs=0.05)]
    assert "softBinding.none" in {one["code"] for one in verdict["findings"]}
