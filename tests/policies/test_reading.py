"""Reading a policy's text: strict, and able to say on which line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.policies.reading import LARGEST, PolicyError, Problem, read, wrong


def test_a_field_is_found_on_its_line() -> None:
    """Block and flow style, lists and mappings alike."""
    document = read("name: p\nrules:\n  - id: a\n    match: {actions: [x]}\n  - id: b\n", "f")
    assert document.data == {"name": "p", "rules": [{"id": "a", "match": {"actions": ["x"]}}, {"id": "b"}]}
    assert [document.line_of(p) for p in [("name",), ("rules", 0, "id"), ("rules", 0, "match", "actions", 0)]] == [
        1,
        3,
        4,
    ]


def test_a_missing_field_is_placed_at_what_should_hold_it() -> None:
    """Nobody wrote it, so the nearest part around it is named."""
    document = read("name: p\nrules:\n  - id: a\n", "f")
    assert document.line_of(("rules", 0, "verdict")) == 3
    assert document.line_of(("version",)) == 0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (": no yaml [", "no YAML"),
        ("a: 1\nb: 2\na: 3", "line 3: .*'a' is written twice"),
        ("a: &x [1]\nb: *x", "aliases are not read"),
        ("? [a, b]\n: 1", "a key must be one word"),
        ("a: !!python/object:os.system {}", "no YAML"),
        ("a: 2026-99-99", "not readable"),
        ("--- 1\n--- 2", "no YAML"),
        ("[" * 60 + "]" * 60, "nested too deeply"),
        ("[" * 5000 + "]" * 5000, "not readable|nested"),
        ("#" * (LARGEST + 1), "larger than 256 KiB"),
    ],
)
def test_what_is_not_plain_yaml_is_refused_with_its_line(text: str, why: str) -> None:
    """A key lost in silence, an object made, a bomb unfolded: none of them happens."""
    with pytest.raises(PolicyError, match=f"^policy.yaml: .*({why})"):
        read(text, "policy.yaml")


def test_an_error_shows_its_first_problem_and_counts_the_rest() -> None:
    """All of them travel in `problems`."""
    error = wrong("f.yaml", [Problem(where="a.b", text="wrong", line=7), Problem(where="c", text="odd")])
    assert str(error) == "f.yaml: line 7: a.b: wrong (and 1 more)"
    assert len(error.problems) == 2
    assert PolicyError("odd").problems == (Problem(where="", text="odd"),)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing but a PolicyError ever comes out."""
    try:
        read(text, "f")
    except PolicyError:
        return
