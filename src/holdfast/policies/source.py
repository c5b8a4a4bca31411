"""Where the judge comes from: a file read again whenever it changes, or the policy that is shipped."""

from functools import cache
from importlib.resources import files
from pathlib import Path

from holdfast.policies.document import Policy, load, parse
from holdfast.policies.judge import Judge


@cache
def shipped() -> Policy:
    """Return the policy that comes with Holdfast."""
    return parse((files("holdfast.policies") / "shipped.yaml").read_text(), "shipped.yaml")


class PolicySource:
    """Gives the judge of the policy as it is now; a policy may change without a deploy."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._seen: tuple[int, int] = (-1, -1)
        self._judge: Judge | None = None

    def judge(self) -> Judge:
        """Return the judge.

        Raises:
            PolicyError: when the file is wrong now; an older reading is never used in its place.
        """
        if self._path is None:
            self._judge = self._judge or Judge(shipped())
            return self._judge
        stat = self._path.stat() if self._path.exists() else None
        seen = (stat.st_mtime_ns, stat.st_size) if stat else (0, 0)
        if self._judge is None or seen != self._seen:
            self._judge = None
            self._judge = Judge(load(self._path))
            self._seen = seen
        return self._judge
