"""How the front desk reaches the API: plain HTTP, with every failure in words."""

import json
import os
from pathlib import Path
from typing import Any

import httpx2

from holdfast.cli.speaking import AWAY, NO, fail

SECONDS = 15.0


class Api:
    """The API at one address, spoken to as one person."""

    def __init__(self, url: str = "", identity: str = "") -> None:
        self.url = url or os.environ.get("HOLDFAST_API", "") or _running() or "http://127.0.0.1:8080"
        headers = {"Holdfast-Identity": identity} if identity else {}
        token = os.environ.get("HOLDFAST_TOKEN", "")
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._http = httpx2.Client(base_url=self.url, headers=headers, timeout=SECONDS)

    def get(self, path: str, **query: str | int) -> Any:
        """Return the parsed answer of a GET."""
        return self._answer(self._send("GET", path, params={k: v for k, v in query.items() if v}))

    def text(self, path: str) -> str:
        """Return the text of a GET."""
        return self._checked(self._send("GET", path)).text

    def post(self, path: str, body: Any) -> Any:
        """Return the parsed answer of a POST."""
        return self._answer(self._send("POST", path, json=body))

    def try_get(self, path: str) -> Any | None:
        """Return the parsed answer, or None while the API is away or does not know it yet; for following."""
        try:
            answer = self._http.get(path)
        except httpx2.HTTPError:
            return None
        return answer.json() if answer.status_code == 200 else None

    def _send(self, method: str, path: str, **what: Any) -> httpx2.Response:
        try:
            return self._http.request(method, path, **what)
        except httpx2.HTTPError as e:
            fail(
                f"the API at {self.url} cannot be reached ({type(e).__name__})",
                do="start it with `holdfast up`, or name another with --api URL or HOLDFAST_API",
                code=AWAY,
            )

    def _answer(self, response: httpx2.Response) -> Any:
        return self._checked(response).json()

    def _checked(self, response: httpx2.Response) -> httpx2.Response:
        if response.status_code >= 400:
            what, do = _problem(response)
            fail(what, do=do, code=AWAY if response.status_code >= 500 else NO)
        return response


def _problem(response: httpx2.Response) -> tuple[str, str]:
    """Return what a problem document (RFC 9457) says, and what may be done."""
    try:
        problem = response.json()
    except ValueError:
        return f"the API answered {response.status_code}", ""
    fields = "; ".join(f"{e.get('field')}: {e.get('message')}" for e in problem.get("errors", []))
    what = problem.get("detail") or problem.get("title") or f"the API answered {response.status_code}"
    wait = response.headers.get("Retry-After")
    who = "say who you are: --as NAME in the embedded stack, HOLDFAST_TOKEN elsewhere"
    do = f"try again in {wait} s" if wait else who if response.status_code == 401 else ""
    return f"{what} ({fields})" if fields else what, do


def ref_of(workflow_id: str) -> str:
    """Return a workflow id as it stands in an address: `:` for `/`."""
    return workflow_id.replace("/", ":")


def _running() -> str:
    """Return the address of the stack that runs on the default data folder, or nothing."""
    from holdfast.workers.places import default_data_dir  # noqa: PLC0415 # only when nobody named an address

    try:
        parsed = json.loads((Path(default_data_dir()) / "stack.json").read_text())
    except (OSError, ValueError):
        return ""
    return str(parsed.get("api", ""))
