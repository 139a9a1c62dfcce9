"""Every file of the media folder times every transformation, through the real command line (``make test-media``).

A part of it: ``pytest -m media -k streamio``, ``-k 'rewrapped and gopro'``. The table is ``build/truth/media.md``.
"""

import shutil

import pytest

import forge
import stock
from court import Court
from media_folder import media_files
from trial import Stand, attempt

pytestmark = [pytest.mark.media, pytest.mark.timeout(1200)]

FILES = media_files()
#: Recordings of the folder that hold the same coded units under two names; any other pair shares nothing.
TWINS = {frozenset({"c2pars__video1.mp4", "c2pars__video1_no_manifest.mp4"})}


@pytest.fixture(scope="session")
def stand_of(tmp_path_factory, studio):
    stands = {}

    def find(path):
        if path not in stands:
            for old in stands.values():  # one file's tests run together: what earlier ones left is not needed again
                shutil.rmtree(old.folder, ignore_errors=True)
            stands.clear()
            stands[path] = Stand(path.name, path, tmp_path_factory.mktemp("stand") / "archive", studio)
        return stands[path]

    return find


@pytest.mark.parametrize("transformation", forge.FORGERIES)
@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in FILES])
def test_verdict_is_the_one_of_the_truth_table(name, transformation, media, stand_of):
    try:
        misses = attempt(stand_of(media / name), transformation, "media")
    except forge.NotPossible as reason:
        pytest.skip(f"{name}, {transformation}: {reason}")
    assert not misses


@pytest.mark.xdist_group("folder")
def test_files_of_the_folder_are_told_apart(media, tmp_path):
    court = Court(tmp_path)
    paths = {media / name: name for name in FILES}
    court.register(*paths)
    wrong = []
    for path, name in paths.items():
        _, verdict = court.verify(path)
        own = verdict["evidence"] and court.ids[path] == verdict["evidence"]["id"]
        others = {n for p, n in paths.items() if court.ids[p] in {other["evidence_id"] for other in verdict["others"]}}
        strange = {other for other in others if frozenset({name, other}) not in TWINS}
        if verdict["relation"] != "identical" or not own or strange:
            wrong.append((name, verdict["relation"], sorted(strange)))
    assert not wrong


def test_the_folder_has_pictures_to_read(media):
    shown = [name for name in FILES if _shows_pictures(media / name)]
    assert len(shown) >= len(FILES) // 2


def _shows_pictures(path):
    try:
        return bool(stock.packets(path))
    except stock.FfmpegFailed:
        return False
