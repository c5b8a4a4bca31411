"""A house with a model: an endpoint that answers by what it reads, counts each call, and may keep one waiting."""

import asyncio
import contextlib
import json
import os
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle

from holdfast.workers.settings import WorkerSettings
from tests.house import Stand
from tests.vendors.openai_server import Body, Endpoint, Step, hangs, says

EVIDENCE = re.compile(r"Evidence (ev-\w+): (\w+) of (\S+) from (\S+)\n")
ROUND = {"Proposal": "supervisor", "Suspicions": "sceptic"}


@dataclass
class ThinkingEndpoint(Endpoint):
    """Answers each part of the team sensibly: the supervisor asks for one look more, then names the release.

    `holds` names the call that gets no answer the first time, such as `supervisor 2`; `held` is set when it comes.
    `first` are steps that come before the sensible answer of a call.
    """

    steps: list[Step] = field(default_factory=list)
    holds: str = ""
    first: dict[str, list[Step]] = field(default_factory=dict)
    held: asyncio.Event = field(default_factory=asyncio.Event)
    came: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)

    def next(self, request: Body) -> Step:
        """Answer, or keep waiting."""
        self.requests.append(request)
        call = _call(request)
        self.came[call] += 1
        if call == self.holds and self.came[call] == 1:
            self.held.set()
            return hangs()
        if self.first.get(call):
            return self.first[call].pop(0)
        self.answered[call] += 1
        return says(json.dumps(_reply(request, call)))


def _call(request: Body) -> str:
    """Return which part of the team this is and which of its turns."""
    form = str(request["response_format"]["json_schema"]["name"])
    rules = str(request["messages"][0]["content"])
    name = re.search(r"You are the (\w+) specialist", rules)
    turn = len([m for m in request["messages"] if m["role"] == "assistant"]) + 1
    return f"{name[1] if name else ROUND[form]} {turn}"


def _reply(request: Body, call: str) -> dict[str, Any]:
    told = "\n".join(str(m["content"]) for m in request["messages"] if m["role"] == "user")
    seen = EVIDENCE.findall(told)
    if call.startswith("sceptic"):
        hypothesis = re.search(r"Hypothesis (hy-\w+)", told)
        return {"doubts": [{"hypothesis": hypothesis[1] if hypothesis else "", "confidence": 0.55, "why": "one sign"}]}
    claim = {"statement": "it began with the release", "cause": "bad_release", "service": "checkout"}
    cited = [next(ref for ref, kind, of, _ in seen if kind in ("metric", "logs", "rollouts") and of == "checkout")]
    if not call.startswith("supervisor"):
        return {"findings": [{**claim, "evidence": cited}], "wants": [], "missing": []}
    if call == "supervisor 1":
        return {"hypotheses": [], "wants": [_new_look()], "missing": []}
    said = {**claim, "target": "checkout", "confidence": 0.9, "evidence": cited, "suggested": ["rollback_deployment"]}
    return {"hypotheses": [said], "wants": [], "missing": []}


def _new_look() -> dict[str, Any]:
    asked = {"filters": {"service": "checkout", "environment": "production", "contains": "timeout"}, "source": ""}
    return {"tool": "monitoring.query_logs", "service": "checkout", "arguments": json.dumps(asked), "why": "timeouts?"}


@contextlib.asynccontextmanager
async def worker_of(stand: Stand, address: str, endpoint: Endpoint) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a worker of the story and the model in a process of its own, to be killed by a test."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "holdfast.workers", env=_environment(stand.settings, address, endpoint)
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _environment(settings: WorkerSettings, address: str, endpoint: Endpoint) -> dict[str, str]:
    mine = {
        "embedded": "true",
        "database_url": settings.database_url,
        "data_dir": str(settings.data_dir),
        "estate": str(settings.estate),
        "temporal_address": address,
        "queues": "incidents,llm",
        "model_base_url": endpoint.url,
        "model_name": "thinker",
        "model_price_prompt": "10",
    }
    kept = {k: v for k, v in os.environ.items() if not k.startswith("HOLDFAST_")}
    return {**kept, **{f"HOLDFAST_{k.upper()}": v for k, v in mine.items()}, "PYTHONPATH": str(Path.cwd())}


async def model_calls(handle: WorkflowHandle[Any, str]) -> Counter[str]:
    """Return how many of the model's activities the history holds as completed, by type."""
    history = await handle.fetch_history()
    scheduled, done = {}, Counter[str]()
    for e in history.events:
        if e.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            scheduled[e.event_id] = e.activity_task_scheduled_event_attributes.activity_type.name
        if e.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
            name = scheduled[e.activity_task_completed_event_attributes.scheduled_event_id]
            done[name] += name.startswith("llm.")
    return +done
