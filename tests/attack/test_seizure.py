"""The device is taken at any moment: nothing that was said or shown can be read without the passphrase.

Canaries (people, places, paths, names, notes), a picture, and digests of the files are looked for in every byte that is
left on the disk: archive, journal, index, keys, and the folders for state, runtime, cache, configuration and
temporary files; in every form in which a careless line of code would have written them.
"""

import base64
import hashlib
import random
import secrets
import sqlite3
import time

import av
import commands
import numpy as np
import pytest

import archives
from provenance.attest import envelope
from provenance.matching.exact import keys
from provenance.store.index import padded

PASSPHRASE = "three wet horses"
WIDTH, HEIGHT, PICTURES = 160, 96, 12
#: Bytes of a luma row, or of a coded picture, that are looked for: too many to be there by chance.
PIECE = 24

OPTIONS = ("--received-from", "--channel", "--claimed-place", "--claimed-time", "--event", "--note", "--url")


def forms(text):
    """A text as bytes, in every spelling that a program might use."""
    for plain in (text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be")):
        yield from spellings(plain)


def spellings(plain):
    """Bytes as they are, in hexadecimal, and in base64 at each of the three places within a group."""
    yield plain
    yield plain.hex().encode()
    yield plain.hex().upper().encode()
    for shift in range(3):
        coded = base64.b64encode(bytes(shift) + plain)
        inner = coded[4 if shift else 0 : len(coded) - 4]  # the ends depend on what stands beside
        yield inner
        yield inner.replace(b"+", b"-").replace(b"/", b"_")


class Canaries:
    """Files in folders with telling names, and what is said about each; ``needles``: what must not be found."""

    def __init__(self, folder, count):
        self.needles = {}
        self.calls = []
        for number in range(count):
            names = {kind: f"{kind}{secrets.token_hex(6)}" for kind in ("path", "file", *(o[2:] for o in OPTIONS))}
            place = folder / names["path"]
            place.mkdir(parents=True)
            file = place / f"{names['file']}{('.mkv', '.png', '.jpg')[number % 3]}"
            self._picture(file)
            said = [part for option in OPTIONS for part in (option, names[option[2:]])]
            self.calls.append((file, said))
            for kind, text in names.items():
                self._add(f"{kind} {text}", forms(text))
            data = file.read_bytes()
            for name in ("sha256", "sha512"):
                self._add(f"{name} of {file.name}", spellings(hashlib.new(name, data).digest()))

    def _add(self, name, found):
        self.needles.update((form, name) for form in found)

    def _picture(self, file):
        """A recording or a still of noise that is nowhere else: its decoded rows, and the middle of its coded bytes."""
        noise = np.random.default_rng(secrets.randbits(64))
        with av.open(str(file), "w", format="matroska" if file.suffix == ".mkv" else "image2") as container:
            codec, pixels = {".mkv": ("ffv1", "gray"), ".png": ("png", "gray"), ".jpg": ("mjpeg", "yuvj420p")}[
                file.suffix
            ]
            stream = container.add_stream(codec, rate=25)
            stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, pixels
            for number in range(PICTURES if codec == "ffv1" else 1):
                luma = noise.integers(0, 256, (HEIGHT, WIDTH), np.uint8)
                frame = av.VideoFrame.from_ndarray(luma, format="gray").reformat(format=pixels)
                frame.pts = number
                for packet in stream.encode(frame):
                    container.mux(packet)
                digest = hashlib.sha256(luma.tobytes()).digest()[:PIECE]
                self._add(f"digest of picture {number} of {file.name}", spellings(digest))
                for row in (0, HEIGHT // 2):
                    self._add(f"row {row} of picture {number} of {file.name}", spellings(luma[row, :PIECE].tobytes()))
            for packet in stream.encode():
                container.mux(packet)
        middle = file.stat().st_size // 2
        self._add(f"coded picture of {file.name}", spellings(file.read_bytes()[middle : middle + PIECE]))

    def found_in(self, folders):
        """(needle, file) of everything that can be read in any file under ``folders``, names of files included."""
        found = []
        for folder in folders:
            for path in folder.rglob("*"):
                data = bytes(path.relative_to(folder)) + (path.read_bytes() if path.is_file() else b"")
                found += [(name, path.name) for form, name in self.needles.items() if form in data]
        return found


@pytest.fixture
def device(tmp_path, home):
    """An archive under a passphrase, and the folders that a finder of the device would search."""
    path = tmp_path / "device" / "archive.sqlite"
    commands.call(home, path, "init", PROVENANCE_PASSPHRASE=PASSPHRASE)
    return path, [path.parent, home]


def payloads(path):
    with sqlite3.connect(path) as connection:
        for (content,) in connection.execute("SELECT envelope FROM envelopes").fetchall():
            yield envelope.parse(content).payload
    connection.close()


def check_seizure(device, home, canaries, kills):
    path, folders = device
    chance = random.Random()
    began = time.monotonic()
    file, said = canaries.calls[0]
    commands.call(home, path, "register", *said, file)
    usual = time.monotonic() - began
    assert canaries.found_in(folders) == []
    for number in range(kills):
        file, said = canaries.calls[number % len(canaries.calls)]
        process = commands.start(home, path, "register", *said, file)
        time.sleep(chance.uniform(0.2, 1.1) * usual)
        commands.kill(process)
        assert canaries.found_in(folders) == [], f"after kill {number}"
    for file, said in canaries.calls:
        commands.call(home, path, "register", *said, file)
    assert canaries.found_in(folders) == []
    for payload in payloads(path):
        assert not [name for form, name in canaries.needles.items() if form in payload]
    check_unlocked_then_locked(device, home, canaries)


def check_unlocked_then_locked(device, home, canaries):
    path, folders = device
    commands.call(home, path, "unlock", "--for", "1h", PROVENANCE_PASSPHRASE=PASSPHRASE)
    listed = commands.call(home, path, "list")
    assert canaries.calls[0][0].name in {item["file_name"] for item in listed}  # it does open
    shown = commands.call(home, path, "show", listed[0]["evidence_id"])
    assert canaries.calls[0][1][1] in str(shown)
    verified = commands.call(home, path, "verify", canaries.calls[0][0])
    assert verified["relation"] == "identical"
    assert commands.call(home, path, "audit")["sealed"] == "checked"
    commands.call(home, path, "unlock", "--lock")
    assert canaries.found_in(folders) == []
    locked = commands.call(home, path, "list")
    assert {item["sealed"] for item in locked} == {True}
    assert {item["file_name"] for item in locked} == {None}


def test_the_index_beside_the_archive_tells_no_number_of_units_and_nothing_shared(tmp_path, home):
    """Exact numbers would name a published recording, though the boxes are padded."""
    made = archives.Archive(tmp_path / "device")
    names = ("pier.mp4", "train.mp4")
    for name in names:
        made.register(name, examine=True)
    with made.open() as custodian:
        wanted = {len(set(keys(archives.measurement(name)))) for name in names}
        held = {name for name, _ in custodian.archive.digest_rows()}
    with sqlite3.connect(made.path.with_name("archive.sqlite.index")) as connection:
        rows = connection.execute("SELECT key, posting FROM units").fetchall()
        numbers = {number for (number,) in connection.execute("SELECT number FROM evidence")}
    connection.close()
    assert len(held) == len(numbers) == len(names)
    postings = [posting for _, posting in rows]
    assert len(set(postings)) == len(rows)  # nothing to group by
    assert not numbers & set(postings)
    # Files of one repeated chunk: one row each, under the floor of 16 rows that hides it.
    assert len(rows) == sum(padded(count) for count in wanted) * len(names) // len(wanted) + 16 * len(names)


def test_the_search_finds_what_is_there(tmp_path, home):
    """Else a search that looks for nothing would find nothing."""
    canaries = Canaries(tmp_path / "footage", 3)
    folder = tmp_path / "found"
    folder.mkdir()
    text = canaries.calls[0][1][1]
    for number, written in enumerate(
        (text.encode("utf-16-le"), base64.urlsafe_b64encode(b"xy" + text.encode() + b"z"))
    ):
        (folder / "notes").write_bytes(b"somewhere " + written)
        assert [where for _, where in canaries.found_in([folder])] == ["notes"], number
    (folder / "notes").write_bytes(canaries.calls[1][0].read_bytes())
    assert canaries.found_in([folder])
    assert canaries.found_in([tmp_path / "footage"])


def test_a_seized_device_tells_nothing_after_eight_canaries_and_six_kills(tmp_path, device, home):
    check_seizure(device, home, Canaries(tmp_path / "footage", 8), kills=6)


@pytest.mark.hard
@pytest.mark.timeout(1800)
def test_a_seized_device_tells_nothing_after_forty_canaries_and_fifty_kills(tmp_path, device, home):
    check_seizure(device, home, Canaries(tmp_path / "footage", 40), kills=50)
