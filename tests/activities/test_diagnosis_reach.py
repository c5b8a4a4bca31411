"""What a model may ask about: the incident's own service and what it depends on, told from the arguments alone."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.activities.contracts import DiagnosisRequest
from holdfast.activities.diagnosis.words.checking import kept, problems
from holdfast.activities.diagnosis.words.proposal import KINDS, Bounds, Proposal, Wanted
from holdfast.activities.diagnosis.words.questions import requests_of
from holdfast.activities.diagnosis.words.reach import _ABOUT
from holdfast.activities.diagnosis.words.sameness import ARGUMENTS
from holdfast.activities.diagnosis.words.selecting import UnreadableQueryError, plain, selectors
from tests.activities.thinking import up_of
from tests.analysis.answers import DATABASE, SERVICE
from tests.examples import AT, alert

CASE = DiagnosisRequest(service=SERVICE, dependencies=(DATABASE,), alerts=(alert(),), evidence=(), at=AT)
BOUNDS = Bounds(CASE, frozenset(KINDS), last_turn=False)
OWN = 'environment="production",service="checkout"'


def wanted(tool: str, arguments: dict[str, Any], service: str = "checkout") -> Proposal:
    asked = Wanted(tool=tool, service=service, arguments=json.dumps(arguments), why="to know")
    return Proposal(hypotheses=[], wants=[asked], missing=[])


def of_query(query: str, service: str = "checkout") -> Proposal:
    return wanted("monitoring.fetch_metrics", {"query": query}, service)


def subject(said: Proposal) -> str:
    assert problems(said, BOUNDS) == []
    return requests_of(said.wants, BOUNDS)[0].service


def test_every_tool_a_model_may_ask_is_bounded() -> None:
    """A tool that is added is refused until somebody says what its arguments are about."""
    assert set(_ABOUT) == set(ARGUMENTS) == set(KINDS)


@pytest.mark.parametrize("tool", ["services", "network_policies", "quotas", "config_maps", "claims", "deployments"])
def test_what_stands_around_the_pods_is_told_of_the_incidents_namespace_alone(tool: str) -> None:
    """Elsewhere is not the incident's; its nodes are looked at for its own service."""
    name = f"kubernetes.get_{tool}"
    assert subject(wanted(name, {"namespace": "shop"})) == "checkout"
    assert problems(wanted(name, {"namespace": "kube-system"}), BOUNDS)
    assert subject(wanted("kubernetes.get_nodes", {}, "orders-db")) == "checkout"


@pytest.mark.parametrize(
    ("query", "about"),
    [
        (f"service:error_ratio{{{OWN}}}", "checkout"),
        (f"sum by (pod) (rate(http_requests_total{{{OWN},code=~'5..'}}[5m:30s] offset 1h)) > bool 0.1e3", "checkout"),
        (f"a{{{OWN}}} / on(service) group_left(team) b{{{OWN}}} # a{{}}", "checkout"),
        ('max({__name__="up",service=`orders-db`, environment="production",})', "orders-db"),
        ('container_memory_bytes{namespace="shop",pod=~"checkout-.*"}', "checkout"),
        ('container_memory_bytes{namespace="shop",deployment="checkout",container!="istio-proxy"}', "checkout"),
        ('x{namespace="shop",pod="orders-db-0"}', "orders-db"),
    ],
)
def test_a_query_is_about_the_one_service_whose_series_it_selects(query: str, about: str) -> None:
    """Whatever the model calls it: the name it gives is no proof."""
    assert subject(of_query(query)) == subject(of_query(query, "orders-db")) == about


@pytest.mark.parametrize(
    "query",
    [
        'service:error_ratio{service="cart"}',
        'service:error_ratio{environment="production",service="cart"}',
        'service:error_ratio{environment="staging",service="checkout"}',
        'service:error_ratio{service="checkout"}',
        'service:error_ratio{environment="production",service=~"checkout|cart"}',
        'service:error_ratio{environment="production",service!="cart"}',
        'service:error_ratio{environment=~".*",service="checkout"}',
        f'service:error_ratio{{{OWN},cluster="other"}}',
        f'service:error_ratio{{{OWN},tenant="rival"}}',
        f'service:error_ratio{{{OWN},namespace="kube-system"}}',
        f'service:error_ratio{{{OWN} or service="cart"}}',
        f'service:error_ratio{{{OWN}}} or service:error_ratio{{environment="production",service="cart"}}',
        f'service:error_ratio{{{OWN}}} - service:error_ratio{{environment="production",service="orders-db"}}',
        f"service:error_ratio{{{OWN}}} + up",
        f"service:error_ratio{{{OWN}}} and by(x) + up",
        'label_replace(up{service="cart",environment="production"},"service","checkout","","")',
        'x{namespace="kube-system",pod="coredns-0"}',
        'x{namespace="shop",pod="vault-0"}',
        'x{namespace="shop",pod=~"checkout-.*|vault-.*"}',
        'x{namespace="shop",pod=~"checkout-?.*"}',
        'x{namespace="shop",pod=~"check.*"}',
        'x{namespace="shop"}',
        'x{namespace=~"shop|secrets",pod="checkout-1"}',
        "up",
        "sum(up) by (service)",
        "vector(1)",
        "",
        "SELECT AVG(CPUUtilization) FROM x",
        "avg:system.cpu{service:checkout}",
        f"x{{{OWN}",
        f'x{{{OWN}}} "',
        'service:error_ratio{environment="production",service="check\\u006fut"}',
    ],
)
def test_a_query_about_anything_else_is_refused(query: str) -> None:
    """A neighbour, another environment, cluster or tenant, a pattern that may match one, or what cannot be read."""
    said = of_query(query)
    assert any(p.startswith("wants.0.arguments.query: ") for p in problems(said, BOUNDS))
    assert kept(said, BOUNDS).wants == []


@pytest.mark.parametrize(
    ("tool", "arguments", "about"),
    [
        ("monitoring.query_logs", {"filters": {"service": "orders-db", "environment": "production"}}, "orders-db"),
        ("monitoring.fetch_trace", {"trace_id": "0af7651916cd43dd8448eb211c80319c"}, "checkout"),
        ("kubernetes.get_pods", {"namespace": "shop", "selector": "deployment=orders-db"}, "orders-db"),
        ("kubernetes.get_events", {"namespace": "shop", "since": "2026-03-01T02:00:00Z"}, "checkout"),
        ("kubernetes.describe_pod", {"namespace": "shop", "pod": "checkout-6d5f9c7b8-x2x4z"}, "checkout"),
        ("kubernetes.get_logs", {"namespace": "shop", "pod": "orders-db-0", "previous": True}, "orders-db"),
        ("kubernetes.rollout_history", {"namespace": "shop", "deployment": "checkout"}, "checkout"),
        ("infrastructure.docker_container_status", {"container": "shop-checkout-1"}, "checkout"),
        ("infrastructure.terraform_plan", {"workspace": "checkout-production"}, "checkout"),
        ("catalog.get_dependencies", {"service": "orders-db", "environment": "production"}, "orders-db"),
        ("catalog.get_runbook", {"service": "checkout", "alert": "HighErrors"}, "checkout"),
        ("memory.find_similar_incidents", {"service": "orders-db", "text": "is down"}, "orders-db"),
    ],
)
def test_any_other_question_is_about_what_its_arguments_name(tool: str, arguments: dict[str, Any], about: str) -> None:
    """Each tool by its own arguments."""
    assert subject(wanted(tool, arguments)) == about


@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("monitoring.fetch_metrics", {"query": up_of("checkout"), "source": "rival"}, ".source"),
        ("monitoring.query_logs", {"filters": {"service": "billing", "environment": "production"}}, ".filters.service"),
        ("monitoring.query_logs", {"filters": {"service": "checkout", "environment": "eu"}}, ".filters.environment"),
        ("monitoring.query_logs", {"filters": {"service": "checkout"}}, ".filters.environment"),
        ("monitoring.query_logs", {"filters": "checkout"}, ".filters"),
        ("monitoring.query_logs", {}, ".filters"),
        ("monitoring.fetch_trace", {"trace_id": "../../admin"}, ".trace_id"),
        ("kubernetes.get_pods", {"namespace": "kube-system"}, ".namespace"),
        ("kubernetes.get_pods", {"namespace": ""}, ".namespace"),
        ("kubernetes.get_pods", {"namespace": ["shop"]}, ".namespace"),
        ("kubernetes.get_pods", {"namespace": "shop", "cluster": "rival"}, ".cluster"),
        ("kubernetes.get_pods", {"namespace": "shop", "selector": "app=vault"}, ".selector"),
        ("kubernetes.get_events", {"namespace": "invented"}, ".namespace"),
        ("kubernetes.get_logs", {"namespace": "secrets", "pod": "vault-0"}, ".namespace"),
        ("kubernetes.get_logs", {"namespace": "shop", "pod": "vault-0"}, ".pod"),
        ("kubernetes.describe_pod", {"namespace": "shop", "pod": "checkout-worker-0"}, ".pod"),
        ("kubernetes.rollout_history", {"namespace": "shop", "deployment": "cart"}, ".deployment"),
        ("infrastructure.docker_container_status", {"container": "vault"}, ".container"),
        ("infrastructure.docker_container_status", {"container": "checkout", "host": "other"}, ".host"),
        ("infrastructure.terraform_plan", {"workspace": "prod-dns"}, ".workspace"),
        ("catalog.get_dependencies", {"service": "checkout", "environment": "staging"}, ".environment"),
        ("catalog.get_runbook", {"service": "billing"}, ".service"),
        ("memory.find_similar_incidents", {"service": "billing"}, ".service"),
        ("memory.find_similar_incidents", {"service": "checkout", "tenant": "rival"}, ": it knows no 'tenant'"),
    ],
)
def test_a_question_about_another_place_is_refused(tool: str, arguments: dict[str, Any], told: str) -> None:
    """With the argument's name, so that the model can ask better."""
    said = wanted(tool, arguments)
    assert any(p.startswith(f"wants.0.arguments{told}") for p in problems(said, BOUNDS))
    assert kept(said, BOUNDS).wants == []


def test_a_dependency_known_by_name_alone_is_in_no_namespace() -> None:
    """Nobody knows where it runs: its series and lines may be asked for by name, in the incident's environment."""
    bounds = Bounds(CASE.model_copy(update={"dependencies": ()}), frozenset(KINDS), last_turn=False)
    assert problems(of_query(up_of("orders-db")), bounds) == []
    assert problems(wanted("kubernetes.get_logs", {"namespace": "default", "pod": "orders-db-0"}), bounds) != []


@given(st.text(alphabet='{}()[]"`\\,=~! abservice#5m', max_size=40))
def test_any_text_is_read_or_refused(query: str) -> None:
    """Nothing else, and what is plain stays so."""
    try:
        selectors(query)
    except UnreadableQueryError:
        return
    assert plain(plain(query)) == plain(query) or "'" in plain(query)
