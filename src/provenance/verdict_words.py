"""The words of a verdict: how its text says each of them, and what each means.

The one source of the text (``verdict_text``), of ``explain WORD`` and of the table in docs/formats/verdict.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provenance.comparison import AlterationKind, Axis, Basis, Relation, SoundRelation
    from provenance.verdict import CustodyState, LogState, MeasuredBy, RecordState, Standing, TimeState


@dataclass(frozen=True, slots=True)
class Word:
    """``said``: as the text of a verdict has it, empty where it says nothing. ``meaning``: one sentence."""

    said: str
    meaning: str


RELATIONS: Final[dict[Relation, Word]] = {
    "identical": Word("Identical to a registered file", "Every byte is the same as in the registered file."),
    "same-streams": Word(
        "The whole of a registered recording in other wrapping",
        "All coded units of picture and sound, in order and shown the same way; container and tags may differ.",
    ),
    "same-pictures": Word(
        "The whole of a registered recording, coded again without loss",
        "All decoded pictures, shown the same way; the sound is unchanged, or there is none on either side.",
    ),
    "rendition": Word(
        "Looks like the whole of a registered recording",
        "Looks and moves like the whole, and was coded again; alterations below the stated limit, or any where none "
        "is stated, are not excluded.",
    ),
    "excerpt": Word(
        "Excerpt of a registered recording",
        "One contiguous time range of one recording and nothing foreign; changes inside it are listed.",
    ),
    "composite": Word(
        "Put together from several parts",
        "Several ranges, another order, several recordings, or pieces that come from none of them.",
    ),
    "derivative": Word(
        "A registered recording with changes",
        "The whole of a recording with something removed, added or changed inside, or shown differently.",
    ),
    "still": Word("A moment of a registered recording", "One picture that is in a recording."),
    "no-match": Word(
        "No match with anything that was compared",
        "Nothing that discriminates is shared, nothing looks alike, and all that is held was compared; a heavily "
        "changed copy may be answered so, too.",
    ),
    "undetermined": Word(
        "Undetermined: what could be compared does not settle it",
        "It could not be decided; the findings say what was missing.",
    ),
}
#: Finding -> what the first line of an undetermined verdict says in the place of "what could be compared …", and what
#: can be done about it, if anything; the first of them that there is.
REASONS: Final[dict[str, tuple[str, str]]] = {
    "archive.locked": ("the archive is locked, so that nothing was compared", "open it with `provenance unlock`"),
    "questioned.empty": ("the file is empty: it holds no bytes", "get the file again"),
    "questioned.bytesOnly": (
        "the file is no video, sound or picture that can be read; its bytes are not those of anything compared",
        "see what kind of file it is: a page or a link may have been saved in the place of the video",
    ),
    "questioned.unfinished": (
        "the file cannot be played: its index (moov) is missing, as where a file was cut off or not finished",
        "get the whole file, or have its index rebuilt and verify the repaired file",
    ),
    "questioned.unreadable": (
        "the file cannot be opened: it is damaged, or of a kind that is not known",
        "get the file again",
    ),
    "evidence.bytesOnly": (
        "what it was to be compared with cannot be read as video or sound",
        "name the recording itself",
    ),
    "softBinding.sameEvent": (
        "it looks and moves like a recording, and is not shown to come from it",
        "look at both, and ask for a copy that is longer or not cropped",
    ),
    "softBinding.sameScene": (
        "it looks like a recording, and is not shown to come from it",
        "look at both, and ask for a copy that is longer or not cropped",
    ),
    "questioned.tooLittle": (
        "the file shows too little to be searched for by how it looks",
        "ask for a copy that is longer, or that shows more",
    ),
}
BASES: Final[dict[Basis, Word]] = {
    "bytes": Word("every byte is the same", "The digests of the whole files are equal."),
    "packets": Word(
        "exact to the coded unit", "Coded pictures and sound were compared by digest, as they lie in the file."
    ),
    "pictures": Word("exact to the decoded picture", "Decoded pictures were compared by digest, sample for sample."),
    "visual": Word("by appearance", "It looks and moves alike; changes below the stated limit are not excluded."),
    "sound": Word(
        "by its sound alone", "Only the sound could be matched: a file has no picture, or no picture matches."
    ),
    "none": Word("", "Nothing was matched."),
}
ALTERATIONS: Final[dict[AlterationKind, Word]] = {
    "picture": Word("the picture differs", "Pictures in the place of the recording's differ from them."),
    "damage": Word("coded pictures are damaged", "Coded pictures differ in place, at the same size or marked corrupt."),
    "removed": Word("pictures are left out", "Pictures of the recording are absent between others of it."),
    "inserted": Word("other pictures are put in", "Pictures that are not of the recording lie between those that are."),
    "frozen": Word("a picture is held in place of others", "One picture is repeated where the recording goes on."),
    "crop": Word("another part of the picture is shown", "The file shows less, or another part, of the same pictures."),
    "speed": Word("it is shown at another speed", "The same pictures are shown for longer or shorter."),
    "rotation": Word("it is shown turned", "The same pictures are shown turned."),
    "mirror": Word("it is shown mirrored", "The same pictures are shown with left and right exchanged."),
    "range": Word("its brightness range is read differently", "The same samples are shown lighter, darker or flatter."),
    "aspect": Word("its shape is stretched", "The same pictures are shown wider or narrower."),
    "colour": Word(
        "its colours or light are shown otherwise", "The pictures are shown in other colours, lighter or darker."
    ),
    "captions": Word("captions differ", "Captions in or beside the pictures were added, taken out or changed."),
    "track": Word("a track was added or taken out", "A picture or sound track is on one side only."),
    "sound": Word("the sound differs", "The sound beside the matched pictures is not everywhere the recording's."),
    "sound-offset": Word(
        "the sound is shifted against the picture", "The recording's sound comes earlier or later than its pictures."
    ),
    "hidden": Word("stored parts of the recording are not shown", "The file stores units that a player leaves out."),
}
SOUNDS: Final[dict[SoundRelation, Word]] = {
    "identical": Word("all coded units are those of the recording", "Every coded unit of the sound is the same."),
    "same": Word(
        "decoded, it equals the recording's sample for sample",
        "Decoded, every sample is the same, or, where a segment of it says so by a similarity below 1, it sounds the "
        "same.",
    ),
    "excerpt": Word(
        "what there is of it is that of the recording",
        "The recording's for the part that is there: exactly, or where a similarity is below 1, as it sounds.",
    ),
    "replaced": Word(
        "other sound than the recording's", "None of the sound is the recording's, by its print or its loudness."
    ),
    "partly-replaced": Word("in part other sound than the recording's", "Some of the sound is not the recording's."),
    "silent": Word("silent where the recording has sound", "There is a sound track, and it holds silence."),
    "absent": Word("none", "The file has no sound beside the matched pictures."),
    "different": Word(
        "not exactly that of the recording", "Not exact; it may be the same sound re-encoded, or other sound."
    ),
    "not-checked": Word("not checked", "The sound was not compared."),
}
#: How the text says it where sound rests on its print, and of a whole that was found by its sound alone.
BY_PRINT: Final[dict[SoundRelation, str]] = {
    "same": "sounds like the recording's throughout; it was coded again",
    "excerpt": "what there is of it sounds like that of the recording; it was coded again",
}
#: What an alteration of kind ``sound`` is called where no other sound than the recording's was heard.
CODED_SOUND: Final = "the sound was coded again"
SILENT_BOTH: Final = "silent, as the recording's is"
#: Relations of which only the sound was compared: nothing is said of pictures.
BY_SOUND: Final[dict[Relation, str]] = {
    "rendition": "Sounds like all the sound of a registered recording",
    "excerpt": "Sounds like a part of the sound of a registered recording",
    "composite": "Put together from several parts, as it sounds",
}
RECORDS: Final[dict[RecordState, Word]] = {
    "valid-known-signer": Word("signed by a known signer", "Its signature checks, and this verifier knows it."),
    "valid-unknown-signer": Word(
        "signed by an unknown signer", "Its signature checks, but this verifier does not know the signer."
    ),
    "disputed": Word("disputed", "Its key was reported as compromised, and it is not settled which came first."),
    "invalid": Word("a check of it failed", "It cannot be read, is about another file, or its signature fails."),
    "not-checked": Word("not checked", "There was no record to check."),
}
STANDINGS: Final[dict[Standing, Word]] = {
    "good": Word("key in good standing", "Nothing at hand speaks against the key that signed."),
    "unknown": Word("standing of its key not known", "Nothing at hand tells whether the key still counted."),
    "disputed": Word("standing of its key disputed", "The key was reported as compromised at an unclear time."),
    "revoked": Word("key revoked", "The key had been revoked before the record was anchored outside."),
    "not-checked": Word("standing of its key not checked", "There was no key to look at."),
}
TIMES: Final[dict[TimeState, Word]] = {
    "quorum": Word(
        "attested by as many outside parties as required",
        "As many outside clocks as the policy requires have dated the record.",
    ),
    "below-quorum": Word(
        "attested from outside, by fewer parties than required", "Too few outside clocks have dated the record."
    ),
    "expired-unrenewed": Word(
        "attested from outside, by tokens that expired and were not renewed", "What dated the record counts no more."
    ),
    "none": Word("attested by nobody outside", "No outside clock has dated the record; its time is a claim."),
    "not-checked": Word("not checked", "There was no record whose time could be checked."),
}
LOGS: Final[dict[LogState, Word]] = {
    "witnessed": Word("cosigned by witnesses", "Outside parties have cosigned a head of the log that holds it."),
    "own-log-only": Word("the archive's own only", "No outside party has confirmed that it is in the log."),
    "contradicted": Word(
        "contradicted by a checkpoint held outside",
        "Two histories were signed with one log key; this also happens when a backup is restored.",
    ),
    "not-checked": Word("not checked", "There was no log to check it with."),
}
CUSTODIES: Final[dict[CustodyState, Word]] = {
    "no-gap-in-what-is-shown": Word(
        "no gap in the records shown", "The records at hand follow each other; later ones can be left out unseen."
    ),
    "gaps": Word("a record is missing", "A record between those at hand is not shown here."),
    "unknown": Word("not known", "There were no records to follow."),
}
ALTERED: Final[dict[Axis, Word]] = {
    "found": Word("", "An alteration was found; the segments say where."),
    "none-found": Word("", "None was found, on the basis that the verdict names."),
    "not-examined": Word("", "This was not looked at."),
    "cannot-tell": Word("", "This was looked at, and what there is does not tell."),
}
#: What ``--accept`` takes beside relations.
ACCEPTED: Final[dict[str, Word]] = {
    "altered": Word(
        "",
        "With --accept altered, an accepted relation ends with status 0 also where it is changed, cropped or turned, "
        "or where parts are left out or have no counterpart.",
    ),
}
MEASURED: Final[dict[MeasuredBy, Word]] = {
    "this-run": Word("", "The recording was measured now, from bytes whose digests equal the registration."),
    "this-archive": Word("", "This archive measured the recording, from bytes that it hashed itself."),
    "claimed": Word("", "Another key states the measurements; the bytes were not seen here."),
}

#: Kind → (where it stands in the JSON answer, what it is, its words), in the order in which ``explain`` lists them.
KINDS: Final[dict[str, tuple[str, str, Mapping[Any, Word]]]] = {
    "relation": ("relation", "how the file in hand relates to what is registered", RELATIONS),
    "basis": ("basis", "what the match rests on", BASES),
    "alteration": ("alterations[].kind", "what was changed", ALTERATIONS),
    "altered": ("altered", "whether something was changed, for picture, sound, timing and presentation", ALTERED),
    "sound": ("audio.relation", "the sound beside the matched pictures", SOUNDS),
    "record": ("record.state", "the signature on the record", RECORDS),
    "standing": ("record.standing", "the key that signed it", STANDINGS),
    "time": ("time.state", "who beside the archive has dated the record", TIMES),
    "log": ("log.state", "where the record is logged", LOGS),
    "custody": ("custody.state", "whether records follow each other", CUSTODIES),
    "accepted": ("--accept", "what --accept takes beside relations", ACCEPTED),
    "measured": ("segments[].measured_by", "who measured the recording", MEASURED),
}
