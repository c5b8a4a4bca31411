"""A signal's name becomes the store's own query, and no label ever ends the quotes it stands in."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.server.mcpserver.exceptions import ToolError

from holdfast.tools.monitoring.signals import Signals, in_json, in_promql, in_tag

ASKED = 'service:error_ratio{environment="production",service="checkout"}'
SIGNALS = Signals(templates={"error_ratio": 'errors{app="{service}",stage="{environment}",ns="{namespace}"}'})


def test_a_signal_with_a_template_is_asked_in_the_stores_words() -> None:
    """Every place is filled, the namespace from the section."""
    signals = SIGNALS.model_copy(update={"namespace": "shop"})
    assert signals.translated(ASKED, in_promql) == 'errors{app="checkout",stage="production",ns="shop"}'


def test_the_questions_namespace_comes_before_the_sections() -> None:
    """Who asks knows better."""
    signals = SIGNALS.model_copy(update={"namespace": "shop"})
    text = 'service:error_ratio{namespace="till", environment="e", service="s"}'
    assert 'ns="till"' in signals.translated(text, in_promql)


def test_a_place_that_nobody_fills_is_named() -> None:
    """An empty label would match other services."""
    with pytest.raises(ToolError, match=r"^bad_input: .* needs a namespace"):
        SIGNALS.translated(ASKED, in_promql)


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
    assert SIGNALS.translated(text, in_promql) == text


def test_a_signal_without_a_template_goes_by_name_only_where_it_is_recorded() -> None:
    """Prometheus may have recording rules; Datadog has none."""
    text = ASKED.replace("error_ratio", "up_ratio")
    assert Signals(recorded=True).translated(text, in_promql) == text
    with pytest.raises(ToolError, match=r"^not_configured: signals\.up_ratio"):
        SIGNALS.translated(text, in_promql)


@given(st.text(min_size=1, max_size=40))
def test_no_label_ends_its_quotes_in_promql(value: str) -> None:
    """What was a value stays one value, of any quotes; between them there is no quote and no line end."""
    label = value.replace("\\", "\\\\").replace('"', '\\"')
    signals = Signals(templates={"error_ratio": "a{x='{service}'} or b{x=\"{service}\"} or c{x=`{service}`}"})
    sent = signals.translated(f'service:error_ratio{{environment="e",service="{label}"}}', in_promql)
    assert re.fullmatch(r"a\{x='([^'\n]*)'\} or b\{x=\"([^\"\n]*)\"\} or c\{x=`([^`\n]*)`\}", sent)


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
