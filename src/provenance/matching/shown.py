"""Whether two tracks with the same content are shown the same way (formats section 3, presentation).

Where container and coded header both state a value both count, and a disagreement that only one file has is a
difference. What the questioned container cannot carry, or left unset, is not compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from provenance.comparison import Alteration, AlterationKind, Note

if TYPE_CHECKING:
    from provenance.evidence import Presentation, Track

#: What a container has no field for, or FFmpeg 8 writes none to, by FFmpeg's short demuxer name. Only the coded header
#: speaks there.
CANNOT_CARRY: Final[dict[str, frozenset[str]]] = {
    "mpegts": frozenset({"rotation", "size", "sample_aspect", "colour_range", "matrix", "primaries", "transfer"}),
    "mpeg": frozenset({"rotation", "size", "sample_aspect", "colour_range", "matrix", "primaries", "transfer"}),
    "avi": frozenset({"rotation", "size", "sample_aspect", "colour_range", "matrix", "primaries", "transfer"}),
    "flv": frozenset({"rotation", "size", "sample_aspect", "colour_range", "matrix", "primaries", "transfer"}),
    "matroska": frozenset({"rotation"}),
    "matroska,webm": frozenset({"rotation"}),
}

#: What a player assumes where neither container nor coded header says anything (ITU-T H.264 E.2.1: range, aspect).
ASSUMED: Final[dict[str, object]] = {"colour_range": "tv", "sample_aspect": Fraction(1)}

_KINDS: Final[dict[str, AlterationKind]] = {
    "size": "crop",
    "sample_aspect": "aspect",
    "colour_range": "range",
    "matrix": "colour",
    "primaries": "colour",
    "transfer": "colour",
}


#: Values that ITU-T H.273 (tables 2 to 4) calls functionally the same, by FFmpeg's names; programs write one for the
#: other.
SAME_COLOUR: Final[dict[str, tuple[frozenset[str], ...]]] = {
    "matrix": (frozenset({"bt470bg", "smpte170m"}),),
    "primaries": (frozenset({"smpte170m", "smpte240m"}),),
    "transfer": (frozenset({"bt709", "smpte170m", "bt2020-10", "bt2020-12"}),),
}


@dataclass(frozen=True, slots=True)
class Turn:
    """The evidence picture, mirrored left-right if ``mirrored``, then turned clockwise, gives the questioned one."""

    rotation: int
    mirrored: bool


def turn(questioned: Presentation, evidence: Presentation) -> Turn:
    """From the evidence as shown to the questioned file as shown; both turn the same stored picture."""
    mirrored = questioned.mirrored != evidence.mirrored
    # Mirroring reverses the sense of the turn that is undone: M R(-a) = R(a) M.
    rotation = questioned.rotation + evidence.rotation if mirrored else questioned.rotation - evidence.rotation
    return Turn(rotation % 360, mirrored)


def shown_differences(
    questioned: Track, evidence: Track, *, container: str, whole: bool, coded_again: bool = False
) -> tuple[list[Alteration], list[Note]]:
    """Alterations and notes about one pair of picture tracks; ``container`` is that of the questioned file.

    ``coded_again``: the coded header is that of a coder that made the copy, or the pieces before what was copied.
    """
    unable = CANNOT_CARRY.get(container, frozenset())
    alterations, notes = _turned(questioned.presentation, evidence.presentation, unable=unable)
    for name, kind in _KINDS.items():
        if coded_again and (settled := _settled(questioned.presentation, evidence.presentation, name)):
            notes.append(Note("presentation.notCompared", "informational", settled))
            continue
        what = _difference(questioned.presentation, evidence.presentation, name, carried=name not in unable)
        if what is not None and not any(found.kind == kind for found in alterations):
            alterations.append(Alteration(kind, what=what))
    alterations.extend(_captions(questioned.presentation, evidence.presentation, whole=whole))
    notes.extend(_lost(evidence.presentation, unable))
    if alterations:
        kinds = ", ".join(sorted({alteration.kind for alteration in alterations}))
        notes.append(Note("presentation.differs", "failure", f"shown differently: {kinds}"))
    return alterations, notes


def _lost(evidence: Presentation, unable: frozenset[str]) -> list[Note]:
    """Values that the evidence's container sets over its coded header, and the questioned one has no field for."""
    lost = [
        _label(name)
        for name in _KINDS
        if name in unable
        and getattr(evidence.stated, name) is not None
        and getattr(evidence.coded, name) not in {None, getattr(evidence.stated, name)}
    ]
    words = f"{', '.join(lost)}: the container has no field for it"
    return [Note("presentation.notCompared", "informational", words)] if lost else []


def _turned(
    questioned: Presentation, evidence: Presentation, *, unable: frozenset[str]
) -> tuple[list[Alteration], list[Note]]:
    turned = turn(questioned, evidence)
    lost = "rotation" in unable and not questioned.rotation and not questioned.mirrored
    if turned.mirrored and lost:
        return [], [Note("presentation.notCompared", "informational", "mirroring: the container has no field for it")]
    if turned.mirrored:
        return [Alteration("mirror", what=f"mirrored, then turned by {turned.rotation} degrees")], []
    if not turned.rotation:
        return [], []
    if turned.rotation in {90, 270} or lost:
        return [], [Note("presentation.turned", "informational", f"turned by {turned.rotation} degrees")]
    return [Alteration("rotation", what=f"turned by {turned.rotation} degrees")], []


def _settled(questioned: Presentation, evidence: Presentation, name: str) -> str | None:
    """In words, where the recording's own headers disagree and a copy coded again has one of their two values.

    Players follow one header or the other, and so does what coded the copy (docs/adr/0030-headers-that-disagree.md).
    """
    stated, coded = getattr(evidence.stated, name), getattr(evidence.coded, name)
    said = {getattr(questioned.stated, name), getattr(questioned.coded, name)} - {None}
    if stated is None or coded is None or len(said) != 1:
        return None
    width = (questioned.coded.size or questioned.stated.size or (1, 1))[0]
    value = next(iter(said))
    # A crop that the container asks for is not undone: of two sizes, only the one that is shown counts.
    allowed = (stated,) if name == "size" else (stated, coded)
    if _same(name, stated, coded, width=width) or not any(_same(name, value, one, width=width) for one in allowed):
        return None
    return f"{_label(name)}: the recording says {_text(stated)} and, in its coded header, {_text(coded)}"


def _difference(questioned: Presentation, evidence: Presentation, name: str, *, carried: bool) -> str | None:
    """What differs in one value, in words, or None."""
    stated, coded = getattr(questioned.stated, name), getattr(questioned.coded, name)
    other_stated, other_coded = getattr(evidence.stated, name), getattr(evidence.coded, name)
    if not carried:
        stated, other_stated = coded, other_coded
    width = (questioned.coded.size or questioned.stated.size or (1, 1))[0]
    pairs = [(stated, other_stated), (coded, other_coded)]
    for value, other in pairs:
        if value is not None and other is not None and not _same(name, value, other, width=width):
            return f"{_label(name)} {_text(value)} instead of {_text(other)}"
    disagrees = stated is not None and coded is not None and not _same(name, stated, coded, width=width)
    agreed = other_stated is None or other_coded is None or _same(name, other_stated, other_coded, width=width)
    if disagrees and agreed:
        return f"{_label(name)} {_text(stated)} by the container, {_text(coded)} by the coded header"
    return _against_nothing(name, _first(stated, coded), _first(other_stated, other_coded), carried=carried)


def _against_nothing(name: str, value: object, other: object, *, carried: bool) -> str | None:
    """A value that only one file states, against what players assume."""
    if (value is None) == (other is None):
        return None
    assumed = ASSUMED.get(name)
    if value is None:
        # Left unset: compared only where players agree on what that means, and where the container could have said it.
        if assumed is None or not carried or other == assumed:
            return None
        return f"{_label(name)} not stated instead of {_text(other)}"
    if value == assumed or name == "size":
        return None
    return f"{_label(name)} {_text(value)} where the recording states none"


def _same(name: str, value: object, other: object, *, width: int) -> bool:
    if name == "sample_aspect" and isinstance(value, Fraction) and isinstance(other, Fraction):
        # Matroska stores the displayed width in whole pixels: aspects that round to the same width are equal.
        return abs(value - other) * width < 1
    return value == other or any({value, other} <= group for group in SAME_COLOUR.get(name, ()))


def _captions(questioned: Presentation, evidence: Presentation, *, whole: bool) -> list[Alteration]:
    if questioned.captions and not evidence.captions:
        return [Alteration("captions", what="captions in the coded pictures that the recording does not have")]
    same = (questioned.captions, questioned.captions_digest) == (evidence.captions, evidence.captions_digest)
    if whole and not same:
        return [Alteration("captions", what="other captions in the coded pictures")]
    return []


def _first(stated: object, coded: object) -> object:
    return stated if stated is not None else coded


def _label(name: str) -> str:
    return name.replace("_", " ")


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return "x".join(str(part) for part in value)
    return str(value)
