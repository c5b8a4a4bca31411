"""The embedded stack: stands by itself, is found by others, and keeps everything over a restart."""

import json
import os
import signal
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from temporalio.client import Client

from holdfast.activities.adapters.grants import Ed25519Issuer
from holdfast.tools.simulation.scenarios import load
from holdfast.workers.embedded import DEMO, EmbeddedStack, StackError, StackPlace, environment_of
from holdfast.workers.places import claim_port, read_stack
from holdfast.workers.temporal import DataInUseError, ServerPlace
from tests.workers.waiting import alive, until, until_async


def _place(folder: Path) -> StackPlace:
    server = ServerPlace(data_dir=folder, port=claim_port(), ui_port=claim_port())
    return StackPlace(data_dir=folder, api_port=claim_port(), temporal=server, settings=DEMO)


async def test_everything_is_there_again_after_a_restart(tmp_path: Path) -> None:
    """Stopped and started over the same folder: the incident, its number and the keys are the same."""
    folder = tmp_path / "data"
    async with httpx2.AsyncClient(timeout=10) as http:
        async with EmbeddedStack(_place(folder)) as stack:
            await _walk(stack, http)
            pids = list(stack.supervisor.pids().values())
            key = (folder / "grant.key").read_text()
        assert read_stack(folder) == {}
        assert not any(alive(pid) for pid in pids)
        async with EmbeddedStack(_place(folder)) as stack:
            found = (await http.get(f"{stack.place.api_url}/incidents")).json()
            assert [i["number"] for i in found["incidents"]] == ["INC-1"]
            assert (folder / "grant.key").read_text() == key


async def _walk(stack: EmbeddedStack, http: httpx2.AsyncClient) -> None:
    """Try everything that a running stack promises."""
    place = stack.place
    assert read_stack(place.data_dir) == {**stack.about(), "pid": str(os.getpid())}
    assert (await http.get(place.web_ui_url)).status_code == 200
    assert (place.data_dir / "grant.key").stat().st_mode & 0o777 == 0o600
    Ed25519Issuer((place.data_dir / "grant.key").read_text())
    with pytest.raises(DataInUseError):
        await EmbeddedStack(_place(place.data_dir)).__aenter__()
    await _an_alert_becomes_an_incident(stack, http)
    await _a_killed_api_comes_back(stack, http)


async def _an_alert_becomes_an_incident(stack: EmbeddedStack, http: httpx2.AsyncClient) -> None:
    payload = load("healthy-false-alarm").webhook(datetime.now(UTC))
    answer = await http.post(f"{stack.place.api_url}/alerts/alertmanager", json=payload)
    assert answer.status_code == 202
    client = await Client.connect(stack.place.temporal.address)
    handle = client.get_workflow_handle(answer.json()["incidents"][0]["workflow_id"])
    assert (await handle.describe()).raw_description.workflow_execution_info.type.name == "IncidentWorkflow"
    await handle.result()


async def _a_killed_api_comes_back(stack: EmbeddedStack, http: httpx2.AsyncClient) -> None:
    first = stack.supervisor.pids()["api"]
    os.kill(first, signal.SIGKILL)
    await until(lambda: stack.supervisor.pids()["api"] not in {0, first})
    await until_async(lambda: _healthy(stack, http))


async def _healthy(stack: EmbeddedStack, http: httpx2.AsyncClient) -> bool:
    try:
        return (await http.get(f"{stack.place.api_url}/healthz")).status_code == 200
    except httpx2.TransportError:
        return False


async def test_a_setting_that_is_refused_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The part and its own last words; nothing is left running, and the folder is free again."""
    monkeypatch.setenv("HOLDFAST_MODEL_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.delenv("HOLDFAST_MODEL_NAME", raising=False)
    stack = EmbeddedStack(_place(tmp_path))
    with pytest.raises(StackError, match=r"worker ended while starting; .*worker\.log says: .*HOLDFAST_MODEL_NAME"):
        await stack.__aenter__()
    assert stack.supervisor.pids() == {}


def test_a_configured_model_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever names a model's address wants it to diagnose."""
    monkeypatch.delenv("HOLDFAST_MODEL_BASE_URL", raising=False)
    assert StackPlace.choose(tmp_path).settings.use_model is False
    monkeypatch.setenv("HOLDFAST_MODEL_BASE_URL", "http://127.0.0.1:1/v1")
    place = StackPlace.choose(tmp_path, DEMO)
    assert place.settings == DEMO.model_copy(update={"use_model": True})
    assert json.loads(environment_of(place)["HOLDFAST_INCIDENT_SETTINGS"])["use_model"] is True
