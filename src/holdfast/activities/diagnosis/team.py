"""Who is asked: four specialists, each with its own evidence, tools and brief, chosen by the kind of alert."""

from dataclasses import dataclass

from temporalio import activity

from holdfast.activities.contracts import CHOOSE_SPECIALISTS, DiagnosisRequest, Team, TeamRequest
from holdfast.analysis.alert_kinds import kind_of
from holdfast.domain.evidence import EvidenceKind


@dataclass(frozen=True)
class Specialist:
    """One specialist: the kinds of evidence it reads, the tools it may ask, and what it is told to look for."""

    name: str
    kinds: frozenset[EvidenceKind]
    tools: frozenset[str]
    brief: str

    def part_of(self, case: DiagnosisRequest) -> DiagnosisRequest:
        """Return the case with this specialist's evidence alone."""
        return case.model_copy(update={"evidence": tuple(e for e in case.evidence if e.kind in self.kinds)})


# No tool and no kind stands twice: two specialists never ask the same question.
TEAM: dict[str, Specialist] = {
    s.name: s
    for s in (
        Specialist(
            "metrics",
            frozenset({EvidenceKind.METRIC}),
            frozenset({"monitoring.fetch_metrics"}),
            "Say which signal left its baseline first, which followed, and which stayed: order is what tells a cause.",
        ),
        Specialist(
            "logs",
            frozenset({EvidenceKind.LOGS}),
            frozenset({"monitoring.query_logs", "kubernetes.get_logs"}),
            "Say which messages are new since the alert, what they name, and whether they are cause or echo.",
        ),
        Specialist(
            "cluster",
            frozenset(
                {
                    EvidenceKind.PODS,
                    EvidenceKind.EVENTS,
                    EvidenceKind.CONTAINER,
                    EvidenceKind.DEPLOYMENTS,
                    EvidenceKind.SERVICES,
                    EvidenceKind.INGRESSES,
                    EvidenceKind.NETWORK_POLICIES,
                    EvidenceKind.QUOTAS,
                    EvidenceKind.CONFIG_MAPS,
                    EvidenceKind.CLAIMS,
                    EvidenceKind.NODES,
                }
            ),
            frozenset(
                {
                    "kubernetes.get_pods",
                    "kubernetes.describe_pod",
                    "kubernetes.get_events",
                    "kubernetes.get_deployments",
                    "kubernetes.get_services",
                    "kubernetes.get_ingresses",
                    "kubernetes.get_network_policies",
                    "kubernetes.get_quotas",
                    "kubernetes.get_config_maps",
                    "kubernetes.get_claims",
                    "kubernetes.get_nodes",
                    "infrastructure.docker_container_status",
                }
            ),
            "Say what pods and nodes do: restarts, kills, images, probes, scheduling, what selects and limits them.",
        ),
        Specialist(
            "changes",
            frozenset({EvidenceKind.ROLLOUTS, EvidenceKind.COMMITS, EvidenceKind.PLAN}),
            frozenset({"kubernetes.rollout_history", "infrastructure.terraform_plan"}),
            "Say what was changed shortly before the alert, and what was not: a later change explains nothing.",
        ),
    )
}
# Whom an alert of each kind is for, first to last.
FIRST: dict[str, tuple[str, ...]] = {
    "crash": ("cluster", "logs", "changes", "metrics"),
    "cluster": ("cluster", "changes", "logs", "metrics"),
    "saturation": ("metrics", "cluster", "changes", "logs"),
    "latency": ("metrics", "changes", "logs", "cluster"),
    "errors": ("logs", "changes", "metrics", "cluster"),
    "traffic": ("metrics", "changes", "cluster", "logs"),
    "unknown": ("metrics", "logs", "cluster", "changes"),
}


@activity.defn(name=CHOOSE_SPECIALISTS)
async def choose_specialists(request: TeamRequest) -> Team:
    """Return who is asked: those that the kind of alert is for and that have something to read."""
    kind = kind_of(request.case.alerts)
    there = {e.kind for e in request.case.evidence if e.present}
    able = [name for name in FIRST[kind] if TEAM[name].kinds & there]
    return Team(kind=kind, specialists=tuple(able[: request.most]))
