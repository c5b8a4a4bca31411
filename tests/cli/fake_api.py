"""A small API that answers as it is told and remembers what it was asked; it can be away and come back."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Asked:
    """One request that came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any = None


@dataclass(frozen=True)
class Answer:
    """One answer to give."""

    body: Any
    status: int = 200
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class FakeApi:
    """What is answered to `METHOD /path`: in order, the last answer for ever; anything else is not found."""

    url: str = ""
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def answer(self, asked: str, *bodies: Any) -> None:
        """Answer these bodies, or whole answers, one after another."""
        self.answers[asked] = [b if isinstance(b, Answer) else Answer(b) for b in bodies]

    def refuse(self, asked: str, status: int, detail: str, **more: Any) -> None:
        """Answer with a problem document."""
        headers = more.pop("headers", {})
        body = {"title": "refused", "status": status, "detail": detail, **more}
        self.answers[asked] = [Answer(body, status, PROBLEM, headers)]

    @property
    def last(self) -> Asked:
        """The newest request."""
        return self.asked[-1]

    def take(self, asked: Asked) -> Answer:
        """Remember a request and return its answer."""
        self.asked.append(asked)
        left = self.answers.get(f"{asked.method} {asked.path.split('?')[0]}", [])
        if not left:
            return Answer({"title": "Not Found", "detail": f"no {asked.path}"}, 404, PROBLEM)
        return left.pop(0) if len(left) > 1 else left[0]


@contextmanager
def fake_api() -> Iterator[FakeApi]:
    """Run one on a free port."""
    fake = FakeApi()

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            sent = json.loads(self.rfile.read(length)) if length else None
            answer = fake.take(Asked(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, sent))
            body = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
            self.send_response(answer.status)
            for name, value in {"Content-Type": answer.kind, **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_POST = _handle  # noqa: N815 # names that the standard library looks for

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
