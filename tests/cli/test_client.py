"""The client: who speaks, where the API is found, and every failure in words."""

import json
from pathlib import Path

import pytest
import typer

from holdfast.cli.client import NOBODY, Api, path_of
from tests.cli.fake_api import Answer, FakeApi


def test_a_workflow_id_may_be_written_either_way() -> None:
    """Its parts may hold percent signs, so the reference is encoded once more."""
    assert path_of("INC-42") == "/incidents/INC-42"
    assert path_of("inc/acme/production/cart", "votes") == "/incidents/inc:acme:production:cart/votes"
    assert path_of("inc:acme:production:a%2Fb") == "/incidents/inc:acme:production:a%252Fb"


def test_who_speaks_is_sent_along(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name for the embedded stack, a token elsewhere."""
    api.answer("GET /incidents", {})
    monkeypatch.delenv("HOLDFAST_TOKEN", raising=False)
    Api(api.url, "alice").get("/incidents")
    assert api.last.headers["holdfast-identity"] == "alice"
    assert "authorization" not in api.last.headers
    monkeypatch.setenv("HOLDFAST_TOKEN", "t0ken")
    Api(api.url).get("/incidents")
    assert api.last.headers["authorization"] == "Bearer t0ken"


def test_the_api_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Named on the command line, else by the environment, else the stack that runs here, else the usual address."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.delenv("HOLDFAST_API", raising=False)
    assert Api().url == NOBODY
    (tmp_path / "holdfast").mkdir()
    (tmp_path / "holdfast" / "stack.json").write_text(json.dumps({"api": "http://127.0.0.1:1111"}))
    assert Api().url == "http://127.0.0.1:1111"
    monkeypatch.setenv("HOLDFAST_API", "http://127.0.0.1:2222")
    assert Api().url == "http://127.0.0.1:2222"
    assert Api("http://127.0.0.1:3333").url == "http://127.0.0.1:3333"


def test_only_what_was_asked_for_is_sent(api: FakeApi) -> None:
    """An empty filter is no filter."""
    api.answer("GET /incidents", {})
    Api(api.url).get("/incidents", status="open", service="", limit=5)
    assert api.last.path == "/incidents?status=open&limit=5"


def _failure(capsys: pytest.CaptureFixture[str], api: Api) -> tuple[int, str]:
    with pytest.raises(typer.Exit) as left:
        api.post("/incidents/INC-1/votes", {})
    return left.value.exit_code, capsys.readouterr().err


def test_a_refusal_names_the_fields(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    """Problem details (RFC 9457) become one line."""
    errors = [{"field": "choice", "message": "approve or reject"}]
    api.refuse("POST /incidents/INC-1/votes", 422, "the vote is not understood", errors=errors)
    assert _failure(capsys, Api(api.url)) == (
        2,
        "holdfast: the vote is not understood (choice: approve or reject)\n",
    )


def test_a_door_that_is_away_says_when_to_come_back(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 3: try again, nothing is wrong with the request."""
    api.refuse("POST /incidents/INC-1/votes", 503, "Temporal is away", headers={"Retry-After": "5"})
    assert _failure(capsys, Api(api.url)) == (3, "holdfast: Temporal is away\n  → try again in 5 s\n")


def test_an_unknown_person_is_told_how_to_say_who_they_are(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    """The header has a flag."""
    api.refuse("POST /incidents/INC-1/votes", 401, "who are you?")
    assert "--as NAME" in _failure(capsys, Api(api.url))[1]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "no-scheme", "http://[", "ftp://127.0.0.1/"])
def test_an_api_that_cannot_be_reached_is_named(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback, also for an address that is none."""
    with pytest.raises(typer.Exit) as left:
        Api(url).get("/incidents")
    assert left.value.exit_code in {2, 3}
    assert "holdfast:" in capsys.readouterr().err


@pytest.mark.parametrize("body", ["<html>another server</html>", "[1]", '"text"'])
def test_another_servers_errors_are_words_too(api: FakeApi, capsys: pytest.CaptureFixture[str], body: str) -> None:
    """What answers need not be Holdfast."""
    api.answer("POST /incidents/INC-1/votes", Answer(body, 500, "text/html"))
    assert _failure(capsys, Api(api.url)) == (3, "holdfast: the API answered 500\n")
    api.answer("POST /incidents/INC-1/votes", Answer("<html>", 200, "text/html"))
    assert "not Holdfast's API" in _failure(capsys, Api(api.url))[1]


def test_a_header_that_cannot_be_sent_is_refused(api: FakeApi) -> None:
    """A name is text, a header is not."""
    with pytest.raises(typer.Exit) as left:
        Api(api.url, "zoë\n").get("/incidents")
    assert left.value.exit_code in {2, 3}


def test_following_takes_absence_calmly(api: FakeApi) -> None:
    """Away, or not known yet, is no answer rather than an end; a refusal of what is posted still ends."""
    assert Api("http://127.0.0.1:1").try_get("/incidents/INC-1") is None
    assert Api("http://127.0.0.1:1").try_post("/alerts", {}) is None
    assert Api(api.url).try_get("/incidents/INC-1") is None
    api.refuse("POST /alerts", 503, "away")
    assert Api(api.url).try_post("/alerts", {}) is None
    api.refuse("POST /alerts", 422, "wrong")
    with pytest.raises(typer.Exit):
        Api(api.url).try_post("/alerts", {})
