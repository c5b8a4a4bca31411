"""A real git checkout with a catalogue and runbooks, as people keep one."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from holdfast.tools.needs import ServerNeeds
from holdfast.tools.registry import build
from holdfast.tools.toolserver import ToolServer

CATALOG = """
services:
  - name: checkout
    environments: [production, staging]
    tier: 1
    namespace: shop
    deployment: checkout-web
    repository: shop/checkout
    owners: [payments-team]
    channel: "#payments"
    dependencies: [cart, orders-db]
  - {name: cart, dependencies: [orders-db]}
  - {name: orders-db, kind: database, environments: [production]}
"""
RUNBOOK = """---
runbook_id: rb-errors
title: Errors after a release
service: checkout
alert: HighError*
evidence: [error_ratio]
actions: [rollback_deployment]
---
Look at the newest release.

---
Then at the dependencies.
"""


@dataclass
class Checkout:
    """A repository in `folder`, and the server that reads it."""

    folder: Path

    def write(self, path: str, text: str) -> None:
        """Write a file."""
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text)

    def commit(self) -> str:
        """Commit everything and return the commit."""
        self.git("add", "-A")
        self.git("-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "as it is")
        return self.git("rev-parse", "HEAD")

    def git(self, *arguments: str) -> str:
        """Run git in the folder and return what it says."""
        ran = subprocess.run(["git", *arguments], cwd=self.folder, capture_output=True, text=True, check=True)
        return ran.stdout.strip()

    def server(self, **section: object) -> ToolServer:
        """Return the catalogue server over this folder alone."""
        return served({"sources": [{"kind": "files", "folder": str(self.folder)}], **section})


def served(section: dict[str, object]) -> ToolServer:
    """Return the catalogue server over a section, as its process builds it."""
    return build("catalog", ServerNeeds(systems={"catalog": section}))


def made(folder: Path) -> Checkout:
    """Return a checkout with the catalogue and the runbook, not committed yet."""
    folder.mkdir(parents=True, exist_ok=True)
    checkout = Checkout(folder)
    checkout.git("init", "-q")
    checkout.write("catalog.yaml", CATALOG)
    checkout.write("runbooks/checkout/errors.md", RUNBOOK)
    return checkout
