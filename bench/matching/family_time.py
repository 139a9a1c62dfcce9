"""The time line: excerpts, joins, rates, speeds, and edits inside a recording."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edit import Part
from ground import NotPossible
from making import pair

if TYPE_CHECKING:
    from edit import Edit


def excerpt(edit: Edit, start: float, share: float, least: float = 1.0) -> None:
    """``start`` and ``share`` are parts of the whole; not below ``least`` seconds."""
    edit.need(least * 1.5)
    length = max(least, share * edit.footage.seconds)
    begin = min(start * edit.footage.seconds, edit.footage.seconds - length)
    edit.excerpt(begin, begin + length)


def _joined(edit: Edit, own: float, foreign: float) -> None:
    """Foreign, a stretch of the recording, foreign."""
    edit.need(2)
    seconds = edit.footage.seconds
    other = Part(seconds=foreign, what="foreign")
    edit.arrange(other, edit.own(seconds * (0.5 - own / 2), seconds * (0.5 + own / 2)), other)
    edit.relation = ("composite",)


def _joined_with_partner(edit: Edit, own: float) -> None:
    """A stretch of the recording, the beginning of another registered one, the stretch that came before."""
    edit.need(3)
    partner, seconds = edit.context.partner(edit.footage), edit.footage.seconds
    if partner is None:
        raise NotPossible("no other recording is registered")
    length = partner.snap(min(2.0, partner.seconds))
    other = Part((0.0, length), length, "partner")
    edit.arrange(edit.own(seconds * (1 - own), seconds), other, edit.own(0, seconds * own))
    edit.relation = ("composite",)


def _rate(edit: Edit, divisor: float, most: float) -> None:
    edit.rate(min(edit.rate_now / divisor, most))


def _other_rate(edit: Edit, rate: float) -> None:
    edit.rate(rate)


def _speed(edit: Edit, factor: float) -> None:
    edit.speed(factor)


def _spliced(edit: Edit, parts: int) -> None:
    """The stretches in reverse order: each forward, the last one first."""
    edit.need(parts * 0.8)
    step = edit.footage.seconds / parts
    edit.arrange(*(edit.own(number * step, (number + 1) * step) for number in reversed(range(parts))))
    edit.relation = ("composite",)


def _middle(edit: Edit, seconds: float) -> tuple[float, float]:
    """A stretch that begins somewhere in the middle, on pictures."""
    edit.need(seconds + 1.2)
    start = float(edit.random.uniform(0.3, 0.6)) * (edit.footage.seconds - seconds)
    span = edit.own(start, start + seconds).own
    assert span is not None
    return span


def _deleted(edit: Edit, seconds: float) -> None:
    start, end = _middle(edit, seconds)
    edit.arrange(edit.own(0, start), edit.own(end, edit.footage.seconds))
    edit.plant("removed", "deleted", None, (start, start))
    edit.sound = None if edit.audible else edit.sound


def _inserted(edit: Edit, seconds: float) -> None:
    start, _ = _middle(edit, seconds)
    edit.arrange(edit.own(0, start), Part(seconds=seconds, what="foreign"), edit.own(start, edit.footage.seconds))
    edit.plant("inserted", "foreign", None, (start, start + seconds))
    edit.relation = ("whole", "composite")  # the whole with something added, or a piece that is foreign
    edit.sound = None if edit.audible else edit.sound


def _frozen(edit: Edit, seconds: float) -> None:
    """The picture stands still for a while, the sound goes on; nothing gets longer."""
    start, end = _middle(edit, seconds)
    still = Part((start, end), end - start, "frozen")
    edit.arrange(edit.own(0, start), still, edit.own(end, edit.footage.seconds))
    edit.plant("frozen", "stands still", None, (start, end))


TRANSFORMATIONS = [
    one
    for two in (
        pair("trim-middle", "trimmed", excerpt, (0.25, 0.5), (0.4, 0.2)),
        pair("trim-head", "trimmed", excerpt, (0.3, 0.7), (0.75, 0.25)),
        pair("trim-tail", "trimmed", excerpt, (0.0, 0.7), (0.0, 0.25)),
        pair("join-foreign", "joined", _joined, (0.7, 1.0), (0.3, 4.0)),
        pair("join-partner", "joined", _joined_with_partner, 0.45, 0.25),
        pair("half-rate", "rate", _rate, (2.0, 30.0), (2.0, 10.0)),
        pair("low-rate", "rate", _rate, (1.0, 8.0), (1.0, 3.0)),
        pair("other-rate", "rate", _other_rate, 25.0, 23.976),
        pair("faster", "speed", _speed, 1.1, 1.75),
        pair("slower", "speed", _speed, 0.9, 0.55),
        pair("splice", "edited", _spliced, 2, 4),
        pair("delete", "edited", _deleted, 1.5, 0.4),
        pair("insert", "edited", _inserted, 1.5, 0.4),
        pair("freeze", "edited", _frozen, 1.5, 0.4),
    )
    for one in two
]
