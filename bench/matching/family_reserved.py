"""The family that is only for reporting: nobody tunes on it; ``generate.py`` makes it of the reporting half alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from making import pair

if TYPE_CHECKING:
    from edit import Edit


def _split_screen(edit: Edit, share: float) -> None:
    """Beside other footage; ``share`` of the new width is the recording."""
    width, height = edit.size
    other = round(width * (1 / share - 1) / 2) * 2
    edit.bars(width + 2 * other, height)
    edit.planted = []
    edit.crop((0.0, 0.0, (width + other) / (width + 2 * other), 1.0))
    beside = edit.foreign(edit.seconds + 1, (other, height))
    edit.v = edit.chain(f"{edit.v}{beside}overlay=0:0:shortest=1")
    edit.plant("picture", "surround")


def _lens(edit: Edit, bend: float) -> None:
    """Bent as by a wide lens."""
    edit.filter(f"lenscorrection=k1={bend}:k2={bend / 4}:i=bilinear")
    edit.geometry = edit.geometry.roughly()


def _closing_in(edit: Edit, most: float) -> None:
    """A slow zoom towards the middle; ``most``: part of each side that is gone at the end."""
    pictures = max(2.0, edit.seconds * edit.footage.rate)
    near = f"{most / 2:.4f}*on/{pictures:.1f}"
    corners = [(f"W*{near}", f"W*(1-{near})"), (f"H*{near}", f"H*(1-{near})")]
    words = [f"x{n}='{corners[0][n % 2]}':y{n}='{corners[1][n // 2]}'" for n in range(4)]
    edit.filter(f"perspective={':'.join(words)}:sense=source:eval=frame")
    edit.geometry = edit.geometry.roughly()


def _shaken(edit: Edit, share: float) -> None:
    """The crop moves about, as of a picture made steady or shaky afterwards."""
    edit.filter(
        f"crop=trunc(iw*{share}/2)*2:trunc(ih*{share}/2)*2:"
        f"x='(iw-ow)/2*(1+sin(n/7))':y='(ih-oh)/2*(1+sin(n/11+1))',setsar=1"
    )
    lost = (1 - share) / 2
    edit.bound((lost, lost, share, share))


def _film_look(edit: Edit, grain: int) -> None:
    """Sepia, dark corners, grain."""
    sepia = "colorchannelmixer=.393:.769:.189:0:.349:.686:.168:0:.272:.534:.131"
    seed = int(edit.random.integers(1, 10**6))
    edit.filter(f"format=gbrp,{sepia},format=yuv420p,vignette=PI/4,noise=alls={grain}:allf=t:all_seed={seed}")
    edit.plant("colour", "sepia")


TRANSFORMATIONS = [
    one
    for two in (
        pair("split-screen", "reserved", _split_screen, 0.6, 0.4),
        pair("lens", "reserved", _lens, -0.08, -0.25),
        pair("closing-in", "reserved", _closing_in, 0.12, 0.35),
        pair("shaken", "reserved", _shaken, 0.94, 0.8),
        pair("film-look", "reserved", _film_look, 12, 40),
    )
    for one in two
]
