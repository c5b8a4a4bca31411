"""Run a job of the diagnostic catalogue: named after its grant, so that the same grant is the same job."""

from collections.abc import Mapping
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError

from holdfast.domain.action import RunDiagnosticJob
from holdfast.domain.grant import Grant
from holdfast.domain.noun import short_digest
from holdfast.tools.errors import Word, no
from holdfast.tools.executor.ledger import Entry
from holdfast.tools.executor.marks import MARK, mark_of, marked
from holdfast.tools.executor.observing import look_on
from holdfast.tools.executor.output import newest
from holdfast.tools.executor.section import DiagnosticJob
from holdfast.tools.executor.server import DryRun
from holdfast.tools.kubernetes.cluster import core
from holdfast.tools.kubernetes.connection import Connection, Request
from holdfast.tools.kubernetes.reading.plain import name_of, part
from holdfast.tools.kubernetes.reading.pods import condition_rows

Object = dict[str, Any]
_KEPT_SECONDS = 3600  # longer than any grant lives, so that its job is still there to be found
_NOTHING = "a job that only looks leaves nothing to undo"


class Jobs:
    """Implements Doer for diagnostic jobs."""

    def __init__(self, api: Connection, catalogue: Mapping[str, DiagnosticJob], observe_seconds: float) -> None:
        self._api, self._catalogue, self._seconds = api, catalogue, observe_seconds

    async def try_dry(self, action: RunDiagnosticJob) -> DryRun:
        """Let the cluster try it; a job outside the catalogue is refused."""
        entry = self._entry(action)
        await self._api.send(_creation(action, job_manifest(action, entry, None), dry=True))
        diff = f"+ job {action.job} against {action.target}: {entry.what}"
        return DryRun(before={}, diff=diff, no_way_back=_NOTHING)

    async def make(self, action: RunDiagnosticJob, grant: Grant, intended: Entry) -> bool:  # noqa: ARG002 # its name is its mark
        """Create the job; when there is one of its name it must be this grant's."""
        manifest = job_manifest(action, self._entry(action), grant)
        try:
            await self._api.send(_creation(action, manifest, dry=False))
        except ToolError as e:
            if not str(e).startswith(Word.CONFLICT):
                raise
            if not marked(await self._read(action, grant), grant):
                raise no(Word.CONFLICT, f"job {name_of(manifest)!r}: is there and not ours") from e
            return False
        return True

    async def observed(self, action: RunDiagnosticJob, grant: Grant, before: Object) -> Object:  # noqa: ARG002 # the port's
        """Look on until the job has ended, and read what it wrote where we may."""

        async def look() -> Object:
            return _state(await self._read(action, grant))

        seen = await look_on(look, self._seconds)
        return {**seen, "output": await self._output(action, grant)}

    async def _read(self, action: RunDiagnosticJob, grant: Grant) -> Object:
        return await self._api.get(_path(action.namespace, _job_name(action, grant)))

    async def _output(self, action: RunDiagnosticJob, grant: Grant) -> str:
        """A job whose output cannot be read has still been run."""
        selector = f"job-name={_job_name(action, grant)}"
        try:
            pods = await self._api.items(core(action.namespace, "pods"), 1, labelSelector=selector)
            if not pods.items:
                return ""
            path = core(action.namespace, "pods", name_of(pods.items[0])) + "/log"
            return await newest(lambda lines, most: self._log(path, lines, most))
        except ToolError as e:
            return f"(not read: {e})"[:300]

    async def _log(self, path: str, lines: int, most: int) -> str:
        return await self._api.text(path, tailLines=str(lines), limitBytes=str(most))

    def _entry(self, action: RunDiagnosticJob) -> DiagnosticJob:
        if action.job not in self._catalogue:
            raise no(Word.BAD_INPUT, f"job: {action.job!r}; one of {', '.join(self._catalogue) or 'none, for now'}")
        return self._catalogue[action.job]


def job_manifest(action: RunDiagnosticJob, entry: DiagnosticJob, grant: Grant | None) -> Object:
    """Return the job: no token, no privilege, no way to write, run once and forgotten after an hour."""
    limits = {"memory": entry.memory, "cpu": entry.cpu}
    container = {
        "name": "job",
        "image": entry.image,
        "command": list(entry.command),
        "env": [{"name": "HOLDFAST_TARGET", "value": action.target}],
        "resources": {"limits": limits, "requests": limits},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    pod = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 65534},
        "containers": [container],
    }
    marks = {MARK: mark_of(grant)} if grant else {}
    labels = {"app.kubernetes.io/managed-by": "holdfast", "holdfast.dev/job": action.job}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": _job_name(action, grant), "labels": labels, "annotations": marks},
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": entry.seconds,
            "ttlSecondsAfterFinished": _KEPT_SECONDS,
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def _job_name(action: RunDiagnosticJob, grant: Grant | None) -> str:
    # A job's name becomes a label's value, which has 63 characters (Kubernetes documentation, "Job names").
    return f"holdfast-{action.job[:40]}-{short_digest(grant.grant_id if grant else 'dry-run')}"


def _path(namespace: str, name: str = "") -> str:
    return core(namespace, "jobs", name).replace("/api/v1/", "/apis/batch/v1/", 1)


def _creation(action: RunDiagnosticJob, manifest: Object, *, dry: bool) -> Request:
    params = {"fieldManager": "holdfast"} | ({"dryRun": "All"} if dry else {})
    return Request(method="POST", path=_path(action.namespace), params=params, body=manifest)


def _state(job: Object) -> Object:
    ended = {c["type"]: c for c in condition_rows(job) if c["status"] == "True"}
    failed = ended.get("Failed")
    state = "complete" if "Complete" in ended else "failed" if failed else "progressing"
    reason = f"{failed['reason']}: {failed['message']}"[:300] if failed else ""
    counts = {k: int(part(job, "status").get(k, 0)) for k in ("active", "succeeded", "failed")}
    return {"state": state, "well": state == "complete", "reason": reason, **counts}
