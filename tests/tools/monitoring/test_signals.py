"""A signal's name becomes the store's own query, and no label ever ends the quotes it stands in."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.server.mcpserver.exceptions import ToolError

from holdfast.tools.monitoring.real import build_real
from holdfast.tools.monitoring.signals import Signals, checked_promql, in_json, in_promql, in_tag, promql
from holdfast.tools.needs import ServerNeeds

ASKED = 'service:error_ratio{environment="production",service="checkout"}'
SIGNALS = Signals(templates={"error_ratio": 'errors{app="{service}",stage="{environment}",ns="{namespace}"}'})


def asked(service: str) -> str:
    """Return the question for a service, its name escaped as a selector wants it."""
    label = service.replace("\\", "\\\\").replace('"', '\\"')
    return f'service:error_ratio{{environment="e",service="{label}"}}'


def test_a_signal_with_a_template_is_asked_in_the_stores_words() -> None:
    """Every place is filled, the namespace from the section."""
    signals = SIGNALS.model_copy(update={"namespace": "shop"})
    assert signals.translated(ASKED, promql) == 'errors{app="checkout",stage="production",ns="shop"}'


def test_the_questions_namespace_comes_before_the_sections() -> None:
    """Who asks knows better."""
    signals = SIGNALS.model_copy(update={"namespace": "shop"})
    text = 'service:error_ratio{namespace="till", environment="e", service="s"}'
    assert 'ns="till"' in signals.translated(text, promql)


def test_a_place_that_nobody_fills_is_named() -> None:
    """An empty label would match other services."""
    with pytest.raises(ToolError, match=r"^bad_input: .* needs a namespace"):
        SIGNALS.translated(ASKED, promql)


@pytest.mark.parametrize(
    "text",
    [
        "up",
        f"sum({ASKED})",
        'service:error_ratio{service="checkout"}',
        'service:error_ratio{environment="e",service=~"s.*"}',
        'service:error_ratio{environment="e",service="s",pod="p"}',
    ],
)
def test_anything_but_the_exact_name_goes_as_it_is(text: str) -> None:
    """Who writes a query of their own gets that query."""
    assert SIGNALS.translated(text, promql) == text


def test_a_signal_without_a_template_goes_by_name_only_where_it_is_recorded() -> None:
    """Prometheus may have recording rules; Datadog has none."""
    text = ASKED.replace("error_ratio", "up_ratio")
    assert Signals(recorded=True).translated(text, promql) == text
    with pytest.raises(ToolError, match=r"^not_configured: signals\.up_ratio"):
        SIGNALS.translated(text, promql)


@given(st.text(min_size=1, max_size=40))
def test_no_label_ends_its_quotes_in_promql(value: str) -> None:
    """What was a value stays one value; between its quotes there is no quote and no line end."""
    signals = Signals(templates={"error_ratio": 'a{x="{service}"} or b{x=~"{service}-.*"}'})
    sent = signals.translated(asked(value), promql)
    assert re.fullmatch(r"a\{x=\"([^\"\n]*)\"\} or b\{x=~\"([^\"\n]*)-\.\*\"\}", sent)


@given(st.text(alphabet=st.one_of(st.sampled_from(".*|()[]{}^$+?\\ \n-"), st.characters(codec="utf-8")), min_size=1))
def test_after_a_tilde_a_label_means_itself(value: str) -> None:
    """A service called .* is that service, not all of them."""
    sent = Signals(templates={"error_ratio": '{x=~"{service}"}'}).translated(asked(value), promql)
    pattern = re.sub(r"\\x([0-9a-f]{2})", lambda code: chr(int(code[1], 16)), sent.removeprefix('{x=~"')[:-2])
    assert re.fullmatch(pattern, value)
    assert value == "x" * len(value) or not re.fullmatch(pattern, "x" * len(value))


@pytest.mark.parametrize(
    "template",
    [
        "sum(rate({service}_total[5m]))",
        "up{app='{service}'}",
        "up{app=`{service}`}",
        'up{app="{service}',
        "up offset {environment}",
        '# it"s\nup + {service} # "',
    ],
)
def test_a_place_outside_double_quotes_is_refused_when_the_configuration_is_read(template: str) -> None:
    """A label such as `x[1m])) or vector(0) # ` would become query there."""
    with pytest.raises(ValueError, match=r"quotes|never closed"):
        checked_promql(template)
    section = {"kind": "prometheus", "url": "http://127.0.0.1:1", "signals": {"error_ratio": template}}
    with pytest.raises(ValueError, match=r"monitoring\.metrics\.main\.prometheus\.signals\.error_ratio: "):
        build_real({"metrics": {"main": section}}, ServerNeeds())


def test_a_comments_quote_opens_nothing() -> None:
    """It ends with its line."""
    template = '# the shop\'s\nup{app="{service}"} # and "that'
    assert promql(checked_promql(template), {"service": "cart"}) == template.replace("{service}", "cart")


def test_cloudwatchs_values_are_within_double_quotes_too() -> None:
    """A place in a metric's name would let a label name another metric."""
    section = {"kind": "cloudwatch", "region": "eu-west-1", "signals": {"error_ratio": "AWS/{service}/Errors"}}
    with pytest.raises(ValueError, match=r"signals\.error_ratio: .*within double quotes"):
        build_real({"metrics": {"main": section}}, ServerNeeds())


@pytest.mark.parametrize("value", ['a"b', "a'b", "a\\b", "a\nb", "a`b"])
def test_what_cannot_be_quoted_is_refused(value: str) -> None:
    """CloudWatch nests quotes in quotes and Datadog has none: such a value is no name there."""
    for escape in (in_json, in_tag):
        with pytest.raises(ToolError, match=r"^bad_input: "):
            escape(value)


@pytest.mark.parametrize("value", ["a,b", "a}b", "a b", "*", "a\n"])
def test_a_datadog_tag_stays_one_tag(value: str) -> None:
    """No comma adds a tag, no brace ends the scope, no star widens it."""
    with pytest.raises(ToolError, match=r"^bad_input: "):
        in_tag(value)


def test_a_name_is_a_name_in_every_language() -> None:
    """Plain names are not changed."""
    assert {in_promql("check-out.1"), in_json("check-out.1"), in_tag("check-out.1")} == {"check-out.1"}
