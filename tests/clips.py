"""Synthesised recordings: moving, textured, with sound, small, the same bytes on every run of one ffmpeg build.

``Studio(folder).clip(recording, **options)`` gives the path of a clip, made at the first call (about 0.3 s) and kept in
``folder``. ``recording`` is a name: clips of different names share nothing (texture, movement, shapes and melody are
drawn from it), clips of one name with different options are the same scene made another way. The options are the
fields of :class:`Options`; :data:`VARIANTS` names useful sets of them:

    clip("pier")                                  320x180, 4 s, H.264 with B-frames, AAC, faststart MP4
    clip("pier", **VARIANTS["hevc"])              the same scene as HEVC
    clip("pier", container="mkv", sound="opus")
    clip("pier", content="black")                 black picture, own sound
    clip("pier", intro=5, seconds=8)              5 s that every recording with an intro shares, then its own

The folder may be shared by several processes (xdist): a clip is made under another name and renamed.
"""

from __future__ import annotations

import fcntl
import hashlib
import tempfile
import wave
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

import stock

SAMPLE_RATE = 48_000
#: Constant quantiser: no rate control, so that a picture's packet does not depend on pictures far away.
QUANTISER = "26"

VIDEO = {
    "h264": ("-c:v", "libx264", "-preset", "veryfast", "-qp", QUANTISER, "-sc_threshold", "0"),
    "hevc": (
        "-c:v",
        "libx265",
        "-preset",
        "ultrafast",
        "-tag:v",
        "hvc1",
        "-x265-params",
        "log-level=none:pools=1:qp=28",
    ),
    "vp9": ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "0", "-crf", "34"),
    "vp8": ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "1M"),
    "av1": ("-c:v", "libsvtav1", "-preset", "12", "-crf", "40", "-svtav1-params", "lp=1"),
    "mpeg4": ("-c:v", "mpeg4", "-q:v", "5"),
    "mpeg2": ("-c:v", "mpeg2video", "-q:v", "5"),
    "mjpeg": ("-c:v", "mjpeg", "-q:v", "5"),
    "ffv1": ("-c:v", "ffv1", "-level", "3"),
}
SOUND = {
    "aac": ("-c:a", "aac", "-b:a", "96k"),
    "opus": ("-c:a", "libopus", "-b:a", "64k"),
    "ac3": ("-c:a", "ac3", "-b:a", "128k"),
    "mp3": ("-c:a", "libmp3lame", "-b:a", "96k"),
    "flac": ("-c:a", "flac"),
    "vorbis": ("-c:a", "libvorbis", "-q:a", "3"),
    "pcm": ("-c:a", "pcm_s16le"),
}
#: Encoders that take ``-bf``.
REORDERING = {"h264", "hevc", "mpeg4", "mpeg2"}
#: Pictures of one colour: luma and both chroma levels.
FLAT = {"black": (16, 128, 128), "colour": (120, 90, 170)}
QUARTER_TURNS = {90: -90, 180: 180, 270: 90}  # clockwise for a player -> ffmpeg's counter-clockwise option


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a clip is made. Sizes in pixels, times in seconds, rotation clockwise as a player must turn the picture."""

    seconds: float = 4.0
    fps: int = 25
    size: tuple[int, int] = (320, 180)
    codec: str = "h264"
    pix_fmt: str = "yuv420p"
    b_frames: int = 2
    gop: int = 25
    interlaced: bool = False
    sound: str | None = "aac"
    container: str = "mp4"
    faststart: bool = True
    fragmented: bool = False
    variable_rate: bool = False
    rotation: int = 0
    mirrored: bool = False
    edit: str | None = None  # "inside-gop": the shown range starts inside a GOP; "empty": the picture starts later
    pace: float = (
        1.0  # how far things move from picture to picture; 25 / fps for the pace that they have at 25 a second
    )
    coding: tuple[str, ...] = ()  # further words for the encoder: colour tags, aspect, filters
    content: str = "moving"  # or "black", "bars", "colour", "wall" (texture, nothing moves); None: no picture at all
    sound_content: str = "melody"  # or "silence"
    channels: int = 1  # the melody from all of them, each a little fainter than the one before
    intro: float = 0.0  # seconds at the start that all recordings with an intro share
    second_video: bool = False
    attached_picture: bool = False
    zero_pictures: bool = False  # a video track that holds not a single picture
    tags: tuple[tuple[str, str], ...] = ()


VARIANTS: dict[str, dict[str, object]] = {
    "plain": {},
    "no-b-frames": {"b_frames": 0},
    "variable-rate": {"variable_rate": True},
    "rotated-90": {"rotation": 90},
    "rotated-180": {"rotation": 180},
    "rotated-270": {"rotation": 270},
    "mirrored": {"mirrored": True},
    "cropped-size": {"size": (318, 178)},
    "odd-size": {"size": (319, 179), "codec": "vp9", "container": "webm", "sound": "opus"},
    "edit-inside-gop": {"edit": "inside-gop"},
    "edit-empty": {"edit": "empty"},
    "hevc": {"codec": "hevc"},
    "vp9": {"codec": "vp9", "container": "webm", "sound": "opus"},
    "av1": {"codec": "av1", "container": "mkv", "sound": "opus"},
    "mpeg4": {"codec": "mpeg4", "b_frames": 0, "container": "avi", "sound": "mp3"},
    "mpeg4-b-frames": {"codec": "mpeg4", "container": "avi", "sound": "mp3"},
    "mpeg2": {"codec": "mpeg2", "container": "ts", "sound": "ac3"},
    "mjpeg": {"codec": "mjpeg", "pix_fmt": "yuvj420p", "container": "avi", "sound": "pcm"},
    "ffv1": {"codec": "ffv1", "container": "mkv", "sound": "flac"},
    "ten-bit": {"pix_fmt": "yuv420p10le", "codec": "hevc"},
    "full-range": {"pix_fmt": "yuvj420p"},
    "interlaced": {"interlaced": True, "container": "ts", "sound": "ac3"},
    "ts": {"container": "ts"},
    "mkv": {"container": "mkv"},
    "mov-pcm": {"container": "mov", "sound": "pcm"},
    "index-last": {"faststart": False},
    "fragmented": {"fragmented": True},
    "silent": {"sound_content": "silence"},
    "black": {"content": "black"},
    "bars": {"content": "bars"},
    "no-sound": {"sound": None},
    "no-picture": {"content": None, "container": "m4a"},
    "two-video": {"second_video": True},
    "attached-picture": {"attached_picture": True},
    "zero-pictures": {"zero_pictures": True, "sound": None},
}


def _generator(recording: str, part: str) -> np.random.Generator:
    return np.random.default_rng(list(hashlib.sha256(f"{recording}/{part}".encode()).digest()))


def _canvas(random: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Noise at three scales, 16..235: texture that survives coding and is nowhere flat."""
    total = np.zeros((height, width))
    for scale, weight in ((64, 90), (16, 50), (2, 28)):
        coarse = random.uniform(-1, 1, (height // scale + 2, width // scale + 2))
        total += weight * np.kron(coarse, np.ones((scale, scale)))[:height, :width]
    return np.clip(total + 126, 16, 235).astype(np.uint8)


def planes(recording: str, size: tuple[int, int], count: int, *, first: int = 0, pace: float = 1.0):
    """Yield ``count`` pictures of a recording as yuv444p planes (3, height, width): a panning texture, moving boxes."""
    random = _generator(recording, "picture")
    width, height = size
    margin = 96
    canvas = [_canvas(random, height + 2 * margin, width + 2 * margin) for _ in range(3)]
    panning, phase = random.uniform(0.03, 0.09, 2), random.uniform(0, 6.28, 2)
    boxes = [(random.uniform(0, 6.28, 2), random.uniform(0.05, 0.2, 2), random.integers(16, 235, 3)) for _ in range(3)]
    side = max(8, height // 6)
    for number in np.arange(first, first + count) * pace:
        down, right = (int(margin + (margin - 1) * np.sin(panning[axis] * number + phase[axis])) for axis in (0, 1))
        picture = np.stack([plane[down : down + height, right : right + width] for plane in canvas])
        for start, speed, colour in boxes:
            y, x = ((np.sin(start + speed * number) + 1) / 2 * (np.array([height, width]) - side)).astype(int)
            picture[:, y : y + side, x : x + side] = colour[:, None, None]
        yield picture


def bars(size: tuple[int, int], count: int):
    """Yield the same eight vertical bars ``count`` times."""
    width, height = size
    column = np.arange(width) * 8 // width
    levels = np.array([[180, 168, 145, 133, 63, 51, 28, 16], [128, 44, 147, 63, 193, 109, 212, 128]], dtype=np.uint8)
    picture = np.stack([np.tile(levels[row][column], (height, 1)) for row in (0, 1, 1)])
    for _ in range(count):
        yield picture


def melody(recording: str, seconds: float) -> np.ndarray:
    """Mono samples: a new chord every 0.4 s drawn from the recording, with a burst of noise now and then."""
    random = _generator(recording, "sound")
    note = int(0.4 * SAMPLE_RATE)
    count = int(seconds * SAMPLE_RATE)
    parts = []
    for _ in range(count // note + 1):
        time = np.arange(note) / SAMPLE_RATE
        tones = random.choice(220 * 2 ** (np.arange(30) / 12), 3)
        part = sum(np.sin(2 * np.pi * tone * time + random.uniform(0, 6)) for tone in tones) / 3
        part *= np.minimum(1, np.minimum(time, time[::-1]) * 60)
        parts.append(part * 0.6 + (random.uniform(-0.3, 0.3, note) if random.random() < 0.3 else 0))
    return np.concatenate(parts)[:count]


@contextmanager
def _making(path: Path):
    """One process makes a clip, the others wait: a file renamed over one that is being read counts as changed."""
    with path.with_name(path.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Studio:
    """Makes clips in one folder and keeps them there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def clip(self, recording: str, **options) -> Path:
        """Path of the clip of ``recording`` with these :class:`Options`; made if it is not there yet."""
        chosen = Options(**options)
        key = hashlib.sha256(repr((recording, sorted(asdict(chosen).items()))).encode()).hexdigest()[:12]
        path = self.folder / f"{recording}-{key}.{chosen.container}"
        with _making(path):
            if not path.exists():
                with tempfile.TemporaryDirectory(dir=self.folder) as scratch:
                    _make(recording, chosen, Path(scratch)).replace(path)
        return path


def _make(recording: str, options: Options, scratch: Path) -> Path:
    if options.edit == "inside-gop":
        # cut without decoding at a place that is no keyframe: the MP4 muxer hides the lead-in by an edit list
        longer = _encode(recording, options, scratch, options.seconds + 1)
        cut = scratch / f"cut.{options.container}"
        stock.ffmpeg("-ss", "0.48", "-i", longer, "-map", "0", "-c", "copy", "-t", str(options.seconds), cut)
        return cut
    made = _encode(recording, options, scratch, options.seconds)
    if options.zero_pictures:
        whole = made.read_bytes()
        made.write_bytes(whole[: whole.index(b"moof") - 4])  # the header of a fragmented MP4, before its first fragment
    if options.edit == "empty":
        late = scratch / f"late.{options.container}"
        stock.ffmpeg("-itsoffset", "0.4", "-i", made, "-i", made, "-map", "0:v", "-map", "1:a?", "-c", "copy", late)
        return late
    if not (options.rotation or options.mirrored):
        return made
    turned = scratch / f"turned.{options.container}"
    turn = ("-display_rotation:v:0", str(QUARTER_TURNS[options.rotation])) if options.rotation else ()
    flip = ("-display_hflip:v:0",) if options.mirrored else ()
    stock.ffmpeg(*turn, *flip, "-i", made, "-map", "0", "-c", "copy", *_container(options), turned)
    return turned


def _encode(recording: str, options: Options, scratch: Path, seconds: float) -> Path:
    inputs: list[str] = []
    coding: list[str] = []
    maps: list[str] = []
    if options.content is not None:
        names = [recording, f"{recording} again"] if options.second_video else [recording]
        for number, name in enumerate(names):
            raw = scratch / f"{number}.yuv"
            _write_pictures(raw, name, options, round(seconds * options.fps))
            inputs += _raw_input(raw, options)
            maps += ["-map", f"{number}:v"]
        coding += _video_coding(options)
    if options.sound is not None:
        write_sound(scratch / "sound.wav", _sound(recording, options, seconds), options.channels)
        maps += ["-map", f"{inputs.count('-i')}:a"]
        inputs += ["-i", str(scratch / "sound.wav")]
        coding += [*SOUND[options.sound], *(("-ac", str(options.channels)) if options.channels > 1 else ())]
    if options.attached_picture:
        cover = scratch / "cover.png"
        stock.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x64:d=0.04:r=25", "-frames:v", "1", cover)
        maps += ["-map", f"{inputs.count('-i')}:v"]
        inputs += ["-i", str(cover)]
        coding += ["-c:v:1", "copy", "-disposition:v:1", "attached_pic"]
    out = scratch / f"clip.{options.container}"
    tags = [word for name, value in options.tags for word in ("-metadata", f"{name}={value}")]
    exact = ("-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact")  # no version, no clock
    stock.ffmpeg(*inputs, *maps, *coding, *tags, "-threads", "1", *exact, *_container(options), out)
    return out


def _raw_input(raw: Path, options: Options) -> list[str]:
    size = f"{options.size[0]}x{options.size[1]}"
    return ["-f", "rawvideo", "-pix_fmt", "yuv444p", "-s", size, "-r", str(options.fps), "-i", str(raw)]


def _video_coding(options: Options) -> list[str]:
    coding = [*VIDEO[options.codec], "-pix_fmt", options.pix_fmt, "-g", str(options.gop)]
    if options.codec in REORDERING:
        coding += ["-bf", str(options.b_frames)]
    if options.interlaced:
        coding += ["-flags:v", "+ildct+ilme"] if options.codec == "mpeg2" else ["-x264opts", "tff=1"]
    coding += options.coding
    if options.variable_rate:
        # a phone in changing light: every picture a little early or late, and three dropped
        uneven = "setpts='(N+0.3*sin(N))/25/TB',select='not(eq(n\\,11)+eq(n\\,12)+eq(n\\,40))'"
        coding += ["-vf", f"settb=1/90000,{uneven}", "-fps_mode", "passthrough", "-enc_time_base", "1:90000"]
    return coding


def _container(options: Options) -> list[str]:
    if options.container not in {"mp4", "mov", "m4a"}:
        return []
    flags = ["+faststart"] if options.faststart else []
    if options.fragmented or options.zero_pictures:
        flags = ["+frag_keyframe+empty_moov+default_base_moof"]
    return ["-movflags", "".join(flags)] if flags else []


def _write_pictures(path: Path, recording: str, options: Options, count: int) -> None:
    shared = min(count, round(options.intro * options.fps))
    with path.open("wb") as out:
        if options.content == "bars":
            stream = bars(options.size, count)
        elif options.content in FLAT:
            width, height = options.size
            flat = np.stack([np.full((height, width), level, np.uint8) for level in FLAT[options.content]])
            stream = (flat for _ in range(count))
        elif options.content == "wall":
            stream = planes(recording, options.size, count, pace=0)
        else:
            stream = planes(recording, options.size, count - shared, pace=options.pace)
            for picture in planes("the shared intro", options.size, shared):
                out.write(picture.tobytes())
        for picture in stream:
            out.write(picture.tobytes())


def _sound(recording: str, options: Options, seconds: float) -> np.ndarray:
    if options.sound_content == "silence":
        return np.zeros(int(seconds * SAMPLE_RATE))
    intro = melody("the shared intro", options.intro)
    return np.concatenate([intro, melody(recording, seconds - options.intro)])


def write_sound(path: Path, samples: np.ndarray, channels: int = 1) -> None:
    """Write samples (-1..1) as a 16-bit WAV file of :data:`SAMPLE_RATE`; each further channel is a fifth fainter."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE)
        out.writeframes((samples[:, None] * 30_000 * 0.8 ** np.arange(channels)).astype("<i2").tobytes())
