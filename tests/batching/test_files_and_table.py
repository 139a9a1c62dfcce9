"""Which files are meant, in which order, what is passed over; and a table that no spreadsheet computes."""

import csv
import io
import os
from pathlib import Path

import pytest

from provenance import strict_json
from provenance.batching.answers import Answer
from provenance.batching.files import gather, told
from provenance.batching.table import COLUMNS, defused, to_csv
from provenance.errors import FileError, ProvenanceError, RecordError


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "copies"
    (place / "b").mkdir(parents=True)
    (place / ".hidden").mkdir()
    for name in ("b/z.mp4", "b.mp4", "a.MOV", ".hidden/x.mp4", ".x.mp4"):
        (place / name).write_bytes(b"bytes")
    (place / "notes.txt").write_text("a note", encoding="utf-8")
    (place / "renamed.dat").write_bytes(b"\x00\x00\x00\x18ftypisom" + bytes(100))
    (place / "empty.mp4").touch()
    (place / "link.mp4").symlink_to("b.mp4")
    (place / "ring").symlink_to(place)
    os.mkfifo(place / "pipe.mp4")
    return place


def test_a_folder_is_walked_in_the_order_of_names_and_what_is_passed_over_is_said(folder):
    found = gather([str(folder)])
    assert [name.removeprefix(f"{folder}/") for name in found.files] == ["a.MOV", "b/z.mp4", "b.mp4", "renamed.dat"]
    why = {name.removeprefix(f"{folder}/"): reason for name, reason in found.passed_over}
    assert why == {
        ".hidden": "hidden",
        ".x.mp4": "hidden",
        "notes.txt": "not media",
        "empty.mp4": "empty",
        "link.mp4": "symbolic link",
        "ring": "symbolic link",
        "pipe.mp4": "not a regular file",
    }
    assert any(line.startswith("passed over, symbolic link: ") for line in told(found.passed_over))


def test_what_is_named_is_taken_as_it_is_and_once(folder):
    names = [str(folder / "notes.txt"), str(folder / "link.mp4"), str(folder / "b.mp4"), str(folder / "gone")]
    assert list(gather([*names, names[0]]).files) == names
    again = gather([str(folder / "b.mp4"), str(folder)])
    assert again.files.count(str(folder / "b.mp4")) == 1


def test_own_output_inside_a_folder_is_not_asked_about(folder):
    own = str(folder / "b.mp4")
    assert (own, "written by this command") in gather([str(folder)], own=[own]).passed_over


def test_names_of_any_bytes_are_gathered(folder):
    odd = os.fsdecode(os.fsencode(str(folder)) + b"/\xff\n.mp4")
    Path(odd).write_bytes(b"bytes")
    assert odd in gather([str(folder)]).files


def test_many_names_are_said_in_one_line():
    (line,) = told([(f"{number}.txt", "not media") for number in range(9)])
    assert line == "passed over, not media: 0.txt, 1.txt, 2.txt and 6 more"


def verdict(**changed):
    return {
        "questioned": {"name": "x", "sha256": "ab" * 32},
        "relation": "excerpt",
        "basis": "packets",
        "evidence": {"id": "pv1-a"},
        "segments": [
            {"questioned": [0.0, 1.5], "evidence": [2.0, 3.5], "evidence_id": "pv1-a"},
            {"questioned": [1.5, 2.0], "evidence": [0.0, 0.5], "evidence_id": "pv1-b"},
        ],
        "coverage": {"questioned": 1.0},
        "altered": {"picture": "none-found", "sound": "found", "limit": None},
        "audio": {"segments": []},
        **changed,
    }


def rows(answers):
    return list(csv.reader(io.StringIO(to_csv(answers).decode("utf-8"), newline="")))


def test_a_row_names_ranges_axes_and_status():
    head, row = rows([Answer('a, "b".mp4', 1, 10, 20, "Excerpt, exact", verdict=verdict())])
    assert head == list(COLUMNS)
    assert row == ['a, "b".mp4', "ab" * 32, "excerpt", "packets", "pv1-a", "0.000-1.500; 1.500-2.000",
                   "2.000-3.500; 0.000-0.500 of pv1-b", "1.0", "picture: none-found; sound: found", "1",
                   "Excerpt, exact"]  # fmt: skip


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\N{FULLWIDTH EQUALS SIGN}1"])
def test_no_cell_is_taken_for_a_formula(name):
    row = rows([Answer.failed(name, FileError("no such file", code="file.missing"))])[1]
    assert not row[0].lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\N{FULLWIDTH EQUALS SIGN}"))
    assert row[-2:] == ["2", "file.missing: no such file"]
    assert defused("clip.mp4") == "clip.mp4"


def test_a_line_end_in_a_name_stays_inside_its_row():
    assert len(rows([Answer("a\n=b.mp4", 1, verdict=verdict())])) == 2
    assert to_csv([]).endswith(b"headline\r\n")


def test_an_answer_comes_back_as_it_went():
    for one in (
        Answer("\udcff.mp4", 1, 10, 20, "Excerpt", ("altered=none",), verdict()),
        Answer.failed("gone", ProvenanceError("no such file", code="file.missing", advice="look")),
    ):
        assert Answer.from_value(one.to_value()) == one
    assert Answer.failed("gone", FileError("no such file")).trouble().message == "no such file"


@pytest.mark.parametrize(
    "changed", [{"status": 3}, {"status": True}, {"verdict": None}, {"size": "1"}, {"verdict": []}, {"more": 1}]
)
def test_an_answer_that_is_none_is_refused(changed):
    value = Answer("a", 1, 10, 20, "Excerpt", (), verdict()).to_value() | changed
    with pytest.raises(RecordError):
        Answer.from_value(value)


@pytest.mark.parametrize(
    "data",
    [b'{"a":1,"a":2}', b"NaN", b"[Infinity]", b"1e999", b"\xef\xbb\xbf{}", b"\xff", b"{} {}", b"", b"[" * 9**5,
     b"1" * 5000, b"[-1e" + b"9" * 50 + b"]"],
)  # fmt: skip
def test_json_that_two_readers_could_take_for_two_things_is_refused(data):
    with pytest.raises(RecordError):
        strict_json.load(data, limit=10**6, what="value")


def test_json_is_read_up_to_its_limit():
    assert strict_json.load(b'{"a": [0.5, null, "\\udcff"]}', limit=30, what="value") == {"a": [0.5, None, "\udcff"]}
    with pytest.raises(RecordError, match="larger"):
        strict_json.load(b"[        ]", limit=9, what="value")
