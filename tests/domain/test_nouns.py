"""The nouns: frozen, bound to digests, and never wider than they say."""

import pytest
from pydantic import ValidationError

from holdfast.domain.action import ACTION, TOOLS, RestartPod, arguments_of, describe, target_of
from holdfast.domain.alert import AlertStatus, Severity, fingerprint_of, worst
from holdfast.domain.evidence import EvidenceKind, EvidenceRequest
from holdfast.domain.incident import Incident, IncidentKey
from holdfast.domain.noun import canonical_json, digest
from tests.examples import AT, alert, incident, plan, restart, rollback


def test_every_kind_of_action_has_one_tool_and_one_imperative() -> None:
    """The closed set is closed everywhere: no kind without a tool or words."""
    kinds = set(ACTION.json_schema()["discriminator"]["mapping"])
    assert kinds == set(TOOLS)
    assert "revision 6" in describe(rollback())


@pytest.mark.parametrize(
    "bad",
    [
        {"kind": "shell", "command": "rm -rf /"},
        {"kind": "restart_deployment", "namespace": "shop"},
        {"kind": "restart_deployment", "namespace": "shop; rm", "deployment": "a"},
        {"kind": "scale_deployment", "namespace": "shop", "deployment": "a", "replicas": -1},
        {"kind": "rollback_deployment", "namespace": "shop", "deployment": "a", "to_revision": "latest"},
        {"kind": "revert_commit", "repository": "r", "commit": "HEAD~1"},
    ],
)
def test_what_is_not_exactly_a_typed_action_is_refused(bad: dict[str, object]) -> None:
    """There is no shell, no free text and no half action."""
    with pytest.raises(ValidationError):
        ACTION.validate_python(bad)


def test_the_digest_of_an_action_covers_every_field() -> None:
    """Another revision or another service is another action."""
    assert len({rollback().digest, rollback(to_revision=5).digest, rollback(service="cart").digest}) == 3


def test_arguments_are_what_the_tool_takes() -> None:
    """Neither the kind nor whom it is done for is a parameter of the change."""
    assert arguments_of(rollback()) == {"namespace": "shop", "deployment": "checkout", "to_revision": 6}


def test_a_pod_and_its_deployment_are_one_target() -> None:
    """Restarting a pod and rolling its deployment touch the same thing, so one lock covers both."""
    pod = RestartPod(namespace="shop", pod="checkout-7d9fbc-x2x4z")
    assert target_of(pod) == target_of(restart())


def test_the_plan_hash_changes_with_what_people_were_shown() -> None:
    """Round, action, way back, proposer and cited evidence bind; the dry run's wording does not."""
    changed = [plan(round=2), plan(proposer="bob"), plan(evidence=("ev-2",)), plan(actions=())]
    assert len({p.plan_hash for p in [plan(), *changed]}) == 5
    assert plan(summary="other words").plan_hash == plan().plan_hash


def test_the_same_plan_for_another_incident_is_another_plan() -> None:
    """A month later the same trouble is asked about and done anew; a plan without an occasion keeps its hash."""
    first, later = plan(occasion="run-1"), plan(occasion="run-2")
    assert first.plan_hash != later.plan_hash
    assert first.plan_hash != plan().plan_hash
    assert plan(occasion="").plan_hash == plan().plan_hash


def test_a_later_claim_supersedes_whatever_the_order_of_arrival() -> None:
    """Resolved follows firing of the same start; a new start follows both."""
    firing, resolved = alert(), alert(status=AlertStatus.RESOLVED, ends_at=AT)
    assert resolved.supersedes(firing)
    assert not firing.supersedes(resolved)


def test_labels_make_one_fingerprint_in_any_order() -> None:
    """The identity is of the labels, not of their order."""
    assert fingerprint_of({"a": "1", "b": "2"}) == fingerprint_of({"b": "2", "a": "1"})


def test_the_worst_severity_is_the_smallest_rank() -> None:
    """Critical is worse than low, and no alert at all is low."""
    assert worst([Severity.LOW, Severity.CRITICAL, Severity.HIGH]) is Severity.CRITICAL
    assert worst([]) is Severity.LOW


def test_a_key_with_odd_characters_still_makes_one_workflow_id() -> None:
    """Slashes in a name cannot forge another incident's id."""
    odd = IncidentKey(tenant="a/b", environment="prod", service="x y")
    assert odd.workflow_id == "inc/a%2Fb/prod/x%20y"
    assert IncidentKey.of_workflow(odd.workflow_id) == odd


@pytest.mark.parametrize("other", ["", "inc", "inc/a/b", "inc/a/b/c/d", "job/a/b/c", "inc//b/c"])
def test_what_is_no_incidents_workflow_has_no_key(other: str) -> None:
    """It is refused, never guessed."""
    with pytest.raises(ValueError, match=r"workflow id|tenant"):
        IncidentKey.of_workflow(other)


def test_the_same_question_has_the_same_evidence_id() -> None:
    """Ids come from the tool and its exact arguments."""
    ask = EvidenceRequest(kind=EvidenceKind.METRIC, tool="a.b", arguments={"q": 1}, service="s")
    same = EvidenceRequest(kind=EvidenceKind.METRIC, tool="a.b", arguments={"q": 1}, service="t", title="other")
    assert ask.evidence_id == same.evidence_id


def test_an_incident_survives_the_wire_with_its_typed_actions() -> None:
    """JSON out and in gives an equal document."""
    full = incident(plan=plan())
    assert Incident.model_validate_json(full.model_dump_json()) == full


def test_the_digest_is_of_canonical_json() -> None:
    """Key order and spacing do not matter."""
    assert canonical_json({"b": 1, "a": "é"}) == '{"a":"é","b":1}'
    assert digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1})
