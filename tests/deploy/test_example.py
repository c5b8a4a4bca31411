"""The faulty application: it is measured as the recording rules expect, and misbehaves exactly as told."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError

from deploy.example.deployment import rolled_out
from deploy.example.faults import MEBIBYTE, Faults, Leak
from tests.api.server import free_port


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[httpx2.AsyncClient]:
    """Run the application as a process and return a client of it."""
    port = free_port()
    command = (sys.executable, "-m", "deploy.example.app", "--port", str(port))
    process = await asyncio.create_subprocess_exec(*command)
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as http:
        try:
            await until(http, "/faults", "error_ratio")
            yield http
        finally:
            process.terminate()
            await process.wait()


async def until(http: httpx2.AsyncClient, path: str, text: str) -> str:
    """Ask until the answer holds `text`, and return it."""
    async with asyncio.timeout(30):
        while True:
            with contextlib.suppress(httpx2.TransportError):
                answer = await http.get(path, follow_redirects=True)
                if text in answer.text:
                    return answer.text
            await asyncio.sleep(0.1)


async def test_it_fails_on_demand_and_says_so_in_the_metrics_the_rules_read() -> None:
    """Its own users meet the errors; the histogram has OpenTelemetry's names and labels."""
    async with running() as http:
        well = await until(http, "/metrics", 'http_response_status_code="200"')
        assert 'http_response_status_code="500"' not in well
        assert (await http.put("/faults", json={"error_ratio": 1})).status_code == 200
        ill = await until(http, "/metrics", 'http_response_status_code="500"')
        assert 'http_server_request_duration_seconds_bucket{http_request_method="GET"' in ill


async def test_a_fault_that_is_none_is_refused_by_name() -> None:
    """Nothing is played by mistake."""
    async with running() as http:
        answer = await http.put("/faults", json={"error_ratio": 2})
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["body", "error_ratio"]
        assert (await http.get("/faults")).json()["error_ratio"] == 0


def test_faults_are_read_from_the_environment() -> None:
    """A release carries them in its template; what is none is refused."""
    assert Faults.of_environment({"FAULT_LATENCY_SECONDS": "1.5", "OTHER": "x"}).latency_seconds == 1.5
    with pytest.raises(ValidationError, match="error_ratio"):
        Faults.of_environment({"FAULT_ERROR_RATIO": "much"})


def test_a_leak_grows_by_what_it_is_told_and_never_shrinks() -> None:
    """Parts of a mebibyte are owed, not lost."""
    leak = Leak()
    for _ in range(30):
        leak.grow(Faults(leak_mib_per_minute=6), 1)
    assert leak.bytes == 3 * MEBIBYTE
    leak.grow(Faults(), 60)
    assert leak.bytes == 3 * MEBIBYTE


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"observedGeneration": 2, "updatedReplicas": 3, "availableReplicas": 3}, True),
        ({"observedGeneration": 1, "updatedReplicas": 3, "availableReplicas": 3}, False),
        ({"observedGeneration": 2, "updatedReplicas": 1, "availableReplicas": 3}, False),
        ({}, False),
    ],
)
def test_a_release_counts_once_every_replica_runs_it(status: dict[str, Any], expected: bool) -> None:
    """Half a rollout is played by nobody."""
    assert rolled_out({"metadata": {"generation": 2}, "spec": {"replicas": 3}, "status": status}) is expected
