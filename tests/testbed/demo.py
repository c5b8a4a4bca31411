"""`make demo-real`: a real alert about a real workload, repaired on a real Kubernetes API while you watch."""

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import yaml
from rich.console import Console
from rich.markdown import Markdown

from deploy.example import monitoring
from holdfast.domain.incident import IncidentSettings
from holdfast.workers.embedded import EmbeddedStack, StackPlace
from tests.testbed.cluster import TestCluster
from tests.testbed.fixtures import cluster_in
from tests.testbed.places import end, free_port, program

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "deploy" / "example"
ACCOUNTS = ROOT / "deploy" / "kubernetes"
BAD = {"error_ratio": "0.4", "release": "1.1.0"}
HEALTHY_SECONDS = 45  # what is usual must be seen before it can be missed
WAITS = IncidentSettings(
    soak=timedelta(seconds=10),
    verify_every=timedelta(seconds=10),
    verify_looks=12,
    quiet=timedelta(seconds=5),
)
REF = "inc:default:production:checkout"
screen = Console(highlight=False)


@dataclass
class Stand:
    """Everything that was started, and where it is."""

    folder: Path
    cluster: TestCluster
    open: ExitStack
    namespace: str = "shop"
    accounts: str = "holdfast"
    ports: dict[str, int] = field(default_factory=lambda: {n: free_port() for n in ("app", "prometheus", "alerts")})


async def play(approve_as: str) -> int:
    """Play the example and return the exit code: 0 when the release was rolled back and the incident closed."""
    with tempfile.TemporaryDirectory(prefix="holdfast-real-") as name, ExitStack() as opened:
        folder = Path(name)
        say("a Kubernetes API, its controllers and a hollow node")
        stand = Stand(folder, opened.enter_context(cluster_in(folder / "cluster")), opened)
        prepare(stand)
        async with AsyncExitStack() as stack:
            say("Temporal, worker and API; tool servers for monitoring, kubernetes, executor and the catalogue")
            place = StackPlace.choose(folder / "holdfast", WAITS)
            files = {"systems_file": systems(stand), "tools_file": tools(stand)}
            holdfast = await stack.enter_async_context(EmbeddedStack(place.model_copy(update=files)))
            watch(stand, f"{holdfast.place.api_url}/alerts/alertmanager")
            screen.print(f"Temporal Web UI  {holdfast.place.web_ui_url}\nAPI              {holdfast.place.api_url}")
            http = await stack.enter_async_context(httpx2.AsyncClient(base_url=holdfast.place.api_url, timeout=30))
            return await _story(stand, http, approve_as)


async def _story(stand: Stand, http: httpx2.AsyncClient, approve_as: str) -> int:
    say(f"the checkout is well; {HEALTHY_SECONDS} s to learn what is usual")
    await asyncio.sleep(HEALTHY_SECONDS)
    say(f"release {BAD['release']} rolls out, and fails {float(BAD['error_ratio']):.0%} of its requests")
    roll_out(stand)
    asked = await until(http, lambda i: i["status"] in ("awaiting_approval", "escalated", "closed"), "the ask")
    show_ask(asked)
    if asked["status"] == "awaiting_approval":
        await vote(http, approve_as or await asyncio.to_thread(input, "approve as (your name; empty rejects): "))
    ended = await until(http, lambda i: i["status"] in ("closed", "escalated"), "the end")
    report = await http.get(f"/incidents/{REF}/report", headers={"Accept": "text/markdown"})
    screen.print(Markdown(report.text))
    image = stand.cluster.get(deployment_path(stand))["spec"]["template"]["spec"]["containers"][0]["image"]
    say(f"the incident is {ended['status']}; the Deployment runs {image}")
    return 0 if ended["status"] == "closed" and image.endswith(":1.0.0") else 1


def prepare(stand: Stand) -> None:
    """Make the workload and the two accounts, and start the application that plays it."""
    stand.namespace, stand.accounts = stand.cluster.namespace("shop"), stand.cluster.namespace("holdfast")
    for file in (EXAMPLE / "shop.yaml", ACCOUNTS / "looker-rbac.yaml", ACCOUNTS / "executor-rbac.yaml"):
        text = file.read_text().replace("namespace: shop", f"namespace: {stand.namespace}")
        stand.cluster.apply(text.replace("namespace: holdfast", f"namespace: {stand.accounts}"))
    stand.cluster.rolled_out(stand.namespace, "checkout")
    config = ["--kubeconfig", str(stand.cluster.kubeconfig), "--namespace", stand.namespace]
    run(stand, "app", [sys.executable, "-m", "deploy.example.app", "--port", str(stand.ports["app"]), *config])


def watch(stand: Stand, webhook: str) -> None:
    """Start Prometheus and Alertmanager."""
    say("Prometheus and Alertmanager, watching the checkout")
    target, alerts = f"127.0.0.1:{stand.ports['app']}", f"127.0.0.1:{stand.ports['alerts']}"
    monitoring.write(stand.folder, target, alerts, webhook)
    here = stand.folder
    run(stand, "alertmanager", [program("prometheus-alertmanager"), f"--config.file={here}/alertmanager.yml",
        f"--storage.path={here}/am", f"--web.listen-address={alerts}", "--cluster.listen-address="])  # fmt: skip
    run(stand, "prometheus", [program("prometheus"), f"--config.file={here}/prometheus.yml",
        f"--storage.tsdb.path={here}/tsdb", f"--web.listen-address=127.0.0.1:{stand.ports['prometheus']}"])  # fmt: skip


def systems(stand: Stand) -> Path:
    """Write which real systems the tool servers stand on; looking and acting have accounts of their own."""
    looker = stand.cluster.kubeconfig_of(stand.accounts, "holdfast-looker")
    executor = stand.cluster.kubeconfig_of(stand.accounts, "holdfast-executor")
    prometheus = {"kind": "prometheus", "url": f"http://127.0.0.1:{stand.ports['prometheus']}"}
    sections = {
        "monitoring": {"metrics": {"prometheus": prometheus}},
        "kubernetes": {"clusters": {"example": {"kubeconfig": str(looker)}}},
        "executor": {"cluster": {"kubeconfig": str(executor)}, "namespaces": [stand.namespace]},
        "catalog": {"sources": [{"kind": "files", "folder": str(EXAMPLE / "catalogue")}]},
    }
    file = stand.folder / "systems.yaml"
    file.write_text(yaml.safe_dump(sections))
    return file


def tools(stand: Stand) -> Path:
    """Write how each tool server is reached: each is a process of its own."""
    from holdfast.workers.toolbox import SHIPPED  # noqa: PLC0415 # a second of imports, after the first word is said

    command = [str(Path(sys.executable).with_name("holdfast")), "tools", "serve"]
    entries: dict[str, dict[str, Any]] = {
        name: {**SHIPPED[name], "transport": "stdio", "command": [*command, name]}
        for name in ("monitoring", "kubernetes", "executor", "catalog")
    }
    file = stand.folder / "tools.yaml"
    file.write_text(yaml.safe_dump({"servers": {**entries, "memory": SHIPPED["memory"]}}))
    return file


def roll_out(stand: Stand) -> None:
    """Roll the faulty release out, as a person with kubectl would."""
    container = {
        "name": "checkout",
        "image": f"registry.example/checkout:{BAD['release']}",
        "env": [{"name": "FAULT_ERROR_RATIO", "value": BAD["error_ratio"]}],
    }
    template = {"spec": {"containers": [container]}}
    cause = {"annotations": {"kubernetes.io/change-cause": f"release {BAD['release']}"}}
    stand.cluster.patch(deployment_path(stand), {"metadata": cause, "spec": {"template": template}})
    stand.cluster.rolled_out(stand.namespace, "checkout")


def deployment_path(stand: Stand) -> str:
    """Return where the API keeps the workload."""
    return f"/apis/apps/v1/namespaces/{stand.namespace}/deployments/checkout"


async def until(http: httpx2.AsyncClient, done: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
    """Follow the incident, saying what is new, until `done`."""
    told = 0
    async with asyncio.timeout(600):
        while True:
            answer = await http.get(f"/incidents/{REF}")
            if answer.status_code == 200:
                incident: dict[str, Any] = answer.json()
                for entry in incident["timeline"][told:]:
                    screen.print(f"  [dim]{entry['at'][11:19]}[/] {entry['text']}", markup=True, soft_wrap=True)
                told = len(incident["timeline"])
                if done(incident):
                    return incident
            await asyncio.sleep(0.5)


def show_ask(incident: dict[str, Any]) -> None:
    """Show what a human is asked to decide on."""
    for best in (incident.get("diagnosis") or {}).get("hypotheses", [])[:1]:
        screen.print(f"\n[bold]cause[/]  {best['statement']} ({best['confidence']})")
    for step in (incident.get("plan") or {}).get("actions", []):
        screen.print(
            f"[bold]action[/] {step['action']['kind']}: {(step['dry_run'] or {}).get('diff', '')}", soft_wrap=True
        )


async def vote(http: httpx2.AsyncClient, name: str) -> None:
    """Say yes as a person, or no as nobody in particular."""
    choice = "approve" if name else "reject"
    headers = {"Holdfast-Identity": name or "somebody"}
    answer = await http.post(f"/incidents/{REF}/votes", json={"choice": choice}, headers=headers)
    say(f"{choice}: {answer.status_code}")


def run(stand: Stand, name: str, command: list[str]) -> None:
    """Start a program that ends with the example; its words go to a file."""
    log = stand.open.enter_context((stand.folder / f"{name}.log").open("wb"))
    process = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT)
    stand.open.callback(end, process)


def say(text: str) -> None:
    """Print what happens now."""
    screen.print(f"[bold]▸[/] {text}")


def main() -> int:
    """Play."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--approve-as", default="", help="answer the ask by itself, as this person")
    return asyncio.run(play(parser.parse_args().approve_as))


if __name__ == "__main__":
    sys.exit(main())
