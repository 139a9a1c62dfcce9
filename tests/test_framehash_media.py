"""Picture digests equal those of the stock ffmpeg program on every real file that both decode (formats section 3)."""

import pytest

import stock
from media_folder import media_files
from provenance.evidence import UNIT_DIGEST_BYTES
from provenance.media.child import measure
from provenance.media.source import open_source

pytestmark = [pytest.mark.media, pytest.mark.timeout(600)]


@pytest.mark.parametrize("name", media_files())
def test_picture_digests_equal_the_stock_program(name, media):
    path = media / name
    with open_source(path) as source:
        measured = measure(source, depth="full")
    tracks = measured.of_kind("video")
    compared = 0
    for number, track in enumerate(tracks):
        is_grid = measured.container == "heif" and track.packets is None
        rows = stock.composed(path) if is_grid else stock.pictures(path, number)
        theirs = [bytes.fromhex(row.digest)[:UNIT_DIGEST_BYTES] for row in rows]
        if not theirs or track.pictures is None:
            continue
        assert list(track.pictures.digests) == theirs, f"track {number}"
        compared += 1
    if not compared:
        pytest.skip(f"{name}: no picture track that both decode")


def test_digests_of_every_kind_of_clip_equal_the_stock_program(clip):
    """A check of the check: a clip with B-frames and an edit list, which both surely decode."""
    path = clip("market", edit="inside-gop")
    with open_source(path) as source:
        measured = measure(source, depth="full")
    theirs = [bytes.fromhex(row.digest)[:UNIT_DIGEST_BYTES] for row in stock.pictures(path)]
    assert theirs
    assert list(measured.of_kind("video")[0].pictures.digests) == theirs
