"""The simulated shop's executor: an effect and the memory of its grant are one transaction."""

import json
from typing import Any

from pydantic import JsonValue

from holdfast.domain.action import (
    Action,
    RestartDeployment,
    RestartPod,
    RollbackDeployment,
    RunDiagnosticJob,
    ScaleDeployment,
    arguments_of,
    describe,
)
from holdfast.domain.grant import Grant
from holdfast.domain.noun import canonical_json, short_digest
from holdfast.domain.units import many
from holdfast.tools.errors import Word, no
from holdfast.tools.executor.server import DryRun
from holdfast.tools.simulation.cluster import pods, stamp
from holdfast.tools.simulation.estate import Estate

Object = dict[str, Any]
# What may be run for diagnosis: each only looks, from inside the cluster.
JOBS = {
    "dns-lookup": "resolve the target's name",
    "tcp-connect": "open a connection to the target",
    "disk-usage": "read the target's disk usage",
}


class SimulatedHand:
    """Changes the shop."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate

    async def try_dry(self, action: Action) -> DryRun:
        """Return what would change; refuse what is not there."""
        namespace = getattr(action, "namespace", self._estate.topology.namespace)
        if namespace != self._estate.topology.namespace:
            raise no(Word.NOT_FOUND, f"namespace: no namespace {namespace!r}")
        match action:
            case ScaleDeployment() | RollbackDeployment() | RestartDeployment():
                return self._deployment(action)
            case RestartPod():
                self._pod_owner(action.pod)
                return DryRun(before={"pod": action.pod}, diff=f"- pod {action.pod}\n+ a new pod", no_way_back=_NOTHING)
            case RunDiagnosticJob():
                return _job(action)
            case _:
                raise no(Word.NOT_CONFIGURED, f"this executor does not {describe(action)}")

    async def act(self, action: Action, grant: Grant) -> tuple[Object, bool]:
        """Make the effect once; a repeated call finds the first result in the same table."""
        with self._estate.changing() as db:
            row = db.execute(
                "SELECT action_digest, result FROM effects WHERE grant_id = ?", (grant.grant_id,)
            ).fetchone()
            if row is not None:
                if row[0] != action.digest:
                    raise no(Word.GRANT_REFUSED, "the grant was already used for another action")
                return json.loads(row[1]), False
            at = self._estate.clock()
            dry = (await self.try_dry(action)).model_dump(mode="json")
            result: Object = {**dry, "effect_id": f"ef-{short_digest(grant.grant_id)}", "at": stamp(at)}
            if isinstance(action, RunDiagnosticJob):
                result["output"] = f"{JOBS[action.job]}: ok"
            values = (
                grant.grant_id,
                grant.incident,
                action.digest,
                action.kind,
                self._service_of(action),
                canonical_json(arguments_of(action)),
                at,
                canonical_json(result),
            )
            db.execute("INSERT INTO effects VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
        return result, True

    async def refuse(self, incident: str, tool: str, reason: str) -> None:
        """Write a refusal down."""
        with self._estate.changing() as db:
            db.execute("INSERT INTO refusals VALUES (?, ?, ?, ?)", (self._estate.clock(), incident, tool, reason))

    def _deployment(self, action: ScaleDeployment | RollbackDeployment | RestartDeployment) -> DryRun:
        service = self._estate.topology.services.get(action.deployment)
        if service is None or service.kind != "deployment":
            raise no(Word.NOT_FOUND, f"deployment: no deployment {action.deployment!r} in {action.namespace!r}")
        now, world = self._estate.clock(), self._estate.world()
        replicas, revision = world.replicas(action.deployment, now), world.revision(action.deployment, now)
        before: dict[str, JsonValue] = {"replicas": replicas, "revision": revision}
        if isinstance(action, ScaleDeployment):
            back = action.model_copy(update={"replicas": replicas})
            return DryRun(before=before, diff=f"- replicas: {replicas}\n+ replicas: {action.replicas}", way_back=back)
        if isinstance(action, RollbackDeployment):
            known = [r.revision for r in world.revisions(action.deployment, now)]
            if action.to_revision not in known:
                raise no(Word.NOT_FOUND, f"to_revision: {action.to_revision} is not kept; there are {known}")
            back_to = action.model_copy(update={"to_revision": revision})
            return DryRun(
                before=before, diff=f"- revision: {revision}\n+ revision: {action.to_revision}", way_back=back_to
            )
        return DryRun(before=before, diff=f"~ {many(replicas, 'pod')} replaced", no_way_back=_NOTHING)

    def _pod_owner(self, pod: str) -> str:
        world, now = self._estate.world(), self._estate.clock()
        found = next((p for p in pods(world, now) if p["name"] == pod), None)
        if found is None:
            raise no(Word.NOT_FOUND, f"pod: no pod {pod!r}")
        return str(found["deployment"])

    def _service_of(self, action: Action) -> str:
        match action:
            case RestartPod():
                return self._pod_owner(action.pod)
            case ScaleDeployment() | RollbackDeployment() | RestartDeployment():
                return action.deployment
            case _:
                return action.service


_NOTHING = "a restart leaves nothing to undo"


def _job(action: RunDiagnosticJob) -> DryRun:
    if action.job not in JOBS:
        raise no(Word.BAD_INPUT, f"job: {action.job!r}; one of {', '.join(JOBS)}")
    return DryRun(
        before={}, diff=f"+ job: {JOBS[action.job]}", no_way_back="a job that only looks leaves nothing to undo"
    )
