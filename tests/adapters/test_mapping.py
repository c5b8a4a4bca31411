"""Somebody else's tool answers in our contract's shape, or says by name which part of the mapping does not fit."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from mcp_types import CallToolResult, TextContent
from pydantic import JsonValue, ValidationError

from holdfast.activities.adapters.mapping import MappedTool, MappingError, ToolMapping
from holdfast.activities.adapters.mapping.expressions import quantity, table


def mapped(**fields: Any) -> MappedTool:
    """Return a mapping of a tool called `theirs`."""
    return MappedTool(ToolMapping.model_validate({"tool": "theirs", **fields}))


def said(text: str = "", structured: dict[str, Any] | None = None) -> CallToolResult:
    """Return what their server answers."""
    return CallToolResult(content=[TextContent(text=text)], structured_content=structured)


ARGUMENTS: dict[str, tuple[str, Any]] = {
    "renamed": ("args.namespace", "shop"),
    "constant": ('"apps/v1"', "apps/v1"),
    "a template": ('"{namespace=\\"" + args.namespace + "\\"}"', '{namespace="shop"}'),
    "RFC 3339 to unix": ("int(timestamp(args.start))", 1772358120),
    "a number to text": ('string(args.step) + "s"', "15s"),
    "absent, with a default": ("args.?tail.orValue(200)", 200),
}


@pytest.mark.parametrize("case", ARGUMENTS)
def test_an_argument_of_theirs_is_made_of_ours(case: str) -> None:
    """One expression an argument."""
    expression, expected = ARGUMENTS[case]
    ours: dict[str, JsonValue] = {"namespace": "shop", "start": "2026-03-01T09:42:00Z", "step": 15}
    assert mapped(arguments={"x": expression}).arguments(ours) == {"x": expected}


def test_an_argument_that_is_null_is_left_out() -> None:
    """Their server then uses its own default."""
    tool = mapped(arguments={"a": "null", "b": "args.b"})
    assert tool.arguments({"b": 1}) == {"b": 1}


def test_structured_content_is_mapped_field_by_field() -> None:
    """Numbers in text become numbers; NaN and infinities become null."""
    tool = mapped(result={"points": "answer.values.map(v, [double(v[0]), double(v[1])])", "cut": '""'})
    answer = tool.answer({}, said(structured={"values": [[1, "0.5"], [2.5, "NaN"], [3, "+Inf"]]}))
    assert answer == {"points": [[1.0, 0.5], [2.5, None], [3.0, None]], "cut": ""}


def test_text_is_read_as_json_or_yaml_and_times_stay_text() -> None:
    """YAML would make a date of it, which is no JSON."""
    assert mapped(reads="json").answer({}, said('{"a": [1]}')) == {"a": [1]}
    assert mapped(reads="yaml").answer({}, said("at: 2026-03-01T09:42:00Z")) == {"at": "2026-03-01T09:42:00Z"}


def test_a_table_in_text_becomes_rows() -> None:
    """Each column begins where its name does; names may have a space."""
    shown = "NAME     READY   LAST SEEN\ncart-1   1/1     2m ago\ncart-2           never\n"
    assert table(shown) == [
        {"NAME": "cart-1", "READY": "1/1", "LAST SEEN": "2m ago"},
        {"NAME": "cart-2", "READY": "", "LAST SEEN": "never"},
    ]
    tool = mapped(reads="text", result={"names": "answer.table().map(r, r.NAME)"})
    assert tool.answer({}, said(shown)) == {"names": ["cart-1", "cart-2"]}


def test_what_was_given_a_name_is_used_by_what_comes_after() -> None:
    """A long selection is written once."""
    tool = mapped(given={"rows": 'answer.rows.sortedBy("n")', "last": "given.rows[1]"}, result={"n": "given.last.n"})
    assert tool.answer({}, said(structured={"rows": [{"n": 2}, {"n": 1}]})) == {"n": 2}


@pytest.mark.parametrize(
    ("text", "units"),
    [("256Mi", 268435456), ("1G", 1000000000), ("1.5Ki", 1536), ("500m", 0), ("12", 12), ("", 0), ("lots", 0)],
)
def test_a_quantity_is_read_in_whole_units(text: str, units: int) -> None:
    """As the Kubernetes API writes memory."""
    assert quantity(text) == units


MISFITS: dict[str, tuple[dict[str, Any], CallToolResult, str]] = {
    "a missing field": ({"result": {"x": "answer.nope"}}, said(structured={}), "result.x: .*nope"),
    "another type": ({"result": {"x": "answer.a + 1"}}, said(structured={"a": "b"}), "result.x"),
    "no structured content": ({"result": {"x": "1"}}, said("{}"), "reads: the answer has no structured content"),
    "no JSON": ({"reads": "json"}, said("<html>"), "reads: the answer is no json"),
    "no YAML": ({"reads": "yaml"}, said("a: [1"), "reads: the answer is no yaml"),
    "no object": ({"reads": "json"}, said("[1]"), "result: their answer is no object"),
    "a time that is no JSON": ({"result": {"x": 'timestamp("2026-03-01T09:42:00Z")'}}, said(structured={}), "result.x"),
    "a circle": ({"reads": "yaml"}, said("a: &a [*a]"), "reads: the answer"),
    "a billion laughs": (
        {"reads": "yaml"},
        said(
            "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
            + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
        ),
        "reads: the answer has over",
    ),
}


@pytest.mark.parametrize("case", MISFITS)
def test_an_answer_that_does_not_fit_is_named_by_its_place(case: str) -> None:
    """Nothing is guessed and nothing is made up."""
    fields, result, place = MISFITS[case]
    with pytest.raises(MappingError, match=place):
        mapped(**fields).answer({}, result)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no CEL": ({"result": {"x": "answer."}}, "result.x"),
    "an unknown name": ({"arguments": {"x": "environment.TOKEN"}}, "arguments.x"),
    "an unknown function": ({"result": {"x": "answer.shell()"}}, "result.x"),
    "no pattern": ({"errors": {"(": "not_found"}}, "errors"),
    "a word that is not ours": ({"errors": {"x": "gone"}}, "errors.x"),
    "a further field": ({"run": "rm"}, "run"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mapping_that_is_wrong_is_refused_before_anything_starts(case: str) -> None:
    """A mistake is found when the file is read, by its place."""
    fields, place = WRONG[case]
    with pytest.raises(ValidationError, match=place.replace(".", r"\.")):
        ToolMapping.model_validate({"tool": "theirs", **fields})


def test_their_error_gets_a_word_of_ours() -> None:
    """The first pattern that is found in it counts; without one there is no word."""
    tool = mapped(errors={"not found": "not_found", "forbidden": "forbidden"})
    assert (tool.word('pods "x" NOT FOUND'), tool.word("is forbidden"), tool.word("boom")) == (
        "not_found",
        "forbidden",
        "",
    )


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever a server says, nothing else is raised."""
    try:
        mapped(reads="yaml").answer({}, said(text))
    except MappingError:
        return


def shipped(server: str, tool: str) -> MappedTool:
    """Return a mapping out of deploy/mcp."""
    document = yaml.safe_load((Path(__file__).parents[2] / "deploy" / "mcp" / f"{server}.yaml").read_text())
    return MappedTool(ToolMapping.model_validate(document["tools"][tool]))


@pytest.mark.parametrize(
    ("text", "lines"),
    [("one\ntwo\n", ["one", "two"]), ("The pod x in namespace shop has not logged any message yet", [])],
)
def test_logs_of_a_foreign_kubernetes_server_are_lines(text: str, lines: list[str]) -> None:
    """Its own sentence about an empty log is no log line."""
    answer = shipped("kubernetes-mcp-server", "get_logs").answer({"namespace": "shop", "pod": "x"}, said(text))
    assert (answer["lines"], answer["previous"]) == (lines, False)
