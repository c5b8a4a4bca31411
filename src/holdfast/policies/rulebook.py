"""A policy made ready to be asked: every condition compiled, and each rule's answer about one question."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cached_property, partial
from typing import Any

from holdfast.domain.decision import RiskTerm, Verdict
from holdfast.policies.case import Case, Question, facts, questions
from holdfast.policies.conditions import RISK, Compiler, Condition, Facts
from holdfast.policies.document import Match, Policy, Rule
from holdfast.policies.reading import Problem, wrong

STRICTNESS = {Verdict.ALLOW: 0, Verdict.ASK: 1, Verdict.DENY: 2}


class Said(StrEnum):
    """How a rule answered; only the last two count."""

    SILENT = "is not about this"
    UNTRUE = "its condition does not hold"
    SPOKE = "holds"
    FAILED = "its condition failed"


@dataclass(frozen=True)
class Ruling:
    """What one rule answered about one question; `rule` is empty where the judge speaks for itself."""

    id: str
    verdict: Verdict
    reason: str
    said: Said = Said.SPOKE
    rule: Rule | None = None
    error: str = ""

    @property
    def counts(self) -> bool:
        """Return whether it has a say in the verdict."""
        return self.said is Said.SPOKE or self.said is Said.FAILED


@dataclass(frozen=True)
class Risk:
    """The risk of a whole plan, with its terms; each term is counted once."""

    terms: tuple[RiskTerm, ...] = ()
    errors: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        """Return the sum of the points."""
        return float(sum(t.points for t in self.terms))


@dataclass(frozen=True)
class _Entry:
    rule: Rule
    condition: Condition | None

    @cached_property
    def admits_all(self) -> bool:
        """Return whether it narrows nothing by its match."""
        return self.rule.match == Match()


class RuleBook:
    """A compiled policy.

    Raises:
        PolicyError: naming each variable, rule and term whose condition does not compile.
    """

    def __init__(self, policy: Policy) -> None:
        problems: list[Problem] = []
        try:
            self._compiler = Compiler(policy.variables)
        except ValueError as e:
            where, _, text = str(e).partition(": ")
            raise wrong(policy.name, [Problem(where=where, text=text)]) from e
        self._entries = _entries(policy, self._compiler, problems)
        self._weights = _weights(policy, self._compiler, problems)
        if problems:
            raise wrong(policy.name, problems)

    @property
    def conditions(self) -> dict[str, Condition]:
        """Return every rule's and term's condition, by the rule's id or `risk.NAME`."""
        rules = {e.rule.id: e.condition for e in self._entries if e.condition}
        return {**rules, **{f"risk.{term.name}": condition for term, condition in self._weights}}

    def weigh(self, case: Case) -> Risk:
        """Return the risk of a plan's actions."""
        terms: dict[str, RiskTerm] = {}
        errors: list[str] = []
        for question in (asked[0] for asked in questions(case.plan)):
            seen, _ = self._compiler.evaluate(facts(case, question))
            for term, condition in self._weights:
                answer = condition.ask(seen)
                if answer.error:
                    errors.append(f"risk.{term.name} failed: {answer.error}")
                if answer.holds or answer.error:
                    terms[term.name] = term
        return Risk(tuple(terms.values()), tuple(dict.fromkeys(errors)))

    def hear(self, case: Case, question: Question, risk: Risk) -> tuple[Ruling, ...]:
        """Return what every rule says about one action or way back, in the document's order; failures come first."""
        seen, errors = self._compiler.evaluate(facts(case, question))
        seen = {**seen, RISK: risk.score}
        failed = tuple(_failure(e) for e in (*errors, *risk.errors))
        return failed + tuple(_ask(entry, case, seen) for entry in self._entries)


def strictest(counted: Iterable[Ruling]) -> Ruling:
    """Return the ruling that decides: the strictest, then a rule's own word before a failure, then the first."""
    return max(counted, key=lambda r: (STRICTNESS[r.verdict], r.said is Said.SPOKE), default=_NOTHING)


_NOTHING = Ruling("nothing-matched", Verdict.DENY, "No rule speaks of this, so it is not allowed.")


def _ask(entry: _Entry, case: Case, seen: Facts) -> Ruling:
    rule = entry.rule
    if not entry.admits_all and not _matches(rule.match, case, seen):
        return Ruling(rule.id, rule.verdict, rule.reason, Said.SILENT, rule)
    answer = entry.condition.ask(seen) if entry.condition else None
    if answer and answer.error:
        text = f"the condition of {rule.id} failed: {answer.error}"
        return Ruling(rule.id, Verdict.DENY, text, Said.FAILED, rule, text)
    said = Said.SPOKE if answer is None or answer.holds else Said.UNTRUE
    return Ruling(rule.id, rule.verdict, rule.reason, said, rule)


def _failure(error: str) -> Ruling:
    return Ruling("condition-failed", Verdict.DENY, error, Said.FAILED, error=error)


def _matches(match: Match, case: Case, seen: Facts) -> bool:
    exact: tuple[tuple[tuple[Any, ...], Any], ...] = (
        (match.actions, seen["action.kind"]),
        (match.causes, case.cause),
        (match.kinds, case.service.kind),
        (match.tiers, case.service.tier),
        (match.severities, case.severity),
    )
    patterns = (
        (match.environments, case.key.environment),
        (match.tenants, case.key.tenant),
        (match.namespaces, str(seen["action.namespace"])),
        (match.services, case.service.name),
    )
    return all(not admitted or value in admitted for admitted, value in exact) and all(
        not admitted or any(fnmatchcase(value, p) for p in admitted) for admitted, value in patterns
    )


def _entries(policy: Policy, compiler: Compiler, problems: list[Problem]) -> list[_Entry]:
    return [
        _Entry(r, _compiled(f"rules.{r.id}.when", partial(compiler.compile, r.when), problems) if r.when else None)
        for r in policy.rules
    ]


def _weights(policy: Policy, compiler: Compiler, problems: list[Problem]) -> list[tuple[RiskTerm, Condition]]:
    found: list[tuple[RiskTerm, Condition]] = []
    for weight in policy.risk:
        condition = _compiled(
            f"risk.{weight.name}.when", partial(compiler.compile, weight.when, with_risk=False), problems
        )
        if condition:
            found.append((RiskTerm(name=weight.name, points=weight.points, why=weight.why), condition))
    return found


def _compiled(where: str, compile_: Callable[[], Condition], problems: list[Problem]) -> Condition | None:
    try:
        return compile_()
    except ValueError as e:
        problems.append(Problem(where=where, text=str(e)))
        return None
