"""Where the folder of real media lies: ``$PROVENANCE_MEDIA``, else ``../shared/media`` beside the checkout."""

import os
from pathlib import Path

SUFFIXES = {".mp4", ".mov", ".mkv", ".webm", ".avi", ".mts", ".3gp", ".jpg", ".heic"}


def media_folder() -> Path:
    """The folder, whether it exists or not."""
    named = os.environ.get("PROVENANCE_MEDIA")
    return Path(named) if named else Path(__file__).resolve().parent.parent.parent / "shared" / "media"


def media_files() -> list[str]:
    """Names of its media files, relative to it, in a fixed order; one stand-in name where there is no folder."""
    folder = media_folder()
    found = [path.relative_to(folder) for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES]
    return sorted(map(str, found)) or ["no-media-folder"]
