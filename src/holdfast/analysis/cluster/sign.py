"""What one rule saw: a fault of one object, how strongly it speaks, and where it was read."""

from dataclasses import dataclass

from holdfast.analysis.cluster.fault import Fault

# How strongly a sign speaks: the chance of its fault if nothing else were known. Four steps, not tuned.
SAYS_SO = 0.95  # the cluster itself names the fault, now
CONTRADICTS = 0.85  # two objects contradict each other, and it hurts
SUGGESTS = 0.6  # measured, and other faults could look alike
HINTS = 0.3  # written oddly, but nothing shows that it hurts


@dataclass(frozen=True)
class Thing:
    """An object: its kind (`app`, `node`, `namespace`) and name."""

    kind: str
    name: str

    def __str__(self) -> str:
        """Return it as `kind/name`."""
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True)
class Sign:
    """One observation that speaks for a fault. `source` says which part of the state it was read from."""

    fault: Fault
    thing: Thing
    strength: float
    statement: str
    source: str


def app(name: str) -> Thing:
    """Return the workload of that name."""
    return Thing("app", name)


def node(name: str) -> Thing:
    """Return the node of that name."""
    return Thing("node", name)
