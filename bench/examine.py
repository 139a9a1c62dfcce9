"""What an examination costs over decoding alone: ``python bench/examine.py [--runs 5] [--seconds 30]``.

Examine (the child: demux, decode, every digest; then the same with looks) against the sum of ``ffmpeg -f null`` and
``openssl dgst -sha256`` of the same decoded bytes, in the same run, turn about. Clips are synthesised: texture,
movement and noise, so that the stated rates are really used. At most 256 MiB of decoded pictures are put on disk for
openssl; its cost is scaled to the number of bytes of all pictures.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from provenance.binding.codec import to_blobs
from provenance.media.child import measure
from provenance.media.source import open_source
from yardstick import Cost, Studio, arguments, cost_of, figures, folder, heading, openssl, stock

if TYPE_CHECKING:
    from provenance.evidence import Looking, Measurement

SLICE = 256 * 2**20
X264 = ("-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-g", "60")
CLIPS = {
    "H.264 1080p30 2 Mb/s": ("1920:1080", 30, (*X264, "-b:v", "2M", "-maxrate", "2M", "-bufsize", "4M"), ".mp4"),
    "H.264 1080p30 8 Mb/s": ("1920:1080", 30, (*X264, "-b:v", "8M", "-maxrate", "8M", "-bufsize", "16M"), ".mp4"),
    "H.264 1080p30 20 Mb/s": ("1920:1080", 30, (*X264, "-b:v", "20M", "-maxrate", "20M", "-bufsize", "40M"), ".mp4"),
    "HEVC 2160p30 20 Mb/s": (
        "3840:2160",
        30,
        ("-c:v", "libx265", "-preset", "ultrafast", "-b:v", "20M", "-x265-params", "log-level=none"),
        ".mp4",
    ),
    "VP9 720p30 4 Mb/s": (
        "1280:720",
        30,
        ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "4M"),
        ".webm",
    ),
}


def make(name: str, seconds: int, scene: Path, into: Path) -> Path:
    size, rate, coding, suffix = CLIPS[name]
    out = into / (name.replace(" ", "-").replace("/", "") + suffix)
    graph = f"fps={rate},scale={size}:flags=bicubic,noise=alls=14:allf=t+u,format=yuv420p"
    sound = ("-c:a", "libopus" if suffix == ".webm" else "aac")
    stock.ffmpeg("-stream_loop", "-1", "-i", scene, "-t", str(seconds), "-vf", graph, *coding, *sound, out)
    return out


def decoded_bytes(path: Path) -> int:
    return sum(picture.size for picture in stock.pictures(path))


def bare(path: Path, raw: Path, total: int) -> Cost:
    """Decoding to nowhere, and openssl over as many bytes as all pictures have."""
    everything = ("-map", "0:v", "-map", "0:a", "-fps_mode", "passthrough", "-f", "null", "-")
    decode = cost_of(lambda: stock.ffmpeg("-noautorotate", "-i", path, *everything))
    return decode + cost_of(lambda: openssl(raw)).scaled(total / raw.stat().st_size)


def examine(path: Path, looking: Looking = "none") -> Measurement:
    with open_source(path) as source:
        return measure(source, depth="full", looking=looking)


def an_hour(measured: Measurement, seconds: float) -> str:
    """MB an hour of each kind of blob."""
    sizes: dict[str, float] = {}
    for (kind, _), blob in to_blobs(measured).items():
        sizes[kind] = sizes.get(kind, 0) + len(blob) / seconds * 3600 / 1e6
    return f"{sum(sizes.values()):.0f}: " + ", ".join(f"{kind} {size:.1f}" for kind, size in sizes.items())


def main() -> None:
    asked = arguments(__doc__, runs=5, seconds=30)
    heading(
        "examine",
        "clip",
        "exact CPU s",
        "with looks CPU s",
        "bare CPU s",
        "exact / bare CPU: median (worst)",
        "with looks / bare",
        "MB an hour",
    )
    with folder() as temporary:
        place = Path(temporary)
        scene = Studio(place / "scene").clip("bench", size=(640, 360), fps=30, seconds=8, gop=30)
        for name in CLIPS:
            path = make(name, asked.seconds, scene, place)
            total = decoded_bytes(path)
            raw = place / "raw.yuv"
            stock.ffmpeg("-noautorotate", "-i", path, "-map", "0:v", "-fs", str(SLICE), "-f", "rawvideo", raw)
            measured = examine(path, "kept")  # once for the caches of the machine
            runs = [
                (
                    cost_of(lambda path=path: examine(path)).cpu,
                    cost_of(lambda path=path: examine(path, "kept")).cpu,
                    bare(path, raw, total).cpu,
                )
                for _ in range(asked.runs)
            ]
            ratios = (figures([run[which] / run[2] for run in runs]) for which in (0, 1))
            costs = (figures([run[which] for run in runs]) for which in range(3))
            print("| " + " | ".join((name, *costs, *ratios, an_hour(measured, asked.seconds))) + " |", flush=True)
            path.unlink()


if __name__ == "__main__":
    main()
