"""Runs every measurement and writes `benchmarks/results/`: `make bench`."""

import asyncio
import json
import logging
from pathlib import Path

import structlog

from benchmarks import incident, replaying, stack, tools
from benchmarks.measure import Figure, machine

RESULTS = Path(__file__).parent / "results"


async def run() -> list[Figure]:
    """Measure one after the other, so that nothing disturbs anything."""
    found = [f for part in (replaying, incident, stack, tools) for f in await part.measure()]
    return [machine(), *found]


def table(figures: list[Figure]) -> str:
    """Return the figures as Markdown."""
    rows = ["| figure | value | target | | note |", "|---|---|---|---|---|"]
    for f in figures:
        target = f"≤ {f.at_most:g}" if f.at_most is not None else f"≥ {f.at_least:g}" if f.at_least is not None else ""
        rows.append(f"| {f.name} | {f.value:.4g} {f.unit} | {target} | {f.met} | {f.note} |")
    return "\n".join(rows) + "\n"


def main() -> None:
    """Measure, print and write."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    figures = asyncio.run(run())
    RESULTS.mkdir(exist_ok=True)
    text = "# Results\n\nTwo cores; server, worker, API and load share them. `make bench` measures again.\n\n" + table(
        figures
    )
    (RESULTS / "latest.md").write_text(text)
    (RESULTS / "latest.json").write_text(json.dumps([f.model_dump() for f in figures], indent=1) + "\n")
    print(table(figures))


if __name__ == "__main__":
    main()
