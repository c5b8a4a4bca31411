"""Whatever a value holds, it stays within the quotes that were written around it."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.server.mcpserver.exceptions import ToolError

from holdfast.tools.monitoring.logs.clauses import checked_clauses, filled_clauses
from holdfast.tools.monitoring.logs.template import INSIGHTS, KQL, LOGQL, SPL, Language, checked, filled, named

# Biased to what quotes, escapes and separators are made of.
values = st.text(
    alphabet=st.one_of(st.sampled_from("\"'`\\{}|*~=\n\r\t()[] a\u2028\x00"), st.characters()), max_size=40
)
TEMPLATE = '{app="{service}"} |= "{contains}" | x'
_GO = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
_SLASHES = re.compile(r'"((?:[^"\\]|\\["\\])*)"')


def sound(value: str) -> str:
    return value.encode("utf-8", "replace").decode()


@given(values, values)
def test_in_logql_and_logsql_a_value_is_one_string(service: str, contains: str) -> None:
    """What a reader of Go's strings finds in them is the value, and nothing else was added to the query."""
    text = filled(TEMPLATE, {"service": service, "contains": contains}, LOGQL)
    assert _GO.sub('""', text) == '{app=""} |= "" | x'
    assert [json.loads(f'"{inner}"') for inner in _GO.findall(text)] == [sound(service), sound(contains)]


@pytest.mark.parametrize("language", [SPL, INSIGHTS, KQL])
@given(service=values, contains=values)
def test_where_backslashes_protect_a_value_is_one_string(language: Language, service: str, contains: str) -> None:
    """Line breaks become spaces, and all else is what it was."""
    text = filled(TEMPLATE, {"service": service, "contains": contains}, language)
    assert _SLASHES.sub('""', text) == '{app=""} |= "" | x'
    read = [re.sub(r"\\(.)", r"\1", inner, flags=re.DOTALL) for inner in _SLASHES.findall(text)]
    assert read == [" ".join(sound(value).splitlines()) for value in (service, contains)]


@given(values)
def test_after_a_tilde_a_value_means_itself(service: str) -> None:
    """A service called .* is that service, not all of them."""
    text = filled('{app=~"{service}"}', {"service": service}, LOGQL)
    pattern = json.loads(_GO.findall(text)[0].join('""'))
    assert re.fullmatch(pattern, sound(service))
    assert service == "x" * len(service) or not re.fullmatch(pattern, "x" * len(service))


@given(values)
def test_in_clauses_a_value_is_a_text(service: str) -> None:
    """It is put into the finished object, and so can be no object."""
    clause = {"bool": {"must": [{"term": {"service.name": "a-{service}"}}]}}
    assert filled_clauses(clause, {"service": service}) == {
        "bool": {"must": [{"term": {"service.name": f"a-{service}"}}]}
    }


@pytest.mark.parametrize(
    "template",
    ["{app={service}}", "app='{service}'", "app=`{service}`", 'app=`"{service}"`', 'a="{service}', '"\\"" {service}'],
)
def test_a_place_outside_double_quotes_is_refused_when_the_configuration_is_read(template: str) -> None:
    """There is no way to write a template in which a value could be anything but a string."""
    with pytest.raises(ValueError, match=r"quotes|never closed"):
        checked(template)


@pytest.mark.parametrize("kind", ["query_string", "script", "regexp", "wildcard"])
def test_a_clause_that_reads_its_text_as_a_language_takes_no_value(kind: str) -> None:
    """Without a value it may be used."""
    with pytest.raises(ValueError, match=f"{kind}: reads a value as a language"):
        checked_clauses(({"bool": {"must": [{kind: {"query": "x:{service}"}}]}},))
    assert checked_clauses(({kind: {"query": "x:1"}},))


@pytest.mark.parametrize("service", ["a,b", "*", "../_all", "a/../b", "a b", "", "-" * 300])
def test_the_name_of_an_index_takes_plain_names_alone(service: str) -> None:
    """A list, a wildcard or a path would read what is another's."""
    with pytest.raises(ToolError, match=r"bad_input: filters\.service: .* cannot be part of an index's name"):
        named("logs-{service}", {"service": service}, "an index")
    assert named("logs-{service}", {"service": "cart"}, "an index") == "logs-cart"
