"""The code tools, as two servers: one that only looks, and one that only proposes reverts and holds no looking tool."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from mcp_types import ToolAnnotations

from holdfast.tools.code.forge import CommitFilter, Forge
from holdfast.tools.errors import Word, no
from holdfast.tools.executor.grants import GrantVerifier
from holdfast.tools.executor.server import ACTS, Executor, Hand, LeaveGiven
from holdfast.tools.toolserver import Part, ToolServer

Object = dict[str, Any]
LOOKS = ToolAnnotations(read_only_hint=True, idempotent_hint=True)
MOST = 100


def build_looks(forge: Forge, parts: Sequence[Part] = ()) -> ToolServer:
    """Return the server that looks; it has no key that checks grants and no tool that acts."""
    server = ToolServer("holdfast-code-looks", parts)

    @server.tool(annotations=LOOKS, description="Commits of a repository's default branch, newest first.")
    async def list_commits(
        repository: str, since: str = "", until: str = "", path: str = "", limit: int = 20
    ) -> Object:
        if not 1 <= limit <= MOST:
            raise no(Word.BAD_INPUT, f"limit: from 1 to {MOST}")
        times = {"since": _moment("since", since), "until": _moment("until", until)}
        wanted = CommitFilter(repository=repository, path=path, limit=limit, **times)
        lines, more = await forge.commits(wanted)
        cut = f"the newest {limit}; ask for an earlier until" if more else ""
        return {"repository": repository, "commits": [c.model_dump(mode="json") for c in lines], "cut": cut}

    return server


def build_acts(hand: Hand, verifier: GrantVerifier, parts: Sequence[Part] = ()) -> ToolServer:
    """Return the server that acts, each time on a grant for exactly this action."""
    server = ToolServer("holdfast-code", parts)
    executor = Executor(hand, verifier)

    @server.tool(annotations=ACTS, description="Open a pull request that reverts one commit; people merge it.")
    async def create_revert_pull_request(  # noqa: PLR0913, PLR0917 # the contract's parameters
        repository: str,
        commit: str,
        base: str = "main",
        service: str = "",
        dry_run: bool = False,
        grant: str = "",
        incident: str = "",
    ) -> Object:
        fields = {"kind": "revert_commit", "repository": repository, "commit": commit, "base": base, "service": service}
        return await executor.perform(fields, LeaveGiven(dry_run=dry_run, grant=grant, incident=incident))

    return server


def _moment(field: str, text: str) -> str:
    """Return an RFC 3339 time as it is; anything else GitHub would pass over without a word."""
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError as e:
        raise no(Word.BAD_INPUT, f"{field}: {text[:40]!r} is no RFC 3339 time") from e
    if moment is not None and moment.tzinfo is None:
        raise no(Word.BAD_INPUT, f"{field}: names no time zone")
    return text
