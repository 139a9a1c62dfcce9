"""How large are the coded units that unrelated still shots share? The measurement behind ``SMALL_UNIT_BYTES``.

Two different pictures stand still for five seconds each; coders then write "nothing has changed". What both files hold
beside it discriminates nothing. Run: ``python bench/small_units.py``; prints one line a coder.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import imageio_ffmpeg

from provenance.media.child import measure
from provenance.media.source import open_source

SIZES = ("320x180", "1280x720", "1920x1080")
PICTURES = ("mandelbrot=s={size}:rate=25:start_scale=2", "cellauto=s={size}:rate=25:seed=7:scroll=0:stitch=0")
CODERS = {
    "x264": ("-c:v", "libx264", "-preset", "veryfast"),
    "x264 medium, 8 slices": ("-c:v", "libx264", "-x264-params", "slices=8"),
    "x265": ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none"),
    "vp9": ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"),
    "mpeg4": ("-c:v", "mpeg4", "-qscale:v", "5"),
}


def units(picture: str, coder: tuple[str, ...], folder: Path) -> dict[bytes, int]:
    """Digest → stored bytes of the coded pictures of a still shot."""
    out = folder / "shot.mkv"
    still = f"{picture},trim=end_frame=1,loop=125:1:0,setpts=N/25/TB,format=yuv420p"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-f", "lavfi", "-i", still, "-t", "5", *coder]
    subprocess.run([*command, str(out)], check=True)
    with open_source(out) as source:
        rows = measure(source, depth="streams").tracks[0].packets
    assert rows is not None
    return dict(zip(rows.digests, rows.sizes, strict=True))


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        for coder, options in CODERS.items():
            for size in SIZES:
                one, other = (units(picture.format(size=size), options, Path(name)) for picture in PICTURES)
                shared = [one[digest] for digest in one.keys() & other.keys()]
                largest = max(shared, default=0)
                print(
                    f"{coder:24} {size:10} {len(one):4} units, {len(shared):4} shared, largest {largest} bytes",
                    flush=True,
                )


if __name__ == "__main__":
    main()
