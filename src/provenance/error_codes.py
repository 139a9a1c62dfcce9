"""What each error code means and what to do, in plain words.

The table is the source of ``explain CODE`` and is printed in docs/formats/errors.md (a test keeps both equal).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Trouble:
    """``meaning``: one sentence for a person. ``advice``: what usually helps."""

    meaning: str
    advice: str


_BACKUP = "Run `provenance audit`, and restore a backup if it lists faults."
_AGAIN = "Ask the sender for it again."

#: Code → meaning, grouped by whose fault it is.
ERRORS: Final[dict[str, Trouble]] = {
    # how it was called
    "usage": Trouble(
        "The command was called in a way that makes no sense.", "`provenance COMMAND --help` lists what it takes."
    ),
    "usage.captured-or-received": Trouble(
        "A file cannot be both captured by you and received from somebody.", "Leave out one of the two."
    ),
    "usage.evidence-id": Trouble(
        "An evidence id was expected: pv1- and 26 characters.", "`provenance list` shows the ids."
    ),
    "usage.passphrase": Trouble(
        "A passphrase is to be set and there is no terminal to ask at.",
        "Name a file with it, or set PROVENANCE_PASSPHRASE.",
    ),
    "usage.unknown-code": Trouble(
        "This version knows no such word or code.", "`provenance explain` lists all of them."
    ),
    "batch.journal": Trouble(
        "The file named with --resume is no journal of a batch, or of one that asked something else, or is in use.",
        "Name another file to begin anew, or wait until the other run ends.",
    ),
    "batch.worker": Trouble(
        "The process that compared this file ended without an answer; the other files were not touched.",
        "Try again with fewer --jobs; `provenance verify FILE` asks about this file alone.",
    ),
    "repeat.earlier": Trouble(
        "The file named with --repeat is not one verdict of this kind.",
        "Name the output of `verify --json` of one file.",
    ),
    "evidence.unknown": Trouble(
        "The archive holds no evidence with this id.", "`provenance list` shows what it holds."
    ),
    # the file in hand
    "file.missing": Trouble("There is no file of this name.", "Check the name."),
    "file.unreadable": Trouble("The file cannot be read.", "Check who may read it, and the disk."),
    "file.not-regular": Trouble(
        "This is a folder, a device, a pipe or a socket; only a regular file has bytes that can be registered.",
        "Name a file.",
    ),
    "file.changed": Trouble(
        "The file changed while it was read, so that no digest speaks of it.", "Wait until it is complete; try again."
    ),
    "file.too-large": Trouble(
        "The file is larger than --max-bytes allows.", "Raise the limit if the file is expected."
    ),
    "file.other-bytes": Trouble(
        "The bytes are not those that were registered: their digests differ.",
        "Name the registered file; `provenance verify` tells how this one relates to it.",
    ),
    "file.exists": Trouble("A file of this name exists and is not replaced.", "Choose another name or pass --force."),
    "file.unwritable": Trouble("The file cannot be written here.", "Choose another place, or make room."),
    # measuring
    "media.failed": Trouble(
        "The file could not be measured. This says nothing about the file.", "Its bytes can be registered all the same."
    ),
    "media.limit": Trouble(
        "Measuring reached a limit of memory, time, size or number. This says nothing about the file.",
        "Its bytes can be registered all the same.",
    ),
    "media.crashed": Trouble(
        "The process that measures stopped without an answer; nothing else was touched.",
        "Its bytes can be registered all the same; please report the file.",
    ),
    "media.no-picture": Trouble("The file has no such picture.", "`provenance show` tells how many a recording has."),
    "media.format": Trouble(
        "The picture is in a format that cannot be written without loss.", "Its digest is in the record all the same."
    ),
    "media.render": Trouble(
        "Pictures or a clip for people could not be made. This says nothing about the file.",
        "The verdict stands without them; `provenance verify` gives it.",
    ),
    "media.protocol": Trouble(
        "The process that measures answered something malformed, and the answer was thrown away.",
        "Its bytes can be registered all the same; please report the file.",
    ),
    # the archive
    "archive.missing": Trouble("There is no archive at this place.", "`provenance register FILE` makes one."),
    "archive.exists": Trouble("There is an archive at this place already.", "Use it, or name another place."),
    "archive.locked": Trouble(
        "A sealed value is needed and the reading key is not at hand.", "`provenance unlock`, or give the passphrase."
    ),
    "archive.unusable": Trouble("The archive cannot be opened.", "Check that the folder exists and can be written."),
    "archive.busy": Trouble("Another program is writing the archive.", "Try again."),
    "archive.read-only": Trouble(
        "The archive is write-protected.", "Copy it to a disk, then `archive adopt --copied`."
    ),
    "archive.disk": Trouble(
        "The disk is full or failing. What was acknowledged before is kept.", "Make room, and try again."
    ),
    "archive.damaged": Trouble("The archive lacks something that it must hold.", _BACKUP),
    "archive.foreign": Trouble("This SQLite file is no archive of provenance.", "Name another file."),
    "archive.newer": Trouble("A newer provenance wrote this archive.", "Install a newer provenance."),
    "archive.guards": Trouble("Somebody removed the guards that keep the tables append-only.", _BACKUP),
    "archive.unknown-origin": Trouble(
        "This account has never written the log of this archive; it may have been moved or copied here.",
        "`provenance archive adopt --moved` if it lives only here now, else `--copied`.",
    ),
    "archive.rolled-back": Trouble(
        "The archive is older than what this account last saw of its log, or another history of it. This also happens "
        "when a backup is restored.",
        "`provenance archive adopt --copied` begins a new log that says so.",
    ),
    "archive.state-folder": Trouble(
        "The memory of the last head seen, in the user's state folder, cannot be read or written.",
        "Check that the folder named is yours and can be read and written.",
    ),
    "archive.keys-without-archive": Trouble(
        "The keys of an archive lie here and the archive is gone.",
        "Restore the archive, or move the keys folder away to begin a new one.",
    ),
    # keys
    "key.unusable": Trouble("A key file cannot be used.", "Check who may read it."),
    "key.missing": Trouble(
        "A key file is missing. The archive can be read, and nothing can be added.",
        "Put back a copy of the keys folder.",
    ),
    "key.malformed": Trouble("A key file is not of the kind expected, or was mistyped.", _AGAIN),
    "key.weak": Trouble("This public key could not bind or hide anything: it is one of a few broken values.", _AGAIN),
    "key.passphrase": Trouble("The passphrase is missing or wrong.", "Try again; nobody can restore it."),
    "key.passphrase-file": Trouble(
        "The file does not hold a passphrase.", "Write it on the first line of the file, as UTF-8."
    ),
    "key.not-for-this-archive": Trouble(
        "The key opens nothing of this archive: nothing in it was sealed for it.",
        "Give the key, or the recovery words, that the archive was set up with.",
    ),
    "key.no-recipient": Trouble(
        "The keys folder holds neither a reading key nor a recipient: nothing can be sealed, and neither recovery "
        "words nor a NAME.key can open the archive.",
        "Put back a copy of the keys folder, or `provenance key restore FILE` from a recovery export; then unlock.",
    ),
    "key.runtime-folder": Trouble(
        "There is no private runtime folder in which an unlocked key could lie.",
        "Give the passphrase with each command, or set XDG_RUNTIME_DIR.",
    ),
    "key.recipient": Trouble("The file cannot be read as a recipient key.", _AGAIN),
    "key.words": Trouble("These are not twelve recovery words that belong together.", "Check spelling and order."),
    # records
    "record.malformed": Trouble("A record cannot be read as its format demands.", _BACKUP),
    "record.signature": Trouble("A signature does not check under the key named.", _BACKUP),
    "record.signature-label": Trouble("A signature is labelled with another key than the one that made it.", _BACKUP),
    "record.subject": Trouble("A record is about another file than the one that it is shown for.", _BACKUP),
    "record.too-large": Trouble("A record is larger than its format allows.", _BACKUP),
    "record.unknown-predicate": Trouble(
        "A record is of a kind that this version does not know.", "Install a newer one."
    ),
    "record.evidence-id": Trouble("A record names something that is no evidence id.", _BACKUP),
    "record.fields": Trouble("The sealed fields of a record are malformed.", _BACKUP),
    "record.disclosure": Trouble("A disclosed value is not among those that the record was signed with.", _BACKUP),
    "record.blob": Trouble("A measurement is not the one that the record commits to.", _BACKUP),
    "record.blob-missing": Trouble("A measurement that a record commits to is not held any more.", _BACKUP),
    "record.index": Trouble("The index of the archive says otherwise than the signed bytes it leads to.", _BACKUP),
    "record.facts": Trouble("The facts of a measurement are malformed.", _BACKUP),
    "record.box": Trouble("A sealed box was changed or cut short, or belongs to another record.", _BACKUP),
    "record.not-for-this-key": Trouble("A box was sealed for other keys than this one.", "Open it where their key is."),
    "record.unknown": Trouble("The archive holds no record with this digest.", "`provenance show` lists them."),
    "record.erased": Trouble("The value was erased, as a record says.", "Nothing can restore it."),
    # log and slips
    "log.missing-entry": Trouble("The log does not hold a record that the archive holds.", _BACKUP),
    "log.proof": Trouble("The path given does not lead from the record to the head.", "Ask for the receipt again."),
    "slip.malformed": Trouble("This is not one slip.", "Copy the whole word that begins with PVR1: again."),
    "slip.signature": Trouble(
        "The signature of the slip does not check: a character of it was changed.",
        "Copy the whole word that begins with PVR1: again.",
    ),
    "slip.sealed": Trouble(
        "The slip is sealed: only the recovery words of whoever made it open it.",
        "--words-file FILE gives the words; else ask whoever made it.",
    ),
    "slip.other-file": Trouble("The slip commits to another file.", "Check that this is the file it was made for."),
    # the machine
    "system": Trouble("The operating system refused something.", "Check disk, permissions and memory."),
    "internal": Trouble(
        "provenance stopped by a fault of its own. What was acknowledged is kept.",
        "Run it again with PROVENANCE_DEBUG=1 to see where, and please report it.",
    ),
    "provenance.error": Trouble("Something failed for which there is no finer code.", "The message says what it is."),
}
