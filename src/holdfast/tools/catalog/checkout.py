"""Which git commit a folder is checked out at, read from the files that git itself keeps (gitrepository-layout)."""

import re
from pathlib import Path

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def commit_of(folder: Path) -> str:
    """Return the checked-out commit in full, or empty when the folder lies in no checkout."""
    try:
        found = next((p / ".git" for p in (folder, *folder.parents) if (p / ".git").exists()), None)
        return _head(_directory(found)) if found else ""
    except (OSError, UnicodeDecodeError):
        return ""


def _directory(dot_git: Path) -> Path:
    """A worktree or a submodule has a file that names its directory."""
    if dot_git.is_dir():
        return dot_git
    return (dot_git.parent / dot_git.read_text().removeprefix("gitdir:").strip()).resolve()


def _head(directory: Path) -> str:
    head = (directory / "HEAD").read_text().strip()
    commit = _resolved(directory, head.removeprefix("ref:").strip()) if head.startswith("ref:") else head
    return commit if _SHA.fullmatch(commit) else ""


def _resolved(directory: Path, ref: str) -> str:
    """A ref lies in a file of its own, or among the packed ones; of a worktree, in the common directory."""
    common = directory / "commondir"
    places = (directory, (directory / common.read_text().strip()).resolve()) if common.exists() else (directory,)
    for place in places:
        if (place / ref).is_file():
            return (place / ref).read_text().strip()
    packed = places[-1] / "packed-refs"
    lines = packed.read_text().splitlines() if packed.is_file() else []
    return next((line.split(" ")[0] for line in lines if line.endswith(f" {ref}")), "")
