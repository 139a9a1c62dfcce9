"""How two files relate: relation, basis, segments, alterations. Frozen values; times in exact seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

Relation = Literal[
    "identical",
    "same-streams",
    "same-pictures",
    "rendition",
    "excerpt",
    "composite",
    "derivative",
    "still",
    "no-match",
    "undetermined",
]
Basis = Literal["bytes", "packets", "pictures", "visual", "sound", "none"]
AlterationKind = Literal[
    "picture",
    "damage",
    "removed",
    "inserted",
    "frozen",
    "crop",
    "speed",
    "rotation",
    "mirror",
    "range",
    "aspect",
    "colour",
    "captions",
    "track",
    "sound",
    "sound-offset",
    "hidden",
]
Axis = Literal["found", "none-found", "not-examined", "cannot-tell"]
SoundRelation = Literal[
    "identical",
    "same",
    "excerpt",
    "replaced",
    "partly-replaced",
    "silent",
    "absent",
    "different",
    "not-checked",
]

EXACT_BASES: frozenset[Basis] = frozenset({"bytes", "packets", "pictures"})
#: Which axis of ``altered`` each kind of alteration speaks on (formats section 6).
AXES_OF_KIND: dict[AlterationKind, tuple[str, ...]] = {
    "picture": ("picture",),
    "damage": ("picture",),
    "frozen": ("picture", "timing"),
    "colour": ("picture",),
    "removed": ("timing",),
    "inserted": ("timing",),
    "speed": ("timing",),
    "sound": ("sound",),
    "sound-offset": ("sound",),
    "crop": ("presentation",),
    "rotation": ("presentation",),
    "mirror": ("presentation",),
    "range": ("presentation",),
    "aspect": ("presentation",),
    "captions": ("presentation",),
    "track": ("presentation",),
    "hidden": ("presentation",),
}


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of seconds."""

    start: Fraction
    end: Fraction

    @property
    def length(self) -> Fraction:
        """Seconds."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Alteration:
    """One difference inside a segment; ``questioned`` on the questioned file's time line, None = throughout."""

    kind: AlterationKind
    questioned: Span | None = None
    region: tuple[Fraction, Fraction, Fraction, Fraction] | None = None
    what: str | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """The smallest change that would have been seen.

    ``region``: part of the questioned picture's area, of a compact shape; ``seconds`` that it lasts; ``contrast``: mean
    difference in levels of 255; ``channels``: ``luma`` or ``luma+chroma``.
    """

    region: Fraction
    seconds: Fraction
    contrast: int
    channels: Literal["luma", "luma+chroma"]


#: Left, top, width, height as parts of the picture.
WHOLE_PICTURE = (Fraction(0), Fraction(0), Fraction(1), Fraction(1))


@dataclass(frozen=True, slots=True)
class Segment:
    """A pair of aligned time ranges. ``source`` is the caller's key of the evidence it came from (never printed)."""

    questioned: Span
    evidence: Span
    source: str
    basis: Basis
    distinctive: int
    stored_evidence: Span | None = None
    speed: Fraction = Fraction(1)
    mirrored: bool = False
    rotation: int = 0
    alterations: tuple[Alteration, ...] = ()
    #: mean likeness of the aligned pictures; 1 where units are equal
    similarity: Fraction = Fraction(1)
    #: left, top, width, height of the part of the evidence picture that is visible
    region: tuple[Fraction, Fraction, Fraction, Fraction] = WHOLE_PICTURE
    #: the same of the part of the questioned picture in which it is seen: not all of it between bars or as an inset
    place: tuple[Fraction, Fraction, Fraction, Fraction] = WHOLE_PICTURE
    #: down to what changes inside the pictures would have been seen; None where that was not worked out
    limit: Limit | None = None


@dataclass(frozen=True, slots=True)
class SoundComparison:
    """The sound beside the matched picture; ``shift`` in seconds (questioned sound later = positive)."""

    relation: SoundRelation = "not-checked"
    shift: Fraction = Fraction(0)
    segments: tuple[Segment, ...] = ()

    @property
    def is_by_print(self) -> bool:
        """Whether any of it rests on how it sounds; what is exact has a similarity of 1."""
        return any(one.basis == "sound" and one.similarity < 1 for one in self.segments)


@dataclass(frozen=True, slots=True)
class Note:
    """A finding of the comparison: code of docs/formats/findings.md, outcome, one line."""

    code: str
    outcome: Literal["success", "informational", "failure"]
    detail: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a questioned file relates to what was compared. ``source`` names the evidence with the longest match."""

    relation: Relation
    basis: Basis
    source: str | None = None
    segments: tuple[Segment, ...] = ()
    alterations: tuple[Alteration, ...] = ()
    unmatched: tuple[Span, ...] = ()
    missing: tuple[Span, ...] = ()
    coverage_questioned: Fraction = Fraction(0)
    coverage_evidence: Fraction = Fraction(0)
    altered: dict[str, Axis] = field(default_factory=dict)
    sound: SoundComparison = SoundComparison()
    notes: tuple[Note, ...] = ()
    #: (source, relation, basis, coverage of the questioned file) of every other candidate that was compared
    others: tuple[tuple[str, Relation, Basis, Fraction], ...] = ()
    #: the largest of the segments' limits, and the digest of the calibration that they rest on
    limit: Limit | None = None
    calibration: str | None = None
