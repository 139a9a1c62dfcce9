"""Every attack has an account and an archive of its own."""

import pytest

import archives


@pytest.fixture
def home(tmp_path, monkeypatch):
    return archives.use_account(tmp_path, monkeypatch)


@pytest.fixture
def archive(tmp_path, home):
    return archives.filled(tmp_path)
