"""What is asked first."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.analysis.evidence_plan import Inquiry, plan_evidence
from holdfast.analysis.numbers.signals import SIGNALS
from holdfast.domain.alert import AlertStatus
from holdfast.domain.evidence import EvidenceRequest
from holdfast.domain.service import Runbook, Service
from tests.analysis.answers import DATABASE, SERVICE
from tests.examples import AT, alert


def asked(service: Service = SERVICE, **fields: object) -> tuple[EvidenceRequest, ...]:
    base = {"alerts": (alert(),), "at": AT, "window": timedelta(minutes=30)}
    return plan_evidence(Inquiry(service, **{**base, **fields}))  # type: ignore[arg-type] # tests vary any field


def test_a_deployment_is_asked_nine_questions_and_the_memory_one() -> None:
    """Five golden signals, its logs, its pods, its events, its rollouts; then what was like it before."""
    titles = [q.title for q in asked()]
    assert titles == [
        "error ratio of checkout",
        "request rate of checkout",
        "p99 latency of checkout",
        "CPU of checkout",
        "memory of checkout",
        "warnings and errors of checkout",
        "pods of checkout",
        "events of checkout",
        "rollouts of checkout",
        "past incidents like this of checkout",
    ]


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("PodCrashLooping", "restarts of checkout"),
        ("ContainerOOMKilled", "restarts of checkout"),
        ("CheckoutDown", "share up of checkout"),
        ("replicas-unavailable", "share up of checkout"),
    ],
)
def test_the_kind_of_alert_adds_the_signal_it_is_about(name: str, title: str) -> None:
    """By what it calls itself; an alert about errors adds nothing to the golden signals."""
    assert asked(alerts=(alert(name=name),))[9].title == title
    assert asked(alerts=(alert(name="HighErrorRate"),))[9:-1] == ()


def test_a_runbook_and_an_alert_leave_room_for_three_dependencies() -> None:
    """Whatever people wrote down."""
    others = tuple(Service(name=f"s{n}", environment="production") for n in range(4))
    book = Runbook(runbook_id="r", title="t", evidence=tuple(SIGNALS))
    titles = [q.title for q in asked(alerts=(alert(name="OOMKilled"),), dependencies=others, runbook=book)]
    assert [t for t in titles if "of s" in t] == ["error ratio of s0", "error ratio of s1", "error ratio of s2"]


@pytest.mark.parametrize(
    ("name", "tools"),
    [
        ("KubeQuotaExceeded", ["get_quotas", "get_deployments"]),
        ("KubeNodeNotReady", ["get_nodes", "get_deployments", "get_quotas"]),
        ("KubePersistentVolumeFillingUp", ["get_claims", "get_deployments"]),
        ("PodsPending", ["get_nodes", "get_deployments", "get_quotas"]),
        ("CheckoutDown", ["get_services", "get_deployments", "get_network_policies"]),
        ("ServiceWithoutEndpoints", ["get_network_policies", "get_deployments", "get_services"]),
        ("IngressBackendDown", ["get_ingresses", "get_services", "get_network_policies"]),
        ("ContainerConfigInvalid", ["get_deployments", "get_config_maps", "get_nodes"]),
        ("ImageCannotBePulled", ["get_deployments", "get_nodes", "get_quotas"]),
        ("HighErrorRate", []),
        ("PodCrashLooping", []),
        ("LatencyAboveBudget", []),
        ("MemoryNearLimit", []),
    ],
)
def test_an_alert_about_the_cluster_asks_what_stands_around_the_pods(name: str, tools: list[str]) -> None:
    """The most telling first, three at most; what crashes, fails or is slow asks what it always did."""
    found = asked(alerts=(alert(name=name),))
    around = [q for q in found if q.tool.startswith("kubernetes.get_")][2:]
    assert [q.tool.removeprefix("kubernetes.") for q in around] == tools
    assert all(q.arguments == ({} if q.tool.endswith("nodes") else {"namespace": "shop"}) for q in around)


def test_the_surroundings_leave_room_for_one_dependency() -> None:
    """The one that fails widest, whatever the alert and the runbook add."""
    others = (*(Service(name=f"s{n}", environment="production") for n in range(4)), DATABASE)
    book = Runbook(runbook_id="r", title="t", evidence=tuple(SIGNALS))
    found = asked(alerts=(alert(name="CheckoutDown"),), dependencies=others, runbook=book)
    assert [q.title for q in found if q.service != "checkout"] == ["share up of orders-db"]
    assert len(found) == 15


def test_a_service_nobody_knows_is_looked_for_where_its_alert_says() -> None:
    """Alerts about a namespace's quota come from a monitor; a name that is none is not asked about."""
    unknown = Service(name="kube-state-metrics", environment="production", known=False)
    for said, meant in (("shop", "shop"), ("../x", "default")):
        told = alert(name="KubeQuotaExceeded", labels={"namespace": said})
        (quotas,) = [q for q in asked(unknown, alerts=(told,)) if q.tool == "kubernetes.get_quotas"]
        assert quotas.arguments == {"namespace": meant}


def test_a_database_is_asked_for_volumes_and_nodes_but_not_for_deployments_of_its_own() -> None:
    """Nobody knows whether it runs in the cluster at all."""
    assert not [q for q in asked(DATABASE, alerts=(alert(name="DatabaseDown"),)) if "get_services" in q.tool]
    assert [q for q in asked(DATABASE, alerts=(alert(name="VolumeFull"),)) if "get_claims" in q.tool]


def test_the_memory_is_asked_by_the_first_alert_and_what_all_of_them_say() -> None:
    """Each text once, and no more than it needs."""
    later = alert(name="Slow", fingerprint="f2", starts_at=AT + timedelta(minutes=1), summary="slow " * 200)
    found = asked(alerts=(later, alert(summary="12% fail"), alert(fingerprint="f3", summary="12% fail")))[-1]
    assert found.tool == "memory.find_similar_incidents"
    assert found.arguments["alert"] == "HighErrorRate"
    assert str(found.arguments["text"]).startswith("slow slow")
    assert len(str(found.arguments["text"])) == 500
    assert asked(alerts=())[-1].arguments == {"service": "checkout", "alert": "", "text": "", "limit": 5}


def test_stores_are_asked_before_other_dependencies_and_three_at_most() -> None:
    """A database that is down hurts everything; whether it is up is the question to it."""
    others = tuple(Service(name=f"s{n}", environment="production") for n in range(4))
    found = [q.title for q in asked(dependencies=(*others, DATABASE))[9:-1]]
    assert found == ["share up of orders-db", "error ratio of s0", "error ratio of s1"]


def test_where_there_is_room_services_that_it_waits_for_are_asked_how_slow_they_are() -> None:
    """After whether they fail, and after what the runbook names."""
    other = Service(name="prices", environment="production")
    found = [q.title for q in asked(dependencies=(other, DATABASE))[9:-1]]
    assert found == ["share up of orders-db", "error ratio of prices", "p99 latency of prices"]


def test_a_database_is_asked_whether_it_is_up_and_has_no_rollouts() -> None:
    """It has no deployment to look at."""
    titles = [q.title for q in asked(DATABASE)]
    assert "share up of orders-db" in titles
    assert not any("rollouts" in t for t in titles)


def test_what_is_outside_has_no_pods() -> None:
    """An external provider is judged by its signals alone."""
    tools = {q.tool for q in asked(Service(name="card-gateway", environment="production", kind="external"))}
    assert tools == {"monitoring.fetch_metrics", "monitoring.query_logs", "memory.find_similar_incidents"}


def test_a_runbook_adds_what_it_names_once() -> None:
    """Signals it names beyond the golden ones; names nobody records are passed over."""
    book = Runbook(
        runbook_id="r", title="t", evidence=("service:restarts_total", "restarts_total", "service:error_ratio", "odd")
    )
    assert [q.title for q in asked(runbook=book)[9:-1]] == ["restarts of checkout"]


def test_the_same_question_has_the_same_id_within_a_few_seconds() -> None:
    """A second look a few seconds later replaces the first instead of doubling it."""
    ids = [q.evidence_id for q in asked()]
    assert [q.evidence_id for q in asked(at=AT + timedelta(seconds=4))] == ids
    assert [q.evidence_id for q in asked(at=AT + timedelta(seconds=5))] != ids
    assert len(set(ids)) == len(ids)


def test_an_alert_that_fires_for_longer_is_looked_back_at_further() -> None:
    """The quiet part before it must be seen, up to six hours back; resolved alerts do not stretch the window."""
    old = alert(starts_at=AT - timedelta(hours=2))
    found = asked(alerts=(old,))[0]
    assert found.range is not None
    assert found.range.start == AT - timedelta(hours=2, minutes=15)
    assert found.arguments["step"] == 60
    ancient = asked(alerts=(alert(starts_at=AT - timedelta(days=9)),))[0]
    assert ancient.range is not None
    assert ancient.range.start == AT - timedelta(hours=6)
    over = asked(alerts=(alert(status=AlertStatus.RESOLVED, starts_at=AT - timedelta(hours=2)),))[0]
    assert over.range is not None
    assert over.range.start == AT - timedelta(minutes=30)


@pytest.mark.parametrize("name", ['a"} or vector(1) #', "a\\", "a\nb"])
def test_a_services_name_cannot_break_out_of_its_query(name: str) -> None:
    """Names come from alerts, and alerts from anyone."""
    query = str(asked(Service(name=name, environment="production"))[0].arguments["query"])
    bare = query.replace("\\\\", "").replace('\\"', "")
    assert bare.count('"') == 4
    assert "\n" not in query


@given(
    st.integers(0, 6), st.integers(0, 9), st.sampled_from(["deployment", "database", "queue", "cache", "external", "?"])
)
def test_there_are_never_more_than_fifteen_questions(dependencies: int, signals: int, kind: str) -> None:
    """The history's budget, whatever the service."""
    others = tuple(Service(name=f"s{n}", environment="e") for n in range(dependencies))
    names = ("up_ratio", "restarts_total", "cpu_ratio") * 3
    book = Runbook(runbook_id="r", title="t", evidence=names[:signals])
    found = asked(Service(name="x", environment="e", kind=kind, deployment="x"), dependencies=others, runbook=book)
    assert 7 <= len(found) <= 15
    assert len({q.evidence_id for q in found}) == len(found)


def test_where_the_alert_is_of_slowness_dependencies_are_asked_how_slow_they_are() -> None:
    """What they wait for rarely fails: it answers late."""
    other = Service(name="prices", environment="production")
    titles = [q.title for q in asked(dependencies=(other,), alerts=(alert(name="HighLatencyP99"),))]
    assert "p99 latency of prices" in titles
    assert "error ratio of prices" not in titles
