"""What is wrong with a policy before it judges anything: errors that make it useless, warnings worth a look."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Literal

from holdfast.domain.decision import Verdict
from holdfast.domain.ledger import ANYONE
from holdfast.domain.noun import Noun
from holdfast.policies.document import Match, Policy, Rule, open_to_anyone
from holdfast.policies.reading import Document, PolicyError, read
from holdfast.policies.rulebook import STRICTNESS, RuleBook
from holdfast.policies.source import judge_of

_PATTERNS = ("environments", "tenants", "namespaces", "services")


class Finding(Noun):
    """One thing found. `line` counts from 1; 0 when it is about the whole."""

    level: Literal["error", "warning"]
    where: str
    text: str
    line: int = 0


def lint(text: str, where: str = "policy") -> list[Finding]:
    """Return everything found in a policy, in the order of its lines; nothing is good news."""
    try:
        policy = judge_of(text, where).policy
    except PolicyError as e:
        return [Finding(level="error", where=p.where, text=p.text, line=p.line) for p in e.problems]
    document = read(text, where)
    found = [*_of_rules(policy, document), *_of_people(policy, document), *_of_variables(policy, document)]
    return sorted(found, key=lambda f: f.line)


def _of_rules(policy: Policy, document: Document) -> Iterator[Finding]:
    for n, rule in enumerate(policy.rules):
        line = document.line_of(("rules", n))
        for level, text in _about(policy, rule):
            yield Finding(level=level, where=f"rules.{rule.id}", text=text, line=line)


def _about(policy: Policy, rule: Rule) -> Iterator[tuple[Literal["error", "warning"], str]]:
    shadow = next((other for other in policy.rules if _shadows(policy, other, rule)), None)
    if shadow:
        yield "warning", f"never decides: {shadow.id} says {shadow.verdict} to everything it is about"
    if rule.verdict is Verdict.ALLOW and not rule.when and rule.match == Match():
        yield "warning", "allows everything that no other rule asks about or denies"
    if rule.verdict is not Verdict.ASK and (rule.approvers or rule.quorum > 1 or rule.escalate_to):
        yield "warning", f"names people, but a rule that says {rule.verdict} asks nobody"
    people = policy.identities(rule.approvers)
    if rule.verdict is Verdict.ASK and ANYONE not in people and len(people) < rule.quorum:
        yield "error", f"a quorum of {rule.quorum} cannot be reached: its roles name {len(people)}"


def _of_people(policy: Policy, document: Document) -> Iterator[Finding]:
    named = {role for rule in policy.rules for role in (*rule.approvers, *rule.escalate_to)}
    for role in sorted(set(policy.people) - named):
        line = document.line_of(("people", role))
        yield Finding(level="warning", where=f"people.{role}", text="no rule names this role", line=line)
    if open_to_anyone(policy):
        text = "`*` lets anyone with a name approve; this is refused outside the embedded stack"
        yield Finding(level="warning", where="people", text=text, line=document.line_of(("people",)))


def _of_variables(policy: Policy, document: Document) -> Iterator[Finding]:
    read_by_any = {name for condition in RuleBook(policy).conditions.values() for name in condition.reads}
    for name in policy.variables:
        if f"variables.{name}" not in read_by_any:
            line = document.line_of(("variables", name))
            yield Finding(level="warning", where=f"variables.{name}", text="nothing uses it", line=line)


def _shadows(policy: Policy, other: Rule, rule: Rule) -> bool:
    """Return whether `other` answers whenever `rule` does, and its answer wins."""
    if other is rule or other.when not in ("", rule.when) or not _covers(other.match, rule.match):
        return False
    stricter = STRICTNESS[other.verdict] - STRICTNESS[rule.verdict]
    if stricter == 0 and other.quorum >= rule.quorum:
        return policy.rules.index(other) < policy.rules.index(rule)
    return stricter > 0


def _covers(wide: Match, narrow: Match) -> bool:
    """Return whether everything `narrow` is about is also what `wide` is about."""
    return all(_admits(field, getattr(wide, field), getattr(narrow, field)) for field in Match.model_fields)


def _admits(field: str, wide: tuple[object, ...], narrow: tuple[object, ...]) -> bool:
    if not wide:
        return True
    if field in _PATTERNS:
        return bool(narrow) and all(any(fnmatchcase(str(n), str(w)) for w in wide) for n in narrow)
    return bool(narrow) and set(narrow) <= set(wide)
