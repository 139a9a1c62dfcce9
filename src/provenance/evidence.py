"""What an item of evidence is: its id, its digests, and what was measured of it. Frozen values, units stated, no I/O.

Times inside media are pts in ticks of a track's ``time_base`` (an exact rational of seconds). Digests are raw bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from provenance.errors import RecordError

if TYPE_CHECKING:
    from fractions import Fraction

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_ID_BYTES = 16
_ID = re.compile(rf"pv1-[0-7][{CROCKFORD}]{{25}}")

#: Bytes of SHA-256 kept in a row of a packet, picture or sound blob: 192 bits, so that two units that collide cost
#: 2**96 work to make, and a picture with its packet fits 80 bytes (docs/formats/measurements.md).
UNIT_DIGEST_BYTES = 24

#: pts of a unit that carries none.
NO_PTS = -(2**63)
#: Seconds from 0 that a unit may lie at or last: 2,177 years. Recorders that count from 1601 are below 2**34; what is
#: reckoned from times (rows of sound a second, for one) stays in the whole numbers that it is reckoned in.
MOST_SECONDS = 2**36


def evidence_id(random16: bytes) -> str:
    """``pv1-`` and 26 lower-case Crockford base32 characters of 128 random bits (formats section 1)."""
    if len(random16) != _ID_BYTES:
        raise ValueError("an evidence id is made of 16 random bytes")
    number = int.from_bytes(random16, "big")
    return "pv1-" + "".join(CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))


def is_evidence_id(text: str) -> bool:
    """Whether ``text`` has the form of an evidence id."""
    return _ID.fullmatch(text) is not None


def check_evidence_id(text: str) -> str:
    """Return ``text`` or raise :class:`RecordError`."""
    if not is_evidence_id(text):
        raise RecordError(f"{text!r} is not an evidence id", code="record.evidence-id")
    return text


@dataclass(frozen=True, slots=True)
class DigestSet:
    """Both digests (raw bytes) and the size (bytes) of one file."""

    sha256: bytes
    sha512: bytes
    size: int


# --- measurements ------------------------------------------------------------------------------------------------

MediaKind = Literal["video", "image", "audio", "other"]
TrackKind = Literal["video", "sound", "subtitle", "data", "attachment", "attached-picture"]
#: ``whole``: the container parsed to its end. ``damaged``: packets or pictures are missing or were reported corrupt,
#: or the file ends early. ``unfinished-recording``: MP4/MOV whose index (moov) is absent. ``unreadable``: looked like
#: media, nothing could be demuxed. ``not-media``: text, empty, playlist, unknown bytes; registered as bytes only.
FileState = Literal["whole", "damaged", "unfinished-recording", "unreadable", "not-media"]
Depth = Literal["streams", "full"]
#: How closely looks are measured beside decoding: ``kept``, what an archive keeps of a recording; ``close``, every
#: picture of a questioned file, for this run alone.
Looking = Literal["none", "kept", "close"]

# Flags of a packet row
PACKET_KEY = 1  # a decoder can start here
PACKET_DISCARD = 2  # decoded but not presented (edit list, decoder delay)
PACKET_STORED = 4  # stored in the file, outside every presented range: never decoded, never shown
PACKET_CORRUPT = 8  # the demuxer said so, or the unit ends before its stated size

# Flags of a picture row
PICTURE_LOW_INFORMATION = 1  # black, one colour, bars: neutral in matching
PICTURE_DECODER_DEPENDENT = 2  # came out of a damaged stream: digests differ between decoder builds

# Flags of a sound block's level byte
SILENCE = 0  # level 0 = silence


@dataclass(frozen=True, slots=True)
class PacketRows:
    """Coded access units of one track in file order (column lists of equal length).

    ``digests``: 24 bytes of SHA-256 of the canonical unit; ``pts``/``durations`` in ticks of the track's time base;
    ``flags`` as PACKET_*; ``offsets``/``sizes``: bytes in the file (offset -1 where the demuxer states none).
    """

    digests: tuple[bytes, ...] = ()
    pts: tuple[int, ...] = ()
    durations: tuple[int, ...] = ()
    flags: tuple[int, ...] = ()
    offsets: tuple[int, ...] = ()
    sizes: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.digests)


@dataclass(frozen=True, slots=True)
class PictureRows:
    """Decoded, presented pictures of one track in presentation order. ``flags`` as PICTURE_*."""

    digests: tuple[bytes, ...] = ()
    pts: tuple[int, ...] = ()
    flags: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.digests)


@dataclass(frozen=True, slots=True)
class SoundBlockRows:
    """Blocks of 1,024 decoded, presented sample frames of one sound track, from ``start_pts`` (ticks) on.

    ``levels``: 0 = silence, else 1 + dB above -95 dBFS RMS, at most 96. Decoder-dependent for lossy codecs.
    """

    digests: tuple[bytes, ...] = ()
    levels: bytes = b""
    start_pts: int = 0
    sample_rate: int = 0

    def __len__(self) -> int:
        return len(self.digests)


#: Bytes of a code; side of a small picture's luma, and of its two chroma planes; bytes of a local feature.
CODE_BYTES = 32
SMALL_SIDE = 96
CHROMA_SIDE = 24
SMALL_BYTES = SMALL_SIDE**2 + 2 * CHROMA_SIDE**2
#: Levels that luma of kept small pictures is rounded to multiples of, so that each is off by 2 at most. They take 26.5
#: and 23.3 MB an hour of gopro_karma and cups, in steps of 3 29.7 and 25, as measured 41 and 33 (docs/adr/0062).
SMALL_STEP = 4
#: Quality (sixteenths of a level between neighbouring boxes) from which on they are rounded: one step. Of recordings
#: that were made as dark as 6 to 14 the limit of changes doubled, and one copy was taken for another camera's.
STEP_QUALITY = 64
FEATURE_BYTES = 36
#: Small pictures kept of one track; beyond it every second one goes and the pace halves. 8,500 are 88 MB: of three
#: hours one in 1.6 s, so that 5 s have three. Up to 6,000 were kept until docs/adr/0060, of three hours one in 3.2 s.
MOST_SMALL = 8_500
#: Pictures with local features kept of one track, in the same manner, and features of one picture: as it is, and as in
#: a mirror.
MOST_FEATURED = 1_500
MOST_FEATURES = 600
#: Larger pictures of a track of a questioned file, in which local features are found when they are asked for.
MOST_LARGER = 256
#: Sides, in boxes, of a picture in which local features are looked for.
LEAST_SIDE, MOST_SIDE = 8, 480


@dataclass(frozen=True, slots=True)
class Larger:
    """The picture numbered ``place`` as ``rows`` x ``columns`` box means of luma: what local features are found in."""

    place: int
    rows: int
    columns: int
    means: bytes


@dataclass(frozen=True, slots=True)
class Looks:
    """How the pictures of one track look, before any rotation that a player adds.

    ``codes``: 32 bytes a picture, in the order of its :class:`PictureRows`; ``qualities``: one byte a picture, mean
    difference of neighbouring boxes in sixteenths of a level. ``small``: pictures of 96 x 96 box means of luma, then
    24 x 24 of each chroma plane, of the pictures numbered ``small_places``; luma is in multiples of ``small_step``
    levels (1 or ``SMALL_STEP``) where the quality is at least ``STEP_QUALITY``. ``features``: place (two u16) and ORB
    descriptor (32 bytes) of local features, of the pictures numbered ``feature_places`` (one entry a feature).
    ``larger``: of a questioned file, pictures whose local features nobody has asked for yet; no record holds them.
    """

    codes: bytes = b""
    qualities: bytes = b""
    small: bytes = b""
    small_places: tuple[int, ...] = ()
    features: bytes = b""
    feature_places: tuple[int, ...] = ()
    larger: tuple[Larger, ...] = ()
    small_step: int = 1

    def __len__(self) -> int:
        return len(self.qualities)


#: Rows of a sound print a second, bits of a row, the highest level, and rows kept of one track: 46 hours.
PRINT_RATE = 50
PRINT_BITS = 64
PRINT_LEVELS = 96
MOST_PRINTED = 2**23


@dataclass(frozen=True, slots=True)
class SoundPrint:
    """How the sound of one track sounds: ``PRINT_RATE`` rows a second, the first centred at ``start_pts`` (ticks).

    ``codes``: 8 bytes a row, signs of how the energies of neighbouring bands changed. ``levels``: one byte a row, 0 =
    silence, else 1 + dB above -95 dBFS of what lies between 300 and 2,000 Hz, at most 96.
    """

    codes: bytes = b""
    levels: bytes = b""
    start_pts: int = 0

    def __len__(self) -> int:
        return len(self.levels)


@dataclass(frozen=True, slots=True)
class ConfigurationChange:
    """From packet row ``unit`` on, the normalised parameter sets have this digest (24 bytes)."""

    unit: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Shown:
    """How one video track is shown, as one source says (container or coded header). None: not stated.

    ``size``: luma samples after cropping. ``sample_aspect``: pixel width / height. Colour names are FFmpeg's.
    """

    size: tuple[int, int] | None = None
    sample_aspect: Fraction | None = None
    colour_range: str | None = None
    matrix: str | None = None
    primaries: str | None = None
    transfer: str | None = None


@dataclass(frozen=True, slots=True)
class Presentation:
    """How one track is presented.

    ``stated``: by the container (with what it inherits from the coded header); ``coded``: by the coded header alone.
    ``start``: presentation time of the first presented unit on the file's time line, seconds; ``duration``: seconds
    from there to the end of the last. ``rotation``: degrees clockwise that a player must turn the picture
    (0/90/180/270), after mirroring left-right if ``mirrored``. ``captions``: units that carry embedded captions, with
    the digest over them in order. ``sample_rate``/``channels`` are of sound tracks.
    """

    start: Fraction | None = None
    duration: Fraction | None = None
    stated: Shown = Shown()
    coded: Shown = Shown()
    rotation: int = 0
    mirrored: bool = False
    default: bool | None = None
    language: str | None = None
    captions: int = 0
    captions_digest: bytes | None = None
    field_order: str | None = None
    sample_rate: int | None = None
    channels: int | None = None
    layout: str | None = None
    pixel_format: str | None = None


@dataclass(frozen=True, slots=True)
class Track:
    """One track of a file and what was measured of it; ``None`` where a level was not measured."""

    index: int
    kind: TrackKind
    codec: str
    time_base: Fraction
    configuration: tuple[ConfigurationChange, ...] = ()
    presentation: Presentation = Presentation()
    packets: PacketRows | None = None
    pictures: PictureRows | None = None
    looks: Looks | None = None
    sound: SoundBlockRows | None = None
    sound_print: SoundPrint | None = None
    #: How the container stores units, needed to replay them: 0 = as they are, else bytes of a NAL length prefix.
    nal_length_size: int = 0


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """A level that was not measured: ``what`` (``packets``, ``pictures``, ``sound``, …), track or None, and why."""

    what: str
    why: str
    track: int | None = None


@dataclass(frozen=True, slots=True)
class Damage:
    """A stretch of a track that could not be decoded as coded: pts range in seconds and what was seen."""

    track: int
    start: Fraction
    end: Fraction
    seen: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one pass of the child measured of one file; everything in it was said by the child and is hostile input.

    ``container`` is FFmpeg's short demuxer name (``mov``, ``matroska``, ``mpegts``, ``avi``, …), empty if none.
    ``depth``: ``streams`` = demuxed only, ``full`` = decoded too. ``sandbox``: layers in force; ``sandbox_missing``:
    layers that were not, each ``layer: why``. ``libraries``: name → version.
    """

    kind: MediaKind
    state: FileState
    container: str
    depth: Depth
    tracks: tuple[Track, ...] = ()
    not_measured: tuple[NotMeasured, ...] = ()
    damage: tuple[Damage, ...] = ()
    sandbox: tuple[str, ...] = ()
    sandbox_missing: tuple[str, ...] = ()
    libraries: dict[str, str] = field(default_factory=dict)

    def of_kind(self, kind: TrackKind) -> tuple[Track, ...]:
        """Tracks of ``kind`` in file order."""
        return tuple(track for track in self.tracks if track.kind == kind)
