"""What can go wrong in the simulated shop: each fault is a data file with its symptoms, its cures and its alerts."""

from functools import cache
from importlib.resources import files

import yaml
from pydantic import Field

from holdfast.domain.noun import Noun
from holdfast.tools.simulation.topology import LogTemplate


class SignalEffect(Noun):
    """What a fault does to one signal: towards a level (`to`) or a multiple (`times`), in a shape."""

    service: str
    signal: str
    to: float | None = None
    times: float | None = None
    shape: str = Field(default="step", pattern="^(step|ramp|sawtooth)$")
    over: float = Field(default=1.0, gt=0, description="Seconds a ramp takes, or a sawtooth's period.")
    after: float = Field(default=0.0, description="Seconds after the onset.")


class FaultLog(LogTemplate):
    """A line the fault makes a service write."""

    service: str


class FaultEvent(Noun):
    """A Kubernetes event the fault causes, again and again."""

    service: str
    type: str = "Warning"
    reason: str
    message: str
    every: float = Field(gt=0, description="Seconds between two of them.")


class PodState(Noun):
    """What a fault makes of a service's pods."""

    service: str
    ready: bool = True
    reason: str = ""
    last_reason: str = ""
    exit_code: int | None = None
    restart_every: float = Field(default=0.0, description="Seconds between two restarts; 0 is never.")


class Rollout(Noun):
    """A new revision that went out `before` seconds before the onset."""

    service: str
    image: str
    change_cause: str
    commit: str
    before: float = 0.0


class Cure(Noun):
    """What ends the fault: an action on a service, with what it must at least do."""

    kind: str
    service: str
    min_replicas: int = 0


class SentAlert(Noun):
    """What a monitor says about it."""

    name: str
    service: str
    severity: str
    summary: str


class Expected(Noun):
    """How an incident about this fault should end."""

    status: str
    cause: str
    service: str
    verdict: str = ""
    actions: tuple[str, ...] = ()


class Fault(Noun):
    """One fault, as its file says."""

    name: str
    title: str
    story: str
    service: str
    environment: str = "production"
    onset: float = Field(description="Seconds before the injection at which it began.")
    signals: tuple[SignalEffect, ...] = ()
    logs: tuple[FaultLog, ...] = ()
    events: tuple[FaultEvent, ...] = ()
    pods: tuple[PodState, ...] = ()
    rollout: Rollout | None = None
    cures: tuple[Cure, ...] = ()
    alerts: tuple[SentAlert, ...]
    expect: Expected


@cache
def load(name: str) -> Fault:
    """Read one fault's file.

    Raises:
        KeyError: when there is no fault of that name; the message lists those there are.
    """
    path = files("holdfast.tools.simulation") / "faults" / f"{name}.yaml"
    if name not in names():
        raise KeyError(f"no fault is called {name!r}; there are: {', '.join(names())}")
    return Fault.model_validate({"name": name, **yaml.safe_load(path.read_text())})


@cache
def names() -> tuple[str, ...]:
    """Return every fault's name, in alphabetical order."""
    folder = files("holdfast.tools.simulation") / "faults"
    return tuple(sorted(f.name.removesuffix(".yaml") for f in folder.iterdir() if f.name.endswith(".yaml")))
