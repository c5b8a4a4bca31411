"""What the report makes of its evidence: a link to each answer, what was ruled out, and one timeline of everything."""

from datetime import timedelta
from typing import Any

import pytest

from holdfast.analysis.report.document import render
from holdfast.analysis.report.markdown import anchor, answer, refs
from holdfast.analysis.report.ruled_out import ruled_out
from holdfast.analysis.report.timeline import timeline
from holdfast.domain.attempt import Check, Verification
from holdfast.domain.diagnosis import Cause, Diagnosis
from holdfast.domain.evidence import EvidenceKind
from holdfast.domain.incident import Incident
from holdfast.domain.proposal import Proposal
from holdfast.domain.timeline import EntryKind, TimelineEntry
from tests.analysis.test_report import attempt, ended, seen
from tests.examples import AT, hypothesis, plan

STEADY: dict[str, Any] = {"anomalous": False, "now": 0.4}


def looked(*items: Any, **fields: Any) -> Incident:
    """Return an incident whose last look brought these."""
    entry = TimelineEntry(at=AT, kind=EntryKind.EVIDENCE, text="answered", refs=tuple(e.evidence_id for e in items))
    return ended(**{"evidence": items, "timeline": (entry,), **fields})


def test_each_answer_can_be_opened_beside_the_report() -> None:
    """Where there is one: whole, as it was kept; what did not answer has none."""
    shown = render(ended(evidence=(seen("ev-1", ref="ab" * 32), seen("ev-3", missing="timed out"))))
    assert "`abababababab` [answer](evidence/ev-1)" in shown
    assert "evidence/ev-3" not in shown


@pytest.mark.parametrize("odd", ["", "../x", "ev-1)](http://evil.example", "ev 1"])
def test_an_odd_id_is_no_link(odd: str) -> None:
    """Nothing leaves the incident's own folder."""
    assert answer(odd) == ""


@pytest.mark.parametrize(
    ("facts", "service", "cause"),
    [
        ({"signal": "memory_ratio"}, "checkout", "memory\\_leak"),
        ({"signal": "memory_ratio"}, "checkout", "out\\_of\\_memory"),
        ({"signal": "cpu_ratio"}, "checkout", "cpu\\_saturation"),
        ({"signal": "request_rate"}, "checkout", "traffic\\_surge"),
        ({"signal": "up_ratio"}, "orders-db", "database\\_down"),
        ({"signal": "error_ratio"}, "cart", "dependency\\_failure"),
    ],
)
def test_a_steady_signal_rules_its_cause_out(facts: dict[str, Any], service: str, cause: str) -> None:
    """With the evidence that says so."""
    item = seen("ev-7", service=service, facts={**STEADY, **facts}, summary="it is steady")
    assert f"- not **{cause}** on {service}: it is steady [`ev-7`]" in ruled_out(looked(item))


def test_pods_that_never_restarted_rule_a_crash_loop_out() -> None:
    """No pods at all rule nothing out."""
    pods = seen(
        "ev-8", kind=EvidenceKind.PODS, facts={"pods": 3, "ready": 3, "restarts": 0}, summary="3 of 3 pods ready"
    )
    assert "not **crash\\_loop** on checkout: 3 of 3 pods ready" in ruled_out(looked(pods))
    for odd in ({"pods": 0, "ready": 0}, {"ready": 2}, {"restarts": 1}, {"Error": 1}, {"unread": 1}):
        facts = {"pods": 3, "ready": 3, "restarts": 0, **odd}
        assert ruled_out(looked(pods.model_copy(update={"facts": facts}))) == "", odd


@pytest.mark.parametrize(
    "fields",
    [
        {"facts": {"signal": "cpu_ratio", "anomalous": True}},
        {"facts": {"signal": "cpu_ratio", "anomalous": False, "points": 0}},
        {"facts": {"signal": "cpu_ratio"}},
        {"facts": {"signal": "odd", "anomalous": False}},
        {"facts": {**STEADY, "signal": "error_ratio"}},
        {"facts": {**STEADY, "signal": "cpu_ratio"}, "missing": "timed out"},
    ],
    ids=["it moved", "no points", "not known", "no signal of ours", "no cause's signal", "no answer"],
)
def test_what_says_nothing_rules_nothing_out(fields: dict[str, Any]) -> None:
    """Silence is no evidence."""
    assert ruled_out(looked(seen("ev-7", **fields))) == ""


def test_a_hypothesis_is_not_ruled_out_and_neither_is_anything_by_later_looks() -> None:
    """A steady CPU after more replicas says nothing about the CPU before."""
    item = seen("ev-7", facts={**STEADY, "signal": "cpu_ratio"})
    kept = Diagnosis(method="ranker", hypotheses=(hypothesis(cause=Cause.CPU_SATURATION),))
    assert ruled_out(looked(item, diagnosis=kept)) == ""
    assert ruled_out(looked(item, diagnosis=None)) == ""
    assert ruled_out(ended(evidence=(item,), timeline=())) == ""


NOTE = "bad_release of checkout is disproved: its remedy did not help"


def test_a_disproved_cause_is_ruled_out_with_what_was_seen_and_is_not_missing() -> None:
    """Its remedy was tried: the strongest reason there is, and nothing that one would need to know more."""
    check = Check(name="error ratio", passed=False, evidence=("ev-1", "ev-2"))
    seen_after = Verification(recovered=False, checks=(check,), summary="not recovered: still at 12%")
    tried = attempt(verification=seen_after, plan_hash=plan(cause="bad_release").plan_hash)
    earlier = (Proposal(plan=plan(cause="bad_release")),)
    later = Diagnosis(method="ranker", hypotheses=(hypothesis(cause=Cause.CPU_SATURATION),), notes=(NOTE, "odd"))
    told = render(ended(attempts=(tried,), earlier=earlier, diagnosis=later, missing=(NOTE,)))
    ruled = told[told.index("## What was ruled out") : told.index("## What was proposed")]
    assert "- not **bad\\_release** on checkout: roll back deployment shop/checkout to revision 6 did not help" in ruled
    assert "not recovered: still at 12% [`ev-1`](#ev-1) [`ev-2`](#ev-2)" in ruled
    assert "is disproved" not in told
    assert "- odd" in told
    assert "## What was missing" not in told


def test_a_disproved_cause_whose_plan_is_not_kept_is_ruled_out_all_the_same() -> None:
    """Documents of before earlier plans were kept have the note alone."""
    told = ruled_out(ended(attempts=(), plan=None, missing=(NOTE,)))
    assert told == "- not **bad\\_release** on checkout: its remedy did not help"


def test_citations_lead_to_the_list_of_evidence() -> None:
    """Where each item has a place of its own."""
    told = render(ended())
    assert "[`ev-1`](#ev-1)" in told
    assert '| `ev-1` <a id="ev-1"></a> |' in told
    assert refs(["odd id"]) == "[`odd id`]"
    assert anchor('x"><script>') == ""


def test_one_timeline_holds_what_was_observed_and_what_was_said() -> None:
    """In the order in which it happened, not in which it was learnt."""
    rose = seen(
        "ev-1", facts={"anomalous": True, "onset": (AT - timedelta(minutes=2)).isoformat()}, summary="errors rose"
    )
    went_out = seen(
        "ev-2",
        kind=EvidenceKind.ROLLOUTS,
        facts={"created_at": (AT - timedelta(minutes=3)).isoformat()},
        summary="runs revision 7",
    )
    lines = timeline(looked(rose, went_out)).splitlines()
    assert lines == [
        "- 2026-03-01 02:57:00Z observed: runs revision 7 [`ev-2`](#ev-2)",
        "- 2026-03-01 02:58:00Z observed: errors rose [`ev-1`](#ev-1)",
        "- 2026-03-01 03:00:00Z holdfast: answered",
    ]


@pytest.mark.parametrize("onset", [None, 7, "soon", "2026-03-01T02:58:00", "2026-02-01T02:58:00+00:00"])
def test_what_has_no_moment_of_the_incident_stays_out_of_the_timeline(onset: object) -> None:
    """No time, no zone, or weeks ago."""
    assert "observed" not in timeline(looked(seen("ev-1", facts={"anomalous": True, "onset": onset})))
