"""Text in pictures, by the strokes that OpenCV brings along: no font of the system is needed."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

import cv2

if TYPE_CHECKING:
    from provenance.media.render.footage import Picture

Colour = tuple[int, int, int]

_FONT: Final = cv2.FONT_HERSHEY_DUPLEX
#: Height of a capital at scale 1, pixels: cv2.getTextSize of "H" in this font.
_CAPITAL: Final = 22
#: Signs of our own texts that the strokes do not have.
_SPELLED: Final = {
    "\N{GREATER-THAN OR EQUAL TO}": ">=",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{HORIZONTAL ELLIPSIS}": "...",
    "\N{MULTIPLICATION SIGN}": "x",
}


def letters(text: str) -> str:
    """``text`` in the letters that can be drawn: accents go, what has no Latin letter becomes a question mark."""
    bare = unicodedata.normalize("NFKD", "".join(_SPELLED.get(one, one) for one in text))
    kept = (one for one in bare if not unicodedata.combining(one))
    return "".join(one if " " <= one <= "~" else "?" for one in kept)


def width(text: str, capital: int) -> int:
    """Pixels that ``text`` takes; ``capital``: pixels of a capital's height."""
    return int(cv2.getTextSize(letters(text), _FONT, capital / _CAPITAL, _thickness(capital))[0][0])


def wrapped(text: str, capital: int, room: int) -> list[str]:
    """``text`` in lines of at most ``room`` pixels, broken between words; a longer word is shortened."""
    lines: list[str] = []
    for word in text.split():
        if lines and width(f"{lines[-1]} {word}", capital) <= room:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.append(shortened(word, capital, room))
    return lines


def shortened(text: str, capital: int, room: int) -> str:
    """``text``, its middle left out so that it fits ``room`` pixels: beginning and suffix of a name stay."""
    if width(text, capital) <= room:
        return text
    for kept in range(len(text) - 1, 1, -1):
        short = f"{text[: kept - kept // 2]}...{text[len(text) - kept // 2 :]}"
        if width(short, capital) <= room:
            return short
    return "..."


def write(canvas: Picture, text: str, place: tuple[int, int], capital: int, colour: Colour) -> None:
    """Draw ``text`` with the left end of its base line at ``place`` (x, y)."""
    scale = capital / _CAPITAL
    cv2.putText(canvas, letters(text), place, _FONT, scale, colour, _thickness(capital), cv2.LINE_AA)


def _thickness(capital: int) -> int:
    return 2 if capital > _CAPITAL else 1
