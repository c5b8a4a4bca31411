"""The cellar's settings: outside the embedded stack nothing unsafe has a default; refusals name a variable."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from holdfast.workers.settings import QUEUES, WorkerSettings


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of the machine reaches these tests."""
    import os  # noqa: PLC0415 # beside its only use

    for name in [n for n in os.environ if n.startswith("HOLDFAST_")]:
        monkeypatch.delenv(name)


SAFE: dict[str, Any] = {
    "database_url": "sqlite+aiosqlite:///r.db",
    "tools_file": Path("tools.yaml"),
    "policy_file": Path("policy.yaml"),
    "grant_private_key_file": Path("grant.key"),
}


@pytest.mark.parametrize("name", SAFE)
def test_outside_the_embedded_stack_nothing_is_assumed(name: str) -> None:
    """Each setting that production needs is asked for by its variable's name."""
    with pytest.raises(ValidationError, match=f"HOLDFAST_{name.upper()}: needed"):
        WorkerSettings(**{k: v for k, v in SAFE.items() if k != name})


def test_with_everything_named_a_worker_may_start() -> None:
    """Nothing else is needed."""
    assert WorkerSettings(**SAFE).served == QUEUES


def test_a_simulated_estate_is_refused_in_production() -> None:
    """Nobody heals a simulation by mistake while the real thing burns."""
    with pytest.raises(ValidationError, match="HOLDFAST_ESTATE"):
        WorkerSettings(**SAFE, estate=Path("estate.db"))


def test_a_worker_that_does_not_act_needs_no_key() -> None:
    """The key that signs grants goes to the acting process alone."""
    rest = {k: v for k, v in SAFE.items() if k != "grant_private_key_file"}
    assert WorkerSettings(**rest, queues="incidents,tools").served == ("incidents", "tools")


def test_a_worker_that_does_not_judge_needs_no_policy() -> None:
    """A policy is read where incidents are decided."""
    rest = {k: v for k, v in SAFE.items() if k != "policy_file"}
    assert WorkerSettings(**rest, queues="actions").served == ("actions",)


@pytest.mark.parametrize("queues", ["", " , ", "incidents,incident"])
def test_an_unknown_or_empty_queue_is_refused(queues: str) -> None:
    """A worker that serves nothing would look alive and do nothing."""
    with pytest.raises(ValidationError, match="HOLDFAST_QUEUES"):
        WorkerSettings(embedded=True, queues=queues)


def test_a_model_endpoint_needs_the_models_name() -> None:
    """An endpoint alone asks nobody."""
    with pytest.raises(ValidationError, match="HOLDFAST_MODEL_NAME"):
        WorkerSettings(embedded=True, model_base_url="http://m")


def test_secrets_are_read_from_files_and_never_shown(tmp_path: Path) -> None:
    """A file wins over a variable, and neither is in the settings' own text."""
    (tmp_path / "key").write_text("k3y-in-file\n")
    given: dict[str, Any] = {"model_api_key": "k3y-in-variable", "slack_token": "xoxb-in-variable"}
    settings = WorkerSettings(embedded=True, model_api_key_file=tmp_path / "key", **given)
    assert (settings.api_key, settings.slack) == ("k3y-in-file", "xoxb-in-variable")
    assert "in-variable" not in repr(settings)
    assert "in-file" not in repr(settings)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every field is a variable with the prefix HOLDFAST_."""
    monkeypatch.setenv("HOLDFAST_EMBEDDED", "true")
    monkeypatch.setenv("HOLDFAST_TEMPORAL_ADDRESS", "temporal:7233")
    assert WorkerSettings().temporal_address == "temporal:7233"
