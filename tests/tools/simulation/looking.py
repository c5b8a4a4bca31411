"""One process that looks at an estate through its tools and prints every answer."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from holdfast.domain.noun import canonical_json
from holdfast.tools.kubernetes import server as kubernetes
from holdfast.tools.kubernetes.clusters import Clusters
from holdfast.tools.simulation.estate import Estate
from holdfast.tools.simulation.kubernetes import SimulatedCluster
from holdfast.tools.simulation.servers import monitoring as simulated
from tests.tools.stand import NOON, answer


async def main(folder: str) -> None:
    """Look at metrics, logs, pods, events and releases."""
    estate = Estate.open(Path(folder) / "estate.db", lambda: NOON)
    watching = simulated.over(estate)
    cluster = kubernetes.build(Clusters(SimulatedCluster(estate)))
    start, end = (datetime.fromtimestamp(t, UTC).isoformat() for t in (NOON - 900, NOON))
    span = {"start": start, "end": end}
    said = [
        await answer(watching, "fetch_metrics", {"source": "", "query": "service:error_ratio", "step": 30, **span}),
        await answer(watching, "query_logs", {"source": "", "filters": {"service": "checkout", **span}}),
        await answer(cluster, "get_pods", {"namespace": "shop"}),
        await answer(cluster, "get_events", {"namespace": "shop"}),
        await answer(cluster, "rollout_history", {"namespace": "shop", "deployment": "checkout"}),
    ]
    print(canonical_json(said))  # noqa: T201 # the answer itself


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
