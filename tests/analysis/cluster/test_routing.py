"""Services that lead nowhere, and callers that look in the wrong place."""

from dataclasses import replace
from typing import Any

import pytest

from holdfast.analysis.cluster.fault import Fault
from holdfast.analysis.cluster.parts import Reach, Traffic
from tests.analysis.cluster.states import broken, first, healthy, rewritten, service, signs, workload


def config(text: str) -> dict[str, Any]:
    """Return a gateway's config map."""
    return {"kind": "ConfigMap", "metadata": {"name": "gateway"}, "data": {"routes": text}}


def calling(**variables: str) -> dict[str, Any]:
    """Return `web` with environment variables."""
    return workload("web", container={"env": [{"name": k, "value": v} for k, v in variables.items()]})


def test_a_service_that_selects_no_pod_is_at_fault_for_the_workload_of_its_name() -> None:
    lost = service("store")
    lost["spec"]["selector"] = {"app": "stores"}
    assert first(rewritten(healthy(), lost)) == (Fault.SERVICE_SELECTOR, "app/store")


def test_a_service_of_another_name_means_the_workload_that_shares_its_labels() -> None:
    lost = service("shop")
    lost["spec"]["selector"] = {"app": "store", "version": "9"}
    assert first(rewritten(healthy(), lost)) == (Fault.SERVICE_SELECTOR, "app/store")


@pytest.mark.parametrize(
    ("port", "fault"),
    [({"targetPort": 9001}, Fault.SERVICE_PORT), ({"protocol": "UDP"}, Fault.SERVICE_PROTOCOL)],
)
def test_a_service_leads_to_a_port_that_is_not_served(port: dict[str, Any], fault: Fault) -> None:
    assert first(rewritten(healthy(), service("store", **port))) == (fault, "app/store")


def test_a_contradiction_through_which_somebody_came_is_weaker() -> None:
    state = rewritten(healthy(), service("store", targetPort=9001))
    through = replace(state, traffic=Traffic(reaches=(Reach("store", 9000, True),)))
    assert signs(through)[0].strength < signs(state)[0].strength


def test_a_port_may_be_named_and_a_workload_may_keep_its_ports_to_itself() -> None:
    named = workload("store", container={"ports": [{"name": "grpc", "containerPort": 9000}]})
    silent = workload("db", container={"ports": []})
    assert signs(rewritten(healthy(), named, service("store", targetPort="grpc"), silent)) == []


@pytest.mark.parametrize("address", ["stores-invalid:9000", "store:9001", "http://store.elsewhere:9000/rows"])
def test_an_address_that_is_no_services_is_the_callers_fault(address: str) -> None:
    assert first(rewritten(healthy(), calling(STORE_ADDR=address))) == (Fault.ADDRESS, "app/web")


@pytest.mark.parametrize(
    "address",
    ["store:9000", "http://store/rows", "store.shop.svc.cluster.local:9000", "smtp.example.com:25", "localhost:1", "3"],
)
def test_an_address_that_is_right_or_lies_outside_says_nothing(address: str) -> None:
    assert signs(rewritten(healthy(), calling(STORE_ADDR=address))) == []


def test_an_address_unlike_any_service_is_a_weak_sign_for_it_may_be_unused() -> None:
    assert signs(rewritten(healthy(), calling(HELPER_ADDR="chatbot:80")))[0].strength < 0.3


def test_where_all_of_several_callers_agree_the_service_has_the_wrong_port() -> None:
    second = workload("shop", 80, container={"env": [{"name": "STORE_ADDR", "value": "store:9500"}]})
    state = rewritten(healthy(), calling(STORE_ADDR="store:9500"), second)
    assert {(s.fault, str(s.thing)) for s in signs(state)} == {(Fault.SERVICE_PORT, "app/store")}


@pytest.mark.parametrize(
    "text",
    [
        "- id: store\n  uri: lb://web\n  predicates:\n  - Path=/api/store/**",
        "- id: store\n  uri: lb://nowhere\n  predicates:\n  - Path=/api/store/**",
        "location /store { proxy_pass http://web:8080; }",
        "routes:\n- predicates:\n  - Path=/api/store/**\n  uri: lb://web\n  id: store\n- id: other\n  uri: lb://db",
        "- uri: 'lb://web'\n  filters: [StripPrefix=1]\n  id: store\n  predicates: [\"Path=/api/store/**\"]",
        "- id: store\n  order: 1\n  predicates:\n  - name: Path\n    args: {pattern: /api/store/**}\n  uri: lb://web",
        "- {uri: lb://web, predicates: [Path=/store], id: store}",
        '{"routes": [{"uri": "lb://web", "predicates": ["Path=/api/store/**"], "id": "store"}]}',
        "g.routes[0].predicates[0]=Path=/store/**\ng.routes[0].uri=lb://web\ng.routes[0].id=store",
    ],
)
def test_a_route_named_for_one_service_that_leads_to_another_is_wrong(text: str) -> None:
    assert first(rewritten(healthy(), config(text))) == (Fault.GATEWAY_ROUTE, "app/store")


def test_a_route_that_leads_where_it_says_says_nothing() -> None:
    text = "- id: store\n  uri: lb://${STORE_HOST:store}\n  predicates:\n  - Path=/api/store/**"
    assert signs(rewritten(healthy(), config(text))) == []


def test_words_that_most_names_share_do_not_hide_whose_a_route_is() -> None:
    shops = [workload(f"ts-{n}-service", 80) for n in ("cart", "order", "user", "mail", "stock")]
    text = "- id: carts\n  uri: lb://ts-user-service\n  predicates:\n  - Path=/api/v1/cartservice/**"
    found = signs(rewritten(healthy(), *shops, config(text)))
    assert [(s.fault, str(s.thing)) for s in found] == [(Fault.GATEWAY_ROUTE, "app/ts-cart-service")]


OWN_NAMES = workload("store", dnsPolicy="None", dnsConfig={"nameservers": ["10.9.9.9"]})


def test_own_name_servers_of_a_workload_that_is_well_say_nothing() -> None:
    """A cache on each node is asked that way."""
    assert signs(rewritten(healthy(), OWN_NAMES)) == []


def test_own_name_servers_are_a_sign_where_it_hurts_and_strong_where_names_do_not_resolve() -> None:
    ill = rewritten(broken("store"), OWN_NAMES)
    complains = replace(rewritten(healthy(), OWN_NAMES), logs={"store": ("lookup db: no such host",)})
    closed = replace(rewritten(healthy(), OWN_NAMES), traffic=Traffic(reaches=(Reach("store", 9000, False),)))
    assert {first(s) for s in (ill, complains, closed)} == {(Fault.DNS, "app/store")}
    assert signs(ill)[0].strength < signs(complains)[0].strength


def test_names_that_do_not_resolve_for_one_workload_alone_are_a_weak_sign() -> None:
    logs = {"store": ("java.net.UnknownHostException: db",)}
    assert first(replace(broken("store"), logs=logs)) == (Fault.DNS, "app/store")
    assert signs(replace(broken("store"), logs=logs | {"web": logs["store"]})) == []
