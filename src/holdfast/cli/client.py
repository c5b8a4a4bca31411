"""How the front desk reaches the API: plain HTTP, with every failure in words."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from holdfast.cli.speaking import AWAY, NO, WRONG, fail

if TYPE_CHECKING:  # a twentieth of a second that `--help` does not need
    import httpx2

SECONDS = 15.0
NOBODY = "http://127.0.0.1:8080"


class Api:
    """The API at one address, spoken to as one person."""

    def __init__(self, url: str = "", identity: str = "") -> None:
        import httpx2  # noqa: PLC0415 # as above

        self.url = url or os.environ.get("HOLDFAST_API", "") or _running() or NOBODY
        headers = {"Holdfast-Identity": identity} if identity else {}
        token = os.environ.get("HOLDFAST_TOKEN", "")
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._faults = (httpx2.HTTPError, httpx2.InvalidURL)
        try:
            self._http = httpx2.Client(base_url=self.url, headers=headers, timeout=SECONDS)
        except (httpx2.InvalidURL, UnicodeEncodeError) as e:
            fail(f"--api, --as or HOLDFAST_TOKEN cannot be sent: {e}", code=WRONG)

    def get(self, path: str, **query: str | int) -> Any:
        """Return the parsed answer of a GET."""
        return self._parsed(self._checked(self._send("GET", path, params={k: v for k, v in query.items() if v})))

    def text(self, path: str) -> str:
        """Return the text of a GET."""
        return self._checked(self._send("GET", path)).text

    def post(self, path: str, body: Any) -> Any:
        """Return the parsed answer of a POST."""
        return self._parsed(self._checked(self._send("POST", path, json=body)))

    def try_get(self, path: str) -> Any | None:
        """Return the parsed answer, or None while the API is away or does not know it yet; for following."""
        try:
            answer = self._http.get(path)
        except self._faults:
            return None
        return self._parsed(answer) if answer.status_code == 200 else None

    def try_post(self, path: str, body: Any) -> Any | None:
        """Return the parsed answer, or None while the API is away; what it refuses ends the command."""
        try:
            answer = self._http.post(path, json=body)
        except self._faults:
            return None
        return None if answer.status_code >= 500 else self._parsed(self._checked(answer))

    def _send(self, method: str, path: str, **what: Any) -> "httpx2.Response":
        try:
            return self._http.request(method, path, **what)
        except self._faults as e:
            fail(
                f"the API at {self.url} cannot be reached ({type(e).__name__}: {e})",
                do="start it with `holdfast up`, or name another with --api URL or HOLDFAST_API",
                code=AWAY,
            )

    def _parsed(self, response: "httpx2.Response") -> Any:
        try:
            return response.json()
        except ValueError:
            fail(f"what answers at {self.url} is not Holdfast's API: no JSON", do="check --api or HOLDFAST_API")

    def _checked(self, response: "httpx2.Response") -> "httpx2.Response":
        if response.status_code >= 400:
            what, do = _problem(response)
            code = AWAY if response.status_code >= 500 else WRONG if response.status_code in (400, 422) else NO
            fail(what, do=do, code=code)
        return response


def path_of(ref: str, what: str = "") -> str:
    """Return where an incident is read or spoken to; a workflow id may be written with `/` or with `:`."""
    place = f"/incidents/{quote(ref.replace('/', ':'), safe=':')}"
    return f"{place}/{what}" if what else place


def _problem(response: "httpx2.Response") -> tuple[str, str]:
    """Return what a problem document (RFC 9457) says, and what may be done."""
    try:
        problem = response.json()
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        return f"the API answered {response.status_code}", ""
    if response.status_code == 401:
        return "the API does not know who you are", _advice(response)
    errors = [e for e in problem.get("errors", []) if isinstance(e, dict)]
    fields = "; ".join(f"{e.get('field')}: {e.get('message')}" for e in errors)
    what = problem.get("detail") or problem.get("title") or f"the API answered {response.status_code}"
    return f"{what} ({fields})" if fields else str(what), _advice(response)


def _advice(response: "httpx2.Response") -> str:
    wait = response.headers.get("Retry-After")
    if wait:
        return f"try again in {wait} s"
    if response.status_code == 401:
        return "say who you are: --as NAME in the embedded stack, HOLDFAST_TOKEN elsewhere"
    return ""


def _running() -> str:
    """Return the address of the stack that runs on the default data folder, or nothing."""
    from holdfast.workers.places import default_data_dir, read_stack  # noqa: PLC0415 # only when nobody named one

    return str(read_stack(Path(default_data_dir())).get("api", ""))
