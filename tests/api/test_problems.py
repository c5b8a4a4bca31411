"""Problems: every "no" is RFC 9457, names what is wrong, and gives nothing of the inside away."""

from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from holdfast.api import problems
from holdfast.api.callers.tracing import Tracing
from holdfast.api.problems import Problem
from tests.api.doors import embedded, knocking


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("DELETE", "/incidents", 405), ("GET", "/alerts/alertmanager", 405)],
)
async def test_a_wrong_address_is_a_problem_too(away: httpx2.AsyncClient, method: str, path: str, status: int) -> None:
    """What the framework refuses reads like what we refuse."""
    answer = await away.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) == {"type", "title", "status", "detail", "errors", "trace_id"}


async def test_a_wrong_query_names_its_parameter(away: httpx2.AsyncClient) -> None:
    """Each wrong field is named, without the framework's own path to it."""
    answer = await away.get("/incidents", params={"limit": "many", "status": "sleepy", "tenant": "acme"})
    assert answer.status_code == 422
    fields = {e["field"].split(".")[0] for e in answer.json()["errors"]}
    assert fields == {"limit", "status", "tenant"}


async def test_what_breaks_inside_stays_inside() -> None:
    """500 with a trace id; the exception's text is in the log alone."""
    app = FastAPI()
    problems.install(app)
    app.add_middleware(Tracing)

    @app.get("/break")
    def _break() -> None:
        raise ZeroDivisionError("the password is swordfish")

    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://doors") as http:
        answer = await http.get("/break")
    assert answer.status_code == 500
    assert answer.json()["trace_id"]
    assert "swordfish" not in answer.text


async def test_answers_are_neither_kept_nor_guessed_at(away: httpx2.AsyncClient) -> None:
    """Incidents hold log lines: no cache keeps them, no browser sniffs them."""
    answer = await away.get("/healthz")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_headers_go_with_the_status() -> None:
    """401 says how, 503 says when."""
    assert Problem(401, "?").headers == {"WWW-Authenticate": "Bearer"}
    assert Problem(503, "?", retry_after=2).headers == {"Retry-After": "2"}


async def test_the_schema_names_every_door(tmp_path: Path) -> None:
    """`/openapi.json` describes the API, bodies included, and no page fetches scripts from elsewhere."""
    async with knocking(embedded(tmp_path)) as http:
        schema = (await http.get("/openapi.json")).json()
        assert (await http.get("/docs")).status_code == 404
    wanted = {"/alerts/alertmanager", "/webhook/alert", "/incidents", "/incidents/{ref}", "/incidents/{ref}/votes"}
    assert wanted <= set(schema["paths"])
    for path in wanted - {"/incidents/{ref}"}:
        body = schema["paths"][path]["post"]["requestBody"]
        assert body["content"]["application/json"]["schema"]["properties"]
        assert "$ref" not in str(body)
