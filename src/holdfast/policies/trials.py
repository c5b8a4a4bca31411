"""Policies as data under test: a trial says what is given and what must be answered."""

from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from holdfast.domain.action import ACTION, Action
from holdfast.domain.alert import Severity
from holdfast.domain.decision import Decision, Verdict
from holdfast.domain.diagnosis import Cause, Hypothesis
from holdfast.domain.incident import IncidentKey
from holdfast.domain.noun import Noun
from holdfast.domain.plan import BlastRadius, Plan, PlannedAction
from holdfast.domain.service import Service
from holdfast.policies.case import Case
from holdfast.policies.judge import Judge
from holdfast.policies.reading import Document, Problem, problems_of, read, wrong

A_MONDAY = "2026-01-05T12:00:00Z"

# What an action needs beside its kind, where a trial does not say it.
_USUAL: dict[str, dict[str, Any]] = {
    "scale_deployment": {"replicas": 6},
    "rollback_deployment": {"to_revision": 6},
    "run_diagnostic_job": {"job": "dns-lookup"},
    "revert_commit": {"commit": "0" * 12},
    "apply_terraform": {"workspace": "main", "saved_plan": "0" * 64},
}


class Given(BaseModel):
    """The circumstances of a trial; what is not given is ordinary.

    `action` is a kind, an object with `kind` and the fields that matter, or null for a plan without actions.
    `way_back` is false for none, or an object; else scaling and rolling back have their usual one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: str | dict[str, str | int] | None
    way_back: bool | dict[str, str | int] = True
    service: str = Field(default="checkout", min_length=1)
    environment: str = Field(default="production", min_length=1)
    service_environment: str = Field(default="", description="What the catalogue says, where it differs.")
    tenant: str = Field(default="default", min_length=1)
    namespace: str = "shop"
    kind: str = "deployment"
    tier: int = Field(default=2, ge=1, le=3)
    known: bool = True
    severity: Severity = Severity.HIGH
    cause: Cause = Cause.UNKNOWN
    confidence: float = Field(default=0.8, ge=0, le=1)
    pods: int = Field(default=3, ge=0, description="Pods the action touches.")
    alerts: int = Field(default=1, ge=0)
    actions_done: int = Field(default=0, ge=0)
    proposer: str = "holdfast"
    at: AwareDatetime = Field(default_factory=lambda: TypeAdapter(AwareDatetime).validate_python(A_MONDAY))

    def case(self) -> Case:
        """Return what the judge is asked.

        Raises:
            ValueError: naming the field of the action that is wrong.
        """
        guess = Hypothesis(
            cause=self.cause, service=self.service, statement="given", confidence=self.confidence, evidence=()
        )
        return Case(
            key=IncidentKey(tenant=self.tenant, environment=self.environment, service=self.service),
            service=self._service(),
            severity=self.severity,
            hypothesis=guess,
            plan=Plan(actions=self._planned(), proposer=self.proposer, cause=self.cause, confidence=self.confidence),
            alerts=self.alerts,
            actions_done=self.actions_done,
            at=self.at,
        )

    def _service(self) -> Service:
        return Service(
            name=self.service,
            environment=self.service_environment or self.environment,
            tier=self.tier,
            kind=self.kind,
            namespace=self.namespace,
            deployment=self.service,
            known=self.known,
        )

    def _planned(self) -> tuple[PlannedAction, ...]:
        if self.action is None:
            return ()
        said = {"kind": self.action} if isinstance(self.action, str) else self.action
        action = self._action(said, "action")
        radius = BlastRadius(services=(self.service,), pods=self.pods)
        return (PlannedAction(action=action, way_back=self._back(action), blast_radius=radius),)

    def _back(self, action: Action) -> Action | None:
        if isinstance(self.way_back, dict):
            return self._action({"kind": action.kind, **self.way_back}, "way_back")
        usual = {"scale_deployment": {"replicas": self.pods}, "rollback_deployment": {"to_revision": 7}}
        if not self.way_back or action.kind not in usual:
            return None
        return self._action({**action.model_dump(), **usual[action.kind]}, "way_back")

    def _action(self, said: dict[str, Any], where: str) -> Action:
        around = {
            "service": self.service,
            "namespace": self.namespace,
            "deployment": self.service,
            "pod": f"{self.service}-7d9f6c5b4-x2x4z",
            "container": self.service,
            "target": self.service,
            "repository": f"shop/{self.service}",
        }
        try:
            return ACTION.validate_python({**around, **_USUAL.get(str(said.get("kind")), {}), **said})
        except ValidationError as e:
            first = e.errors(include_url=False)[0]
            place = ".".join(str(p) for p in (where, *first["loc"][1:]))
            raise ValueError(f"{place}: {first['msg']}") from e


class Expected(BaseModel):
    """What must be answered; what is left out is not compared."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    verdict: Verdict
    rule: str | None = None
    tier: str | None = None
    quorum: int | None = None
    approvers: tuple[str, ...] | None = None
    obligations: tuple[str, ...] | None = None
    risk: float | None = None


class Trial(BaseModel):
    """One case of a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    given: Given
    expect: Expected


class Trials(BaseModel):
    """A file of cases."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cases: tuple[Trial, ...] = Field(min_length=1)


class Outcome(Noun):
    """How one trial ended: `differences` say what was answered and what was expected; none means it passed."""

    name: str
    verdict: Verdict
    rule: str
    differences: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Return whether everything expected was answered."""
        return not self.differences


def parse_trials(text: str, where: str = "cases") -> Trials:
    """Read a file of cases.

    Raises:
        PolicyError: naming the file, the field that is wrong and its line.
    """
    document = read(text, where)
    try:
        trials = Trials.model_validate(document.data)
    except ValidationError as e:
        raise wrong(where, problems_of(e, document)) from e
    problems = [p for n, trial in enumerate(trials.cases) if (p := _problem(n, trial, document))]
    if problems:
        raise wrong(where, problems)
    return trials


def run(judge: Judge, trials: Trials) -> list[Outcome]:
    """Judge every case and compare."""
    return [_outcome(trial, judge.judge(trial.given.case())) for trial in trials.cases]


def _problem(number: int, trial: Trial, document: Document) -> Problem | None:
    try:
        trial.given.case()
    except ValueError as e:
        where, _, text = str(e).partition(": ")
        field = where.split(".")[0]
        line = document.line_of(("cases", number, "given", field))
        return Problem(where=f"cases.{number}.given.{where}", text=text, line=line)
    return None


def _outcome(trial: Trial, decision: Decision) -> Outcome:
    tier = decision.actions[0].tier if decision.actions else ""
    answered = {**decision.model_dump(include=set(Expected.model_fields) - {"tier"}), "tier": tier}
    wanted = trial.expect.model_dump(exclude_none=True)
    differences = tuple(
        f"{name} is {_shown(answered[name])}, not {_shown(want)}"
        for name, want in wanted.items()
        if answered[name] != want
    )
    return Outcome(name=trial.name, verdict=decision.verdict, rule=decision.rule, differences=differences)


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) or "nobody" if isinstance(value, tuple) else str(value) or "none"
