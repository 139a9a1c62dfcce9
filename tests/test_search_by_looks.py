"""Search over everything held, on made-up looks: a room, and something that moves in it along a path of its own."""

import sqlite3
from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

import archives
from archives import hold
from provenance import lookup
from provenance.audit import audit
from provenance.binding.looks import codes, qualities
from provenance.comparison import Comparison
from provenance.evidence import Looks, Measurement, PictureRows, Presentation, Track
from provenance.matching.looks.kept import parse_segment, segment_of
from provenance.matching.looks.library import CodeLibrary
from provenance.matching.looks.sight import Sight
from provenance.store.segments import CODES
from provenance.verifying.known import Known
from provenance.verifying.looks import by_looks
from provenance.verifying.questions import Questions

RATE, SECONDS, SIDE = 5, 8, 96
ROOM = np.kron(np.random.default_rng(1).integers(40, 200, (24, 24)), np.ones((4, 4)))

ELSEWHERE = np.kron(np.random.default_rng(2).integers(40, 200, (24, 24)), np.ones((4, 4)))


def pictures(name, *, noise=0, room=ROOM):
    """A spot that walks through a room: where and how is made from ``name``."""
    source = np.random.default_rng(name)
    ways = np.cumsum(source.normal(0, 5, (RATE * SECONDS, 2)), axis=0) + source.uniform(20, 76, 2)
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    out = []
    for y, x in ways % SIDE:
        spot = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 300)
        out.append(np.clip(room * (1 - spot) + 250 * spot, 0, 255))
    made = np.stack(out) + np.random.default_rng(99).normal(0, noise or 1e-9, (len(out), SIDE, SIDE))
    return np.clip(made, 0, 255).astype(np.uint8)


def measurement(made, step=1):
    count = len(made)
    rows = PictureRows(
        tuple(archives.digest24("p", made[at].tobytes()) for at in range(count)), tuple(range(count)), (0,) * count
    )
    chroma = np.full((count, 2 * 24 * 24), 128, np.uint8)
    small = np.concatenate([made.reshape(count, -1), chroma], axis=1)[::step]
    looks = Looks(codes(made).tobytes(), qualities(made).tobytes(), small.tobytes(), tuple(range(0, count, step)))
    track = Track(
        0, "video", "h264", Fraction(1, RATE), presentation=Presentation(default=True), pictures=rows, looks=looks
    )
    return Measurement("video", "whole", "mov", "full", (track,))


@pytest.fixture
def archive(tmp_path, monkeypatch):
    archives.use_account(tmp_path, monkeypatch)
    return archives.Archive(tmp_path)


def looked(archive, made, **questions):
    with archive.open() as custodian:
        file = SimpleNamespace(measured=measurement(made))
        return by_looks(custodian, file, Comparison("no-match", "none"), Known({}), Questions(**questions))


def codes_of(found):
    return [note.code for note in found.notes]


def scored(found):
    return found.relation, [replace(segment, source="") for segment in found.segments]


@pytest.mark.timeout(900)  # 200 recordings are measured, sealed and compared: some 30 s of processor time
def test_look_alikes_neither_crowd_out_the_true_one_nor_change_its_score(archive, tmp_path):
    copy = pictures(5, noise=6)
    (true,) = hold(archive, [measurement(pictures(5))])
    alone = looked(archive, copy)
    assert (alone.relation, alone.source) == ("rendition", true)
    hold(archive, [measurement(pictures(100 + number), step=3) for number in range(200)])
    among = looked(archive, copy)
    assert among.source == true
    assert scored(among) == scored(alone)


def test_the_one_that_was_registered_last_is_found_as_well_as_the_first(archive):
    ids = hold(
        archive, [measurement(pictures(number, room=np.roll(ROOM, 9 * number, 0)), step=3) for number in range(70)]
    )
    for number in (0, 69):
        found = looked(archive, pictures(number, noise=4, room=np.roll(ROOM, 9 * number, 0)))
        assert (found.relation, found.source) == ("rendition", ids[number])


def test_no_match_says_how_many_were_compared(archive):
    hold(archive, [measurement(pictures(number)) for number in range(3)])
    found = looked(archive, pictures(7, room=ELSEWHERE))
    assert found.relation == "no-match"
    assert [note.detail for note in found.notes if note.code == "softBinding.none"] == ["3 recordings were compared"]


@pytest.mark.parametrize("made", [pictures(5)[:4], np.full((40, SIDE, SIDE), 120, np.uint8)], ids=["short", "grey"])
def test_what_shows_too_little_is_undetermined(archive, made):
    hold(archive, [measurement(pictures(50, room=ELSEWHERE))])
    found = looked(archive, made)
    assert found.relation == "undetermined"
    assert "questioned.tooLittle" in codes_of(found)
    assert "softBinding.none" not in codes_of(found)


def test_recordings_without_looks_stand_against_no_match(archive):
    hold(archive, [measurement(pictures(1)), archives.measurement("before looks")])
    found = looked(archive, np.roll(pictures(7), 31, 1)[:, ::-1])
    assert found.relation == "undetermined"
    (note,) = [note for note in found.notes if note.code == "evidence.notMeasured"]
    assert note.detail.startswith("1 recordings were measured before looks were")


def test_a_damaged_index_is_made_again(archive):
    (true,) = hold(archive, [measurement(pictures(5))])
    assert looked(archive, pictures(5, noise=3)).source == true
    with sqlite3.connect(archive.path.with_name(archive.path.name + ".index")) as connection:
        connection.execute("UPDATE segments SET box = zeroblob(length(box))")
    assert "index.units" in archive.codes()
    assert looked(archive, pictures(5, noise=3)).source == true
    assert "index.units" not in archive.codes()


def test_without_an_index_that_can_be_written_what_is_held_is_compared_one_by_one(archive, monkeypatch):
    (true,) = hold(archive, [measurement(pictures(5))])
    monkeypatch.setattr("provenance.store.index_file._writable", lambda _: False)
    assert looked(archive, pictures(5, noise=3)).source == true
    monkeypatch.setattr("provenance.verifying.looks._UNPROPOSED", 0)
    found = looked(archive, pictures(5, noise=3))
    assert (found.relation, found.source) == ("undetermined", None)
    assert any("cannot be written here" in note.detail for note in found.notes)


def test_who_seizes_the_index_finds_no_code_of_a_recording(archive):
    measured = [measurement(pictures(number)) for number in range(4)]
    hold(archive, [*measured, measured[0]])
    with archive.open() as custodian:
        assert lookup.index_examinations(custodian) == []
    data = archive.path.with_name(archive.path.name + ".index").read_bytes()
    every = b"".join(one.tracks[0].looks.codes for one in measured)
    assert not [at for at in range(0, len(every), 8) if every[at : at + 8] in data]
    with sqlite3.connect(archive.path.with_name(archive.path.name + ".index")) as connection:
        boxes = [box for (box,) in connection.execute("SELECT box FROM segments WHERE kind = 6 ORDER BY evidence")]
    assert len(boxes) == 5
    assert boxes[0][:32] != boxes[-1][:32]  # the same recording twice does not show
    assert not {boxes[0][at : at + 8] for at in range(len(boxes[0]))} & {boxes[-1][at : at + 8] for at in range(600)}
    counts = np.bincount(np.frombuffer(b"".join(boxes), np.uint8), minlength=256)
    spread = counts / counts.sum()
    assert -(spread * np.log2(spread)).sum() > 7.8  # of some 4,000 random bytes: 7.95


def test_the_audit_tells_segments_that_no_measurement_makes(archive):
    ids = hold(archive, [measurement(pictures(1)), measurement(pictures(2))])
    with archive.open() as custodian:
        lookup.index_examinations(custodian)
        assert audit(custodian).faults == ()
        other = segment_of(measurement(pictures(3)), codes(pictures(3)).tobytes(), qualities(pictures(3)).tobytes(), 0)
        with lookup._index(custodian) as index:
            (first, one), *_ = index.segments(CODES)
            assert first == ids[0]
            connection = index._database.conn
            (number,) = connection.execute("SELECT number FROM evidence WHERE evidence_id = ?", (first,)).fetchone()
            index._put(connection, number, first, [replace(one, content=other)])
        assert [fault.code for fault in audit(custodian).faults] == ["index.units"]


def test_a_segment_keeps_two_codes_a_second_where_it_changes_and_few_where_it_does_not():
    moving = measurement(pictures(1))
    kept = parse_segment(segment_of(moving, moving.tracks[0].looks.codes, moving.tracks[0].looks.qualities, 0))
    assert kept.state == "codes"
    assert SECONDS <= len(kept.codes) <= 2 * SECONDS
    assert (np.diff(kept.times) >= 0.49).all()
    still = measurement(np.repeat(pictures(1)[:1], RATE * SECONDS, axis=0))
    assert (
        len(parse_segment(segment_of(still, still.tracks[0].looks.codes, still.tracks[0].looks.qualities, 0)).codes)
        == 2
    )


@pytest.mark.parametrize("made", ["pier", None])
def test_what_was_never_looked_at_is_told_from_what_has_no_looks(made):
    measured = archives.measurement(made) if made else Measurement("audio", "whole", "ogg", "full")
    assert parse_segment(segment_of(measured, b"", b"", None)).state == ("not-looked-at" if made else "none")


def test_the_library_finds_a_mirrored_and_a_faster_copy():
    held = {name: measurement(pictures(name, room=np.roll(ROOM, 7 * name, 0))) for name in range(12)}
    segments = [
        (str(name), segment_of(one, one.tracks[0].looks.codes, one.tracks[0].looks.qualities, 0))
        for name, one in held.items()
    ]
    library = CodeLibrary(iter(segments), sum(len(content) for _, content in segments))
    made = pictures(4, room=np.roll(ROOM, 28, 0))
    for copy in (made[:, :, ::-1], np.rot90(made, axes=(1, 2)), made[::2]):
        assert library.ranked(Sight.of("", measurement(np.ascontiguousarray(copy))))[0].source == "4"


def test_what_lies_as_the_recording_does_is_found_without_turning_it(archive, monkeypatch):
    """The eightfold search is left out where the file is explained, and made where it is not; the answer is one."""
    first, _ = hold(archive, [measurement(pictures(3)), measurement(pictures(8, room=ELSEWHERE))])
    copy = pictures(3, noise=4)
    turns = []
    ranked = CodeLibrary.ranked
    monkeypatch.setattr(CodeLibrary, "ranked", lambda self, file: turns.append(1) or ranked(self, file))
    upright = looked(archive, copy)
    assert (upright.relation, upright.source, turns) == ("rendition", first, [])
    mirrored = looked(archive, np.ascontiguousarray(copy[:, :, ::-1]))
    assert (mirrored.source, mirrored.segments[0].mirrored, turns) == (first, True, [1])
    monkeypatch.setattr(CodeLibrary, "likely", lambda *_: [])
    assert looked(archive, copy) == upright
