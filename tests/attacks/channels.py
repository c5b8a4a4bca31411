"""The ways in: one case of an incident for each channel, with a text standing where an outsider could have put it."""

from typing import Any

from holdfast.activities.contracts import DiagnosisRequest
from holdfast.domain.alert import Alert
from holdfast.domain.attempt import Attempt, AttemptState, Verification
from holdfast.domain.evidence import Evidence, EvidenceKind
from tests.activities.thinking import MemoryBodies, keep
from tests.analysis.answers import DATABASE, ONSET, SERVICE, Asked, events, logs, metric, pods, rollouts, step
from tests.examples import AT, alert, restart

_FIELDS = {"alert_summary": "summary", "alert_name": "name", "label": "labels", "annotation": "annotations"}


async def attacked(store: MemoryBodies, channel: str, text: str) -> DiagnosisRequest:
    """Return checkout's bad release with `text` in `channel`; `""` as channel is the incident untouched."""
    items = [await keep(store, asked) for asked in _answers(channel, text)]
    if channel in ("tool_answer", "runbook", "missing", "evidence_title"):
        items.append(await _odd(store, channel, text))
    fields: dict[str, Any] = {
        "service": SERVICE.model_copy(update={"name": text, "known": False}) if channel == "service_label" else SERVICE,
        "dependencies": (DATABASE.model_copy(update={"name": text}) if channel == "dependency" else DATABASE,),
        "alerts": (_alert(channel, text),),
        "attempts": (_attempt(text),) if channel == "verification" else (),
    }
    return DiagnosisRequest(evidence=tuple(items), at=AT, **fields)


def _answers(channel: str, text: str) -> list[Asked]:
    log = [f"boom order={n}00017" for n in range(5)]
    changed, body = rollouts()
    if channel == "commit":
        body["revisions"][1]["change_cause"] = text
    return [
        metric("error_ratio", step(0.002, 0.3)),
        logs(*log, *([text] * 5 if channel == "log" else [])),
        pods({"reason": text} if channel == "pod" else {}),
        events(("Pulled", "pod/checkout-1", text if channel == "event" else "image pulled")),
        (changed, body),
    ]


def _alert(channel: str, text: str) -> Alert:
    field = _FIELDS.get(channel)
    if field is None:
        return alert()
    return alert(**{field: {"note": text} if field in ("labels", "annotations") else text})


def _attempt(text: str) -> Attempt:
    seen = Verification(recovered=False, unknown=True, summary=text)
    done = {"state": AttemptState.DONE, "started_at": ONSET, "ended_at": AT, "verification": seen}
    return Attempt(action=restart(deployment="other"), grant_id="g", plan_hash="p", **done)


async def _odd(store: MemoryBodies, channel: str, text: str) -> Evidence:
    """Return evidence of a kind that has no reader of its own, or that did not answer, or with a strange title."""
    kind = EvidenceKind.RUNBOOK if channel == "runbook" else EvidenceKind.SIMILAR
    missing = text if channel == "missing" else ""
    return Evidence(
        evidence_id="ev-odd000000000",
        kind=kind,
        source="memory.find_similar_incidents",
        query="{}",
        service="checkout",
        title=text if channel == "evidence_title" else "",
        ref="" if missing else await store.put({"body": text}),
        summary=text[:300],
        missing=missing,
        fetched_at=AT,
    )
