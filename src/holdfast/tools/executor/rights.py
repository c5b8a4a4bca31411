"""What the executor's account may do, asked before it stands: it refuses to run with more than it needs, or less."""

from typing import Any

from mcp.server.mcpserver.exceptions import ToolError

from holdfast.domain.noun import Noun
from holdfast.tools.kubernetes.connection import Connection, Request
from holdfast.tools.kubernetes.reading.plain import part

_REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_SEE = "see docs/integrations/executor.md"


class Right(Noun):
    """One right (RBAC: verb, group, resource, subresource), in a namespace, or in all of them when it is empty."""

    verb: str
    resource: str
    group: str = ""
    subresource: str = ""
    namespace: str = ""

    def __str__(self) -> str:
        what = self.resource + (f"/{self.subresource}" if self.subresource else "")
        return f"{self.verb} {what} in {self.namespace or 'every namespace'}"


_NEEDED = (
    Right(verb="get", resource="deployments", group="apps"),
    Right(verb="patch", resource="deployments", group="apps"),
    Right(verb="update", resource="deployments", subresource="scale", group="apps"),
    Right(verb="list", resource="replicasets", group="apps"),
    Right(verb="get", resource="replicasets", group="apps"),
    Right(verb="get", resource="pods"),
    Right(verb="delete", resource="pods"),
)
_NEEDED_FOR_JOBS = (
    Right(verb="create", resource="jobs", group="batch"),
    Right(verb="get", resource="jobs", group="batch"),
)
_WRITES = (
    Right(verb="patch", resource="deployments", group="apps"),
    Right(verb="update", resource="deployments", subresource="scale", group="apps"),
    Right(verb="delete", resource="pods"),
    Right(verb="create", resource="jobs", group="batch"),
)
_TOO_MUCH = (
    Right(verb="*", resource="*", group="*"),
    Right(verb="get", resource="secrets"),
    Right(verb="list", resource="secrets"),
    Right(verb="create", resource="pods", subresource="exec"),
    Right(verb="create", resource="rolebindings", group="rbac.authorization.k8s.io"),
)
# Whoever may write everywhere may write here too; the namespaces that are always there are asked for by name.
_ELSEWHERE = ("", "kube-system", "default")


class Rights:
    """A part of the executor."""

    def __init__(self, api: Connection, namespaces: tuple[str, ...], *, jobs: bool) -> None:
        self._api, self._namespaces, self._jobs = api, namespaces, jobs

    async def start(self) -> None:
        """Ask the cluster (SelfSubjectAccessReview, authorization.k8s.io/v1) what we may.

        Raises:
            ValueError: naming each right that is too much or missing, or why the cluster did not say.
        """
        try:
            held = [r for r in self._refused() if await self._may(r)]
            missing = [r for r in self._wanted() if not await self._may(r)]
        except ToolError as e:
            raise ValueError(f"executor: cannot learn its own rights: {e}") from e
        if held:
            raise ValueError(f"executor: its account may too much ({_named(held)}); take that away; {_SEE}")
        if missing:
            raise ValueError(f"executor: its account may not {_named(missing)}; grant that; {_SEE}")

    async def close(self) -> None:
        """Nothing is held."""

    def _refused(self) -> list[Right]:
        elsewhere = [n for n in _ELSEWHERE if n not in self._namespaces]
        everywhere = [_in(r, n) for n in ("", *self._namespaces) for r in _TOO_MUCH]
        return everywhere + [_in(r, n) for n in elsewhere for r in _WRITES]

    def _wanted(self) -> list[Right]:
        needed = (*_NEEDED, *(_NEEDED_FOR_JOBS if self._jobs else ()))
        return [_in(r, n) for n in self._namespaces for r in needed]

    async def _may(self, right: Right) -> bool:
        attributes: dict[str, Any] = {k: v for k, v in right.model_dump().items() if v}
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }
        answer = await self._api.send(Request(method="POST", path=_REVIEW, body=body))
        return bool(part(answer, "status").get("allowed"))


def _in(right: Right, namespace: str) -> Right:
    return right.model_copy(update={"namespace": namespace})


def _named(rights: list[Right]) -> str:
    return "; ".join(map(str, rights[:6])) + (f"; and {len(rights) - 6} more" if len(rights) > 6 else "")
