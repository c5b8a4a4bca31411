"""Restart a pod: delete exactly the one that was seen, and look on until its controller has made another."""

from typing import Any

from mcp.server.mcpserver.exceptions import ToolError

from holdfast.domain.action import RestartPod
from holdfast.domain.grant import Grant
from holdfast.tools.errors import Word, no
from holdfast.tools.executor.ledger import Entry
from holdfast.tools.executor.observing import look_on
from holdfast.tools.executor.server import DryRun
from holdfast.tools.kubernetes.cluster import apps, core
from holdfast.tools.kubernetes.connection import Connection, Request
from holdfast.tools.kubernetes.reading.plain import owner_of, part

Object = dict[str, Any]
_OWNERS = {"ReplicaSet": "replicasets", "StatefulSet": "statefulsets"}


class Pods:
    """Implements Doer for restarting one pod."""

    def __init__(self, api: Connection, observe_seconds: float) -> None:
        self._api, self._seconds = api, observe_seconds

    async def try_dry(self, action: RestartPod) -> DryRun:
        """Let the cluster try it; a pod that nobody would make again is left alone."""
        found = await self._api.get(core(action.namespace, "pods", action.pod))
        owner = owner_of(found)
        if not owner:
            raise no(Word.CONFLICT, f"pod {action.pod!r}: has no controller, so nobody would make another")
        uid = part(found, "metadata")["uid"]
        await self._api.send(_deletion(action, uid, dry=True))
        before = {"pod": action.pod, "uid": uid, "owner_kind": owner["kind"], "owner": owner["name"]}
        diff = f"- pod {action.pod}\n+ a new pod of {owner['kind']} {owner['name']}"
        return DryRun(before=before, diff=diff, no_way_back="a restart leaves nothing to undo")

    async def make(self, action: RestartPod, grant: Grant, intended: Entry) -> bool:  # noqa: ARG002 # the pod's uid is its mark
        """Delete the pod unless it is going or gone; another of its name is never touched."""
        uid = intended.dry["before"]["uid"]
        if await self._going(action, uid):
            return False
        try:
            await self._api.send(_deletion(action, uid, dry=False))
        except ToolError as e:
            # It went by itself since; what was wanted has come about, though not by this.
            if not str(e).startswith((Word.NOT_FOUND, Word.CONFLICT)):
                raise
            return False
        return True

    async def observed(self, action: RestartPod, grant: Grant, before: Object) -> Object:  # noqa: ARG002 # the port's
        """Look on until the pod is gone and its controller has all it wants."""

        async def look() -> Object:
            gone = await self._going(action, before["uid"])
            wanted, ready = await self._owners(action.namespace, before)
            well = gone and ready >= wanted
            return {"state": "complete" if well else "progressing", "well": well, "wanted": wanted, "ready": ready}

        return await look_on(look, self._seconds)

    async def _going(self, action: RestartPod, uid: str) -> bool:
        try:
            found = await self._api.get(core(action.namespace, "pods", action.pod))
        except ToolError as e:
            if str(e).startswith(Word.NOT_FOUND):
                return True
            raise
        meta = part(found, "metadata")
        return meta.get("uid") != uid or bool(meta.get("deletionTimestamp"))

    async def _owners(self, namespace: str, before: Object) -> tuple[int, int]:
        kind = _OWNERS.get(before["owner_kind"])
        if kind is None:
            return 0, 0
        found = await self._api.get(apps(namespace, kind, before["owner"]))
        return int(part(found, "spec").get("replicas", 1)), int(part(found, "status").get("readyReplicas", 0))


def _deletion(action: RestartPod, uid: str, *, dry: bool) -> Request:
    """A deletion's options count in its body alone: beside a body, `dryRun` in the query would be ignored."""
    body: Object = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}}
    body |= {"dryRun": ["All"]} if dry else {}
    return Request(method="DELETE", path=core(action.namespace, "pods", action.pod), body=body)
