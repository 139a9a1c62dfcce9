"""Hypothesis strategies for measurements and their parts."""

from __future__ import annotations

from fractions import Fraction
from typing import get_args

from hypothesis import strategies as st

from provenance.binding import ticks as ticks_of
from provenance.evidence import (
    MOST_SECONDS,
    NO_PTS,
    ConfigurationChange,
    Damage,
    FileState,
    Measurement,
    MediaKind,
    NotMeasured,
    PacketRows,
    PictureRows,
    Presentation,
    Shown,
    SoundBlockRows,
    Track,
    TrackKind,
)

digests = st.binary(min_size=24, max_size=24)
names = st.from_regex(r"[a-z0-9_.-]{1,12}", fullmatch=True)
lines = st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), max_size=40)
seconds = st.builds(Fraction, st.integers(-MOST_SECONDS, MOST_SECONDS), st.integers(1, 10**9))
aspects = st.builds(Fraction, st.integers(1, 2**31 - 1), st.integers(1, 2**31 - 1))
time_bases = st.builds(Fraction, st.integers(1, 2**31 - 1), st.integers(1, 2**31 - 1))
some = st.none()


def columns(row, width):
    """Lists of equal length, turned to columns."""
    return st.lists(row, max_size=6).map(lambda rows: tuple(zip(*rows, strict=True)) if rows else ((),) * width)


def ticks(most):
    """A time that a row can hold, or none."""
    return st.one_of(st.just(NO_PTS), st.integers(-most, most))


def packets(most):
    """Packet rows with times of at most ``most`` ticks."""
    row = st.tuples(
        digests,
        ticks(most),
        st.integers(0, min(most, 2**32 - 1)),
        st.integers(0, 15),
        st.integers(-1, 2**48 - 2),
        st.integers(0, 2**32 - 1),
    )
    return columns(row, 6).map(lambda each: PacketRows(*each))


def pictures(most):
    """Picture rows."""
    return columns(st.tuples(digests, ticks(most), st.integers(0, 3)), 3).map(lambda each: PictureRows(*each))


def blocks(most):
    """Sound rows."""
    return st.builds(
        lambda each, start, rate: SoundBlockRows(each[0], bytes(each[1]), start, rate),
        columns(st.tuples(digests, st.integers(0, 96)), 2),
        st.integers(-most, most),
        st.integers(0, 2**32 - 1),
    )


shown = st.builds(
    Shown,
    size=some | st.tuples(st.integers(1, 2**31 - 1), st.integers(1, 2**31 - 1)),
    sample_aspect=some | aspects,
    colour_range=some | names,
    matrix=some | names,
    primaries=some | names,
    transfer=some | names,
)
presentations = st.builds(
    Presentation,
    start=some | seconds,
    duration=some | seconds.map(abs),
    stated=shown,
    coded=shown,
    rotation=st.sampled_from([0, 90, 180, 270]),
    mirrored=st.booleans(),
    default=some | st.booleans(),
    language=some | names,
    captions=st.integers(0, 2**40),
    captions_digest=some | digests,
    field_order=some | names,
    sample_rate=some | st.integers(0, 2**32),
    channels=some | st.integers(0, 2**10),
    layout=some | names,
    pixel_format=some | names,
)


@st.composite
def tracks(draw, index):
    """One track, its configuration within its packets."""
    time_base = draw(time_bases)
    most = ticks_of.most(time_base)
    rows = draw(packets(most))
    units = draw(st.sets(st.integers(0, max(0, len(rows) - 1)), max_size=2)) if rows else set()
    return Track(
        index=index,
        kind=draw(st.sampled_from(get_args(TrackKind))),
        codec=draw(names),
        time_base=time_base,
        configuration=tuple(ConfigurationChange(unit, draw(digests)) for unit in sorted(units)),
        presentation=draw(presentations),
        packets=rows,
        pictures=draw(st.none() | pictures(most)),
        sound=draw(st.none() | blocks(most)),
        nal_length_size=draw(st.integers(0, 4)),
    )


@st.composite
def measurements(draw):
    """A measurement as a child may give it."""
    start = draw(seconds) / 2
    return Measurement(
        kind=draw(st.sampled_from(get_args(MediaKind))),
        state=draw(st.sampled_from(get_args(FileState))),
        container=draw(names),
        depth=draw(st.sampled_from(["streams", "full"])),
        tracks=tuple(draw(tracks(index)) for index in sorted(draw(st.sets(st.integers(0, 20), max_size=3)))),
        not_measured=tuple(
            draw(st.lists(st.builds(NotMeasured, names, lines, st.none() | st.integers(0, 9)), max_size=2))
        ),
        damage=tuple(
            Damage(draw(st.integers(0, 9)), start, start + draw(st.fractions(0, 5, max_denominator=90000)), draw(lines))
            for _ in range(draw(st.integers(0, 2)))
        ),
    )
