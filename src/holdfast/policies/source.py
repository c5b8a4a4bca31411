"""Where the judge comes from: a file read again whenever it changes, or the policy that is shipped."""

from functools import cache
from importlib.resources import files
from pathlib import Path
from threading import Lock

from pydantic import ValidationError

from holdfast.policies.document import Policy, open_to_anyone, parse, text_of
from holdfast.policies.judge import Judge
from holdfast.policies.reading import Document, PolicyError, Problem, problems_of, read, wrong


@cache
def shipped() -> Policy:
    """Return the policy that comes with Holdfast."""
    return parse(shipped_text(), "shipped.yaml")


def shipped_text(name: str = "shipped.yaml") -> str:
    """Return a policy file that comes with Holdfast, as it is written."""
    return (files("holdfast.policies") / name).read_text(encoding="utf-8")


def judge_of(text: str, where: str = "policy") -> Judge:
    """Return the judge of a policy's text.

    Raises:
        PolicyError: naming every field and condition that is wrong, with its line.
    """
    document = read(text, where)
    try:
        policy = Policy.model_validate(document.data)
    except ValidationError as e:
        raise wrong(where, problems_of(e, document)) from e
    try:
        return Judge(policy)
    except PolicyError as e:
        raise wrong(where, [located(p, policy, document) for p in e.problems]) from e


def located(problem: Problem, policy: Policy, document: Document) -> Problem:
    """Return a problem that names a rule, term or variable with the line it stands on."""
    part, _, rest = problem.where.partition(".")
    name, _, leaf = rest.partition(".")
    names = {"rules": [r.id for r in policy.rules], "risk": [t.name for t in policy.risk]}.get(part, [])
    place = names.index(name) if name in names else name
    return problem.model_copy(update={"line": document.line_of((part, place, leaf) if leaf else (part, place))})


class PolicySource:
    """Gives the judge of the policy as it is now; a policy may change without a deploy.

    `open_allowed` says whether a policy may let anyone approve, as the shipped one does.
    """

    def __init__(self, path: Path | None = None, *, open_allowed: bool = True) -> None:
        self._path = path
        self._open_allowed = open_allowed
        self._lock = Lock()
        self._seen: tuple[int, ...] = ()
        self._judge: Judge | None = None

    def judge(self) -> Judge:
        """Return the judge.

        Raises:
            PolicyError: when the file is wrong now; an older reading is never used in its place.
        """
        with self._lock:
            seen = _stamp(self._path)
            if self._judge is None or seen != self._seen:
                self._judge = None
                self._judge = self._read()
                self._seen = seen
            return self._judge

    def _read(self) -> Judge:
        where = str(self._path or "shipped.yaml")
        judge = judge_of(text_of(self._path) if self._path else shipped_text(), where)
        if open_to_anyone(judge.policy) and not self._open_allowed:
            raise wrong(where, [Problem(where="people", text="`*` lets anyone approve; name the people")])
        return judge


def _stamp(path: Path | None) -> tuple[int, ...]:
    """Return what tells one writing of the file from the next; taken before it is read, so none is missed."""
    try:
        stat = path.stat() if path else None
    except OSError:
        return ()
    return (stat.st_mtime_ns, stat.st_size, stat.st_ino) if stat else (0,)
