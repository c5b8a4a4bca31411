"""Claims that no volume answers, and volumes that may not be written."""

import re
from collections.abc import Iterator

from holdfast.analysis.cluster.fault import Fault
from holdfast.analysis.cluster.manifests import Manifest, Workload, quantity, texts, tree, trees
from holdfast.analysis.cluster.parts import Volume
from holdfast.analysis.cluster.sign import CONTRADICTS, SAYS_SO, SUGGESTS, Sign, app
from holdfast.analysis.cluster.state import ClusterState

_DENIED = re.compile(r"permission denied|EACCES|read-only file ?system|operation not permitted", re.IGNORECASE)


def unbound_claims(state: ClusterState) -> Iterator[Sign]:
    """A workload waits for a claim that is not bound: why does the nearest volume not answer it?"""
    unbound = {c.name for c in state.storage.claims if not c.bound}
    written = {m.name: m for m in state.of_kind("PersistentVolumeClaim")}
    for workload in state.workloads:
        if not state.short(workload.name):
            continue
        for name in _claims_of(workload) & unbound:
            if name in written:
                fault, text = _why(state, written[name])
                yield Sign(fault, app(workload.name), CONTRADICTS, f"claim {name}: {text}", "storage")


def _claims_of(workload: Workload) -> set[str]:
    volumes = trees(workload.pod, "volumes")
    return {str(tree(v, "persistentVolumeClaim").get("claimName") or "") for v in volumes} - {""}


def _why(state: ClusterState, claim: Manifest) -> tuple[Fault, str]:
    """Return what keeps the volume apart that lacks least."""
    lacks = sorted((_lacking(claim, v) for v in state.storage.volumes), key=len)
    wanted = str(claim.spec.get("storageClassName") or "")
    if wanted and wanted not in state.storage.classes and not (lacks and not lacks[0]):
        return Fault.CLAIM_STORAGE_CLASS, f"storage class {wanted} is not there"
    if not lacks or not lacks[0]:
        return Fault.CLAIM_STORAGE_CLASS, "no volume, and no class that would make one"
    fault = lacks[0][0]
    return fault, f"the nearest volume does not fit ({fault.words})"


def _lacking(claim: Manifest, volume: Volume) -> list[Fault]:
    """Return in which ways a volume does not answer a claim, the plainest first."""
    labels = texts(tree(claim.spec, "selector", "matchLabels"))
    modes = claim.spec.get("accessModes")
    asked = {str(m) for m in modes} if isinstance(modes, list) else set()
    size = quantity(tree(claim.spec, "resources", "requests").get("storage"))
    checks = (
        (Fault.CLAIM_SELECTOR, any(volume.labels.get(k) != v for k, v in labels.items())),
        (Fault.CLAIM_STORAGE_CLASS, str(claim.spec.get("storageClassName") or "") != volume.storage_class),
        (Fault.CLAIM_ACCESS_MODE, not asked <= volume.modes),
        (Fault.CLAIM_CAPACITY, size > volume.capacity),
        (Fault.VOLUME_TAKEN, bool(volume.claim) and volume.claim.rpartition("/")[2] != claim.name),
    )
    return [fault for fault, wrong in checks if wrong]


def denied_volumes(state: ClusterState) -> Iterator[Sign]:
    """A workload with a mounted volume does not come up and logs that it may not read or write."""
    for workload in state.workloads:
        name = workload.name
        mounted = any(c.mounts for c in workload.containers)
        if not (mounted and state.troubled(name)):
            continue
        if any(_DENIED.search(line) for line in state.logs.get(name, ())):
            text = f"{name} may not use its volume"
            told = any(p.reason == "CrashLoopBackOff" for p in state.pods_of(name))
            yield Sign(Fault.VOLUME_PERMISSION, app(name), SAYS_SO if told else SUGGESTS, text, "logs")
