"""How a commit is reverted by trees alone: its files go back to what they were, if nobody changed them since."""

from fnmatch import fnmatchcase
from typing import Any

from pydantic import JsonValue

from holdfast.domain.action import RevertCommit
from holdfast.domain.grant import Grant
from holdfast.domain.noun import Noun, short_digest
from holdfast.tools.code.forge import Commit, File, Forge, NewCommit, Proposal
from holdfast.tools.errors import Word, no
from holdfast.tools.executor.server import DryRun

Object = dict[str, Any]
NO_WAY_BACK = "nothing is merged: close the pull request and delete its branch"
PREFIX = "holdfast/revert-"
MOST_NAMED = 20


class Revert(Noun):
    """A revert that fits the base as it is now."""

    commit: Commit
    head: Commit
    files: tuple[File, ...]

    @property
    def diff(self) -> str:
        """Return a line a file."""
        lines = [f"{'-' if f.sha is None else '~'} {f.path}" for f in self.files[:MOST_NAMED]]
        more = len(self.files) - MOST_NAMED
        return "\n".join([*lines, f"… and {more} more"] if more > 0 else lines)


class Reverts:
    """Plans and opens the pull requests, in the repositories that the section names."""

    def __init__(self, forge: Forge, repositories: tuple[str, ...]) -> None:
        self._forge = forge
        self._repositories = repositories

    async def try_dry(self, action: RevertCommit) -> DryRun:
        """Return what would change; nothing does.

        Raises:
            ToolError: `forbidden`, `not_found`, `bad_input` or `conflict`, naming why it cannot be reverted.
        """
        self._allowed(action)
        revert = await self._planned(action)
        await self._alone(action, revert)
        before: dict[str, JsonValue] = {"base": action.base, "head": revert.head.sha, "commit": revert.commit.sha}
        return DryRun(before=before, diff=revert.diff, no_way_back=NO_WAY_BACK)

    async def open(self, action: RevertCommit, grant: Grant) -> tuple[Object, bool]:
        """Open the grant's pull request, or find it; return it and whether this opened it.

        Raises:
            ToolError: as `try_dry`.
        """
        self._allowed(action)
        repository, branch = action.repository, branch_of(action, grant)
        there = await self._forge.branches(repository, branch)
        if branch not in there:
            revert = await self._planned(action)
            commit = await self._forge.make_commit(repository, _commit(revert, grant))
            await self._forge.make_branch(repository, branch, commit)
        known = await self._forge.pull_request(repository, branch)
        found = known or await self._forge.make_pull_request(repository, await self._proposal(action, grant))
        return {"pull_request": found.number, "url": found.url, "branch": branch, "state": found.state}, known is None

    async def _proposal(self, action: RevertCommit, grant: Grant) -> Proposal:
        reverted = await self._forge.commit(action.repository, action.commit)
        body = (
            f"Reverts {reverted.sha}.\n\nProposed by Holdfast for incident `{grant.incident}`"
            f" (plan `{grant.plan_hash[:12]}`). Merging it stays with people."
        )
        title = f'Revert "{reverted.title}"'
        return Proposal(branch=branch_of(action, grant), base=action.base, title=title, body=body)

    def _allowed(self, action: RevertCommit) -> None:
        if ".." in action.base:
            raise no(Word.BAD_INPUT, f"base: {action.base!r} is no branch")
        if not any(fnmatchcase(action.repository, allowed) for allowed in self._repositories):
            named = ", ".join(self._repositories) or "none"
            raise no(Word.FORBIDDEN, f"{action.repository}: only in {named} may a commit be reverted (repositories)")

    async def _planned(self, action: RevertCommit) -> Revert:
        forge, repository = self._forge, action.repository
        heads = await forge.branches(repository, action.base)
        if action.base not in heads:
            raise no(Word.NOT_FOUND, f"base: no branch {action.base!r} in {repository}")
        commit, head = await forge.commit(repository, action.commit), await forge.commit(repository, heads[action.base])
        if not commit.parents:
            raise no(
                Word.BAD_INPUT, f"commit: {commit.sha[:12]} is the first of {repository}; there is nothing before it"
            )
        # Of a merge, the first parent is the branch that was merged into.
        parent = await forge.commit(repository, commit.parents[0])
        trees = [await forge.files(repository, c.tree) for c in (parent, commit, head)]
        return Revert(commit=commit, head=head, files=_turned_back(*trees))

    async def _alone(self, action: RevertCommit, revert: Revert) -> None:
        """Another incident may have proposed the same already; two proposals would only compete."""
        for branch in await self._forge.branches(action.repository, f"{PREFIX}{revert.commit.sha[:7]}"):
            known = await self._forge.pull_request(action.repository, branch)
            if known is not None and known.state == "open":
                raise no(Word.CONFLICT, f"{revert.commit.sha[:12]} is being reverted already: {known.url}")


def branch_of(action: RevertCommit, grant: Grant) -> str:
    """Return the branch's name: one for each grant, so that a repeated call finds what the first one made."""
    return f"{PREFIX}{action.commit[:12]}-{short_digest(grant.grant_id)}"


def _commit(revert: Revert, grant: Grant) -> NewCommit:
    message = (
        f'Revert "{revert.commit.title}"\n\nThis reverts commit {revert.commit.sha}.\n\n'
        f"Holdfast-Incident: {grant.incident}\n"
    )
    return NewCommit(message=message, parent=revert.head, files=revert.files)


def _turned_back(before: dict[str, File], after: dict[str, File], now: dict[str, File]) -> tuple[File, ...]:
    """Return the files as they were before the commit.

    Raises:
        ToolError: `conflict` when one was changed since, or all are as they were already.
    """
    touched = sorted(p for p in before.keys() | after.keys() if before.get(p) != after.get(p))
    if touched and all(now.get(p) == before.get(p) for p in touched):
        raise no(Word.CONFLICT, "commit: its files are as they were before it already; there is nothing to revert")
    changed = [p for p in touched if now.get(p) != after.get(p)]
    if changed:
        named = ", ".join(changed[:MOST_NAMED])
        raise no(Word.CONFLICT, f"commit: changed since it: {named}; revert by hand, or go forward")
    if not touched:
        raise no(Word.CONFLICT, "commit: it changed no file; there is nothing to revert")
    return tuple(before.get(p) or after[p].model_copy(update={"sha": None}) for p in touched)
