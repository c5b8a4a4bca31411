"""The causal ranker: rules read the scene, their findings are fused, and what could not be known is said."""

from collections.abc import Callable, Iterator

from holdfast.analysis.causes.changes import changed_elsewhere
from holdfast.analysis.causes.cluster import cluster_faults
from holdfast.analysis.causes.demand import cpu_saturation, traffic_surge
from holdfast.analysis.causes.dependencies import dependency_down
from holdfast.analysis.causes.finding import Finding
from holdfast.analysis.causes.fusion import fuse
from holdfast.analysis.causes.health import healthy, unwell
from holdfast.analysis.causes.memory import memory_leak, out_of_memory
from holdfast.analysis.causes.releases import bad_release
from holdfast.analysis.causes.scene import Scene, read_scene
from holdfast.analysis.causes.slowness import slow_dependency
from holdfast.analysis.causes.together import moved_together
from holdfast.analysis.causes.traces import slow_or_failing_callee
from holdfast.analysis.numbers.signals import GOLDEN, SIGNALS
from holdfast.analysis.observation import Case
from holdfast.analysis.remedy import REMEDIES, refuted
from holdfast.domain.diagnosis import Cause, Diagnosis, Hypothesis

Rule = Callable[[Scene], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    out_of_memory,
    memory_leak,
    bad_release,
    changed_elsewhere,
    cpu_saturation,
    traffic_surge,
    dependency_down,
    slow_dependency,
    cluster_faults,
    slow_or_failing_callee,
    healthy,
)


PLAIN = 0.5  # strength from which on a fault alone contradicts "healthy"


def rank(case: Case) -> Diagnosis:
    """Return the hypotheses that explain the case, best first; none when nothing does, with what is missing.

    A hypothesis whose remedy was carried out and verified not to help is disproved and left out.
    """
    scene = read_scene(case)
    findings = _findings(scene)
    standing = [f for f in findings if not refuted(f.cause, f.service, case.attempts)]
    hypotheses = tuple(_with_remedy(h) for h in fuse(standing))
    missing = _missing(scene)
    early = not hypotheses and scene.too_early
    if early:
        missing = (*missing, "no points since the alert began to fire: too early to say")
    elif not hypotheses:
        missing = (*missing, *unwell(scene), "nothing that was looked at explains the alert")
    notes = _disproved(findings, standing)
    return Diagnosis(
        method="ranker",
        hypotheses=hypotheses,
        missing=missing,
        notes=notes,
        together=moved_together(scene),
        too_early=early,
    )


def findings_of(case: Case) -> list[Finding]:
    """Return what every rule says of a case, before anything is weighed or left out."""
    return _findings(read_scene(case))


def _findings(scene: Scene) -> list[Finding]:
    found = [f for rule in RULES for f in rule(scene)]
    # A fault that is plainly there speaks against health, however well the signals still look.
    faulty = any(f.cause is not Cause.HEALTHY and f.strength >= PLAIN for f in found)
    return [f for f in found if f.cause is not Cause.HEALTHY or not faulty]


def _with_remedy(hypothesis: Hypothesis) -> Hypothesis:
    return hypothesis.model_copy(update={"suggested": REMEDIES.get(hypothesis.cause, ())})


def _missing(scene: Scene) -> tuple[str, ...]:
    """Return what would have been needed to know more: signals without points and answers without sense.

    A source that did not answer at all is already told by the evidence itself.
    """
    asked = {o.evidence.service for o in scene.case.observations}
    unseen = [name for name in GOLDEN if scene.reading(name) is None and scene.service.name in asked]
    silent = f"no points for {', '.join(SIGNALS[n].label for n in unseen)} of {scene.service.name}"
    return (*scene.unread, *((silent,) if unseen else ()))


def _disproved(findings: list[Finding], standing: list[Finding]) -> tuple[str, ...]:
    gone = dict.fromkeys(
        f"{f.cause} of {f.service} is disproved: its remedy did not help" for f in findings if f not in standing
    )
    return tuple(gone)
