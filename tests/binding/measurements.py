"""Hypothesis strategies for measurements and their parts."""

from __future__ import annotations

from fractions import Fraction
from typing import get_args

from hypothesis import strategies as st

from provenance.evidence import (
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
ticks = st.one_of(st.just(NO_PTS), st.integers(-(2**62), 2**62))
names = st.from_regex(r"[a-z0-9_.-]{1,12}", fullmatch=True)
lines = st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), max_size=40)
rationals = st.builds(Fraction, st.integers(-(10**12), 10**12), st.integers(1, 10**9))
time_bases = st.builds(Fraction, st.integers(1, 2**31 - 1), st.integers(1, 2**31 - 1))
some = st.none()


def columns(row, width):
    """Lists of equal length, turned to columns."""
    return st.lists(row, max_size=6).map(lambda rows: tuple(zip(*rows, strict=True)) if rows else ((),) * width)


packets = columns(
    st.tuples(
        digests,
        ticks,
        st.integers(0, 2**32 - 1),
        st.integers(0, 15),
        st.integers(-1, 2**48 - 2),
        st.integers(0, 2**32 - 1),
    ),
    6,
).map(lambda each: PacketRows(*each))
pictures = columns(st.tuples(digests, ticks, st.integers(0, 3)), 3).map(lambda each: PictureRows(*each))
blocks = st.builds(
    lambda each, start, rate: SoundBlockRows(each[0], bytes(each[1]), start, rate),
    columns(st.tuples(digests, st.integers(0, 96)), 2),
    st.integers(-(2**62), 2**62),
    st.integers(0, 2**32 - 1),
)
shown = st.builds(
    Shown,
    size=some | st.tuples(st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1)),
    sample_aspect=some | rationals,
    colour_range=some | names,
    matrix=some | names,
    primaries=some | names,
    transfer=some | names,
)
presentations = st.builds(
    Presentation,
    start=some | rationals,
    duration=some | rationals,
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
    rows = draw(packets)
    units = draw(st.sets(st.integers(0, max(0, len(rows) - 1)), max_size=2)) if rows else set()
    return Track(
        index=index,
        kind=draw(st.sampled_from(get_args(TrackKind))),
        codec=draw(names),
        time_base=draw(time_bases),
        configuration=tuple(ConfigurationChange(unit, draw(digests)) for unit in sorted(units)),
        presentation=draw(presentations),
        packets=rows,
        pictures=draw(st.none() | pictures),
        sound=draw(st.none() | blocks),
        nal_length_size=draw(st.integers(0, 4)),
    )


@st.composite
def measurements(draw):
    """A measurement as a child may give it."""
    start = draw(rationals)
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
