"""Digests of coded units that unrelated files share: what coders write for silence and for one-colour pictures.

Made by bench/common_list.py with the FFmpeg program of imageio-ffmpeg and the unit digests of ``provenance.binding``;
it covers what a measurement cannot see by itself, such as silent packets of a file whose sound was not decoded.
"""

from __future__ import annotations

from typing import Final

COMMON_DIGESTS: Final[frozenset[bytes]] = frozenset()
