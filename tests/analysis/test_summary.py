"""The first thing a person reads of each kind of answer."""

from typing import Any

import pytest

from holdfast.analysis.summary import summarise
from holdfast.domain.evidence import EvidenceKind, EvidenceRequest
from tests.analysis.answers import Asked, events, logs, metric, pods, ramp, rollouts, steady, step


def told(asked: Asked) -> tuple[str, dict[str, Any]]:
    seen = summarise(*asked)
    return seen.summary, seen.facts


def request(kind: EvidenceKind) -> EvidenceRequest:
    return EvidenceRequest(kind=kind, tool="a.b", service="checkout")


def test_a_step_is_told_with_when_and_how_far() -> None:
    """From, to, when; and facts that verification and rankers sort by."""
    text, facts = told(metric("error_ratio", step(0.002, 0.3)))
    assert text.startswith("error ratio of checkout rose from 0.2% to 30.0% at 02:50 UTC")
    assert facts["anomalous"] is True
    assert facts["signal"] == "error_ratio"
    assert facts["onset"].startswith("2026-03-01T02:50")


@pytest.mark.parametrize(
    ("asked", "words", "anomalous"),
    [
        (metric("cpu_ratio", steady(0.3)), "is steady at 30.0%", False),
        (metric("memory_ratio", ramp(0.4, 0.9)), "climbs from 40.6% to 90.5%", True),
        (metric("up_ratio", step(1.0, 0.0)), "fell from 100.0% to 0.0%", True),
        (metric("request_rate", step(100, 250)), "rose from 100/s to 250/s", False),
        (metric("request_rate", step(100, 2)), "fell from 100/s to 2/s", True),
        (metric("error_ratio", steady(0.4)), "is at 40.4% throughout", True),
        (metric("error_ratio", [*step(0.002, 0.4, 60, 30), *steady(0.002, 30)]), "back at 0.2%", True),
        (metric("error_ratio", []), "no points", False),
        (metric("error_ratio", [None, None]), "no points", False),
    ],
)
def test_every_course_of_a_signal_has_its_words(asked: Asked, words: str, anomalous: bool) -> None:
    """Steady, step, ramp, always bad, over, and silent; more traffic is no harm by itself."""
    text, facts = told(asked)
    assert words in text
    assert facts["anomalous"] is anomalous


def test_logs_are_told_by_their_worst_templates() -> None:
    """Counts, and what is said most."""
    text, facts = told(logs("boom 1", "boom 2", "bang"))
    assert text == "3 lines, 3 errors; most: 2 x boom <*>; 1 x bang"
    assert facts == {"lines": 3, "errors": 3, "templates": 2, "top": ["boom <*>", "bang"]}
    assert "wrote no such lines" in told(logs())[0]


def test_pods_are_told_by_who_is_ready_and_how_they_ended() -> None:
    """Of the service, when the namespace holds others too."""
    killed = {"ready": False, "restarts": 4, "reason": "CrashLoopBackOff", "last_reason": "OOMKilled"}
    text, facts = told(pods(killed, {}, {"deployment": "cart"}))
    assert text == "1 of 2 pods of checkout ready, 4 restarts: CrashLoopBackOff x 1, OOMKilled x 1"
    assert facts["OOMKilled"] == 1
    assert "in the namespace" in told(pods({"deployment": "cart"}))[0]


def test_events_are_told_by_their_last_warning() -> None:
    """Normal ones are only counted."""
    assert "last BackOff on pod/checkout-0: again" in told(events(("BackOff", "pod/checkout-0", "again")))[0]
    assert told(events(("Pulled", "pod/checkout-0", "x"), kind="Normal"))[0] == "1 event, no warning"


def test_rollouts_are_told_by_what_runs_and_leave_what_a_remedy_needs() -> None:
    """The facts name the revision to go back to and the replicas there are."""
    text, facts = told(rollouts())
    assert text == "checkout runs revision 7 since 2026-03-01 02:49 UTC (new), 3 replicas"
    assert (facts["current"], facts["previous"], facts["replicas"]) == (7, 6, 3)
    bare = rollouts()
    bare[1]["revisions"] = []
    assert "no revision on record" in told(bare)[0]


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        (
            EvidenceKind.COMMITS,
            {"commits": [{"commit": "a", "at": "2026-03-01T00:00:00Z", "title": "fix"}]},
            "last: fix",
        ),
        (EvidenceKind.DEPENDENCIES, {"dependencies": [{"name": "cart"}]}, "depends on cart"),
        (EvidenceKind.DEPENDENCIES, {"dependencies": []}, "depends on nothing"),
        (EvidenceKind.RUNBOOK, {"runbook": {"title": "Roll back"}}, "runbook: Roll back"),
        (EvidenceKind.RUNBOOK, {"runbook": None}, "no runbook"),
        (EvidenceKind.SIMILAR, {"incidents": [{"number": "INC-1", "cause": "c", "action": ""}]}, "INC-1 c → nothing"),
        (EvidenceKind.HUMAN, {"text": "seen it\x1b[31m before"}, "seen it before"),
    ],
)
def test_every_kind_of_evidence_has_a_summary(kind: EvidenceKind, body: dict[str, Any], words: str) -> None:
    """There is no kind that a person cannot read."""
    assert words in summarise(request(kind), body).summary


def test_a_summary_is_short_whatever_the_answer() -> None:
    """At most 300 characters, on one line, without controls; the cut is kept as told."""
    asked = logs(*["\x1b[31m" + "x" * 5000 + "\n"] * 3)
    asked[1]["cut"] = "the newest 3 of 900 lines"
    seen = summarise(*asked)
    assert len(seen.summary) <= 300
    assert "\n" not in seen.summary
    assert seen.cut == "the newest 3 of 900 lines"


@pytest.mark.parametrize("kind", [k for k in EvidenceKind if k not in (EvidenceKind.RUNBOOK, EvidenceKind.HUMAN)])
@pytest.mark.parametrize("body", [{}, {"series": 3, "lines": 3, "pods": 3, "events": 3, "revisions": 3, "commits": 3}])
def test_an_answer_of_another_shape_is_refused(kind: EvidenceKind, body: dict[str, Any]) -> None:
    """With an error the gateway knows, for every kind that has a shape."""
    with pytest.raises((KeyError, TypeError, ValueError)):
        summarise(request(kind), body)
