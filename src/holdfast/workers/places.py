"""Where a stack keeps its data unless told otherwise; light enough for every command to import."""

import os
from pathlib import Path


def default_data_dir() -> Path:
    """Return the data folder (XDG base directories); works with an empty HOME too."""
    base = os.environ.get("XDG_DATA_HOME") or (Path(os.environ.get("HOME") or Path.cwd()) / ".local" / "share")
    return Path(base) / "holdfast"
