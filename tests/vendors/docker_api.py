"""A Docker engine that misbehaves: answers as the Engine API's "Errors" section says, or as no engine should.

https://docs.docker.com/reference/api/engine/version/v1.41/#section/Errors: a JSON object with `message`.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VERSION = json.dumps({"ApiVersion": "1.41", "Version": "20.10.24"})
HUNG = -1


@contextmanager
def answering(status: int, body: str, content_type: str = "application/json") -> Iterator[str]:
    """Answer everything beyond the version with this; `HUNG` never answers. Yields the engine's address."""
    leave = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/version":
                self._say(200, VERSION, "application/json")
            elif status == HUNG:
                leave.wait(30)
            else:
                self._say(status, body, content_type)

        def _say(self, code: int, text: str, kind: str) -> None:
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the base class names it so
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"tcp://127.0.0.1:{server.server_address[1]}"
    finally:
        leave.set()
        server.shutdown()
        server.server_close()
