"""The truth table: what ``provenance verify --json`` has to say about each transformation, and why.

Written from ``docs/formats`` (relation, alterations, exit status) before any matcher was seen, and graded from what the
stock ffmpeg program says about the files made, nothing else: which pictures are shown, when, and which packets there
are. Where the formats were silent the entry says what a demanding investigator would expect, with the reason.

An :class:`Expectation` lists what is accepted; a set with several members means that the formats leave it open.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction

import forge
import stock
from case import NO_SOUND, UNTOUCHED, Case, Piece, runs_of
from forge_copies import positions
from forge_presentation import SHIFT
from material import NotPossible


@dataclass(frozen=True)
class Expectation:
    """What is accepted as an answer. ``kinds``: each must be among the alterations ("a|b": one of them)."""

    relation: frozenset[str]
    basis: frozenset[str]
    status: frozenset[int]
    kinds: frozenset[str] = frozenset()
    tolerated: frozenset[str] = frozenset()
    sound: frozenset[str] | None = None
    pieces: tuple[Piece, ...] = ()
    foreign: tuple[tuple[Fraction, Fraction], ...] = ()
    altered_at: Fraction | None = None
    slack: Fraction = Fraction(0)  # more seconds by which ``altered_at`` may be off
    speed: Fraction | None = None
    shift: Fraction | None = None
    finding: str | None = None
    why: str = ""
    otherwise: tuple[Expectation, ...] = field(default=(), repr=False)


def expect(relation: str, basis: str, status: int, kinds: str = "", **more) -> Expectation:
    """An expectation from words: alternatives of relation and basis with ``|``, kinds separated by blanks."""
    return Expectation(
        frozenset(relation.split("|")),
        frozenset(basis.split("|")),
        frozenset({status}),
        frozenset(kinds.split()),
        **more,
    )


# --- the table -------------------------------------------------------------------------------------------------------


def _identical(case: Case) -> Expectation:
    sound = frozenset({"identical"}) if case.material.sounds else NO_SOUND
    return expect("identical", "bytes", 0, sound=None if case.material.is_still else sound)


def _same_streams(case: Case) -> Expectation:
    """Wrapping, tags and appended bytes do not matter (formats section 6, relation 2)."""
    if case.material.is_still:
        # a still registers as bytes (issue 2); changed bytes then cannot be compared, or its one picture is equal
        alone = expect("undetermined", "none", 2, why="stills are registered as bytes")
        return replace(expect("still|same-pictures|same-streams", "packets|pictures", 0), otherwise=(alone,))
    if case.made.read_bytes() == case.material.source.read_bytes():
        return replace(_identical(case), why="ffmpeg wrote the same bytes again")
    same = expect("same-streams", "packets", 0, sound=case.sound)
    if case.shown == case.was_shown:
        return _unless_timing_changed(case, same)
    return _shown_otherwise(case, same)


def _shown_otherwise(case: Case, same: Expectation) -> Expectation:
    """What re-wrapping alone makes of cropping and edit lists, by what ffmpeg shows of the result."""
    old, new = (
        [one.dimensions for one in streams if one.kind == "video"] for streams in (case.material.streams, case.streams)
    )
    if case.made.suffix == ".ts" and new != old and len(case.shown) == len(case.was_shown):
        # MPEG-TS has no field for it: what the questioned container cannot carry is not compared (formats section 3)
        why = f"the container alone had cropped {new[0]} to {old[0]}"
        return replace(same, finding="presentation.notCompared", why=why)
    extra = [digest for digest in case.shown if digest not in set(case.was_shown)]
    kept = [digest for digest in case.shown if digest in set(case.was_shown)]
    stored = {row.digest for row in stock.pictures(case.material.source, before=("-ignore_editlist", "1"))}
    if kept == case.was_shown and stored.issuperset(extra):
        return replace(
            same, finding="presentation.revealed", why="the new container does not hide what the old one hid"
        )
    if kept == case.was_shown:
        # the lead-in is decoded from another start and comes out smeared: still nothing but what was stored
        return replace(same, finding="presentation.revealed", why="hidden packets are shown, not all decodable")
    why = f"ffmpeg itself shows {len(case.shown)} of {len(case.was_shown)} pictures after re-wrapping"
    partly = frozenset({"excerpt", "derivative"})
    # times of what is left are its own too; where it cannot decode any, nothing says that pictures are the same
    tolerated = ANY_TIMING | {"speed"} | (frozenset() if case.shown else frozenset({"picture", "damage"}))
    return replace(same, relation=partly, status=frozenset({0, 1}), tolerated=tolerated, why=why, sound=None)


ANY_TIMING = frozenset({"removed", "frozen", "sound", "sound-offset"})


def _unless_timing_changed(case: Case, wanted: Expectation) -> Expectation:
    """Unless ffmpeg's copying moved pictures by more than the formats call equal (a coarser tick, at most 1 ms)."""
    if case.moved <= Fraction(2, 1000):  # two roundings to milliseconds
        return wanted
    why = f"ffmpeg itself moved a picture by {float(case.moved) * 1000:.0f} ms"
    timing = frozenset({"speed", "frozen", "removed", "sound-offset"})
    whole = wanted.relation & {"same-streams", "same-pictures"}
    either = wanted.relation | {"derivative"} if whole else wanted.relation
    return replace(wanted, relation=either, status=frozenset({0, 1}), tolerated=timing, why=why)


def _few(case: Case) -> bool:
    return len(set(case.shown) & set(case.was_shown)) < 3


def _excerpt(basis: str) -> Callable[[Case], Expectation]:
    def judge(case: Case) -> Expectation:
        if len(case.shown) == len(case.was_shown):
            raise NotPossible("the cut kept every picture")
        wanted = expect("excerpt", basis, 0, sound=case.sound, pieces=(case.hull,))
        unknown = set(case.shown) - set(case.was_shown)
        if unknown:
            wanted = replace(wanted, why=f"{len(unknown)} shown pictures lack what they are predicted from")
        if _few(case):
            unsaid = expect("no-match|undetermined", "none", 1, why="fewer than 3 distinct pictures")
            wanted = replace(wanted, otherwise=(unsaid, replace(unsaid, status=frozenset({2}))))
        if len(case.shown) == 1:  # a file that shows one picture is a moment of the recording (formats, relation 6)
            wanted = replace(expect("still", basis, 0), why="the cut shows one picture")
        return _unless_held(case, wanted)

    return judge


def _unless_held(case: Case, wanted: Expectation) -> Expectation:
    """Unless ffmpeg's copying into AVI kept all sound from the start and let the first picture stand still for it."""
    (start, end), (first, last) = case.hull.questioned, case.hull.evidence
    longer = (end - start) - (last - first)
    if longer <= case.tolerance or len(case.runs) != 1:
        return _unless_timing_changed(case, wanted)
    why = f"ffmpeg itself shows one picture for {float(longer):.2f} s more than the recording does"
    beside = frozenset({"sound", "sound-offset"})
    held = replace(wanted, status=frozenset({1}), kinds=frozenset({"frozen"}), pieces=(), why=why)
    return replace(held, tolerated=beside, sound=None)


def _lossless(case: Case) -> Expectation:
    if case.shown != case.was_shown:
        raise NotPossible("ffmpeg changed the pictures while coding them without loss")
    same = expect("same-pictures", "pictures", 0, sound=case.sound)
    return _unless_timing_changed(case, same)


def _truncated(case: Case) -> Expectation:
    """A file cut off at byte N is an excerpt of what it still shows; without its index it is found by replay."""
    # what of the sound is left depends on interleaving; none at all is a file cut before its first sound packet
    sound = UNTOUCHED | NO_SOUND
    if case.runs and not _few(case):
        if case.shown == case.was_shown:
            raise NotPossible("the cut only took what comes after the last picture")
        # the last packet may be there in part: what a decoder makes of it is damage or nothing
        return expect("excerpt", "packets", 0, sound=sound, pieces=(case.hull,), tolerated=frozenset({"damage"}))
    complete = [at + size for at, size in positions(case.material.source) if at + size <= case.made.stat().st_size]
    replayed = expect(
        "excerpt", "packets", 1, sound=None, tolerated=frozenset({"damage"}), why="found by replay: no index"
    )
    if case.runs or len(complete) < 3:
        unsaid = expect("no-match|undetermined", "none", 1, why=f"{len(complete)} whole packets are left")
        exact = replace(replayed, status=frozenset({0}))
        return replace(replayed, otherwise=(exact, unsaid, replace(unsaid, status=frozenset({2}))))
    return replayed


def _damaged(case: Case) -> Expectation:
    """Damage is judged at packet level: same place, same size, other bytes; never by what a decoder smears."""
    if len(case.changed_packets) != 1:
        raise NotPossible(f"the changed byte altered {len(case.changed_packets)} packets")
    # AVI states when a picture is decoded only: it is shown up to a reordering (four pictures) later
    slack = 4 * case.material.pictures[0].duration if case.made.suffix == ".avi" else Fraction(0)
    at = case.changed_packets[0]
    return expect("derivative", "packets", 1, "damage", sound=case.sound, altered_at=at, slack=slack)


def _joined(case: Case) -> Expectation:
    """Several recordings, another order, or foreign material before or after: a composite, piece by piece."""
    partner = stock.pictures(case.material.partner())
    of_partner = runs_of(case.pictures, partner, "partner")
    if case.name in {"joined_with_another", "joined_from_several"} and not of_partner:
        raise NotPossible("ffmpeg shows none of the second recording after joining")
    pieces = (*case.runs, *of_partner)
    foreign = ()
    if case.name in {"joined_with_foreign", "joined_from_several"}:
        foreign = tuple(
            p.questioned for p in runs_of(case.pictures, stock.pictures(case.material.stranger()), "stranger")
        )
    # one header speaks for all pieces: what the second recording had not stated (colour, range, aspect) is stated now
    tolerated = ANY_SOUND | {"colour", "range", "aspect", "rotation"}
    return expect("composite", "pictures", 1, sound=None, pieces=pieces, foreign=foreign, tolerated=tolerated)


#: The sound was left out of what is joined picture by picture; whether that is told as a kind is not the point there.
ANY_SOUND = frozenset({"sound", "track", "sound-offset", "captions"})


def _removed(case: Case) -> Expectation:
    """The whole in order with something missing inside is a derivative, however long the hole (lead's decision)."""
    if len(case.runs) < 2 or not case.in_order():
        raise NotPossible("stream copying kept or repeated what was to be taken out")
    basis = "pictures" if case.name == "removed_pictures" else "packets"
    tolerated = ANY_SOUND | {"frozen"}
    return expect("derivative", basis, 1, "removed", tolerated=tolerated, pieces=_long_runs(case))


def _long_runs(case: Case) -> tuple[Piece, ...]:
    """The two runs around the hole: what lies beside it is not decided by reordering near a cut.

    A stream-copied cut keeps the picture that was coded ahead of the ones cut off: it is the last of its run, and stays
    on the screen up to the join.
    """
    longest = sorted(case.runs, key=lambda run: run.questioned[1] - run.questioned[0])[-2:]
    return tuple(replace(run, held=case.tolerance) for run in sorted(longest, key=lambda run: run.questioned[0]))


def _gap(case: Case) -> Expectation:
    """Packets gone, the rest in place: removed, and the picture before the hole may be said to stand still."""
    if len(case.streams[0].rows) >= len(case.material.videos[0].rows):
        raise NotPossible("ffmpeg kept every packet")
    tolerated = {"frozen", "damage"}
    if len(case.material.videos[0].rows) == 2 * len(case.material.pictures):
        tolerated.add("picture")  # fields were dropped one by one: the two left over at the ends make a new picture
    wanted = expect("derivative", "packets", 1, "removed", tolerated=frozenset(tolerated), sound=case.sound)
    return _unless_begun_later(case, wanted)


def _inserted(case: Case) -> Expectation:
    """Foreign pictures inside a whole: derivative (lead's decision); before or after would make a composite."""
    foreign = tuple(p.questioned for p in runs_of(case.pictures, stock.pictures(case.material.stranger()), "stranger"))
    return expect("derivative", "pictures", 1, "inserted", tolerated=ANY_SOUND, pieces=case.runs, foreign=foreign)


def _sound_removed(case: Case) -> Expectation:
    tolerated, sound = frozenset({"sound", "track"}), frozenset({"absent"})
    wanted = expect("derivative", "packets", 1, "sound|track", tolerated=tolerated, sound=sound)
    return _unless_begun_later(case, wanted)


def _sound_replaced(case: Case) -> Expectation:
    # "different" where nothing says that the rest would have been the same
    sound = frozenset({"replaced", "different"})
    wanted = expect("derivative", "packets", 1, "sound", tolerated=frozenset({"track"}), sound=sound)
    return _unless_begun_later(case, wanted)


def _sound_shifted(case: Case) -> Expectation:
    coded = case.material.sounds[0].digests
    if len(set(coded)) < max(20, len(coded) // 10):
        raise NotPossible("its sound is silence: nothing tells when silence begins")
    sound = next(stream for stream in case.streams if stream.kind == "audio")
    before = case.material.sounds[0].rows[0].start - case.material.first
    moved = sound.rows[0].start - case.pictures[0].start - before
    if abs(moved - SHIFT) > Fraction(1, 20):
        raise NotPossible("the container did not keep the shift")
    wanted = expect("derivative", "packets", 1, "sound-offset", sound=UNTOUCHED, shift=SHIFT)
    return _unless_begun_later(case, wanted)


def _shown_differently(kinds: str, tolerated: str = "", **more) -> Callable[[Case], Expectation]:
    def judge(case: Case) -> Expectation:
        wanted = expect("derivative", "packets", 1, kinds, tolerated=frozenset(tolerated.split()), **more)
        wanted = replace(wanted, sound=None if "sound" in tolerated else case.sound)
        if "speed" not in kinds:
            copied = _unless_timing_changed(case, wanted)
            wanted = replace(wanted, tolerated=wanted.tolerated | copied.tolerated, why=copied.why)
        return _unless_begun_later(case, wanted)

    return judge


def _unless_begun_later(case: Case, wanted: Expectation) -> Expectation:
    """Unless ffmpeg's copying lost what an edit list shows first: a part is left, with the rest told as asked."""
    if not case.runs or not case.hull.evidence[0]:
        return wanted
    why = f"ffmpeg itself shows {len(case.shown)} of {len(case.was_shown)} pictures after copying"
    either = wanted.relation | {"excerpt"}
    return replace(wanted, relation=either, tolerated=wanted.tolerated | ANY_TIMING | {"speed"}, why=why)


def _turned(case: Case) -> Expectation:
    """A quarter turn without mirroring is informational: re-wrapping loses the tag every day."""
    wanted = expect("same-streams", "packets", 0, sound=case.sound, finding="presentation.turned")
    return _unless_begun_later(case, wanted)


def _of_further(case: Case) -> frozenset[str]:
    """Further picture tracks are hidden in as well, which is told of each as a track that differs."""
    return frozenset({"track"}) if len(case.material.videos) > 1 else frozenset()


def _hidden_start(case: Case) -> Expectation:
    """Every packet of the recording is there and a third of it is not shown: hiding is never informational."""
    tolerated = frozenset({"sound", "sound-offset", "removed", "hidden"}) | _of_further(case)
    told = expect("derivative|excerpt", "packets", 1, "hidden", tolerated=tolerated)
    cut = case.material.duration / 3
    if any(time <= cut for time in case.material.keyframes):
        return told
    lead_in = expect("excerpt", "packets", 0, why="the hidden packets are the lead-in of the first shown picture")
    return replace(told, otherwise=(lead_in,))


def _hidden_middle(case: Case) -> Expectation:
    tolerated = frozenset({"sound", "sound-offset", "removed", "hidden"}) | _of_further(case)
    wanted = expect("derivative", "packets", 1, "hidden|removed", tolerated=tolerated)
    return _unless_begun_later(case, wanted)


TRUTH: dict[str, Callable[[Case], Expectation]] = {
    "byte_equal": _identical,
    **{function.__name__: _same_streams for function in forge.SAME_STREAMS},
    "excerpt_at_keyframe": _excerpt("packets"),
    "excerpt_anywhere": _excerpt("packets"),
    "lossless_ffv1": _lossless,
    "lossless_x264": _lossless,
    "lossless_excerpt": _excerpt("pictures"),
    "truncated_third": _truncated,
    "truncated_two_thirds": _truncated,
    "one_byte_damaged": _damaged,
    "joined_with_another": _joined,
    "joined_with_foreign": _joined,
    "joined_halves_swapped": _joined,
    "joined_from_several": _joined,
    "removed_pictures": _removed,
    "removed_packets": _removed,
    "removed_packets_with_gap": _gap,
    "inserted_pictures": _inserted,
    "sound_removed": _sound_removed,
    "sound_replaced": _sound_replaced,
    "sound_shifted": _sound_shifted,
    "header_crop": _shown_differently("crop", "aspect"),
    "range_flipped": _shown_differently("range"),
    "aspect_in_header": _shown_differently("aspect"),
    "aspect_in_container": _shown_differently("aspect"),
    # the sound is stretched with the picture: how that is told beside "speed" is left open
    "half_speed": _shown_differently("speed", "sound sound-offset", speed=Fraction(1, 2)),
    "mirrored": _shown_differently("mirror", "rotation"),
    "quarter_turn": _turned,
    "hidden_start": _hidden_start,
    "hidden_middle": _hidden_middle,
    "extra_video_track": _shown_differently("track"),
    "extra_sound_track": _shown_differently("track", "sound"),
    "track_removed": _shown_differently("track"),
    "captions_beside": _shown_differently("captions", "track"),
    "captions_in_stream": _shown_differently("captions"),
}
