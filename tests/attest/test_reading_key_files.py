"""Reading key files, passphrases, recipient lines and recovery words."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.attest import keys, recovery
from provenance.attest.keys import ReadingKey, needs_passphrase, parse_public_text, public_text
from provenance.errors import KeyFileError

VECTORS = Path(__file__).parents[1] / "vectors"
KEPT = json.loads((VECTORS / "box-v1.json").read_text())
WORDS = json.loads((VECTORS / "bip39.json").read_text())["cases"]


def test_a_plain_file_keeps_the_key_and_asks_for_nothing():
    key = ReadingKey.generate()
    data = key.to_file(None)
    assert not needs_passphrase(data)
    assert ReadingKey.from_file(data, None).private == key.private
    assert ReadingKey.from_file(data, "ignored").private == key.private


def test_a_file_under_a_passphrase_opens_with_it_alone():
    data = KEPT["reading_key_file"].encode()
    assert needs_passphrase(data)
    private = bytes.fromhex(KEPT["private_keys"][0])
    assert private.hex() not in KEPT["reading_key_file"]
    decomposed = unicodedata.normalize("NFD", KEPT["passphrase"])
    assert decomposed != KEPT["passphrase"]
    assert ReadingKey.from_file(data, decomposed).private == private
    for wrong in (None, "", "pass phrase cafe"):
        with pytest.raises(KeyFileError) as caught:
            ReadingKey.from_file(data, wrong)
        assert caught.value.code == "key.passphrase"


def test_a_new_file_under_a_passphrase_is_fresh_each_time():
    key = ReadingKey.generate()
    data = key.to_file("words")
    assert key.private.hex() not in data.decode()
    assert key.private not in data
    assert ReadingKey.from_file(data, "words").private == key.private
    assert json.loads(data)["protected"]["salt"] != json.loads(KEPT["reading_key_file"])["protected"]["salt"]


@pytest.mark.parametrize(
    "change",
    [
        ('"n":131072', '"n":1048576'),
        ('"n":131072', '"n":16'),
        ('"r":8', '"r":1'),
        ('"kdf":"scrypt"', '"kdf":"none"'),
        ('"kind":"provenance/reading-key/v1"', '"kind":"provenance/recovery/v1"'),
        ('"p":1,', ""),
        ("}\n", "} \n"),
    ],
)
def test_a_changed_file_is_refused_before_work_is_done(change):
    data = KEPT["reading_key_file"]
    assert change[0] in data
    with pytest.raises(KeyFileError) as caught:
        ReadingKey.from_file(data.replace(*change).encode(), KEPT["passphrase"])
    assert caught.value.code == "key.malformed"


def test_a_file_whose_public_key_is_exchanged_is_refused():
    key, other = ReadingKey.generate(), ReadingKey.generate()
    plain = key.to_file(None).replace(key.public.hex().encode(), other.public.hex().encode())
    with pytest.raises(KeyFileError):
        ReadingKey.from_file(plain, None)
    exchanged = KEPT["reading_key_file"].replace(json.loads(KEPT["reading_key_file"])["public"], other.public.hex())
    with pytest.raises(KeyFileError) as caught:
        ReadingKey.from_file(exchanged.encode(), KEPT["passphrase"])
    assert caught.value.code == "key.passphrase"


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b"\xff", b"{" * 9000])
def test_something_else_is_no_reading_key_file(data):
    for read in (needs_passphrase, lambda data: ReadingKey.from_file(data, None)):
        with pytest.raises(KeyFileError):
            read(data)


def test_a_recipient_line_is_read_back_and_a_mistyped_one_is_not():
    public = ReadingKey.generate().public
    line = public_text(public)
    assert parse_public_text(f"  {line}\n") == public
    for place in range(len(line.strip())):
        other = "A" if line[place] != "A" else "B"
        with pytest.raises(KeyFileError):
            parse_public_text(line[:place] + other + line[place + 1 :])
    for wrong in ("", "PVK1:", line[:-2], line.strip() + "AAAA"):
        with pytest.raises(KeyFileError):
            parse_public_text(wrong)


def test_a_recipient_key_that_everybody_could_read_is_refused():
    with pytest.raises(KeyFileError) as caught:
        parse_public_text(public_text(bytes(32)))
    assert caught.value.code == "key.weak"
    with pytest.raises(KeyFileError):
        keys.check_recipient(b"short")


@pytest.mark.parametrize("case", WORDS, ids=lambda case: case["entropy"][:2])
def test_bip39_words(case):
    entropy = bytes.fromhex(case["entropy"])
    assert recovery.words_of(entropy) == case["words"]
    assert recovery.entropy_of(f"  {case['words'].upper()}\n".replace(" ", "  ")) == entropy


@settings(deadline=None)
@given(st.binary(min_size=16, max_size=16))
def test_words_are_read_back(entropy):
    assert recovery.entropy_of(recovery.words_of(entropy)) == entropy


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("abandon " * 12, "do not belong together"),
        ("abandon " * 10 + "abandn about", "word 11"),
        ("abandon " * 11, "11 words"),
        ("", "0 words"),
        ("zoo " * 23 + "vote", "24 words"),
    ],
)
def test_wrong_words_are_refused_with_what_is_wrong(words, says):
    with pytest.raises(KeyFileError, match=says) as caught:
        recovery.entropy_of(words)
    assert caught.value.code == "key.words"
    assert "abandn" not in str(caught.value)


def test_words_remake_four_unlike_keys():
    words = recovery.new_words()
    assert len(words.split()) == 12
    one, two = recovery.recover(words), recovery.recover(words)
    assert one.signing.public == two.signing.public
    assert one.reading.private == two.reading.private
    assert one.slip_secret == two.slip_secret
    assert one.following.public == two.following.public
    made = {one.signing.public, one.following.public, one.reading.public, one.reading.private, one.slip_secret}
    assert len(made) == 5


def test_a_recovery_export_is_read_back_and_other_files_are_not():
    data = b"key files " * 50
    export = recovery.protect(data, "words")
    assert data not in export
    assert recovery.unprotect(export, "words") == data
    for wrong in (b"", KEPT["reading_key_file"].encode(), export[:-9]):
        with pytest.raises(KeyFileError) as caught:
            recovery.unprotect(wrong, "words")
        assert caught.value.code == "key.malformed"
