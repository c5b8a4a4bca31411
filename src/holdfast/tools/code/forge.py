"""The port to a place where code lies: commits, trees, branches and pull requests, in the words of git."""

from typing import Protocol

from pydantic import AwareDatetime

from holdfast.domain.noun import Noun


class CommitLine(Noun):
    """One commit in a list; `message` is its first line."""

    commit: str
    at: AwareDatetime
    author: str
    message: str
    url: str


class CommitFilter(Noun):
    """Which commits of the default branch; empty fields admit all. `since` and `until` are RFC 3339."""

    repository: str
    since: str = ""
    until: str = ""
    path: str = ""
    limit: int = 20


class Commit(Noun):
    """One commit: the tree it makes, and what it stands on."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    message: str

    @property
    def title(self) -> str:
        """Return the message's first line."""
        return self.message.partition("\n")[0].strip()[:200]


class File(Noun):
    """One entry of a tree that is no tree itself; `sha` is None for a file to delete."""

    path: str
    mode: str
    type: str
    sha: str | None


class NewCommit(Noun):
    """A commit to make: files changed on the tree of its only parent."""

    message: str
    parent: Commit
    files: tuple[File, ...]


class PullRequest(Noun):
    """One pull request, open or closed."""

    number: int
    url: str
    state: str
    branch: str


class Proposal(Noun):
    """A pull request to open."""

    branch: str
    base: str
    title: str
    body: str


class Forge(Protocol):
    """Implemented by GitHub. Every method raises a ToolError of the closed list."""

    name: str

    async def commits(self, wanted: CommitFilter) -> tuple[tuple[CommitLine, ...], bool]:
        """Return commits, newest first, and whether there are more."""
        ...

    async def commit(self, repository: str, ref: str) -> Commit:
        """Return one commit by its SHA, also shortened."""
        ...

    async def files(self, repository: str, tree: str) -> dict[str, File]:
        """Return every file of a tree by its path."""
        ...

    async def branches(self, repository: str, prefix: str) -> dict[str, str]:
        """Return the branches whose names begin so, each with its commit."""
        ...

    async def make_commit(self, repository: str, new: NewCommit) -> str:
        """Make a commit that no branch has yet; return its SHA."""
        ...

    async def make_branch(self, repository: str, branch: str, commit: str) -> None:
        """Make a branch."""
        ...

    async def pull_request(self, repository: str, branch: str) -> PullRequest | None:
        """Return the newest pull request of a branch, also a closed one."""
        ...

    async def make_pull_request(self, repository: str, proposal: Proposal) -> PullRequest:
        """Open a pull request."""
        ...
