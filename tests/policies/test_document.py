"""The policy document: what is misspelt or does not fit together is refused, naming the field."""

from pathlib import Path

import pytest

from holdfast.policies.document import PolicyError, load, open_to_anyone, parse
from tests.policies.shop import policy, rule

HEAD = "name: p\nversion: 1\npeople: {oncall: [alice]}\n"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("rules: []", r"rules: "),
        ("rules: [{id: a, verdict: maybe, reason: r}]", r"line 4: rules\.0\.verdict"),
        ("rules:\n  - id: a\n    verdict: allow\n    reason: r\n    qorum: 2", r"line 8: rules\.0\.qorum"),
        ("rules: [{id: a, verdict: ask, reason: r}]", "approvers: a rule that asks must say whom"),
        ("rules: [{id: a, verdict: allow, reason: r, match: {actions: [shell]}}]", "no action is called 'shell'"),
        ("rules: [{id: a, verdict: allow, reason: r, match: {causes: [gremlins]}}]", r"match\.causes\.0"),
        ("rules: [{id: a, verdict: allow, reason: r, match: {tiers: [4]}}]", r"match\.tiers\.0"),
        ("rules: [{id: a, verdict: ask, reason: r, approvers: [ghosts]}]", r"rules\.a\.approvers: .*'ghosts'"),
        ("rules: [{id: a, verdict: allow, reason: r, obligations: [sing]}]", r"obligations\.0"),
        ("rules: [{id: a, verdict: allow, reason: r, tier: forbidden}]", "tier: a rule that says allow is automatic"),
        ("rules: [{id: tells-only, verdict: deny, reason: r}]", "judge's own word"),
        ("rules: [{id: a, verdict: deny}]", r"rules\.0\.reason"),
        ("rules: [{id: a, verdict: deny, reason: r}, {id: a, verdict: deny, reason: r}]", "two rules are called 'a'"),
        ("rules: [{id: a, verdict: deny, reason: r}]\nrisk: [{name: n, when: x, points: .nan}]", r"risk\.0\.points"),
        ("extra: 1\nrules: [{id: a, verdict: deny, reason: r}]", "line 4: extra"),
    ],
)
def test_a_wrong_document_names_the_field(text: str, wrong: str) -> None:
    """The message says file, line and field."""
    with pytest.raises(PolicyError, match=f"^p.yaml: .*{wrong}"):
        parse(HEAD + text, "p.yaml")


@pytest.mark.parametrize("text", ["", "[]", "just words", "rules: {}"])
def test_what_is_no_policy_at_all_is_refused(text: str) -> None:
    """An empty file is no policy either."""
    with pytest.raises(PolicyError):
        parse(text)


def test_every_problem_is_found_at_once() -> None:
    """So that a person mends a document in one go."""
    with pytest.raises(PolicyError) as caught:
        parse("name: ''\nversion: 0\nrules: [{id: A, verdict: deny, reason: r}]")
    assert {p.where for p in caught.value.problems} == {"name", "version", "rules.0.id"}


def test_a_role_that_names_nobody_is_refused() -> None:
    """An ask of nobody could never be answered."""
    with pytest.raises(PolicyError, match=r"people\.oncall: names nobody"):
        parse("name: p\nversion: 1\npeople: {oncall: []}\nrules: [{id: a, verdict: deny, reason: r}]")


def test_the_version_holds_the_digest_of_what_it_says() -> None:
    """A changed rule is another version, whatever the number says; a comment is not."""
    text = HEAD + "rules: [{id: a, verdict: deny, reason: r}]"
    first, second = parse(text), parse(text + " # why")
    assert first.version_digest == second.version_digest
    assert first.version_digest.startswith("1+")
    assert len(first.version_digest) == len("1+") + 12
    assert parse(text.replace("reason: r", "reason: s")).version_digest != first.version_digest


def test_a_file_that_cannot_be_read_is_a_policy_error(tmp_path: Path) -> None:
    """Missing, a folder, or no text: never another kind of exception."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for name in ("missing", ".", "binary"):
        with pytest.raises(PolicyError):
            load(tmp_path / name)


def test_a_star_among_the_people_is_open_to_anyone() -> None:
    """So that settings outside the embedded stack can refuse it."""
    assert open_to_anyone(policy(rule("a", "deny")))
    assert not open_to_anyone(policy(rule("a", "deny"), people={"oncall": ("alice",)}))


def test_an_open_role_is_called_by_its_name() -> None:
    """Nobody is reminded by a star."""
    assert policy(rule("a", "deny")).called(("anyone", "leads")) == ("anyone", "carol")
