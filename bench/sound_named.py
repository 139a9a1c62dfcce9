"""Is the sound beside aligned pictures named right? The goal: 0.95 of changed sounds, at most 0.01 of others wrong.

Real sounds (of the files or folders given) and made-up ones (`made_sounds`) are coded again, played at other speeds,
replaced, muted, overdubbed in part, shifted, cut; each is held against the recording's print beside pictures that are
aligned but for what looks leave open (0.03 s). Rates by case, counted in sounds. ``--speeds``: bits that differ at
other speeds, behind ``sounds.speed``. ``--part=I/N``: every N-th sound from the I-th on alone.
Run: ``python bench/sound_named.py FILE-OR-FOLDER... [--speeds] [--part=I/N]``
"""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import numpy as np

from made_sounds import made_sounds
from provenance.binding.soundprint import SoundPrintObserver
from provenance.comparison import Segment, Span
from provenance.evidence import PRINT_RATE, Measurement, PacketRows, Track
from provenance.matching.sounds.companion import compare_prints
from provenance.matching.sounds.heard import Course, Heard, beside, pitch_of
from sounds import RATE, ffmpeg, samples, written

CODINGS = {"aac 64k": ("-c:a", "aac", "-b:a", "64k"), "opus 16k": ("-c:a", "libopus", "-b:a", "16k")}
SPEEDS = (0.5, 0.67, 0.8, 0.9, 1.1, 1.25, 1.5, 2.0)
#: Those at which sounds are named.
PLAYED = (0.8, 1.25)
#: By how much pictures were aligned wrong, in seconds.
OFF = Fraction(3, 100)
KEPT = {"same", "excerpt"}
#: Case → what may be said.
TRUE = {
    "coded": KEPT,
    "telephone": KEPT,
    "quieter": KEPT,
    "cut": KEPT,
    "replaced": {"replaced"},
    "muted": {"silent"},
    "overdubbed 2 s": {"partly-replaced"},
    "overdubbed 5 s": {"partly-replaced"},
    "muted 2 s": {"partly-replaced"},
    "shifted 0.4 s": {"excerpt"},
    "shifted from 6 s on": {"excerpt"},
}


def measured(path: Path) -> Measurement:
    """A WAV file, measured in this process."""
    observer, sound = SoundPrintObserver(Fraction(1, RATE)), np.rint(samples(path)).astype("<i2")[:, None]
    for at in range(0, len(sound), RATE):
        observer.update(sound[at : at + RATE], at, RATE)
    packets = PacketRows((bytes(24),), (0,), (len(sound),), (1,), (-1,), (9,))
    track = Track(0, "sound", "aac", Fraction(1, RATE), packets=packets, sound_print=observer.result())
    return Measurement("audio", "whole", "mov", "full", (track,))


def heard(path: Path) -> Heard:
    """The print of a WAV file."""
    found = Heard.of("held", measured(path))
    assert found is not None
    return found


def coded(path: Path, coding: str, *words: str) -> Path:
    """``path`` coded and decoded again."""
    between, out = path.with_name("coded.mka"), path.with_name("decoded.wav")
    ffmpeg("-i", path, *words, *CODINGS[coding], between)
    ffmpeg("-i", between, "-ac", "1", "-ar", RATE, "-c:a", "pcm_s16le", out)
    return out


def piece(start: float, end: float, there: float, speed: Fraction = Fraction(1)) -> Segment:
    """Pictures of the questioned file that lie ``OFF`` beside where they belong."""
    here = Span(Fraction(start).limit_denominator(1000), Fraction(end).limit_denominator(1000))
    begins = Fraction(there).limit_denominator(1000) + OFF
    return Segment(here, Span(begins, begins + here.length * speed), "held", "visual", 9, speed=speed)


def changed(sound: np.ndarray, other: np.ndarray, case: str) -> tuple[np.ndarray, list[Segment]]:
    """The sound of one case and the picture segments beside it."""
    seconds = len(sound) / RATE
    out, pieces = sound.copy(), [piece(0, seconds, 0)]
    third = len(sound) // 3
    level = np.sqrt(np.mean(sound**2) / max(float(np.mean(other**2)), 1.0))
    if case == "replaced":
        out = np.resize(other, len(sound)) * level
    elif case.startswith(("overdubbed", "muted")):
        last = min(third + int(float(case.split()[1]) * RATE), len(sound)) if " " in case else len(sound)
        first = third if " " in case else 0
        out[first:last] = np.resize(other, last - first) * level if case.startswith("over") else 0
    elif case == "shifted 0.4 s":
        out = np.concatenate([np.zeros(int(0.4 * RATE)), sound])[: len(sound)]
    elif case == "shifted from 6 s on":
        at, gap = len(sound) // 2, int(0.25 * RATE)
        out = np.concatenate([sound[:at], sound[at + gap :]])
        pieces = [piece(0, seconds - 0.25, 0)]
    elif case == "cut":
        at, gap = len(sound) // 2, int(0.2 * RATE)
        out = np.concatenate([sound[:at], sound[at + gap :]])
        middle = at / RATE + 0.08  # joints of pictures are told late or early
        pieces = [piece(0, middle, 0), piece(middle, seconds - 0.2, middle + 0.2)]
    return out, pieces


FILTERS = {"telephone": ("-af", "highpass=f=300,lowpass=f=3400,aresample=8000"), "quieter": ("-af", "volume=-10dB")}


def faster(path: Path, how: str, speed: float) -> tuple[Path, list[Segment]]:
    """Played at another speed: ``tempo`` keeps the pitch, ``rate`` moves it."""
    words = f"atempo={speed}" if how == "tempo" else f"asetrate={round(RATE * speed)},aresample={RATE}"
    out = coded(path, "aac 64k", "-af", words)
    exact = Fraction(speed).limit_denominator(100)
    return out, [piece(0, len(samples(out)) / RATE, 0, exact)]


def bits(files: dict[str, Path], prints: dict[str, Heard]) -> None:
    """Bits that differ in half seconds, seconds and throughout, beside pictures at other speeds."""
    names = list(files)
    for how in ("tempo", "rate"):
        for speed in SPEEDS:
            found: dict[str, list[np.ndarray]] = {"copies": [], "unrelated": []}
            for number, name in enumerate(names):
                copy = heard(faster(files[name], how, speed)[0])
                rows = np.arange(len(copy))
                for kind, there in (("copies", name), ("unrelated", names[(number + 1) % len(names)])):
                    tried = [Course(float(off), speed, pitch) for off in range(-6, 7) for pitch in {0, pitch_of(speed)}]
                    best = min((beside(copy, prints[there], rows, one) for one in tried), key=lambda one: one.mean)
                    found[kind].append(best.errors[best.loud])
            words = []
            for kind, worst in (("copies", max), ("unrelated", min)):
                for size in (PRINT_RATE // 2, PRINT_RATE, 4 * PRINT_RATE):
                    sums = [np.convolve(one, np.ones(size) / size, "valid") for one in found[kind] if len(one) >= size]
                    words.append(f"{kind} {size / PRINT_RATE:g} s {worst(float(worst(one)) for one in sums):.3f}")
            print(f"{how} {speed}: {'; '.join(words)} ({len(names)} sounds)", flush=True)


def named(files: dict[str, Path], prints: dict[str, Heard], part: tuple[int, int]) -> None:
    """What each case is called, of every n-th sound from the i-th on."""
    said: dict[str, list[str]] = defaultdict(list)
    names = list(files)
    every, chosen = names, names[part[0] :: part[1]]
    for name in chosen:
        number = every.index(name)
        sound, other = samples(files[name]), samples(files[names[(number + 1) % len(names)]])
        for case in TRUE:
            made, pieces = changed(sound, other, case)
            path = written(files[name].with_name("changed.wav"), made)
            for coding in CODINGS if case in {"coded", "replaced"} else ["aac 64k"]:
                copy = heard(coded(path, coding, *FILTERS.get(case, ())))
                said[f"{case}, {coding}"].append(_said(copy, prints[name], pieces))
        for how in ("tempo", "rate"):
            for speed in PLAYED:
                path, pieces = faster(files[name], how, speed)
                said[f"{how} {speed}"].append(_said(heard(path), prints[name], pieces))
                other_path = faster(files[names[(number + 1) % len(names)]], how, speed)[0]
                said[f"replaced, {how} {speed}"].append(_said(heard(other_path), prints[name], pieces))
    for case, each in said.items():
        true = TRUE.get(case.split(",")[0], {"replaced"} if case.startswith("replaced") else KEPT)
        right = sum(one.split()[0] in true for one in each)
        wrong = [f"{name}: {one}" for name, one in zip(chosen, each, strict=True) if one.split()[0] not in true]
        print(f"{case}: {right} of {len(each)} {wrong}", flush=True)


def _said(copy: Heard, held: Heard, pieces: list[Segment]) -> str:
    found = compare_prints(copy, held, pieces, whole=True)
    if found is None:
        return "not-checked"
    relation = found.comparison.relation
    return f"{relation} {float(found.comparison.shift):.2f}" if found.comparison.shift else relation


def main(words: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, files = Path(name), {}
        for path in sorted(Path(one) for one in words if not one.startswith("--")):
            for each in sorted(path.iterdir()) if path.is_dir() else [path]:
                files[each.stem] = folder / f"{each.stem}.wav"
                ffmpeg("-i", each, "-vn", "-ac", "1", "-ar", RATE, "-c:a", "pcm_s16le", files[each.stem])
        print(f"{len(files)} real sounds", end=" ")
        for number, (title, sound) in enumerate(made_sounds().items()):
            files[title] = written(folder / f"made {number}.wav", sound * 32767)
        prints = {title: heard(path) for title, path in files.items()}
        print(f"and {len(files)} in all")
        if "--speeds" in words:
            bits(files, prints)
        else:
            first, step = next((one[7:].split("/") for one in words if one.startswith("--part=")), ("0", "1"))
            named(files, prints, (int(first), int(step)))


if __name__ == "__main__":
    main(sys.argv[1:])
