"""Sound coded again, filtered, replaced, muted, partly overdubbed, shifted; sound without its picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edit import NONE
from ground import NotPossible
from making import MILD, PLAIN, STRONG, Coding, pair
from truths import Sound

if TYPE_CHECKING:
    from edit import Edit

CODINGS = {
    MILD: ("-c:a", "aac", "-b:a", "48k"),
    STRONG: ("-c:a", "libopus", "-b:a", "16k", "-ac", "1"),
}


def _need_sound(edit: Edit) -> None:
    if not edit.footage.sounding:
        raise NotPossible("there is nothing to hear")


def _coded(edit: Edit, severity: str) -> Coding:
    _need_sound(edit)
    return Coding(PLAIN[severity].video, CODINGS[severity], ".mkv")


def _banded(edit: Edit, low: int, high: int, rate: int) -> None:
    """As over a telephone."""
    _need_sound(edit)
    edit.hear(f"highpass=f={low}:poles=2,lowpass=f={high}:poles=2,aresample={rate},aresample=48000")


def _replaced(edit: Edit, level: float) -> None:
    """Something else to hear; ``level``: how much of the old sound is left under it."""
    _need_sound(edit)
    edit.hear(f"volume={level}")
    if level:
        edit.a = edit.chain(f"{edit.tune(edit.seconds)}{edit.a}amix=inputs=2:duration=first:normalize=0", sound=True)
    else:
        edit.a = edit.tune(edit.seconds)
    edit.sound = Sound(("replaced", "different"), None)
    edit.plant("sound", "replaced")


def _muted(edit: Edit, *, track: bool) -> None:
    """A silent track, or none."""
    _need_sound(edit)
    edit.hear("volume=0")
    edit.audible = track
    edit.sound = Sound(("silent",), None) if track else Sound(("absent",), None)
    edit.plant("sound", "muted")


def _overdubbed(edit: Edit, share: float) -> None:
    """For a part of the time something else is heard instead."""
    _need_sound(edit)
    edit.need(3)
    length = max(1.0, share * edit.seconds)
    start = float(edit.random.uniform(0.2, 0.8)) * (edit.seconds - length)
    during = f"between(t,{start:.4f},{start + length:.4f})"
    edit.hear(f"volume=0:enable='{during}'")
    dub = edit.chain(f"{edit.tune(edit.seconds)}volume=0:enable='not({during})'", sound=True)
    edit.a = edit.chain(f"{edit.a}{dub}amix=inputs=2:duration=first:normalize=0", sound=True)
    edit.sound = Sound(("partly-replaced",), None)
    edit.plant("sound", "overdubbed", None, (start, start + length))


def _shifted(edit: Edit, seconds: float) -> None:
    """The sound comes later."""
    _need_sound(edit)
    edit.need(seconds + 2)
    edit.hear(f"adelay={round(seconds * 1000)}:all=1,atrim=end={edit.seconds:.6f}")
    edit.sound = Sound(("same", "identical", "excerpt"), seconds)
    edit.plant("sound-offset", "shifted")


def _sound_alone(edit: Edit, severity: str) -> Coding:
    _need_sound(edit)
    edit.blind = True
    return Coding((), CODINGS[severity], ".mka")


def _black(edit: Edit, severity: str) -> Coding:
    """The sound under a black picture."""
    _need_sound(edit)
    edit.blind = True
    edit.filter("lutyuv=y=16:u=128:v=128")
    return Coding(PLAIN[severity].video, CODINGS[severity], ".mkv")


def _gone(edit: Edit) -> None:
    """No sound track; also of recordings without anything to hear."""
    edit.audible, edit.sound = False, NONE


TRANSFORMATIONS = [
    one
    for two in (
        pair("sound-coded", "sound", _coded, MILD, STRONG),
        pair("sound-banded", "sound", _banded, (300, 3400, 16000), (500, 2000, 8000)),
        pair("sound-replaced", "sound", _replaced, 0.0, 0.1),
        pair("sound-muted", "sound", _muted, {"track": True}, {"track": False}),
        pair("sound-overdubbed", "sound", _overdubbed, 0.5, 0.2),
        pair("sound-shifted", "sound", _shifted, 0.25, 1.5),
        pair("sound-alone", "sound without picture", _sound_alone, MILD, STRONG),
        pair("sound-on-black", "sound without picture", _black, MILD, STRONG),
        pair("no-sound", "re-encoded", _gone),
    )
    for one in two
]
