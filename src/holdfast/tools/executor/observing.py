"""Looking on after an effect, within a time budget: a rollout to its end, or the reason why it does not get there."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError

from holdfast.tools.kubernetes.reading.plain import part, revision_of
from holdfast.tools.kubernetes.reading.pods import condition_rows

Object = dict[str, Any]
_PAUSE = 0.5  # seconds between two looks
_BELIEVED = 5  # looks: a controller takes back the failure of the rollout before only after a moment


async def look_on(look: Callable[[], Awaitable[Object]], seconds: float) -> Object:
    """Look until `state` is `complete`, stays `failed`, or the time is up; `seconds` says how long it took.

    A look that fails is no failure of the effect, which was made: it is said, and tried again.
    """
    begun, failed = time.monotonic(), 0
    while True:
        seen = await _seen(look)
        failed = failed + 1 if seen["state"] == "failed" else 0
        passed = time.monotonic() - begun
        if seen["state"] == "complete" or failed >= _BELIEVED or passed >= seconds:
            return {**seen, "seconds": round(passed, 1)}
        await asyncio.sleep(min(_PAUSE, max(0.0, seconds - passed)))


async def _seen(look: Callable[[], Awaitable[Object]]) -> Object:
    try:
        return await look()
    except ToolError as e:
        return {"state": "progressing", "well": False, "reason": str(e)[:300]}


def rollout_state(deployment: Object) -> Object:
    """Return how far a rollout is (Kubernetes documentation, "Deployment status")."""
    status, wanted = part(deployment, "status"), int(part(deployment, "spec").get("replicas", 1))
    counts = {k: int(status.get(f"{k}Replicas", 0)) for k in ("ready", "updated", "available")}
    noticed = int(status.get("observedGeneration", 0)) >= int(part(deployment, "metadata").get("generation", 0))
    complete = noticed and counts == dict.fromkeys(counts, wanted) and int(status.get("replicas", 0)) == wanted
    failure = _failure(deployment) if noticed and not complete else ""
    state = "complete" if complete else "failed" if failure else "progressing"
    return {
        "state": state,
        "well": complete,
        "reason": failure,
        "wanted": wanted,
        **counts,
        "revision": revision_of(deployment),
    }


def _failure(deployment: Object) -> str:
    found = {c["type"]: c for c in condition_rows(deployment)}
    if found.get("ReplicaFailure", {}).get("status") == "True":
        return f"{found['ReplicaFailure']['reason']}: {found['ReplicaFailure']['message']}"[:300]
    late = found.get("Progressing", {})
    return f"{late['reason']}: {late['message']}"[:300] if late.get("status") == "False" else ""
