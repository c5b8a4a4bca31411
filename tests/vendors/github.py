"""A local server that speaks GitHub's REST API over a real git repository, as docs.github.com/en/rest describes it.

"List commits", "Get a commit"; Git database: "Get a tree", "Create a tree", "Create a commit", "List matching
references", "Create a reference"; "List pull requests", "Create a pull request"; "Rate limits for the REST API"
(403 and 429, `x-ratelimit-*`, `retry-after`); "Troubleshooting" (401, 403 without a User-Agent, 404, 422).
"""

import json
import os
import subprocess
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

TOKEN, READER = "ghp-test-writes", "ghp-test-reads"
REPOSITORY = "shop/checkout"
Json = dict[str, Any]


class Refused(Exception):  # noqa: N818 # a no of GitHub's
    """An error answer."""

    def __init__(self, status: int, message: str, **fields: Any) -> None:
        super().__init__(message)
        self.status, self.body = (
            status,
            {"message": message, **fields, "documentation_url": "https://docs.github.com/rest"},
        )


@dataclass
class GitHub:
    """One repository, bare, in `folder`; `asked` holds every request as method and path."""

    folder: Path
    url: str = ""
    asked: list[str] = field(default_factory=list)
    pulls: list[Json] = field(default_factory=list)
    truncated: bool = False
    _next: deque[web.Response] = field(default_factory=deque)
    _lost: set[str] = field(default_factory=set)

    def git(self, *arguments: str, given: str = "", **environment: str) -> str:
        """Run git on the repository and return what it says."""
        who = {"GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@example.org"}
        who |= {"GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@example.org"}
        env = {**os.environ, **who, "GIT_DIR": str(self.folder), **environment}
        ran = subprocess.run(["git", *arguments], env=env, input=given, capture_output=True, text=True, check=True)
        return ran.stdout.strip()

    def commit(self, message: str, files: dict[str, str | None], branch: str = "main", second: str = "") -> str:
        """Commit files onto a branch (None deletes one), as a merge of `second` when given; return the SHA."""
        known = self.git("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")
        index = str(self.folder / "test-index")
        self.git("read-tree", *([known] if known else ["--empty"]), GIT_INDEX_FILE=index)
        for path, text in files.items():
            self._stage(index, path, None if text is None else self.git("hash-object", "-w", "--stdin", given=text))
        tree = self.git("write-tree", GIT_INDEX_FILE=index)
        parents = [a for p in (known, second) if p for a in ("-p", p)]
        made = self.git("commit-tree", tree, *parents, given=message)
        self.git("update-ref", f"refs/heads/{branch}", made)
        return made

    def answer_next(self, status: int, body: Any = None, **headers: str) -> None:
        """Answer the next request with this; header names are written with `_`."""
        named = {k.replace("_", "-"): v for k, v in headers.items()}
        text = body if isinstance(body, str) else json.dumps(body or {"message": "as scripted"})
        self._next.append(web.Response(status=status, text=text, headers=named, content_type="application/json"))

    def lose_answer_to(self, what: str) -> None:
        """Do what the next such request asks (`POST git/refs`), and cut the connection instead of answering."""
        self._lost.add(what)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        rest = request.match_info["rest"]
        self.asked.append(f"{request.method} {rest}")
        if self._next:
            return self._next.popleft()
        try:
            self._admit(request)
            status, body = self._answer(request, rest, await request.json() if request.can_read_body else {})
        except Refused as e:
            return web.json_response(e.body, status=e.status)
        if f"{request.method} {rest}" in self._lost and request.transport is not None:
            self._lost.discard(f"{request.method} {rest}")
            request.transport.abort()
        return web.json_response(body, status=status)

    def _admit(self, request: web.Request) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not request.headers.get("User-Agent"):
            raise Refused(403, "Request forbidden by administrative rules.")
        if token not in (TOKEN, READER):
            raise Refused(401, "Bad credentials")
        if f"{request.match_info['owner']}/{request.match_info['name']}" != REPOSITORY:
            raise Refused(404, "Not Found")
        if request.method != "GET" and token == READER:
            raise Refused(403, "Resource not accessible by personal access token")

    def _answer(self, request: web.Request, rest: str, body: Json) -> tuple[int, Any]:
        doors: dict[str, Callable[[], tuple[int, Any]]] = {
            "POST git/trees": lambda: (201, self._make_tree(body)),
            "POST git/commits": lambda: (201, self._make_commit(body)),
            "POST git/refs": lambda: (201, self._make_ref(body)),
            "POST pulls": lambda: (201, self._make_pull(body)),
            "GET pulls": lambda: (200, self._pulls(request)),
            "GET commits": lambda: (200, self._log(request)),
        }
        if f"{request.method} {rest}" in doors:
            return doors[f"{request.method} {rest}"]()
        for start, door in (
            ("commits/", self._one),
            ("git/trees/", self._tree),
            ("git/matching-refs/heads/", self._refs),
        ):
            if request.method == "GET" and rest.startswith(start):
                return 200, door(rest.removeprefix(start))
        raise Refused(404, "Not Found")

    def _log(self, request: web.Request) -> list[Json]:
        if not self.git("for-each-ref", "refs/heads/main"):
            raise Refused(409, "Git Repository is empty.")
        asked = {"since": "--since", "until": "--until", "per_page": "-n"}
        options = [
            f"{option}{'' if option == '-n' else '='}{v}" for k, option in asked.items() if (v := request.query.get(k))
        ]
        path = [request.query["path"]] if "path" in request.query else []
        return [self._one(sha) for sha in self.git("log", "--format=%H", *options, "main", "--", *path).split()]

    def _one(self, ref: str) -> Json:
        try:
            sha = self.git("rev-parse", "--verify", "-q", f"{ref}^{{commit}}")
        except subprocess.CalledProcessError as e:
            raise Refused(422, f"No commit found for SHA: {ref}") from e
        tree, parents, name, date, message = self.git("show", "-s", "--format=%T%n%P%n%an%n%cI%n%B", sha).split("\n", 4)
        who = {"name": name, "date": date}
        told = {"tree": {"sha": tree}, "message": message, "author": who, "committer": who}
        page = f"https://github.com/{REPOSITORY}/commit/{sha}"
        return {"sha": sha, "commit": told, "parents": [{"sha": p} for p in parents.split()], "html_url": page}

    def _tree(self, sha: str) -> Json:
        lines = self.git("ls-tree", "-r", "-t", "-z", sha).split("\0")
        rows = [(line.split("\t", 1)[0].split(" "), line.split("\t", 1)[1]) for line in lines if line]
        entries = [{"path": path, "mode": mode, "type": kind, "sha": blob} for (mode, kind, blob), path in rows]
        return {"sha": sha, "tree": entries, "truncated": self.truncated}

    def _refs(self, prefix: str) -> list[Json]:
        lines = self.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads").splitlines()
        pairs = [line.split(" ") for line in lines]
        return [{"ref": r, "object": {"sha": s}} for r, s in pairs if r.startswith(f"refs/heads/{prefix}")]

    def _make_tree(self, body: Json) -> Json:
        index = str(self.folder / "api-index")
        self.git("read-tree", body["base_tree"], GIT_INDEX_FILE=index)
        for entry in body["tree"]:
            self._stage(index, entry["path"], entry["sha"], entry["mode"])
        return {"sha": self.git("write-tree", GIT_INDEX_FILE=index)}

    def _stage(self, index: str, path: str, sha: str | None, mode: str = "100644") -> None:
        what = ["--force-remove", path] if sha is None else ["--add", "--cacheinfo", f"{mode},{sha},{path}"]
        self.git("update-index", *what, GIT_INDEX_FILE=index, GIT_WORK_TREE=str(self.folder))

    def _make_commit(self, body: Json) -> Json:
        parents = [a for p in body["parents"] for a in ("-p", p)]
        return {"sha": self.git("commit-tree", body["tree"], *parents, given=body["message"])}

    def _make_ref(self, body: Json) -> Json:
        if self.git("for-each-ref", body["ref"]):
            raise Refused(422, "Reference already exists")
        self.git("update-ref", body["ref"], body["sha"])
        return {"ref": body["ref"], "object": {"sha": body["sha"]}}

    def _pulls(self, request: web.Request) -> list[Json]:
        head, state = request.query.get("head", ""), request.query.get("state", "open")
        fitting = [p for p in self.pulls if state in ("all", p["state"])]
        return [p for p in reversed(fitting) if not head or p["head"]["label"] == head]

    def _make_pull(self, body: Json) -> Json:
        label = f"shop:{body['head']}"
        if any(p["head"]["label"] == label and p["state"] == "open" for p in self.pulls):
            said = f"A pull request already exists for {label}."
            raise Refused(
                422, "Validation Failed", errors=[{"resource": "PullRequest", "code": "custom", "message": said}]
            )
        if not self._refs(body["head"]) or not self._refs(body["base"]):
            raise Refused(422, "Validation Failed", errors=[{"resource": "PullRequest", "code": "invalid"}])
        number = len(self.pulls) + 1
        page = f"https://github.com/{REPOSITORY}/pull/{number}"
        head = {"ref": body["head"], "label": label}
        self.pulls.append({"number": number, "html_url": page, "state": "open", **body, "head": head})
        return self.pulls[-1]


@asynccontextmanager
async def github(folder: Path) -> AsyncIterator[GitHub]:
    """Run one on loopback, over a new repository in `folder`."""
    server = GitHub(folder)
    server.git("init", "-q", "--bare", "-b", "main", str(folder))
    app = web.Application()
    app.router.add_route("*", "/repos/{owner}/{name}/{rest:.*}", server.serve)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()
