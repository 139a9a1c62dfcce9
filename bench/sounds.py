"""How far do sound prints of copies differ, and of unrelated sounds? Behind the ``sounds.*`` thresholds.

Every file with sound among those given (or in folders given) is coded again in several ways and held against itself,
and against every other file; then parts of it are exchanged for another file's sound. Prints: the part of bits that
differ in stretches of half a second, one and two; how often an exchange of a given length is seen; how often an honest
copy has one. Run: ``python bench/sounds.py FILE-OR-FOLDER...``
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import wave
from pathlib import Path

import imageio_ffmpeg
import numpy as np

from provenance.matching.background import threshold
from provenance.matching.sounds.heard import Course, Heard, beside
from provenance.matching.sounds.search import runs
from provenance.matching.sounds.states import stretches
from provenance.media.child import measure
from provenance.media.source import open_source

RATE = 48_000
COPIES = {
    "aac 32k": ("-c:a", "aac", "-b:a", "32k"),
    "opus 16k": ("-c:a", "libopus", "-b:a", "16k"),
    "mp3 48k": ("-c:a", "libmp3lame", "-b:a", "48k"),
    "telephone": ("-af", "highpass=f=300,lowpass=f=3400", "-ar", "8000", "-c:a", "pcm_s16le"),
    "500-2000 Hz, opus 16k": ("-af", "highpass=f=500,lowpass=f=2000,aresample=8000", "-c:a", "libopus", "-b:a", "16k"),
    "+12 dB, aac 64k": ("-af", "volume=12dB", "-c:a", "aac", "-b:a", "64k"),
    "-12 dB, aac 64k": ("-af", "volume=-12dB", "-c:a", "aac", "-b:a", "64k"),
    "tempo +3 %": ("-af", "atempo=1.03", "-c:a", "aac", "-b:a", "64k"),
    "tempo -3 %": ("-af", "atempo=0.97", "-c:a", "aac", "-b:a", "64k"),
    "speed and pitch +3 %": ("-af", "asetrate=49440,aresample=48000", "-c:a", "aac", "-b:a", "64k"),
    "speed and pitch -5 %": ("-af", "asetrate=45600,aresample=48000", "-c:a", "aac", "-b:a", "64k"),
    "noise at 20 dB": (),
}
EXCHANGED = (0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.0)
STRETCHES = (25, 50, 100)


def ffmpeg(*words: object) -> None:
    program = imageio_ffmpeg.get_ffmpeg_exe()
    subprocess.run([program, "-v", "fatal", "-y", *map(str, words)], check=True)


def heard(path: Path) -> Heard | None:
    with open_source(path) as source:
        return Heard.of(path.stem, measure(source, depth="full"))


def samples(path: Path) -> np.ndarray:
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)


def written(path: Path, sound: np.ndarray) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.clip(np.rint(sound), -32768, 32767).astype("<i2").tobytes())
    return path


def copy_of(path: Path, words: tuple[str, ...], out: Path) -> Path:
    if not words:
        sound = samples(path)
        noise = np.random.default_rng(1).normal(0, np.sqrt(np.mean(sound**2)) / 10, len(sound))
        return written(out.with_suffix(".wav"), sound + noise)
    ffmpeg("-i", path, *words, out)
    return out


def means(errors: np.ndarray, length: int) -> np.ndarray:
    sums = np.concatenate([[0], np.cumsum(errors)])
    return (sums[length:] - sums[:-length]) / length


def told(name: str, found: dict[int, list[float]], worst: object) -> None:
    words = "  ".join(f"{size / 50:g} s: {worst(one):.3f} ({len(one)})" for size, one in found.items() if one)
    print(f"{name:24} {words}")


def true_copies(files: dict[str, Path], prints: dict[str, Heard], folder: Path) -> None:
    print("copies: the highest part of bits that differ in any stretch (files), along the course that is found")
    for name, words in COPIES.items():
        found: dict[int, list[float]] = {size: [] for size in STRETCHES}
        alarms = missed = 0
        for stem, path in files.items():
            copy = heard(copy_of(path, words, folder / "copy.mka"))
            best = runs(copy, prints[stem]) if copy else []
            if not best:
                missed += 1
                continue
            rows = np.arange(len(copy))
            seen = beside(copy, prints[stem], rows, best[0].course)
            alarms += sum(one.says > 0 and not one.same for one in stretches(seen)[1:-1])
            errors = seen.errors[seen.loud]
            for size, values in found.items():
                values.extend([float(means(errors, size).max())] if len(errors) >= size else [])
        told(name, found, max)
        print(f"{'':24} not found: {missed} of {len(files)}; other sound seen inside: {alarms}")


def unrelated(prints: dict[str, Heard]) -> None:
    fixed: dict[int, list[float]] = {size: [] for size in STRETCHES}
    anywhere: dict[int, list[float]] = {size: [] for size in STRETCHES}
    followed = []
    for one in prints.values():
        for other in prints.values():
            if one is other:
                continue
            lowest = dict.fromkeys(STRETCHES, 1.0)
            for offset in range(-len(one) + 100, len(other) - 100, 2):
                seen = beside(one, other, np.arange(len(one)), Course(float(offset)))
                errors = seen.errors[seen.loud]
                for size in STRETCHES:
                    if len(errors) >= size:
                        values = means(errors, size)
                        lowest[size] = min(lowest[size], float(values.min()))
                        fixed[size].append(float(values[0]))
            for size in STRETCHES:
                anywhere[size].extend([lowest[size]] if lowest[size] < 1 else [])
            followed.extend(runs(one, other))
    print("unrelated sounds: the lowest at any place, over pairs; the 1 % lowest at a given place")
    told("best of all places", anywhere, min)
    told("at a place, 1 %", fixed, lambda values: float(np.quantile(values, 0.01)))
    print(
        f"runs found between unrelated sounds: {len(followed)} {[(one.loud, round(one.error, 3)) for one in followed]}"
    )


def exchanges(files: dict[str, Path], prints: dict[str, Heard], folder: Path) -> None:
    print("sound exchanged for another file's: part that is seen, by seconds; coded again as")
    stems = list(files)
    random = np.random.default_rng(2)
    for name in ("aac 32k", "opus 16k"):
        line = []
        for seconds in EXCHANGED:
            seen, count = 0, 0
            for number, stem in enumerate(stems):
                sound, other = samples(files[stem]), samples(files[stems[(number + 1) % len(stems)]])
                length = int(seconds * RATE)
                if len(sound) < length + 3 * RATE or len(other) < length:
                    continue
                start = int(random.integers(RATE, len(sound) - length - RATE))
                part = other[(at := int(random.integers(0, len(other) - length + 1))) : at + length]
                level = np.sqrt(np.mean(sound[start : start + length] ** 2) / max(np.mean(part**2), 1))
                changed = sound.copy()
                changed[start : start + length] = part * level
                copy = heard(copy_of(written(folder / "changed.wav", changed), COPIES[name], folder / "copy.mka"))
                best = runs(copy, prints[stem])
                if not best:
                    continue
                count += 1
                parts = stretches(beside(copy, prints[stem], np.arange(len(copy)), best[0].course))
                middle = (start + length / 2) / RATE * 50 - float(copy.start * 50)
                seen += any(not one.same and one.first - 10 <= middle <= one.last + 10 for one in parts)
            line.append(f"{seconds:g} s: {seen}/{count}")
        print(f"{name:24} {'  '.join(line)}")


def main(paths: list[Path]) -> None:
    found = sorted(file for path in paths for file in (path.iterdir() if path.is_dir() else [path]))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files, prints = {}, {}
        for path in found:
            base = folder / f"{path.stem}.wav"
            try:
                ffmpeg("-i", path, "-vn", "-ac", "1", "-ar", RATE, "-c:a", "pcm_s16le", base)
            except subprocess.CalledProcessError:  # no sound
                continue
            one = heard(base)
            if one is not None and one.is_loud.sum() >= 100:
                files[path.stem], prints[path.stem] = base, one
        print(f"{len(files)} sounds; silence below level {threshold('sounds.silence'):g}")
        true_copies(files, prints, folder)
        unrelated(prints)
        exchanges(files, prints, folder)


if __name__ == "__main__":
    main([Path(one) for one in sys.argv[1:]])
