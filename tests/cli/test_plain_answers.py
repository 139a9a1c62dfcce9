"""Answers that newcomers asked for: a folder, an empty file, a word of an option, silence."""

import wave

import stock


def test_a_folder_is_told_to_go_to_batch(call, registered, tmp_path):
    folder = tmp_path / "copies"
    folder.mkdir()
    answer = call("verify", folder)
    assert answer.status == 2
    assert "`provenance batch` asks about all files in a folder" in answer.err


def test_an_empty_file_is_called_empty(call, registered, tmp_path):
    (tmp_path / "void.mp4").write_bytes(b"")
    (tmp_path / "other.mp4").write_bytes(b"")
    for words in (("void.mp4",), ("void.mp4", "--against", "other.mp4")):
        answer = call("verify", *(word if word.startswith("-") else tmp_path / word for word in words))
        assert answer.status == 2
        assert "void.mp4: Undetermined: the file is empty: it holds no bytes\n" in answer.out


def test_an_empty_file_that_is_registered_tells_nothing_of_another(call, registered, tmp_path):
    (tmp_path / "void.mp4").write_bytes(b"")
    assert call("register", tmp_path / "void.mp4").status == 0
    answer = call("verify", "--json", tmp_path / "void.mp4")
    assert (answer.status, answer.json["relation"], answer.json["evidence"]) == (2, "undetermined", None)


def test_what_is_wrong_with_a_file_is_its_first_line(call, registered, clip, tmp_path):
    (tmp_path / "page.mp4").write_text("<html>not found</html>", encoding="utf-8")
    stock.ffmpeg("-i", clip("square", seconds=1), "-c", "copy", tmp_path / "index-last.mp4")
    whole = (tmp_path / "index-last.mp4").read_bytes()
    assert whole.index(b"moov") > whole.index(b"mdat")
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    page, cut = (call("verify", tmp_path / name) for name in ("page.mp4", "cut.mp4"))
    assert (page.status, cut.status) == (2, 2)
    assert "page.mp4: Undetermined: the file is no video, sound or picture that can be read" in page.out
    assert "cut.mp4: Undetermined: the file cannot be played: its index (moov) is missing" in cut.out
    assert "have its index rebuilt" in cut.out
    assert "questioned.damaged" not in cut.out
    other = call("verify", clip("square", seconds=1), "--against", tmp_path / "page.mp4")
    assert "Undetermined: what it was to be compared with cannot be read as video or sound\n" in other.out


def test_a_match_of_a_file_that_was_cut_off_says_that_it_is(call, clip, tmp_path):
    stock.ffmpeg("-i", clip("square", seconds=3), "-c", "copy", tmp_path / "index-last.mp4")
    whole = (tmp_path / "index-last.mp4").read_bytes()
    assert call("register", tmp_path / "index-last.mp4").status == 0
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) * 2 // 3])
    answer = call("verify", tmp_path / "cut.mp4")
    assert answer.status == 1
    assert "cut.mp4: Excerpt of a registered recording" in answer.out
    assert "lacks its index (moov) and cannot be played" in answer.out


def test_a_word_of_accept_is_explained(call):
    answer = call("explain", "altered")
    assert answer.status == 0
    assert "cropped" in answer.out


def test_a_silent_file_is_said_to_be_silent(call, registered, tmp_path):
    with wave.open(str(tmp_path / "silence.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(2 * 8000 * 3))
    answer = call("verify", tmp_path / "silence.wav")
    assert "the file is silent: by silence nothing can be told apart (sound.notCompared)" in answer.out
