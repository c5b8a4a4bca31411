"""Trace rule: in a request that an alert or a line pointed at, another service took the time or failed first."""

from collections.abc import Iterator

from holdfast.analysis.causes.finding import Finding
from holdfast.analysis.causes.scene import Scene
from holdfast.analysis.causes.sourced import SourcedTrace
from holdfast.domain.diagnosis import Cause

MOST_OF_IT = 0.6  # share of a request's own time from which one service is why it was slow
SLOW, FAILED = 0.3, 0.4  # one request is an example and no measurement: alone it explains little


def slow_or_failing_callee(scene: Scene) -> Iterator[Finding]:
    """A trace shows that the service waits for another one's own time, or hands on another one's failure.

    What is wrong inside that service a trace does not say, so its class is a failing dependency; where the
    service itself is the slow one, nothing is found, for every cause makes a service slow.
    """
    for seen in scene.traces:
        for name, strength, how in _blamed(seen):
            if name and name != scene.service.name:
                statement = f"a request that {scene.service.name} served {how} {name}"
                refs = (seen.evidence_id,)
                yield Finding(Cause.DEPENDENCY_FAILURE, name, strength, statement, refs, target=name)


def _blamed(seen: SourcedTrace) -> Iterator[tuple[str, float, str]]:
    name, share = seen.trace.slowest
    if share >= MOST_OF_IT:
        yield name, SLOW, f"spent {share:.0%} of its time in"
    for failed in seen.trace.failed:
        yield failed, FAILED / len(seen.trace.failed), "failed first at"
