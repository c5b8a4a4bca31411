"""What was read of a case, each with the evidence it was read from; the scene is made of them."""

from dataclasses import dataclass
from datetime import UTC, datetime

from holdfast.analysis.logs.patterns import Template
from holdfast.analysis.numbers.onset import Shift, settled
from holdfast.analysis.numbers.series import Series
from holdfast.analysis.numbers.signals import Signal
from holdfast.analysis.readings.changes import Commit, Rollouts
from holdfast.analysis.readings.pods import Event, Pod
from holdfast.analysis.readings.traces import Trace


@dataclass(frozen=True)
class Reading:
    """One signal of one service: its numbers and how they left their baseline, if they did."""

    evidence_id: str
    service: str
    signal: Signal
    series: Series
    shift: Shift | None

    @property
    def harmed(self) -> bool:
        """Return whether it moved, or stands, the way that hurts."""
        return self.shift is not None and self.shift.harmful(self.signal)

    @property
    def onset(self) -> datetime | None:
        """Return when it left its baseline, or None when it did not or had before the first point."""
        if self.shift is None or self.shift.onset is None:
            return None
        return datetime.fromtimestamp(self.shift.onset, UTC)

    @property
    def standing(self) -> str:
        """Return in a few words how it stands now, for a statement."""
        return f"{self.signal.label} of {self.service} stands at {self.signal.show(settled(self.series.values))}"

    @property
    def course(self) -> str:
        """Return in a few words what it did, for a statement."""
        if self.shift is None:
            return f"{self.signal.label} of {self.service} is as usual"
        value = self.signal.show(self.shift.now if self.shift.ramp else self.shift.level)
        was = f" from {self.signal.show(self.shift.baseline.middle)}" if self.shift.baseline else ""
        return f"{self.signal.label} of {self.service} went{was} to {value}"


@dataclass(frozen=True)
class Sourced:
    """Something read, with the evidence it was read from."""

    evidence_id: str


@dataclass(frozen=True)
class SourcedPods(Sourced):
    """Pods of the service."""

    pods: tuple[Pod, ...]


@dataclass(frozen=True)
class SourcedEvents(Sourced):
    """Events about the service, and those about nodes."""

    events: tuple[Event, ...]


@dataclass(frozen=True)
class SourcedLogs(Sourced):
    """Log templates of one service, split at the onset."""

    service: str
    templates: tuple[Template, ...]


@dataclass(frozen=True)
class SourcedRollouts(Sourced):
    """One service's rollout history."""

    rollouts: Rollouts
    service: str = ""


@dataclass(frozen=True)
class SourcedCommits(Sourced):
    """Commits to one service's repository, oldest first."""

    service: str
    commits: tuple[Commit, ...]


@dataclass(frozen=True)
class SourcedTrace(Sourced):
    """One request, step by step."""

    trace: Trace
