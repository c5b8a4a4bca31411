"""Sending an alert: a monitor's own payload from a file, or one made from a few words."""

import json
from pathlib import Path

from tests.cli.conftest import Run
from tests.cli.fake_api import FakeApi

DOOR = "POST /alerts/alertmanager"
ACCEPTED = {
    "accepted": 1,
    "incidents": [
        {"workflow_id": "inc/default/production/checkout", "ref": "inc:default:production:checkout", "alerts": 1}
    ],
    "trace_id": "t",
}


def test_a_few_words_make_an_alert(run: Run, api: FakeApi) -> None:
    """In the words of Alertmanager's webhook, version 4."""
    api.answer(DOOR, ACCEPTED)
    said = run("alert", "send", "--service", "checkout", "--name", "HighErrorRate", "--api", api.url)
    assert said.stdout == "1 alert → inc:default:production:checkout\n"
    sent = api.last.body
    assert (sent["version"], sent["status"]) == ("4", "firing")
    [alert] = sent["alerts"]
    assert alert["labels"] == {
        "alertname": "HighErrorRate",
        "service": "checkout",
        "environment": "production",
        "severity": "warning",
    }


def test_a_resolved_alert_is_the_same_alert(run: Run, api: FakeApi) -> None:
    """The labels decide which alert it is, so that it reaches the incident it opened."""
    api.answer(DOOR, ACCEPTED)
    run("alert", "send", "--service", "checkout", "--api", api.url)
    run("alert", "send", "--service", "checkout", "--resolve", "--api", api.url)
    first, second = (asked.body["alerts"][0] for asked in api.asked)
    assert (first["status"], second["status"]) == ("firing", "resolved")
    assert first["fingerprint"] == second["fingerprint"]
    assert second["endsAt"] == second["startsAt"]


def test_a_file_is_sent_as_it_is(run: Run, api: FakeApi, tmp_path: Path) -> None:
    """Also from standard input; with --json the answer is the API's own."""
    api.answer(DOOR, ACCEPTED)
    payload = {"version": "4", "alerts": [], "anything": {"else": 1}}
    file = tmp_path / "payload.json"
    file.write_text(json.dumps(payload))
    assert json.loads(run("alert", "send", file, "--json", "--api", api.url).stdout) == ACCEPTED
    run("alert", "send", "-", "--api", api.url, stdin=json.dumps(payload))
    assert [asked.body for asked in api.asked] == [payload, payload]


def test_what_cannot_be_read_is_wrong_use(run: Run, api: FakeApi, tmp_path: Path) -> None:
    """A file that is missing or no JSON, or nothing at all; nothing is sent."""
    (tmp_path / "broken.json").write_text("{")
    for words in ([tmp_path / "missing.json"], [tmp_path / "broken.json"], [tmp_path], []):
        said = run("alert", "send", *words, "--api", api.url)
        assert said.exit_code == 2, said.output
        assert said.stderr.startswith("holdfast: ")
    assert api.asked == []


def test_an_alert_that_is_not_durable_is_not_sent(run: Run, api: FakeApi) -> None:
    """Exit code 3: send it again later."""
    api.refuse(DOOR, 503, "Temporal is away", headers={"Retry-After": "2"})
    said = run("alert", "send", "--service", "checkout", "--api", api.url)
    assert (said.exit_code, said.stdout) == (3, "")
    assert "try again in 2 s" in said.stderr
