"""Which service an alert's labels speak of: the first rule that fits them, as the configuration orders the rules."""

from collections.abc import Mapping
from fnmatch import fnmatchcase

from pydantic import ConfigDict, Field, model_validator

from holdfast.domain.noun import Noun


class Rule(Noun):
    """One rule. It fits when every label of `match` fits its pattern, and it comes to a name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    match: dict[str, str] = Field(default_factory=dict, description="Label to pattern, such as `job: node-*`.")
    labels: tuple[str, ...] = Field(default=(), description="The labels that name the service, best first.")
    service: str = Field(default="", description="The service's name, when no label bears it.")
    environment: str = Field(default="", description="The environment, when no label bears it.")

    @model_validator(mode="after")
    def _names_one(self) -> "Rule":
        if bool(self.labels) == bool(self.service):
            raise ValueError("labels or service: a rule names the service by exactly one of them")
        return self

    def name_in(self, labels: Mapping[str, str]) -> str:
        """Return the service's name, or empty when the rule does not fit."""
        if not all(fnmatchcase(labels.get(label, ""), pattern) for label, pattern in self.match.items()):
            return ""
        return self.service or first_of(labels, self.labels)


class Rules(Noun):
    """How labels become a service and an environment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: tuple[Rule, ...] = (Rule(labels=("service", "app", "deployment", "job")),)
    environment_labels: tuple[str, ...] = ("environment", "env")
    default_environment: str = "production"

    def meant_by(self, labels: Mapping[str, str]) -> tuple[str, str]:
        """Return the service and the environment; the service is `unknown` when no rule fits."""
        fitting = ((rule.name_in(labels), rule.environment) for rule in self.rules)
        name, environment = next(((n, e) for n, e in fitting if n), ("unknown", ""))
        return name, first_of(labels, self.environment_labels) or environment or self.default_environment


def first_of(labels: Mapping[str, str], order: tuple[str, ...]) -> str:
    """Return the value of the first label that has one."""
    return next((labels[name].strip() for name in order if labels.get(name, "").strip()), "")
