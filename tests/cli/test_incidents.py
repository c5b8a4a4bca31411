"""The commands about incidents: what they ask the API, what they print, and what people say through them."""

import json
from typing import Any

import pytest

from holdfast.domain.incident import IncidentStatus
from tests.cli.conftest import Run
from tests.cli.fake_api import FakeApi
from tests.examples import AT, decision, incident, plan

LINE: dict[str, Any] = {
    "number": "INC-7",
    "workflow_id": "inc/acme/production/checkout",
    "run_id": "r",
    "tenant": "acme",
    "environment": "production",
    "service": "checkout",
    "status": "awaiting_approval",
    "severity": "high",
    "cause": "bad_release",
    "title": "HighErrorRate on checkout [bold]really[/bold]",
    "opened_at": AT.isoformat(),
    "updated_at": AT.isoformat(),
    "ended_at": None,
}
PAGE = {"incidents": [LINE], "next": "7"}
ASKING = incident(number="INC-7", status=IncidentStatus.AWAITING_APPROVAL, plan=plan(), decision=decision(plan()))
CLOSED = incident(number="INC-7", status=IncidentStatus.CLOSED, outcome="Recovered.")


def _json(document: Any) -> Any:
    return document.model_dump(mode="json")


def test_a_list_asks_for_what_was_wanted(run: Run, api: FakeApi) -> None:
    """Filters go to the API; markup from outside is text."""
    api.answer("GET /incidents", PAGE)
    shown = run("incidents", "list", "--status", "awaiting_approval", "--limit", 5, "--api", api.url)
    assert api.last.path == "/incidents?status=awaiting_approval&limit=5"
    for word in ("INC-7", "awaiting approval", "production/checkout", "bad_release", "[bold]really[/bold]"):
        assert word in shown.stdout


def test_a_long_title_takes_one_line_of_the_list(run: Run, api: FakeApi) -> None:
    """However long a rule's name is, a list stays a list."""
    api.answer("GET /incidents", {"incidents": [{**LINE, "title": "x" * 300, "service": "y" * 200}], "next": ""})
    assert len(run("incidents", "list", "--api", api.url).stdout.splitlines()) == 2


def test_a_list_as_json_is_the_apis_page(run: Run, api: FakeApi) -> None:
    """Nothing else on standard output."""
    api.answer("GET /incidents", PAGE)
    assert json.loads(run("incidents", "list", "--json", "--api", api.url).stdout) == PAGE


def test_an_empty_list_says_what_to_do(run: Run, api: FakeApi) -> None:
    """On standard error, so that a pipe stays empty."""
    api.answer("GET /incidents", {"incidents": [], "next": ""})
    shown = run("incidents", "list", "--api", api.url)
    assert (shown.exit_code, shown.stdout) == (0, "")
    assert "holdfast demo" in shown.stderr
    assert "no incidents match" in run("incidents", "list", "--service", "x", "--api", api.url).stderr


@pytest.mark.parametrize("limit", [0, 201, "many"])
def test_a_wrong_limit_is_wrong_use(run: Run, limit: object) -> None:
    """Said before anything is asked."""
    assert run("incidents", "list", "--limit", limit).exit_code == 2


def test_one_incident_is_shown_whole(run: Run, api: FakeApi) -> None:
    """What a person decides on: the exact action, its way back, and the rule that asks."""
    api.answer("GET /incidents/INC-7", _json(ASKING))
    shown = run("incidents", "show", "INC-7", "--api", api.url).stdout
    for words in ("INC-7", "roll back deployment shop/checkout to revision 6", "way back", "policy ask by production"):
        assert words in shown
    assert json.loads(run("incidents", "show", "INC-7", "--json", "--api", api.url).stdout) == _json(ASKING)


def test_an_unknown_incident_is_a_no(run: Run, api: FakeApi) -> None:
    """In the API's own words, for every command that names one."""
    for words in (["incidents", "show"], ["incidents", "watch"], ["report"], ["approve"]):
        result = run(*words, "INC-9", "--api", api.url)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith("holdfast: no /incidents/INC-9")


def test_watching_ends_when_the_incident_does(run: Run, api: FakeApi) -> None:
    """Into a file every line once, however often the document is read."""
    later = CLOSED.model_copy(update={"updated_at": AT.replace(hour=4)})
    api.answer("GET /incidents/INC-7", _json(ASKING), _json(ASKING), _json(ASKING), _json(later))
    shown = run("incidents", "watch", "INC-7", "--api", api.url)
    assert shown.exit_code == 0
    assert "closed" in shown.stdout
    api.answer("GET /incidents/INC-7", _json(ASKING), _json(later))
    assert json.loads(run("incidents", "watch", "INC-7", "--json", "--api", api.url).stdout) == _json(later)


def test_a_report_into_a_pipe_is_markdown(run: Run, api: FakeApi) -> None:
    """Ready for a file."""
    api.answer("GET /incidents/INC-7/report", "# INC-7\n\n- *one*\n")
    assert run("report", "INC-7", "--api", api.url).stdout == "# INC-7\n\n- *one*\n"


HEARD = {"text": "alice: counted"}
SAID: list[tuple[list[str], str, dict[str, Any]]] = [
    (["approve", "INC-7"], "votes", {"choice": "approve", "reason": "ok", "plan_hash": "", "channel": "cli"}),
    (["reject", "INC-7"], "votes", {"choice": "reject", "reason": "ok", "plan_hash": "", "channel": "cli"}),
    (["modify", "INC-7", '{"replicas": 6}'], "plan", {"index": 0, "parameters": {"replicas": 6}, "reason": "ok"}),
    (["acknowledge", "INC-7"], "acknowledge", {"reason": "ok"}),
    (["take-over", "INC-7"], "take-over", {"reason": "ok"}),
    (["stop", "INC-7"], "stop", {"reason": "ok"}),
    (["close", "INC-7"], "close", {"reason": "ok"}),
]


@pytest.mark.parametrize(("words", "door", "body"), SAID, ids=lambda v: v[0] if isinstance(v, list) else "")
def test_people_speak_through_the_api(
    run: Run, api: FakeApi, words: list[str], door: str, body: dict[str, Any]
) -> None:
    """Each word has its door; who says it goes along, and the answer comes at once."""
    api.answer(f"POST /incidents/INC-7/{door}", HEARD)
    api.answer("GET /incidents/INC-7", _json(CLOSED))
    said = run(*words, "--as", "alice", "--reason", "ok", "--api", api.url)
    assert (said.exit_code, said.stdout) == (0, "alice: counted\n")
    assert api.last.body == body
    assert api.last.headers["holdfast-identity"] == "alice"
    assert json.loads(run(*words, "--json", "--api", api.url).stdout) == HEARD


def test_a_vote_is_about_the_plan_that_was_shown(run: Run, api: FakeApi) -> None:
    """The plan is said, and its hash goes along: one that changed meanwhile is not approved unseen."""
    api.answer("GET /incidents/INC-7", _json(ASKING))
    api.answer("POST /incidents/INC-7/votes", HEARD)
    said = run("approve", "INC-7", "--as", "alice", "--api", api.url)
    assert ASKING.plan is not None
    assert api.last.body["plan_hash"] == ASKING.plan.plan_hash
    assert said.stderr.startswith("approve: roll back deployment shop/checkout")
    assert ASKING.plan.plan_hash in said.stderr


def test_a_vote_can_be_bound_to_the_plan_that_was_seen(run: Run, api: FakeApi) -> None:
    """A plan that changed meanwhile is then refused by the API, with its own words."""
    api.refuse("POST /incidents/INC-7/votes", 409, "the plan changed")
    said = run("approve", "INC-7", "--plan", "0123456789abcdef", "--api", api.url)
    assert api.last.body["plan_hash"] == "0123456789abcdef"
    assert (said.exit_code, said.stderr) == (1, "holdfast: the plan changed\n")


@pytest.mark.parametrize("parameters", ["{", "replicas=6"])
def test_parameters_that_are_no_json_are_wrong_use(run: Run, api: FakeApi, parameters: str) -> None:
    """Nothing is sent."""
    said = run("modify", "INC-7", parameters, "--api", api.url)
    assert said.exit_code == 2
    assert "parameters: no JSON" in said.stderr
    assert api.asked == []
