"""Claims that no volume answers, and volumes that may not be written."""

from dataclasses import replace
from typing import Any

import pytest

from holdfast.analysis.cluster.fault import Fault
from holdfast.analysis.cluster.manifests import quantity
from holdfast.analysis.cluster.parts import Claim, Quota, Storage, Volume
from holdfast.analysis.cluster.state import ClusterState
from tests.analysis.cluster.states import broken, first, healthy, rewritten, signs, workload

FITS: dict[str, Any] = {"name": "disk", "capacity": 2.0**30, "modes": frozenset({"ReadWriteOnce"})}


def claiming(asked: dict[str, Any], **volume: Any) -> ClusterState:
    """Return the cluster where `db` waits for a claim, beside one volume."""
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}} | asked
    written = {"kind": "PersistentVolumeClaim", "metadata": {"name": "rows"}, "spec": spec}
    wants = workload("db", volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "rows"}}])
    state = rewritten(broken("db", phase="Pending", node=""), written, wants)
    return replace(state, storage=Storage((Claim("rows", bound=False),), (Volume(**(FITS | volume)),)))


@pytest.mark.parametrize(
    ("claim", "volume", "fault"),
    [
        ({"resources": {"requests": {"storage": "5Gi"}}}, {}, Fault.CLAIM_CAPACITY),
        ({"accessModes": ["ReadWriteMany"]}, {}, Fault.CLAIM_ACCESS_MODE),
        ({"selector": {"matchLabels": {"tier": "fast"}}}, {"labels": {"tier": "slow"}}, Fault.CLAIM_SELECTOR),
        ({"storageClassName": "fast"}, {}, Fault.CLAIM_STORAGE_CLASS),
        ({}, {"claim": "shop/other"}, Fault.VOLUME_TAKEN),
    ],
)
def test_a_claim_is_told_by_what_its_nearest_volume_lacks(
    claim: dict[str, Any], volume: dict[str, Any], fault: Fault
) -> None:
    assert first(claiming(claim, **volume)) == (fault, "app/db")


def test_a_claim_that_is_bound_says_nothing() -> None:
    state = claiming({"storageClassName": "fast"})
    assert signs(replace(state, storage=replace(state.storage, claims=(Claim("rows", bound=True),)))) == []


def test_a_claim_without_any_volume_has_no_class_that_would_make_one() -> None:
    state = claiming({})
    assert first(replace(state, storage=replace(state.storage, volumes=())))[0] is Fault.CLAIM_STORAGE_CLASS


def test_a_claim_that_was_never_made_under_a_quota_is_over_it() -> None:
    state = replace(claiming({}), storage=Storage(), quotas=(Quota("q", "requests.storage", 0, 2.0**29),))
    absent = replace(state, present=dict(state.present) | {"PersistentVolumeClaim": frozenset()})
    assert first(absent) == (Fault.QUOTA_STORAGE, "namespace/shop")


def test_a_volume_that_may_not_be_read_shows_in_the_log_of_a_workload_that_mounts_one() -> None:
    mounted = workload("db", container={"volumeMounts": [{"name": "v", "mountPath": "/data"}]})
    logs = {"db": ("Fatal error: can't open rows for reading: Permission denied",)}
    state = replace(broken("db", reason="CrashLoopBackOff", restarts=4), logs=logs)
    assert first(rewritten(state, mounted)) == (Fault.VOLUME_PERMISSION, "app/db")
    assert Fault.VOLUME_PERMISSION not in [s.fault for s in signs(state)]
    assert signs(rewritten(replace(healthy(), logs=logs), mounted)) == []


@pytest.mark.parametrize(
    ("text", "number"), [("250m", 0.25), ("1Gi", 2.0**30), ("2k", 2000), (3, 3), ("", 0), ("much", 0), ("1.2.3", 0)]
)
def test_a_quantity_is_a_number_and_nonsense_is_nothing(text: object, number: float) -> None:
    assert quantity(text) == number
