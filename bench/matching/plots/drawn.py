"""Plots as SVG, in a few lines: bars, marks in rows, curves. Shapes and words tell series apart, never colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Series in this order: colour (readable on white by people who do not tell red from green), dashes, shape of marks.
STYLES = (
    ("#1b4f8a", "", "disc"),
    ("#c1571b", "6 3", "square"),
    ("#4d4d4d", "2 3", "cross"),
    ("#7a3e9d", "8 3 2 3", "diamond"),
    ("#2f7f6f", "1 2", "ring"),
)
_ROW, _LABEL, _WIDTH, _TEXT = 18, 250, 460, 12


@dataclass(frozen=True)
class Series:
    """A name, and a value in 0 to 1 a row; None where it does not apply."""

    name: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Curve:
    name: str
    points: Sequence[tuple[float, float]]


def rows(title: str, labels: Sequence[str], series: Sequence[Series]) -> str:
    """Shares by row: the first series as bars, all others as marks."""
    high = 60 + _ROW * len(labels)
    parts = [_legend(title, [one.name for one in series])]
    for share in (0, 0.25, 0.5, 0.75, 1):
        x = _LABEL + share * _WIDTH
        parts.append(f'<line x1="{x}" y1="44" x2="{x}" y2="{high - 8}" stroke="#ccc"/>')
        parts.append(_word(x, high + 6, f"{share:.0%}", "middle"))
    for number, label in enumerate(labels):
        y = 58 + number * _ROW
        parts.append(_word(_LABEL - 6, y + 4, label, "end"))
        for place, one in enumerate(series):
            value = one.values[number]
            if value is None:
                continue
            if place == 0:
                parts.append(
                    f'<rect x="{_LABEL}" y="{y - 5}" width="{value * _WIDTH:.1f}" height="10" fill="#9dbbe0" '
                    f'stroke="{STYLES[0][0]}"/>'
                )
            else:
                parts.append(_mark(_LABEL + value * _WIDTH, y, place))
    return _whole(parts, high + 14)


def curves(title: str, curves_: Sequence[Curve], *, across: str, ticks: Sequence[tuple[float, str]]) -> str:
    """Curves of shares (0 to 1, upwards) over ``ticks``: places from 0 to 1 with what stands below them."""
    left, top, wide, high = 60, 60, _LABEL + _WIDTH - 80, 260
    parts = [_legend(title, [one.name for one in curves_])]
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = top + (1 - share) * high
        parts.append(f'<line x1="{left}" y1="{y}" x2="{left + wide}" y2="{y}" stroke="#ccc"/>')
        parts.append(_word(left - 6, y + 4, f"{share:.0%}", "end"))
    for place, text in ticks:
        x = left + place * wide
        parts.append(f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{top + high}" stroke="#eee"/>')
        parts.append(_word(x, top + high + 16, text, "middle"))
    parts.append(_word(left + wide / 2, top + high + 36, across, "middle"))
    for number, one in enumerate(curves_):
        colour, dashes, _ = STYLES[number % len(STYLES)]
        placed = [(left + x * wide, top + (1 - y) * high) for x, y in one.points]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-dasharray="{dashes}"/>')
        if len(placed) <= 12:
            parts += [_mark(x, y, number) for x, y in placed]
    return _whole(parts, top + high + 46)


def _whole(parts: Sequence[str], high: float) -> str:
    wide = _LABEL + _WIDTH + 30
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high:.0f}" font-family="sans-serif">'
    return "\n".join([head, f'<rect width="{wide}" height="{high:.0f}" fill="white"/>', *parts, "</svg>"]) + "\n"


def _legend(title: str, names: Sequence[str]) -> str:
    parts, x = [f'<text x="8" y="18" font-size="14" font-weight="bold">{escape(title)}</text>'], 14.0
    for number, name in enumerate(names):
        colour, dashes, _ = STYLES[number % len(STYLES)]
        parts.append(
            f'<line x1="{x - 6}" y1="34" x2="{x + 14}" y2="34" stroke="{colour}" stroke-dasharray="{dashes}"/>'
        )
        parts += [_mark(x + 4, 34, number), _word(x + 20, 38, name, "start")]
        x += 34 + 6.2 * len(name)
    return "\n".join(parts)


def _word(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{_TEXT}" text-anchor="{anchor}">{escape(text)}</text>'


def _mark(x: float, y: float, number: int) -> str:
    colour, _, shape = STYLES[number % len(STYLES)]
    if shape in {"disc", "ring"}:
        fill = colour if shape == "disc" else "white"
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{fill}" stroke="{colour}"/>'
    outlines = {
        "square": f"M{x - 4:.1f} {y - 4:.1f}h8v8h-8z",
        "diamond": f"M{x:.1f} {y - 5:.1f}l5 5l-5 5l-5 -5z",
        "cross": f"M{x - 4:.1f} {y - 4:.1f}l8 8m0 -8l-8 8",
    }
    return f'<path d="{outlines[shape]}" fill="{"none" if shape == "cross" else colour}" stroke="{colour}"/>'
