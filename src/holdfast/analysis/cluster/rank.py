"""Weighs the rules' signs into ranked answers: causes before their consequences, each with a calibrated confidence."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import log

from holdfast.analysis.cluster.fault import Fault, cause_of
from holdfast.analysis.cluster.rules import (
    addresses,
    admission,
    configuration,
    databases,
    images,
    ingresses,
    nodes,
    performance,
    policies,
    probes,
    routing,
    scheduling,
    storage,
)
from holdfast.analysis.cluster.sign import Sign, Thing
from holdfast.analysis.cluster.state import ClusterState
from holdfast.analysis.numbers.confidence import Calibration
from holdfast.domain.diagnosis import Cause

Rule = Callable[[ClusterState], Iterator[Sign]]

RULES: tuple[Rule, ...] = (
    scheduling.unschedulable,
    admission.refused_pods,
    admission.full_quotas,
    images.unpulled,
    configuration.missing_reference,
    configuration.port_conflict,
    configuration.port_taken,
    configuration.scaled_to_zero,
    configuration.out_of_memory,
    configuration.crash_loop,
    probes.wrong_probes,
    probes.restarting_by_probe,
    routing.unmatched_services,
    routing.unserved_ports,
    policies.kept_out,
    policies.kept_in,
    ingresses.lost_backends,
    addresses.wrong_addresses,
    addresses.misrouted,
    addresses.unresolved_names,
    storage.unbound_claims,
    storage.denied_volumes,
    nodes.stopped_services,
    nodes.not_ready,
    nodes.cut_off,
    nodes.network,
    nodes.unscheduled,
    databases.odd_settings,
    databases.refused_clients,
    databases.database_refuses,
    performance.overloaded,
    performance.delayed,
    performance.throttled_flow,
)

# From the margin to the chance of being right: fitted on the development half of Cloud-OpsBench, where one fault
# in twenty was taken to be one that no rule knows (its own answers were left out).
CALIBRATION = Calibration(intercept=1.4, slope=2.5)
STRONGEST = 0.99
EVEN = 0.5  # how strongly it is taken to be something that no rule knows
STEP_BACK = 0.25  # what is left of a consequence's strength once its cause is seen as strongly


@dataclass(frozen=True)
class Answer:
    """A fault of an object. `strength` and `confidence` are 0 to 1; `signs` are what speaks for it."""

    fault: Fault
    thing: Thing
    strength: float
    confidence: float
    signs: tuple[Sign, ...]

    @property
    def cause(self) -> Cause:
        """Return the cause it is a case of."""
        return cause_of(self.fault)

    @property
    def statement(self) -> str:
        """Return in a sentence the strongest sign."""
        return max(self.signs, key=lambda s: s.strength).statement


def rank(state: ClusterState) -> tuple[Answer, ...]:
    """Return every fault that some sign speaks for, the likeliest first; empty when nothing does."""
    found = _merged(s for rule in RULES for s in rule(state))
    weighed = sorted(((_stepped_back(a, found), a) for a in found), key=lambda w: (-w[0], w[1].fault, str(w[1].thing)))
    strengths = [strength for strength, _ in weighed]
    return tuple(
        Answer(a.fault, a.thing, own, CALIBRATION.of(_margin(own, strengths[:i] + strengths[i + 1 :])), a.signs)
        for i, (own, a) in enumerate(weighed)
    )


def margin(answers: tuple[Answer, ...]) -> float:
    """Return the log-odds by which the first answer stands before the next; by which none does when there is none."""
    strengths = [a.strength for a in answers]
    return _margin(strengths[0], strengths[1:]) if strengths else _margin(0.0, [])


def _margin(own: float, others: list[float]) -> float:
    """Return own log-odds less the strongest other's; that it is something else altogether has even odds."""
    return _odds(own) - _odds(max([EVEN, *others]))


def _merged(signs: Iterable[Sign]) -> list[Answer]:
    """Join the signs of one fault of one object; signs read from different sources add up (noisy or)."""
    groups: dict[tuple[Fault, Thing], list[Sign]] = defaultdict(list)
    for sign in signs:
        groups[(sign.fault, sign.thing)].append(sign)
    return [Answer(f, t, _together(g), 0.0, tuple(g)) for (f, t), g in groups.items()]


def _together(signs: list[Sign]) -> float:
    best: dict[str, float] = {}
    for sign in signs:
        best[sign.source] = max(best.get(sign.source, 0.0), sign.strength)
    doubt = 1.0
    for strength in best.values():
        doubt *= 1.0 - strength
    return min(STRONGEST, 1.0 - doubt)


def _stepped_back(answer: Answer, all_of_them: list[Answer]) -> float:
    """Return an answer's strength, less where another at least as strong explains it."""
    explained = any(_explains(other, answer) for other in all_of_them if other is not answer)
    return answer.strength * (STEP_BACK if explained else 1.0)


# A node that does not run explains what its pods suffer; a slow network explains slow workloads.
_OF_NODES = frozenset({Fault.CONTAINER_RUNTIME, Fault.KUBELET, Fault.KUBE_PROXY, Fault.SCHEDULER, Fault.NODE_NOT_READY})
_SLOWED = frozenset({Fault.NETWORK_DELAY})
_SLOWING = frozenset({Fault.NODE_DELAY, Fault.NODE_LOSS, Fault.CPU_OVERLOAD})


def _explains(cause: Answer, effect: Answer) -> bool:
    if cause.strength < effect.strength:
        return False
    if cause.fault in _SLOWING and effect.fault in _SLOWED:
        return True
    if cause.fault in _OF_NODES:
        return effect.thing.kind != "node"
    return effect.fault in _SLOWED and cause.fault not in _SLOWED


def _odds(strength: float) -> float:
    held = min(STRONGEST, max(0.01, strength))
    return log(held / (1 - held))
