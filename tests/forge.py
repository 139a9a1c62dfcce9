"""Transformations of a file that the truth tables are about, each a function ``Material -> Path``.

Made with the stock ffmpeg program, with :mod:`mp4_boxes` where it cannot write what is wanted, and with PyAV where
single packets are touched. A transformation that a file's codecs do not allow raises :class:`NotPossible` with the
reason; that is a row "not applicable" of the table, never a pass. :data:`FORGERIES` names all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from forge_copies import (
    appended,
    byte_equal,
    excerpt_anywhere,
    excerpt_at_keyframe,
    faststart,
    lossless_excerpt,
    lossless_ffv1,
    lossless_x264,
    one_byte_damaged,
    rewrapped_mkv,
    rewrapped_mov,
    rewrapped_mp4,
    rewrapped_ts,
    tags_edited,
    tags_stripped,
    truncated_third,
    truncated_two_thirds,
)
from forge_joins import (
    inserted_pictures,
    joined_from_several,
    joined_halves_swapped,
    joined_with_another,
    joined_with_foreign,
    removed_packets,
    removed_packets_with_gap,
    removed_pictures,
)
from forge_presentation import (
    aspect_in_container,
    aspect_in_header,
    captions_beside,
    captions_in_stream,
    extra_sound_track,
    extra_video_track,
    half_speed,
    header_crop,
    hidden_middle,
    hidden_start,
    mirrored,
    quarter_turn,
    range_flipped,
    sound_removed,
    sound_replaced,
    sound_shifted,
    track_removed,
)
from material import Material, NotPossible

__all__ = ["FORGERIES", "SAME_STREAMS", "Material", "NotPossible"]

SAME_STREAMS = (
    rewrapped_mp4,
    rewrapped_mov,
    rewrapped_mkv,
    rewrapped_ts,
    tags_edited,
    tags_stripped,
    faststart,
    appended,
)

FORGERIES: dict[str, Callable[[Material], Path]] = {
    function.__name__: function
    for function in (
        byte_equal,
        *SAME_STREAMS,
        excerpt_at_keyframe,
        excerpt_anywhere,
        lossless_ffv1,
        lossless_x264,
        lossless_excerpt,
        truncated_third,
        truncated_two_thirds,
        one_byte_damaged,
        joined_with_another,
        joined_with_foreign,
        joined_halves_swapped,
        joined_from_several,
        removed_pictures,
        removed_packets,
        removed_packets_with_gap,
        inserted_pictures,
        sound_removed,
        sound_replaced,
        sound_shifted,
        header_crop,
        range_flipped,
        aspect_in_header,
        aspect_in_container,
        half_speed,
        mirrored,
        quarter_turn,
        hidden_start,
        hidden_middle,
        extra_video_track,
        extra_sound_track,
        track_removed,
        captions_beside,
        captions_in_stream,
    )
}
