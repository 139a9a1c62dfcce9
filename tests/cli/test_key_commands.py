"""Passphrases, locking, sealing for others, and keys, as a shell sees them."""

from __future__ import annotations

import os
import stat
import sys

import pytest

from provenance.doctor import finder_line


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "passphrase"
    path.write_text("correct horse\n", encoding="utf-8")
    return path


@pytest.fixture
def locked(call, secret, note_file):
    """The id of a file that was registered in an archive under a passphrase, which is not at hand."""
    assert call("init", "--passphrase-file", secret).status == 0
    return call("register", "--no-examine", "--json", note_file).json[0]["evidence_id"]


def test_init_refuses_to_make_a_second_archive(call):
    assert call("init", "--json").json["schema"] == "provenance/init/v1"
    answer = call("init", "--json")
    assert answer.status == 2
    assert answer.json["error"]["code"] == "archive.exists"


def test_recovery_words_are_shown_once(call):
    words = call("init", "--recovery-words", "--json").json["recovery_words"]
    assert len(words.split()) == 12


def test_a_locked_archive_registers_without_asking_and_lists_without_telling(call, locked, note_file):
    answer = call("list", "--json")
    assert answer.status == 0
    (item,) = answer.json
    assert item["evidence_id"] == locked
    assert item["sealed"] is True
    assert (item["sha256"], item["size"], item["file_name"]) == (None, None, None)
    assert answer.err.count("\n") == 1
    assert "locked" in answer.err
    shown = call("show", locked)
    assert shown.status == 0
    assert note_file.name not in shown.out


@pytest.mark.parametrize("way", ["file", "environment"])
def test_the_passphrase_opens_it(call, locked, secret, monkeypatch, way):
    if way == "environment":
        monkeypatch.setenv("PROVENANCE_PASSPHRASE", "correct horse")
        answer = call("list", "--json")
    else:
        answer = call("list", "--json", "--passphrase-file", secret)
    assert answer.json[0]["file_name"] == "note.txt"


def test_a_wrong_passphrase_is_told_and_never_taken_for_a_lock(call, locked, monkeypatch, note_file):
    monkeypatch.setenv("PROVENANCE_PASSPHRASE", "wrong")
    answer = call("list", "--json")
    assert answer.status == 2
    assert answer.json["error"]["code"] == "key.passphrase"
    registering = call("register", "--no-examine", note_file)
    assert registering.status == 0
    assert "passphrase does not open" in registering.err


def test_unlock_keeps_it_open_and_lock_ends_that(call, locked, secret):
    assert call("unlock").status == 2
    assert call("unlock", "--for", "30m", "--passphrase-file", secret).status == 0
    assert call("list", "--json").json[0]["sealed"] is False
    assert call("unlock", "--lock", "--json").json["locked"] is True
    assert call("list", "--json").json[0]["sealed"] is True
    assert call("unlock", "--lock", "--for", "1h").status == 2


def test_the_first_registration_puts_the_key_under_a_passphrase_that_is_given(call, note_file, monkeypatch):
    monkeypatch.setenv("PROVENANCE_PASSPHRASE", "correct horse")
    assert call("register", "--no-examine", note_file).status == 0
    monkeypatch.delenv("PROVENANCE_PASSPHRASE")
    assert call("list", "--json").json[0]["sealed"] is True


def test_a_passphrase_can_be_set_changed_and_removed_later(call, registered, secret, tmp_path, monkeypatch):
    assert call("list", "--json").json[0]["sealed"] is False
    assert call("key", "passphrase").status == 2  # nobody can be asked
    assert call("key", "passphrase", "--new-passphrase-file", secret).status == 0
    assert call("list", "--json").json[0]["sealed"] is True
    other = tmp_path / "other"
    other.write_text("battery staple", encoding="utf-8")
    change = ["key", "passphrase", "--new-passphrase-file", other]
    assert call(*change).status == 2
    assert call(*change, "--passphrase-file", secret).status == 0
    assert call("list", "--json", "--passphrase-file", secret).status == 2
    assert call("key", "passphrase", "--remove", "--passphrase-file", other).status == 0
    assert call("list", "--json").json[0]["sealed"] is False


@pytest.mark.parametrize("content", [b"", b"\n second line", b"\xff\xfe\n", b"x" * 100_000])
def test_a_file_without_a_passphrase_is_trouble(call, locked, tmp_path, content):
    path = tmp_path / "odd"
    path.write_bytes(content)
    answer = call("list", "--json", "--passphrase-file", path)
    assert answer.status == 2
    assert answer.json["error"]["code"] in {"key.passphrase-file", "file.unreadable"}


def test_a_device_that_seals_for_others_registers_and_cannot_read(call, tmp_path, note_file):
    assert call("key", "new", "--no-passphrase", "-o", tmp_path / "org").status == 0
    assert call("key", "new", "--no-passphrase", "-o", tmp_path / "org").status == 2
    assert call("init", "--profile", "filmer", "--seal-to", tmp_path / "org.pub").status == 0
    assert call("register", "--no-examine", note_file).status == 0
    answer = call("list", "--json")
    assert answer.status == 0
    assert answer.json[0]["sealed"] is True
    assert {"recipient"} <= {one["use"] for one in call("key", "list", "--json").json}
    assert call("key", "export", "-o", tmp_path / "none.pub").status == 2


def test_init_names_a_recipient_file_that_is_none(call, note_file, tmp_path):
    answer = call("init", "--seal-to", note_file)
    assert answer.status == 2
    assert not (tmp_path / "archive.sqlite").exists()


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
def test_the_public_key_is_given_away_and_the_recovery_export_is_not(call, registered, secret, tmp_path):
    public, recovery = tmp_path / "me.pub", tmp_path / "keys.recovery"
    assert call("key", "export", "-o", public).status == 0
    assert public.read_text(encoding="ascii").startswith("PVK1:")
    assert call("key", "export", "--recovery", "-o", recovery).status == 2  # nobody can be asked
    nobody = call("key", "export", "--recovery", "-o", recovery, "--passphrase-file", secret)
    assert (nobody.status, "--export-passphrase-file" in nobody.err) == (2, True)  # that one opens the archive
    assert call("key", "export", "-o", recovery, "--export-passphrase-file", secret).status == 2  # nothing to protect
    assert call("key", "export", "--recovery", "-o", recovery, "--export-passphrase-file", secret).status == 0
    assert stat.S_IMODE(recovery.stat().st_mode) == 0o600
    keys = tmp_path / "archive.sqlite.keys"
    keys.rename(tmp_path / "lost")
    assert call("key", "restore", recovery).status == 2
    restored = call("key", "restore", "--json", recovery, "--passphrase-file", secret)
    assert restored.status == 0
    assert "signing.pem" in restored.json["keys"]
    assert call("list", "--json").json[0]["sealed"] is False


def test_key_list_names_each_key_and_whether_reading_takes_a_passphrase(call, registered):
    keys = call("key", "list", "--json").json
    assert [one["use"] for one in keys] == ["signing", "log", "reading"]
    assert "not under a passphrase" in call("key", "list").out


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals of POSIX")
def test_at_a_terminal_the_passphrase_is_asked_for_and_not_shown(start, secret, note_file):
    import pty

    start("register", "--no-examine", "--passphrase-file", secret, note_file).communicate(timeout=20)
    master, slave = pty.openpty()
    process = start("list", "--json", stdin=slave, stderr=slave)
    os.close(slave)
    assert b"Passphrase" in os.read(master, 1000)
    os.write(master, b"correct horse\n")
    out, _ = process.communicate(timeout=20)
    os.close(master)
    assert process.returncode == 0
    assert b"note.txt" in out


@pytest.mark.parametrize("how", ["init", "register"])
def test_a_given_passphrase_counts_also_when_an_empty_file_is_there(call, note_file, secret, tmp_path, how):
    (tmp_path / "archive.sqlite").touch()
    arguments = ["init"] if how == "init" else ["register", "--no-examine", note_file]
    assert call(*arguments, "--passphrase-file", secret).status == 0
    assert call("doctor", "--json").json["finder"] == finder_line("protected")
    assert call("key", "passphrase", "--remove").status == 2


def test_the_recovery_words_open_what_the_passphrase_would(call, note_file, secret, tmp_path):
    words = call("init", "--recovery-words", "--json", "--passphrase-file", secret).json["recovery_words"]
    assert call("register", "--no-examine", note_file).status == 0
    paper = tmp_path / "paper"
    paper.write_text(f"  {words.upper()}\n", encoding="utf-8")
    assert call("unlock", "--words-file", paper, "--for", "30m").status == 0
    assert call("list", "--json").json[0]["file_name"] == note_file.name
    assert call("doctor", "--json").json["finder"] == finder_line("unlocked")
    assert call("key", "passphrase", "--remove").status == 2  # the words open, they are not the key of this device
    assert call("unlock", "--lock").status == 0
    assert call("list", "--json").json[0]["sealed"] is True


def test_a_recipients_key_opens_what_was_sealed_for_it(call, note_file, secret, tmp_path):
    assert call("key", "new", "-o", tmp_path / "org", "--passphrase-file", secret).status == 0
    assert call("key", "new", "-o", tmp_path / "other", "--no-passphrase").status == 0
    assert call("init", "--seal-to", tmp_path / "org.pub").status == 0
    assert call("register", "--no-examine", note_file).status == 0
    unlock = ["unlock", "--key-file", tmp_path / "org.key", "--json"]
    assert call(*unlock).json["error"]["code"] == "key.passphrase"
    stranger = call("unlock", "--key-file", tmp_path / "other.key", "--json")
    assert (stranger.status, stranger.json["error"]["code"]) == (2, "key.not-for-this-archive")
    assert call(*unlock, "--passphrase-file", secret).status == 0
    assert call("list", "--json").json[0]["file_name"] == note_file.name
    assert call("doctor", "--json").json["finder"] == finder_line("unlocked")
    assert call("unlock", "--lock").status == 0
    assert call("list", "--json").json[0]["sealed"] is True
    assert call("doctor", "--json").json["finder"] == finder_line("none")


@pytest.mark.parametrize(
    ("content", "code"), [("abandon ability", "key.words"), ("abandon " * 12, "key.words"), ("\xff", "key.words")]
)
def test_words_that_are_none_open_nothing(call, locked, tmp_path, content, code):
    paper = tmp_path / "paper"
    paper.write_bytes(content.encode("latin-1"))
    answer = call("unlock", "--words-file", paper, "--json")
    assert (answer.status, answer.json["error"]["code"]) == (2, code)


def test_one_way_to_unlock_at_a_time(call, locked, tmp_path):
    assert call("unlock", "--words-file", "a", "--key-file", "b").status == 2
    assert call("unlock", "--lock", "--key-file", "b").status == 2
    assert "--words-file" in call("unlock", "--words").err  # nobody can be asked


def test_a_device_that_seals_for_others_exports_what_it_has(call, secret, tmp_path):
    assert call("key", "new", "--no-passphrase", "-o", tmp_path / "org").status == 0
    assert call("init", "--seal-to", tmp_path / "org.pub").status == 0
    export = tmp_path / "keys.recovery"
    assert call("key", "export", "--recovery", "-o", export, "--export-passphrase-file", secret).status == 0
    (tmp_path / "archive.sqlite.keys").rename(tmp_path / "lost")
    names = call("key", "restore", "--json", export, "--passphrase-file", secret).json["keys"]
    assert {"signing.pem", "log-0.pem"} <= set(names)
    assert "reading.key" not in names


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals of POSIX")
def test_at_a_terminal_the_recovery_words_are_asked_for_and_not_shown(call, start, secret, note_file):
    import pty

    words = call("init", "--recovery-words", "--json", "--passphrase-file", secret).json["recovery_words"]
    assert call("register", "--no-examine", note_file).status == 0
    master, slave = pty.openpty()
    process = start("unlock", "--words", stdin=slave, stderr=slave)
    os.close(slave)
    assert b"Recovery words" in os.read(master, 1000)
    os.write(master, words.encode() + b"\n")
    process.communicate(timeout=20)
    assert words.encode() not in os.read(master, 1000)
    os.close(master)
    assert process.returncode == 0
    assert call("list", "--json").json[0]["file_name"] == note_file.name


def test_the_export_has_another_passphrase_than_the_archive(call, locked, secret, tmp_path):
    other = tmp_path / "other"
    other.write_text("battery staple", encoding="utf-8")
    export = tmp_path / "keys.recovery"
    both = ("--passphrase-file", secret, "--export-passphrase-file", other)
    assert call("key", "export", "--recovery", "-o", export, *both).status == 0
    (tmp_path / "archive.sqlite.keys").rename(tmp_path / "lost")
    assert (
        call("key", "restore", export, "--passphrase-file", secret, "--json").json["error"]["code"] == "key.passphrase"
    )
    assert call("key", "restore", export, "--passphrase-file", other).status == 0
    assert call("list", "--json", "--passphrase-file", secret).json[0]["sealed"] is False


def test_without_the_keys_folder_it_is_said_what_to_put_back(call, note_file, secret, tmp_path):
    words = call("init", "--recovery-words", "--json", "--passphrase-file", secret).json["recovery_words"]
    assert call("register", "--no-examine", note_file).status == 0
    paper = tmp_path / "paper"
    paper.write_text(words, encoding="utf-8")
    keys = tmp_path / "archive.sqlite.keys"
    keys.rename(tmp_path / "lost")
    answer = call("unlock", "--words-file", paper, "--json").json["error"]
    assert (answer["code"], answer["file"]) == ("key.no-recipient", str(keys))
    assert "copy of the keys folder" in answer["advice"]
    assert "recovery words" in answer["advice"]
    listed = call("list")
    assert listed.status == 0
    assert f"{keys} is missing" in listed.err
    assert "unlock" not in listed.err
