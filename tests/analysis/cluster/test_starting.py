"""Pods that do not start, or do not stay: images, configuration, probes."""

from dataclasses import replace
from typing import Any

import pytest

from holdfast.analysis.cluster.fault import Fault
from tests.analysis.cluster.states import broken, event, first, healthy, rewritten, signs, workload


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("failed to do request: dial tcp: lookup reg.example: no such host", Fault.IMAGE_REGISTRY),
        ("failed to authorize: failed to fetch anonymous token: 401 Unauthorized", Fault.IMAGE_PULL_SECRET),
        ("rpc error: code = NotFound desc = shop/store:2 not found", Fault.IMAGE_REFERENCE),
        ("unexpected status from HEAD request: 403 Forbidden", Fault.IMAGE_REFERENCE),
    ],
)
def test_why_an_image_does_not_come_is_in_the_words_of_the_pull(words: str, fault: Fault) -> None:
    told = event("store", "Failed", f'Failed to pull image "shop/store:2": {words}')
    assert first(broken("store", told, reason="ErrImagePull")) == (fault, "app/store")


def test_an_image_that_does_not_come_for_no_known_reason_is_a_weak_sign() -> None:
    found = signs(broken("store", reason="ImagePullBackOff"))
    assert found[0].fault is Fault.IMAGE_REFERENCE
    assert found[0].strength < 0.7


@pytest.mark.parametrize(("kind", "fault"), [("secret", Fault.SECRET_MISSING), ("configmap", Fault.CONFIG_MAP_MISSING)])
def test_what_a_pod_waits_for_is_named_by_its_node(kind: str, fault: Fault) -> None:
    told = event("store", "Failed", f'Error: {kind} "keys" not found', minutes=9)
    assert first(broken("store", told, reason="CreateContainerConfigError")) == (fault, "app/store")


def test_a_secret_that_is_written_but_not_there_is_seen_without_any_event() -> None:
    wants = workload("store", container={"envFrom": [{"secretRef": {"name": "keys"}}]})
    assert first(rewritten(broken("store"), wants)) == (Fault.SECRET_MISSING, "app/store")
    assert signs(rewritten(healthy(), wants)) == []


def test_a_sidecar_that_takes_the_workloads_port_is_a_conflict_when_it_hurts() -> None:
    wants = workload("store")
    wants["spec"]["template"]["metadata"]["annotations"] = {"proxy/config": '{ "statusPort": 9000 }'}
    assert first(rewritten(broken("store"), wants)) == (Fault.PORT_TAKEN, "app/store")
    assert signs(rewritten(healthy(), wants))[0].strength < 0.5


def test_a_log_that_finds_the_port_taken_counts_only_of_a_workload_in_trouble() -> None:
    lines = {"store": ("listen tcp :9000: bind: address already in use",)}
    assert first(replace(broken("store"), logs=lines))[0] is Fault.PORT_TAKEN
    assert signs(replace(healthy(), logs=lines)) == []


def test_a_called_workload_that_is_to_have_no_pods_is_scaled_to_zero() -> None:
    state = healthy()
    none = replace(
        state, pods=tuple(p for p in state.pods if p.deployment != "store"), desired=dict(state.desired) | {"store": 0}
    )
    assert first(none) == (Fault.SCALED_TO_ZERO, "app/store")


def test_memory_is_told_by_the_last_end_or_by_a_start_that_did_not_fit() -> None:
    ended = broken("store", last_reason="OOMKilled", restarts=3)
    told = event("store", "FailedCreatePodSandBox", "container init was OOM-killed (memory limit too low?)")
    assert first(ended) == first(broken("store", told)) == (Fault.OUT_OF_MEMORY, "app/store")


def test_a_workload_ended_for_memory_once_and_well_since_is_a_weaker_sign() -> None:
    once = signs(broken("store", last_reason="OOMKilled", restarts=1, ready=True))
    assert [(s.fault, s.strength < 0.7) for s in once] == [(Fault.OUT_OF_MEMORY, True)]


def test_an_init_containers_image_is_told_by_the_pull_alone() -> None:
    told = event("store", "Failed", 'Failed to pull image "shop/init:2": no such host')
    assert first(broken("store", told, reason="PodInitializing")) == (Fault.IMAGE_REGISTRY, "app/store")


def probing(kind: str, probe: dict[str, Any]) -> dict[str, Any]:
    """Return `store` with a gRPC probe of the other kind that asks rightly, and this one."""
    other = "livenessProbe" if kind == "readinessProbe" else "readinessProbe"
    return workload("store", container={kind: probe, other: {"grpc": {"port": 9000}}})


@pytest.mark.parametrize(
    ("kind", "probe", "words", "fault"),
    [
        ("livenessProbe", {"grpc": {"port": 9001}}, "timeout", Fault.LIVENESS_PORT),
        ("readinessProbe", {"grpc": {"port": 9001}}, "timeout", Fault.READINESS_PORT),
        ("livenessProbe", {"httpGet": {"port": 9000}}, "malformed HTTP response", Fault.LIVENESS_PROTOCOL),
        ("readinessProbe", {"httpGet": {"port": 9000}}, "malformed HTTP response", Fault.READINESS_PROTOCOL),
        (
            "livenessProbe",
            {"grpc": {"port": 9000}, "initialDelaySeconds": 1, "periodSeconds": 1, "failureThreshold": 1},
            "timeout",
            Fault.LIVENESS_TIMING,
        ),
    ],
)
def test_a_failing_probe_is_told_by_what_it_asks(kind: str, probe: dict[str, Any], words: str, fault: Fault) -> None:
    name = kind.removesuffix("Probe").capitalize()
    told = event("store", "Unhealthy", f"{name} probe failed: {words}")
    state = rewritten(broken("store", told, restarts=3, ready=kind == "livenessProbe"), probing(kind, probe))
    assert first(state) == (fault, "app/store")


def test_a_wrong_probe_that_does_not_fail_now_says_nothing() -> None:
    wrong = probing("livenessProbe", {"grpc": {"port": 9001}})
    old = event("store", "Unhealthy", "Liveness probe failed: timeout", minutes=30)
    assert signs(rewritten(broken("store", old, restarts=1, ready=True), wrong)) == []


def test_a_rightly_written_probe_that_restarts_is_a_weak_sign_of_its_timing() -> None:
    told = event("store", "Unhealthy", "Liveness probe failed: timeout")
    state = rewritten(broken("store", told, restarts=2), probing("livenessProbe", {"grpc": {"port": 9000}}))
    assert [(s.fault, s.strength < 0.5) for s in signs(state)] == [(Fault.LIVENESS_TIMING, True)]


def test_a_crash_loop_is_the_weakest_sign_there_is() -> None:
    assert [(s.fault, s.strength) for s in signs(broken("store", reason="CrashLoopBackOff"))] == [
        (Fault.CRASH_LOOP, 0.3)
    ]
