"""How a door says no: RFC 9457 problem details, each naming the field or the part that is wrong."""

from collections.abc import Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException

RETRY_AFTER = 2
"""Seconds after which a sender should try again; Temporal is usually back within one."""

_TITLES = {
    400: "The request cannot be read",
    401: "Who are you?",
    403: "Not allowed",
    404: "There is no such thing",
    405: "This door does not open that way",
    408: "The request came too slowly",
    409: "The incident does not take that now",
    413: "The request is too large",
    415: "The content type is not one we read",
    422: "A field is wrong",
    429: "Too many requests",
    500: "Something broke here",
    503: "Not now",
    504: "No answer in time",
}


class Problem(Exception):  # noqa: N818 # RFC 9457's own word
    """A "no" that a door answers with. `fields` are (field, message) pairs; `retry_after` is in seconds."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        kind: str = "about:blank",
        fields: Sequence[tuple[str, str]] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.kind = kind
        self.fields = tuple(fields)
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers that go with the answer."""
        headers = {"Retry-After": str(self.retry_after)} if self.retry_after is not None else {}
        return headers | ({"WWW-Authenticate": "Bearer"} if self.status == 401 else {})

    def answer(self) -> JSONResponse:
        """Return the problem as a response; the trace id is the one bound to this request."""
        body: dict[str, Any] = {
            "type": self.kind,
            "title": _TITLES.get(self.status, "The request was refused"),
            "status": self.status,
            "detail": self.detail,
            "errors": [{"field": field, "message": message} for field, message in self.fields],
            "trace_id": structlog.contextvars.get_contextvars().get("trace_id", ""),
        }
        return JSONResponse(body, self.status, headers=self.headers, media_type="application/problem+json")


def refused(kind: str) -> str:
    """Return the problem type of a refusal that the story gave, such as `urn:holdfast:problem:StalePlan`."""
    return f"urn:holdfast:problem:{kind}"


def invalid(error: ValidationError | RequestValidationError, within: str = "") -> Problem:
    """Return the problem that names every wrong field of `error`, at most twenty."""
    # Where a field may be one of several things, the choice that was tried stands behind the field's own name.
    found = list(dict.fromkeys((_field(e["loc"], within), str(e["msg"])) for e in error.errors()))
    named = ", ".join(dict.fromkeys(field for field, _ in found[:5]))
    return Problem(422, f"wrong or missing: {named}", fields=found[:20])


def away(who: str, why: str) -> Problem:
    """Return the problem that says a part of the house is away and the request should be sent again."""
    return Problem(503, f"{who} is away: {why}. Send it again.", retry_after=RETRY_AFTER)


def install(app: FastAPI) -> None:
    """Make every error that a route raises a problem."""

    @app.exception_handler(Problem)
    def _problem(_request: Request, error: Problem) -> JSONResponse:
        return error.answer()

    @app.exception_handler(RequestValidationError)
    def _validation(_request: Request, error: RequestValidationError) -> JSONResponse:
        return invalid(error).answer()

    @app.exception_handler(HTTPException)
    def _http(_request: Request, error: HTTPException) -> JSONResponse:
        answer = Problem(error.status_code, str(error.detail)).answer()
        answer.headers.update(error.headers or {})
        return answer


def _is_choice(part: int | str) -> bool:
    """Return whether this part of a location is pydantic's name of a union's branch, such as `str-enum[Severity]`."""
    return isinstance(part, str) and "[" in part and part.endswith("]")


def _field(location: Sequence[int | str], within: str) -> str:
    parts = [str(part) for part in location if part not in ("body", "query", "path") and not _is_choice(part)]
    return ".".join([within, *parts] if within else parts) or "body"
