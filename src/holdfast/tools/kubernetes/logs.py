"""A container's newest lines, however long they are: a log is cut where it is oldest, never where it is newest."""

from collections.abc import Mapping

from holdfast.tools.kubernetes.clusters import Lines
from holdfast.tools.kubernetes.connection import Connection

LARGEST_LOG = 1024 * 1024  # bytes
TRIES = 4  # requests of one question, the last of them for a single line
_NEARLY = 64 * 1024  # bytes: a limited log "may return slightly more or slightly less than the specified limit"


async def newest(api: Connection, path: str, told: Mapping[str, str], tail: int) -> Lines:
    """Return the newest lines of the log at a path, `tail` of them or as many as LARGEST_LOG holds.

    `limitBytes` counts from the oldest line of the tail (Kubernetes API, "PodLogOptions"), so that an answer of that
    size lacks the newest lines; fewer are asked for then.
    """
    lines = tail
    for left in reversed(range(TRIES)):
        body = await api.body(path, **told, tailLines=str(lines), limitBytes=str(LARGEST_LOG), timestamps="true")
        if not _full(body) or lines == 1:
            break
        lines = _fewer(lines, body.count(b"\n")) if left > 1 else 1
    return Lines(_lines(body)[-lines:], _cut(body, lines, tail))


def _fewer(lines: int, came: int) -> int:
    """Return how many lines to ask for when `came` of them filled the answer; the newest may be longer yet."""
    return max(1, min(lines, came) // 2)


def _cut(body: bytes, lines: int, tail: int) -> str:
    if _full(body):
        return f"the beginning of the newest line, which is longer than {LARGEST_LOG} bytes"
    larger = f"the newest {lines} lines; the newest {tail} are larger than {LARGEST_LOG} bytes"
    return larger if lines < tail else ""


def _full(body: bytes) -> bool:
    return len(body) >= LARGEST_LOG or (len(body) > LARGEST_LOG - _NEARLY and not body.endswith(b"\n"))


def _lines(body: bytes) -> list[str]:
    """Return the lines as the API ends them; what is no UTF-8 is replaced."""
    text = body.decode("utf-8", "replace").removesuffix("\n")
    return [line.removesuffix("\r") for line in text.split("\n")] if text else []
