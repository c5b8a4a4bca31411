"""What the API's objects say, read without a cluster: quantities, commits, containers, events of both kinds."""

from typing import Any

import pytest

from holdfast.tools.executor.observing import rollout_state
from holdfast.tools.kubernetes.reading.history import commit_of, event_row
from holdfast.tools.kubernetes.reading.plain import quantity
from holdfast.tools.kubernetes.reading.pods import pod_row
from holdfast.tools.kubernetes.reading.storage import claim_row, volume_row
from holdfast.tools.kubernetes.reading.surroundings import deployment_row, node_row, service_rows


@pytest.mark.parametrize(
    ("text", "number"),
    [("512Mi", 512 * 2**20), ("250m", 0.25), ("1e3", 1000), ("2G", 2e9), ("much", 0), ("5Zi", 0), (None, 0)],
)
def test_a_quantity_is_a_number(text: Any, number: float) -> None:
    """Binary, decimal and exponent forms; nonsense is nothing."""
    assert quantity(text) == number


@pytest.mark.parametrize(
    ("image", "annotations", "commit"),
    [
        ("shop/cart:9f2c41d7ab03", {}, "9f2c41d7ab03"),
        ("shop/cart:v2-9f2c41d", {}, "9f2c41d"),
        ("registry:5000/shop/cart", {}, ""),
        ("shop/cart:latest", {}, ""),
        ("shop/cart@sha256:9f2c41d7ab03", {}, ""),
        ("shop/cart:latest", {"commit": "0a1b2c3"}, "0a1b2c3"),
    ],
)
def test_a_commit_is_written_down_or_at_the_end_of_a_tag(image: str, annotations: dict[str, str], commit: str) -> None:
    """A digest is no commit, nor is a registry's port."""
    assert commit_of({"spec": {"containers": [{"image": image}]}}, annotations) == commit


def test_an_event_series_counts_as_one_with_its_last_time() -> None:
    """Newer clusters write events through events.k8s.io; core/v1 shows them with a series."""
    event = {
        "eventTime": "2026-03-01T09:00:00.000000Z",
        "series": {"count": 7, "lastObservedTime": "2026-03-01T09:42:00.000000Z"},
        "involvedObject": {"kind": "Pod", "name": "cart-1"},
        "type": "Warning",
        "reason": "BackOff",
    }
    row = event_row(event)
    assert (row["time"], row["count"], row["object"]) == ("2026-03-01T09:42:00+00:00", 7, "pod/cart-1")


def test_the_container_that_ails_speaks_for_the_pod() -> None:
    """A well side-car does not hide it, and an initial container that ended well is no ailment."""
    pod = {
        "metadata": {"name": "cart-1"},
        "spec": {
            "containers": [{"name": "proxy", "image": "p:1"}, {"name": "cart", "image": "c:1"}],
            "initContainers": [{"name": "migrate", "image": "m:1"}],
        },
        "status": {
            "phase": "Running",
            "containerStatuses": [
                {"name": "proxy", "ready": True, "restartCount": 0, "state": {"running": {}}},
                {"name": "cart", "restartCount": 4, "state": {"waiting": {"reason": "ImagePullBackOff"}}},
            ],
            "initContainerStatuses": [
                {"name": "migrate", "restartCount": 0, "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}
            ],
        },
    }
    row = pod_row(pod, {})
    assert (row["reason"], row["restarts"], row["deployment"], row["memory_limit_bytes"]) == (
        "ImagePullBackOff",
        4,
        "",
        0,
    )


def test_a_pod_that_finds_no_node_says_so() -> None:
    """It has no containers yet that could."""
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
    pod = {"metadata": {"name": "cart-1"}, "spec": {}, "status": {"phase": "Pending", "conditions": [condition]}}
    assert pod_row(pod, {})["reason"] == "Unschedulable"


def test_a_services_endpoints_come_from_its_slices() -> None:
    """A condition that is not known counts as ready (discovery.k8s.io/v1)."""
    endpoints = [
        {"addresses": ["10.0.0.1"], "conditions": {}},
        {"addresses": ["10.0.0.2"], "conditions": {"ready": False}},
    ]
    piece = {"metadata": {"labels": {"kubernetes.io/service-name": "cart"}}, "endpoints": endpoints}
    (row,) = service_rows([{"metadata": {"name": "cart"}, "spec": {}}], [piece])
    assert (row["ready_endpoints"], len(row["endpoints"])) == (1, 2)


def test_a_rollout_past_its_deadline_has_failed() -> None:
    """The controller's own reason is told (`progressDeadlineSeconds`)."""
    late = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "too late"}
    deployment = {
        "metadata": {"generation": 2},
        "spec": {"replicas": 3},
        "status": {"observedGeneration": 2, "replicas": 4, "readyReplicas": 3, "conditions": [late]},
    }
    seen = rollout_state(deployment)
    assert (seen["state"], seen["reason"]) == ("failed", "ProgressDeadlineExceeded: too late")


def deployment(env: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a deployment with everything that may hold a secret."""
    headers = [{"name": "Authorization", "value": "hunter2"}]
    container = {
        "name": "cart",
        "image": "c:1",
        "command": ["run", "--password=hunter2"],
        "args": ["hunter2"],
        "ports": [{"containerPort": 8080}],
        "env": env,
        "envFrom": [{"secretRef": {"name": "keys"}}],
        "livenessProbe": {"exec": {"command": ["check", "hunter2"]}, "periodSeconds": 5},
        "readinessProbe": {"httpGet": {"path": "/", "port": 8080, "httpHeaders": headers}},
    }
    volumes = [
        {"name": "d", "persistentVolumeClaim": {"claimName": "data"}},
        {"name": "n", "nfs": {"server": "hunter2"}},
    ]
    template = {
        "metadata": {"labels": {"app": "cart"}, "annotations": {"note": "hunter2"}},
        "spec": {"containers": [container], "volumes": volumes, "nodeSelector": {"pool": "big"}},
    }
    return {"metadata": {"name": "cart"}, "spec": {"replicas": 1, "template": template}}


def test_a_template_tells_what_decides_and_nothing_that_may_be_secret() -> None:
    """Ports, probes, names of what is referred to; no command, header, annotation or value."""
    row = deployment_row(deployment([{"name": "TOKEN", "value": "hunter2"}, {"name": "MODE", "value": "hunter2"}]))
    assert "hunter2" not in str(row)
    (container,) = row["template"]["spec"]["containers"]
    assert container["readinessProbe"] == {"httpGet": {"path": "/", "port": 8080}}
    assert container["livenessProbe"] == {"exec": {}, "periodSeconds": 5}
    assert (container["envFrom"], container["env"]) == ([{"secretRef": {"name": "keys"}}], [])
    assert row["template"]["spec"]["volumes"][0] == {"name": "d", "persistentVolumeClaim": {"claimName": "data"}}
    assert row["template"]["spec"]["nodeSelector"] == {"pool": "big"}


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("CART_ADDR", "cart:8080", "cart:8080"),
        ("DATABASE_URL", "postgres://app:hunter2@db.shop:5432/rows?password=hunter2", "db.shop:5432"),
        ("DATASOURCE_URL", "jdbc:mysql://db:3306/rows?user=a", "db:3306"),
        ("HOOK_URL", "https://hooks.example/services/hunter2", "hooks.example"),
        ("DATABASE_URL", "postgres://app:1234/hunter2@db:5432", None),
        ("PASSWORD_URL", "hunter2", None),
        ("API_KEY_HOST", "hunter2", None),
        ("MODE", "cart:8080", None),
        ("DB_HOST", "", None),
    ],
)
def test_of_variables_only_addresses_are_told_and_of_those_host_and_port(name: str, value: str, told: Any) -> None:
    row = deployment_row(deployment([{"name": name, "value": value}]))
    found = row["template"]["spec"]["containers"][0]["env"]
    assert found == ([{"name": name, "value": told}] if told else [])


def test_a_nodes_taints_are_told_with_their_values_beside_the_short_form() -> None:
    taint = {"key": "gpu", "value": "yes", "effect": "NoSchedule"}
    row = node_row({"metadata": {"name": "n", "labels": {"zone": "a"}}, "spec": {"taints": [taint]}})
    assert (row["taints"], row["tainted"], row["labels"]) == (["gpu:NoSchedule"], [taint], {"zone": "a"})


def test_a_claim_and_a_volume_tell_what_is_asked_and_offered() -> None:
    """Never where the data lies."""
    spec = {"storageClassName": "fast", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    claim = claim_row({"metadata": {"name": "data"}, "spec": spec, "status": {"phase": "Pending"}})
    assert (claim["phase"], claim["storage_class"], claim["requested"]) == ("Pending", "fast", "1Gi")
    offered = {
        "capacity": {"storage": "2Gi"},
        "claimRef": {"namespace": "shop", "name": "data"},
        "nfs": {"server": "x"},
    }
    volume = volume_row({"metadata": {"name": "v"}, "spec": offered})
    assert (volume["capacity"], volume["claim"], "nfs" in volume) == ("2Gi", "shop/data", False)
