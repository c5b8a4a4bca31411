"""What a job wrote last is what is told, however much it wrote before."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from holdfast.domain.action import RunDiagnosticJob
from holdfast.tools.executor.jobs import Jobs
from holdfast.tools.executor.output import KEPT, READ
from holdfast.tools.executor.section import DiagnosticJob
from holdfast.tools.kubernetes.connection import Connection, Rows
from holdfast.tools.kubernetes.section import ClusterAccess
from tests.tools.stand import grant

DONE = {"status": {"conditions": [{"type": "Complete", "status": "True"}], "succeeded": 1}}


@dataclass
class Kubelet(Connection):
    """A cluster with one pod that wrote a log, cut as the API reference says: the last lines, then the first bytes."""

    log: str
    asked: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Reach nothing."""
        super().__init__("executor's cluster", ClusterAccess(kubeconfig=Path("/none")))

    async def get(self, path: str, **params: str) -> dict[str, Any]:  # there is one thing
        """Return the job, which has ended."""
        return DONE

    async def items(self, path: str, most: int, page_of: int = 0, **params: str) -> Rows:  # there is one pod
        """Return the pod."""
        return Rows([{"metadata": {"name": "pod"}}])

    async def text(self, path: str, **params: str) -> str:  # there is one log
        """Return its log."""
        self.asked.append(params)
        lines = self.log.encode().splitlines(keepends=True)[-int(params["tailLines"]) :]
        return b"".join(lines)[: int(params["limitBytes"])].decode("utf-8", "replace")


async def told(kubelet: Kubelet) -> str:
    """Return the output that a job's answer holds."""
    entry = DiagnosticJob(what="look", image="busybox:1", command=("true",))
    job = RunDiagnosticJob(namespace="shop", service="cart", job="look", target="db")
    return str((await Jobs(kubelet, {"look": entry}, 0).observed(job, grant(job), {}))["output"])


async def test_a_short_log_is_told_whole_and_asked_for_once() -> None:
    """As nearly all are."""
    kubelet = Kubelet("one\ntwo\n")
    assert await told(kubelet) == "one\ntwo\n"
    assert len(kubelet.asked) == 1


@pytest.mark.parametrize("width", [100, 2_000, 20_000, 120_000])
async def test_the_newest_lines_are_told_however_long_they_are(width: int) -> None:
    """The limit of a kubelet counts from the start of the tail; what is left out is the oldest, and that is said."""
    log = "".join(f"{n} {'é' * (width // 2)}\n" for n in range(300)) + "the verdict\n"
    found = await told(Kubelet(log))
    assert found.endswith("the verdict\n")
    assert found.startswith("(cut: the last ") or width * 200 < KEPT
    assert len(found.encode()) < KEPT + 100


async def test_where_the_newest_cannot_be_had_it_says_so() -> None:
    """One line that is longer than all that is read."""
    found = await told(Kubelet("x" * (READ + 1) + "the verdict\n"))
    assert "verdict" not in found
    assert found.endswith("their end is missing)")
