"""Answers that newcomers asked for: a folder, an empty file, a word of an option, silence."""

import wave


def test_a_folder_is_told_to_go_to_batch(call, registered, tmp_path):
    folder = tmp_path / "copies"
    folder.mkdir()
    answer = call("verify", folder)
    assert answer.status == 2
    assert "`provenance batch` asks about all files in a folder" in answer.err


def test_an_empty_file_is_called_empty(call, registered, tmp_path):
    (tmp_path / "void.mp4").write_bytes(b"")
    assert "the file is empty: it holds no bytes" in call("verify", tmp_path / "void.mp4").out


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
