"""Restart, scale and roll back a deployment: each tried dry first, marked with its grant, and had once."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from mcp.server.mcpserver.exceptions import ToolError

from holdfast.domain.action import RestartDeployment, RollbackDeployment, ScaleDeployment
from holdfast.domain.grant import Grant
from holdfast.domain.units import many
from holdfast.tools.errors import Word, no
from holdfast.tools.executor.ledger import Entry
from holdfast.tools.executor.marks import marked, with_mark
from holdfast.tools.executor.observing import look_on, rollout_state
from holdfast.tools.executor.server import DryRun
from holdfast.tools.kubernetes.cluster import apps
from holdfast.tools.kubernetes.connection import Connection, Request
from holdfast.tools.kubernetes.reading.history import revision_rows
from holdfast.tools.kubernetes.reading.plain import owner_of, part, revision_of

Object = dict[str, Any]
OnDeployment = RestartDeployment | ScaleDeployment | RollbackDeployment
_RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"  # what `kubectl rollout restart` sets
_CHANGE_CAUSE = "kubernetes.io/change-cause"
# Five tries, of which the last one raises: a deployment's status changes its version all the time while it rolls out.
_ATTEMPTS = (False, False, False, False, True)
_MOST_SETS = 500


class Ours(NamedTuple):
    """What a change in earnest bears: its grant's mark, and when it was first intended."""

    grant: Grant
    since: datetime


class Deployments:
    """Implements Doer for the three actions on deployments."""

    def __init__(self, api: Connection, observe_seconds: float) -> None:
        self._api, self._seconds = api, observe_seconds

    async def try_dry(self, action: OnDeployment) -> DryRun:
        """Let the cluster try it and return what would change."""
        before = _before(await self._tried(action))
        match action:
            case ScaleDeployment():
                replicas = before["replicas"]
                diff = f"- replicas: {replicas}\n+ replicas: {action.replicas}"
                return DryRun(before=before, diff=diff, way_back=action.model_copy(update={"replicas": replicas}))
            case RollbackDeployment():
                revision = before["revision"]
                diff = f"- revision: {revision}\n+ revision: {action.to_revision}"
                return DryRun(before=before, diff=diff, way_back=action.model_copy(update={"to_revision": revision}))
            case RestartDeployment():
                diff = f"~ {many(before['replicas'], 'pod')} replaced"
                return DryRun(before=before, diff=diff, no_way_back="a restart leaves nothing to undo")

    async def make(self, action: OnDeployment, grant: Grant, intended: Entry) -> bool:
        """Make the effect unless it was had; what others changed meanwhile is read again, a few times."""
        for last in _ATTEMPTS:
            found = await self._read(action)
            if _had(action, found, grant, intended.dry["before"]):
                return False
            if await self._taken(await self._request(action, found, Ours(grant, intended.at)), last=last):
                return True
        raise AssertionError("the last try returns or raises")

    async def observed(self, action: OnDeployment, grant: Grant, before: Object) -> Object:  # noqa: ARG002 # the port's
        """Look on until the rollout is complete, has failed, or time is up."""

        async def look() -> Object:
            return rollout_state(await self._read(action))

        return await look_on(look, self._seconds)

    async def _tried(self, action: OnDeployment) -> Object:
        """Return the deployment as it was when the cluster tried the action."""
        for last in _ATTEMPTS:
            found = await self._read(action)
            if await self._taken(_dry(await self._request(action, found, None)), last=last):
                return found
        raise AssertionError("the last try returns or raises")

    async def _taken(self, request: Request, *, last: bool) -> bool:
        """Send a change; return False when the deployment was changed since it was read, and may be read again."""
        try:
            await self._api.send(request)
        except ToolError as e:
            if last or not str(e).startswith(Word.CONFLICT):
                raise
            return False
        return True

    async def _read(self, action: OnDeployment) -> Object:
        return await self._api.get(apps(action.namespace, "deployments", action.deployment))

    async def _request(self, action: OnDeployment, found: Object, ours: Ours | None) -> Request:
        path = apps(action.namespace, "deployments", action.deployment)
        match action:
            case ScaleDeployment():
                return _scale(action, path, found)
            case RestartDeployment():
                _check_not_paused(found)
                return _restart(path, found, ours)
            case RollbackDeployment():
                _check_not_paused(found)
                return _rollback(path, found, await self._set(action, found), ours)

    async def _set(self, action: RollbackDeployment, deployment: Object) -> Object:
        """Return the replica set that remembers the revision."""
        labels = part(deployment, "spec", "selector").get("matchLabels") or {}
        selector = ",".join(f"{k}={v}" for k, v in labels.items())
        sets = await self._api.items(apps(action.namespace, "replicasets"), _MOST_SETS, labelSelector=selector)
        own = part(deployment, "metadata").get("uid")
        for one in sets.items:
            if owner_of(one).get("uid") == own and revision_of(one) == action.to_revision:
                return one
        known = [r["revision"] for r in revision_rows(deployment, sets.items)]
        raise no(Word.NOT_FOUND, f"to_revision: {action.to_revision} is not kept; there are {known}")


def _before(found: Object) -> Object:
    return {
        "replicas": int(part(found, "spec").get("replicas", 1)),
        "revision": revision_of(found),
        "generation": int(part(found, "metadata").get("generation", 0)),
    }


def _had(action: OnDeployment, found: Object, grant: Grant, before: Object) -> bool:
    """Return whether the grant had its effect: its mark says so, or, as /scale takes no mark, the generation."""
    if not isinstance(action, ScaleDeployment):
        return marked(found, grant)
    now = _before(found)
    if now["generation"] == before["generation"]:
        return False
    if now["replicas"] == action.replicas:
        return True
    what = f"deployment {action.deployment!r} has {now['replicas']} replicas, no longer {before['replicas']}"
    raise no(Word.CONFLICT, f"{what}: somebody changed it since; plan anew")


def _scale(action: ScaleDeployment, path: str, found: Object) -> Request:
    """The version makes it optimistic: it fails when anybody changed the deployment since it was read."""
    meta = part(found, "metadata")
    version = {k: meta.get(k) for k in ("name", "namespace", "resourceVersion")}
    body = {
        "apiVersion": "autoscaling/v1",
        "kind": "Scale",
        "metadata": version,
        "spec": {"replicas": action.replicas},
    }
    return Request(method="PUT", path=f"{path}/scale", params={"fieldManager": "holdfast"}, body=body)


def _restart(path: str, found: Object, ours: Ours | None) -> Request:
    """The time is the first intention's, however often it is tried: the same template again restarts nothing."""
    at = (ours.since if ours else datetime.now(UTC)).isoformat(timespec="seconds")
    version = part(found, "metadata").get("resourceVersion")
    body = {
        "metadata": {"resourceVersion": version, "annotations": with_mark(found, ours.grant if ours else None)},
        "spec": {"template": {"metadata": {"annotations": {_RESTARTED_AT: at}}}},
    }
    return Request(method="PATCH", path=path, params={"fieldManager": "holdfast"}, body=body)


def _rollback(path: str, found: Object, kept: Object, ours: Ours | None) -> Request:
    """A JSON patch (RFC 6902), for a merge would leave what the kept template does not have.

    The version is replaced, not tested: an API server answers 422 to a test that fails, as to any patch that makes
    no sense, but 409 to a version that is no longer the newest.
    """
    template = dict(part(kept, "spec", "template"))
    meta = dict(part(template, "metadata"))
    meta["labels"] = {k: v for k, v in part(meta, "labels").items() if k != "pod-template-hash"}
    cause = part(kept, "metadata", "annotations").get(_CHANGE_CAUSE)
    annotations = {**part(found, "metadata", "annotations"), **with_mark(found, ours.grant if ours else None)}
    annotations |= {_CHANGE_CAUSE: cause} if cause else {}
    body = [
        {"op": "replace", "path": "/metadata/resourceVersion", "value": part(found, "metadata").get("resourceVersion")},
        {"op": "replace", "path": "/spec/template", "value": {**template, "metadata": meta}},
        {"op": "add", "path": "/metadata/annotations", "value": annotations},
    ]
    return Request(method="PATCH", path=path, params={"fieldManager": "holdfast"}, body=body)


def _check_not_paused(found: Object) -> None:
    if part(found, "spec").get("paused"):
        raise no(Word.CONFLICT, "deployment: it is paused, so nothing would roll out; resume it first")


def _dry(request: Request) -> Request:
    return request.model_copy(update={"params": {**request.params, "dryRun": "All"}})
