"""The harness can fail: clips are what they say, transformations do what they say, wrong answers are graded wrong."""

from pathlib import Path
from types import SimpleNamespace

import pytest

import forge
import grading
import stock
import trial
import truth
from case import Case
from clips import VARIANTS

ANSWER = {
    "relation": "excerpt",
    "basis": "packets",
    "segments": [],
    "unmatched": [],
    "findings": [],
    "audio": {"relation": "excerpt", "shift": 0.0},
}
IDS = {"evidence": "pv1-a", "partner": "pv1-b"}


@pytest.fixture(scope="module")
def material(studio, tmp_path_factory):
    return forge.Material(studio.clip("harbour"), tmp_path_factory.mktemp("made"), studio)


def case_of(material, name):
    return Case(name, material, forge.FORGERIES[name](material))


def segment(questioned, evidence, *kinds, speed=1.0):
    alterations = [{"kind": kind, "questioned": questioned} for kind in kinds]
    return {
        "questioned": questioned,
        "evidence": evidence,
        "evidence_id": "pv1-a",
        "speed": speed,
        "alterations": alterations,
    }


def graded(case, status, **answer):
    return grading.grade(truth.TRUTH[case.name](case), case, status, {**ANSWER, **answer}, IDS)


def test_every_transformation_has_its_truth():
    assert set(truth.TRUTH) == set(forge.FORGERIES)


def test_an_excerpt_told_to_the_picture_is_as_expected(material):
    case = case_of(material, "excerpt_at_keyframe")
    hull = case.hull
    exact = segment([float(time) for time in hull.questioned], [float(time) for time in hull.evidence])
    assert graded(case, 0, segments=[exact]) == []


@pytest.mark.parametrize(
    ("status", "change"),
    [
        (1, {}),
        (0, {"relation": "same-streams"}),
        (0, {"basis": "visual"}),
        (0, {"segments": []}),
        (0, {"audio": {"relation": "replaced", "shift": 0.0}}),
    ],
)
def test_an_excerpt_told_wrongly_is_a_miss(material, status, change):
    case = case_of(material, "excerpt_at_keyframe")
    hull = case.hull
    exact = segment([float(time) for time in hull.questioned], [float(time) for time in hull.evidence])
    assert graded(case, status, **{"segments": [exact], **change})


def test_an_excerpt_in_another_place_is_a_miss(material):
    case = case_of(material, "excerpt_at_keyframe")
    start, end = map(float, case.hull.evidence)
    moved = segment([0.0, end - start], [start + 0.5, end + 0.5])
    assert graded(case, 0, segments=[moved])


def test_an_alteration_that_is_not_there_is_a_miss(material):
    case = case_of(material, "rewrapped_mkv")
    whole = segment([0.0, 4.0], [0.0, 4.0], "crop")
    assert graded(case, 0, relation="same-streams", segments=[whole], audio={"relation": "identical", "shift": 0.0})


def test_a_missing_alteration_is_a_miss(material):
    case = case_of(material, "header_crop")
    whole = segment([0.0, 4.0], [0.0, 4.0])
    audio = {"relation": "identical", "shift": 0.0}
    assert graded(case, 1, relation="derivative", segments=[whole], audio=audio)
    cropped = segment([0.0, 4.0], [0.0, 4.0], "crop")
    assert graded(case, 1, relation="derivative", segments=[cropped], audio=audio) == []


def test_exactly_one_packet_is_damaged(material):
    case = case_of(material, "one_byte_damaged")
    assert len(case.changed_packets) == 1


def test_a_hidden_start_keeps_its_packets_and_shows_fewer_pictures(material):
    case = case_of(material, "hidden_start")
    assert len(case.pictures) < len(material.pictures)
    assert case.made.stat().st_size > 0.99 * material.source.stat().st_size


@pytest.mark.parametrize(
    ("variant", "said"),
    [
        ("rotated-90", "rotation of -90"),
        ("hevc", "Video: hevc"),
        ("full-range", "yuvj420p(pc"),
        ("ten-bit", "yuv420p10le"),
        ("edit-empty", "start 0.400000"),
        ("attached-picture", "(attached pic)"),
        ("mov-pcm", "pcm_s16le"),
    ],
)
def test_a_clip_is_what_its_variant_says(clip, variant, said):
    assert said in stock.banner(clip("harbour", **VARIANTS[variant]))


def test_recordings_share_no_picture(clip):
    one, other = (stock.pictures(clip(name)) for name in ("harbour", "market"))
    assert not {row.digest for row in one} & {row.digest for row in other}


def test_a_clip_shows_as_many_different_pictures_as_it_has(clip):
    shown = stock.pictures(clip("harbour"))
    assert len({row.digest for row in shown}) == len(shown) == 100


def test_pictures_that_say_nothing_are_shared(clip):
    one, other = (stock.pictures(clip(name, content="bars")) for name in ("harbour", "market"))
    assert {row.digest for row in one} == {row.digest for row in other}


def test_the_intro_is_shared_and_the_rest_is_not(clip):
    one, other = (stock.pictures(clip(name, intro=2.0)) for name in ("harbour", "market"))
    same = [a.digest == b.digest for a, b in zip(one, other, strict=True)]
    assert all(same[:45])
    assert not any(same[52:])


@pytest.fixture
def told(monkeypatch, tmp_path, pytestconfig):
    """The lines that a session ends with, after rows of earlier sessions and what its workers say that they kept."""
    monkeypatch.setattr(trial, "FOLDER", tmp_path)
    monkeypatch.setattr(trial, "kept", set())  # not that of the session which runs this test
    for edition in ("small", "media"):
        trial._keep(edition, "plain", "same", {"expected": "identical", "seen": "identical", "why": "", "misses": []})
    trial.kept.clear()
    session = pytestconfig.pluginmanager.get_plugin(str(Path(__file__).with_name("conftest.py")))

    def end(*workers):
        for output in workers:
            session.pytest_testnodedown(node=SimpleNamespace(**output))
        lines = []
        session.pytest_terminal_summary(SimpleNamespace(write_line=lines.append))
        return lines

    return end


def test_a_session_without_truth_tests_tells_of_no_table(told):
    assert told({"workeroutput": {"truth tables": []}}, {}) == []


def test_a_session_tells_of_the_table_its_workers_kept_rows_for(told):
    (line,) = told({"workeroutput": {"truth tables": ["small"]}}, {})
    assert line.startswith("truth table:")
    assert line.endswith("small.md · 1 of 1 as expected; 0 not applicable.")


def test_keeping_a_row_is_remembered(told):
    trial._keep("media", "plain", "same", {"expected": "identical", "seen": "identical", "why": "", "misses": []})
    assert trial.kept == {"media"}
    assert len(told()) == 1
