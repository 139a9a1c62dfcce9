"""What each finding code means, in plain words, and what it does not say.

The table is the source of ``explain CODE`` and is printed in docs/formats/findings.md (a test keeps both equal).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Outcome = Literal["success", "informational", "failure"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """``plain``: one sentence for a person. ``outcome``: its usual one. ``unsaid``: what must not be read into it."""

    plain: str
    outcome: Outcome
    unsaid: str


#: Code → meaning, in the order in which a verdict is worked out.
MEANINGS: Final[dict[str, Meaning]] = {
    # the file in hand
    "questioned.empty": Meaning(
        "The file in hand holds no bytes: there is nothing to compare.",
        "informational",
        "Not that it was empty before, nor what should be in it.",
    ),
    "questioned.bytesOnly": Meaning(
        "The file in hand is no video or sound that can be measured; only its bytes were compared.",
        "informational",
        "Not that a picture in it is absent from the recordings held.",
    ),
    "questioned.unfinished": Meaning(
        "The file in hand lacks its index (moov) and cannot be played: it was cut off, or the recording not finished.",
        "informational",
        "Not whether by accident or on purpose, nor that its pictures are lost.",
    ),
    "questioned.unreadable": Meaning(
        "The file in hand begins as video, sound or a picture does and cannot be opened.",
        "informational",
        "Not whether it is damaged or of a kind that this version cannot read.",
    ),
    "questioned.notMeasured": Meaning(
        "Part of the file in hand could not be measured, or only coarsely, so that it could not be compared in full.",
        "informational",
        "Not that the file is bad, nor that it was altered.",
    ),
    "questioned.tooLittle": Meaning(
        "The file in hand shows too few pictures, or too little in them, to be searched for by how it looks and moves.",
        "informational",
        "Not that it is absent from the recordings held.",
    ),
    "questioned.damaged": Meaning(
        "The file in hand is damaged or ends early.",
        "informational",
        "Not who or what damaged it.",
    ),
    "evidence.notMeasured": Meaning(
        "Some registered recordings could not be compared, or only coarsely: not examined in full, or not at hand.",
        "informational",
        "Not that the file in hand comes from one of them.",
    ),
    "evidence.bytesOnly": Meaning(
        "What it was compared with cannot be read as video or sound; only its bytes could be compared.",
        "informational",
        "Not that the file in hand comes from it, nor that it does not.",
    ),
    "evidence.unreadable": Meaning(
        "A registered recording was not compared: its sealed measurements could not be opened or are damaged.",
        "informational",
        "Not that the file in hand comes from it, nor why they cannot be read; `provenance audit` looks further.",
    ),
    "archive.locked": Meaning(
        "The archive is locked: without its reading key nothing could be compared.",
        "informational",
        "Not that nothing matches.",
    ),
    # bytes
    "hardBinding.match": Meaning(
        "Every byte of the file in hand equals the registered file.",
        "success",
        "Not that the scene is true, nor what happened to the file before it was registered.",
    ),
    "hardBinding.prefix": Meaning(
        "The file in hand and the registered file begin with the same bytes, up to the number stated.",
        "informational",
        "Not what the rest holds.",
    ),
    "hardBinding.chunks": Meaning(
        "The bytes differ only in the 64 KiB pieces listed.",
        "informational",
        "Not what a difference in them looks or sounds like.",
    ),
    "hardBinding.replay": Meaning(
        "Coded units of the recording lie in the file in hand at the registered places, although it cannot be played.",
        "success",
        "Not how the file would be shown: its index is missing or cannot be read.",
    ),
    # exact content
    "hardBinding.packets": Meaning(
        "The coded video or sound units are those of the recording.",
        "success",
        "Not that they are shown the same way; the presentation findings say that.",
    ),
    "hardBinding.pictures": Meaning(
        "The decoded pictures equal those of the recording, sample for sample.",
        "success",
        "Not that they were coded the same way.",
    ),
    "hardBinding.sound": Meaning(
        "The decoded sound equals that of the recording, sample for sample.",
        "success",
        "Nothing about the picture.",
    ),
    "hardBinding.none": Meaning(
        "No coded unit, decoded picture or decoded sound that discriminates is shared with what was compared.",
        "informational",
        "Not that the file is unrelated: a re-encoded copy shares none of them.",
    ),
    # appearance
    "softBinding.match": Meaning(
        "Pictures of the file in hand look like those of the recording, and move like them.",
        "informational",
        "Not that they are unchanged, nor that another camera beside this one could not have recorded them.",
    ),
    "softBinding.altered": Meaning(
        "Parts of matched pictures differ from the recording by more than coding, filters and noise explain.",
        "failure",
        "Not who changed them, nor why, nor that everything else is as it was.",
    ),
    "softBinding.limit": Meaning(
        "Changes inside matched pictures were looked for, down to the limit stated.",
        "informational",
        "Not that there is no smaller, shorter or fainter change.",
    ),
    "softBinding.noLimit": Meaning(
        "Changes inside matched pictures were not told: noise, softness or movement hide them, or they were not looked "
        "for.",
        "informational",
        "Not that anything was changed, nor that nothing was.",
    ),
    "softBinding.still": Meaning(
        "The picture looks like a moment of the recording, also where that moment differs from others of the view.",
        "informational",
        "Not that it was taken from it: another recording of the same scene can hold the same picture.",
    ),
    "softBinding.sameScene": Meaning(
        "It looks like a recording that is held, and is not shown to come from it.",
        "informational",
        "Not that it is another recording, nor that it is the same: the same place can be filmed twice.",
    ),
    "softBinding.none": Meaning(
        "No recording that was compared looks like the file in hand; their number is stated.",
        "informational",
        "Not that it comes from none of them: what was changed too much to be recognised is not found.",
    ),
    "softBinding.sameEvent": Meaning(
        "It looks and moves like a recording that is held, and shows the scene from elsewhere, more of it, with "
        "another shake, or a part that a camera beside it could have seen as well: not shown to come from it.",
        "informational",
        "Not that another camera recorded it: what is held may have been cropped before it was registered, or the copy "
        "cropped or steadied.",
    ),
    "evidence.sharedMaterial": Meaning(
        "Only material that does not discriminate is shared outside the matched parts: black, bars, silence, "
        "or too few pictures.",
        "informational",
        "Not that the two files have a common source.",
    ),
    "evidence.ambiguous": Meaning(
        "The same moments occur more than once in the recording; the first place is given.",
        "informational",
        "Not which of the equal places the copy was taken from.",
    ),
    "configuration.differs": Meaning(
        "The coded units are the same, but the parameters for decoding them differ.",
        "informational",
        "Not whether the decoded pictures differ; other findings say so if they were decoded.",
    ),
    # cuts
    "cut.reorderTail": Meaning(
        "A few pictures beside a cut are absent, as happens when coded video is cut without re-encoding.",
        "informational",
        "Not that pictures were taken out on purpose.",
    ),
    "cut.partialUnit": Meaning(
        "The last coded unit is incomplete, as in a file that was cut off.",
        "informational",
        "Not where the file was cut off on purpose or by accident.",
    ),
    "cut.preroll": Meaning(
        "The file stores pictures before its first shown one, which a decoder needs to start.",
        "informational",
        "Not that they are shown: a player leaves them out.",
    ),
    "cut.differentPlayback": Meaning(
        "The shown range ends within the recording although the file in hand stores more of it.",
        "informational",
        "Not that a player cannot be made to show the rest.",
    ),
    # presentation
    "presentation.turned": Meaning(
        "The picture is shown turned by a quarter, as when a rotation tag is lost in a new container.",
        "informational",
        "Not that the picture was edited.",
    ),
    "presentation.revealed": Meaning(
        "Pictures or sound that the registered file stores but does not show are shown by the file in hand.",
        "informational",
        "Not that anything was added: the units are in the registered file.",
    ),
    "presentation.hidden": Meaning(
        "The file in hand stores parts of the recording that it does not show.",
        "failure",
        "Not who set it so, nor why.",
    ),
    "presentation.differs": Meaning(
        "The same coded or decoded pictures are shown differently.",
        "failure",
        "Not that the pictures themselves were changed.",
    ),
    "presentation.notCompared": Meaning(
        "Something about the presentation could not be compared.",
        "informational",
        "Not that it is equal, nor that it differs.",
    ),
    # what differs
    "picture.differs": Meaning(
        "Pictures in the place of the recording's pictures differ from them.",
        "failure",
        "Not which of the two shows what happened.",
    ),
    "picture.damaged": Meaning(
        "Coded pictures differ in place from the recording's, at the same stored size or flagged as corrupt.",
        "failure",
        "Not whether by accident or on purpose.",
    ),
    "timing.differs": Meaning(
        "Pictures were removed, added, held or shown at another speed.",
        "failure",
        "Not who changed it, nor why.",
    ),
    "tracks.differ": Meaning(
        "A picture or sound track was added or taken out.",
        "failure",
        "Not what a removed track held; the record of the recording says that.",
    ),
    # sound
    "sound.differs": Meaning(
        "The sound beside the matched picture is not, or not everywhere, that of the recording.",
        "failure",
        "Not what was said in either.",
    ),
    "sound.replaced": Meaning(
        "The sound follows that of the recording neither by its print nor, where none is kept, by its loudness: it is "
        "other sound.",
        "failure",
        "Not where the other sound comes from.",
    ),
    "sound.alike": Meaning(
        "The sound is not exact, but its print, or where none is kept its loudness, follows that of the recording; it "
        "may be the same sound re-encoded.",
        "informational",
        "Not that the sound is the same: a print can miss what is shorter than a second or mixed in quietly, and "
        "words can be exchanged without changing loudness much.",
    ),
    "sound.shifted": Meaning(
        "The sound is that of the recording, but not beside the pictures it belongs to.",
        "failure",
        "Not whether by editing or by a faulty program, nor, by looks, whether both were cut.",
    ),
    "sound.shorter": Meaning(
        "The sound does not reach over all of the matched picture.",
        "informational",
        "Not that sound was taken out: a cut without re-encoding has this effect.",
    ),
    "sound.priming": Meaning(
        "Up to two coded sound units at an end are absent or added, as encoders and containers do.",
        "informational",
        "Nothing about the rest of the sound.",
    ),
    "sound.sameEvent": Meaning(
        "Only the sound could be matched: one of the files has no picture, or no picture matches.",
        "informational",
        "Nothing about pictures, nor that one device recorded both: another one there may record the same sound.",
    ),
    "sound.notCompared": Meaning(
        "The sound was not compared.",
        "informational",
        "Not that it is equal, nor that it differs.",
    ),
    # records
    "record.signature": Meaning(
        "The signature on the record checks under the key named.",
        "success",
        "Not who holds the key.",
    ),
    "record.signatureInvalid": Meaning(
        "No key that counts has signed the record.",
        "failure",
        "Not what the record would say if it were signed.",
    ),
    "record.malformed": Meaning(
        "A record cannot be read as its format demands.",
        "failure",
        "Not that the recording is affected.",
    ),
    "record.subject": Meaning(
        "The record is about the file registered under this evidence id.",
        "success",
        "Nothing about the scene.",
    ),
    "record.subjectMismatch": Meaning(
        "The record is about another file than the one it is shown for.",
        "failure",
        "Not which of the two was meant.",
    ),
    "record.subjectSealed": Meaning(
        "The record keeps sealed which file it is about, so that this was not checked.",
        "informational",
        "Not that it is about this file.",
    ),
    "record.signerKnown": Meaning(
        "The signer is one that this verifier knows.",
        "success",
        "Not that what the signer says is true.",
    ),
    "record.signerUnknown": Meaning(
        "The signature checks, but this verifier does not know the signer.",
        "informational",
        "Not that the signer is untrustworthy.",
    ),
    "time.none": Meaning(
        "No outside clock has dated this record.",
        "informational",
        "Not that the claimed time is wrong.",
    ),
    "log.included": Meaning(
        "The record is in the log under the checkpoint given.",
        "success",
        "Not that nothing else is in the log.",
    ),
    "log.notIncluded": Meaning(
        "The path given does not lead from the record to the checkpoint.",
        "failure",
        "Not that the record was never logged.",
    ),
    "log.checkpoint": Meaning(
        "The checkpoint is signed by the log's key.",
        "success",
        "Not that the log never showed another history.",
    ),
    "log.checkpointInvalid": Meaning(
        "The checkpoint does not check under the log's key.",
        "failure",
        "Not which history is right.",
    ),
    "log.ownOnly": Meaning(
        "Only the archive's own log holds this record; no outside party has confirmed it.",
        "informational",
        "Not that the log was rewritten.",
    ),
    "custody.noGap": Meaning(
        "The records shown for this evidence follow each other without a gap.",
        "success",
        "Not that there are no later records, nor that holders without records had no copy.",
    ),
    "custody.gap": Meaning(
        "A record in the chain for this evidence is not shown here.",
        "failure",
        "Not why it is missing.",
    ),
    "measurement.thisRun": Meaning(
        "The measurements of the recording were made in this run from a file whose digests equal the registration.",
        "success",
        "Nothing about when the scene took place.",
    ),
    "measurement.thisArchive": Meaning(
        "The measurements of the recording were made by this archive from bytes that it hashed itself.",
        "success",
        "Nothing about when the scene took place.",
    ),
    "measurement.claimed": Meaning(
        "The measurements of the recording are a statement of another key; the bytes were not seen here.",
        "informational",
        "Not that they are wrong.",
    ),
}
