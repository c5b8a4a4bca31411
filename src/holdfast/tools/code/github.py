"""GitHub's REST API as a forge: https://docs.github.com/en/rest (commits, git database, pulls), version 2022-11-28."""

import re
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

from mcp.server.mcpserver.exceptions import ToolError

from holdfast.tools.code.forge import Commit, CommitFilter, CommitLine, File, NewCommit, Proposal, PullRequest
from holdfast.tools.errors import Word, later, no
from holdfast.tools.outside.client import Answer, OutsideClient, Question
from holdfast.tools.outside.endpoint import Endpoint

_HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
_NAME = re.compile(r"(?!\.{1,2}/)[A-Za-z0-9._-]+/(?!\.{1,2}$)[A-Za-z0-9._-]+")
Json = Any
Found = TypeVar("Found")


class GitHubForge:
    """Implements Forge."""

    name = "github"

    def __init__(self, endpoint: Endpoint) -> None:
        self._client = OutsideClient(self.name, endpoint, limited)

    async def start(self) -> None:
        """Nothing to do: the first question opens the connection."""

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()

    async def commits(self, wanted: CommitFilter) -> tuple[tuple[CommitLine, ...], bool]:
        """Return commits of the default branch ("List commits"); an empty repository has none."""
        told = {"since": wanted.since, "until": wanted.until, "path": wanted.path, "per_page": str(wanted.limit)}
        params = tuple((k, v) for k, v in told.items() if v)
        question = Question(path=_repo(wanted.repository, "commits"), params=params, headers=_HEADERS)
        try:
            answer = await self._client.ask(question)
        except ToolError as e:
            if str(e).startswith(Word.CONFLICT):  # 409 has no other meaning here
                return (), False
            raise
        lines = self._read(lambda: tuple(_line(c) for c in answer.parsed(self.name)))
        return lines, 'rel="next"' in answer.headers.get("link", "")

    async def commit(self, repository: str, ref: str) -> Commit:
        """Return one commit ("Get a commit"), without its files as far as GitHub lets us."""
        found = await self._get(_repo(repository, f"commits/{quote(ref, safe='')}"), per_page="1")
        return self._read(lambda: _commit(found))

    async def files(self, repository: str, tree: str) -> dict[str, File]:
        """Return every file of a tree ("Get a tree", recursive).

        Raises:
            ToolError: `too_large` when GitHub cuts it: more than 100,000 entries or 7 MB.
        """
        found = await self._get(_repo(repository, f"git/trees/{tree}"), recursive="1")
        if found.get("truncated"):
            raise no(Word.TOO_LARGE, f"{self.name}: {repository} is too large to revert by its trees; revert by hand")
        return self._read(lambda: {f["path"]: File.model_validate(f) for f in found["tree"] if f["type"] != "tree"})

    async def branches(self, repository: str, prefix: str) -> dict[str, str]:
        """Return branches ("List matching references")."""
        found = await self._get(_repo(repository, f"git/matching-refs/heads/{prefix}"))
        return self._read(lambda: {r["ref"].removeprefix("refs/heads/"): r["object"]["sha"] for r in found})

    async def make_commit(self, repository: str, new: NewCommit) -> str:
        """Make a tree on the parent's ("Create a tree"), and a commit of it ("Create a commit")."""
        entries = [f.model_dump() for f in new.files]
        tree = await self._post(repository, "git/trees", {"base_tree": new.parent.tree, "tree": entries})
        body = {"message": new.message, "tree": self._read(lambda: tree["sha"]), "parents": [new.parent.sha]}
        made = await self._post(repository, "git/commits", body)
        return self._read(lambda: str(made["sha"]))

    async def make_branch(self, repository: str, branch: str, commit: str) -> None:
        """Make a branch ("Create a reference")."""
        await self._post(repository, "git/refs", {"ref": f"refs/heads/{branch}", "sha": commit}, repeatable=False)

    async def pull_request(self, repository: str, branch: str) -> PullRequest | None:
        """Return the newest pull request of a branch ("List pull requests")."""
        owner = repository.partition("/")[0]
        found = await self._get(_repo(repository, "pulls"), head=f"{owner}:{branch}", state="all")
        fitting = self._read(lambda: [p for p in map(_pull_request, found) if p.branch == branch])
        return fitting[0] if fitting else None

    async def make_pull_request(self, repository: str, proposal: Proposal) -> PullRequest:
        """Open a pull request ("Create a pull request")."""
        body = {"title": proposal.title, "head": proposal.branch, "base": proposal.base, "body": proposal.body}
        made = await self._post(repository, "pulls", body, repeatable=False)
        return self._read(lambda: _pull_request(made))

    async def _get(self, path: str, **params: str) -> Json:
        return await self._client.fetch(Question(path=path, params=tuple(params.items()), headers=_HEADERS))

    async def _post(self, repository: str, what: str, body: Json, *, repeatable: bool = True) -> Json:
        """What git names by its content (trees, commits) may be sent twice; what it names by a name may not."""
        question = Question.posting(_repo(repository, what), body, repeatable=repeatable)
        return await self._client.fetch(question.model_copy(update={"headers": {**question.headers, **_HEADERS}}))

    def _read(self, read: Callable[[], Found]) -> Found:
        try:
            return read()
        except (KeyError, TypeError, IndexError, ValueError, AttributeError) as e:
            raise no(
                Word.FAILED, f"{self.name}: answered what GitHub does not answer; does its url name its API?"
            ) from e


def limited(answer: Answer) -> tuple[Word, str] | None:
    """Read GitHub's two limits ("Rate limits for the REST API"), which it tells with 403 as well as 429."""
    headers = answer.headers
    if answer.status == 429 and "retry-after" in headers:
        return None  # plain enough for everybody
    if answer.status not in (403, 429):
        return None
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0":
        seconds = max(1, int(reset) - int(time.time())) if reset.isdecimal() else 60
        return Word.RATE_LIMITED, f"its hourly limit is used up; {later(seconds)}"
    if answer.status == 429 or "retry-after" in headers or b"rate limit" in answer.body[:2000]:
        return Word.RATE_LIMITED, f"its secondary limit; {later(60)}, and less at once"
    return None


def _repo(repository: str, rest: str) -> str:
    if not _NAME.fullmatch(repository):
        raise no(Word.BAD_INPUT, f"repository: {repository[:100]!r} is not owner/name")
    return f"/repos/{repository}/{rest}"


def _line(commit: Json) -> CommitLine:
    told = commit["commit"]
    author = told.get("author") or told["committer"]
    return CommitLine(
        commit=commit["sha"],
        at=told["committer"]["date"],
        author=str(author["name"])[:100],
        message=str(told["message"]).partition("\n")[0][:200],
        url=commit["html_url"],
    )


def _commit(found: Json) -> Commit:
    told, parents = found["commit"], tuple(p["sha"] for p in found["parents"])
    return Commit(sha=found["sha"], tree=told["tree"]["sha"], parents=parents, message=told["message"])


def _pull_request(found: Json) -> PullRequest:
    return PullRequest(number=found["number"], url=found["html_url"], state=found["state"], branch=found["head"]["ref"])
