"""A Terraform workspace with one resource or two, under a program that stands in or the real one."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from holdfast.tools import registry
from holdfast.tools.needs import ServerNeeds
from holdfast.tools.toolserver import ToolServer
from tests.tools.infrastructure.acting import Acting
from tests.vendors import terraform


@dataclass
class Space:
    """A workspace called `shop`, both servers over it, and one folder of plans."""

    folder: Path
    program: Path

    def write(self, outputs: Mapping[str, str] = MappingProxyType({}), **resources: str) -> None:
        """Write the configuration."""
        lines = [f'resource "terraform_data" "{name}" {{ input = "{value}" }}' for name, value in resources.items()]
        lines += [f'output "{name}" {{ value = "{value}" }}' for name, value in outputs.items()]
        (self.folder / "main.tf").write_text("\n".join(lines))

    def apply(self, plan: Path) -> None:
        """Apply a saved plan by hand, as a server does that is then killed."""
        subprocess.run([self.program, "apply", "-input=false", plan], cwd=self.folder, check=True, capture_output=True)

    @property
    def serial(self) -> int:
        """Return how often the state was written."""
        state = self.folder / "terraform.tfstate"
        return int(json.loads(state.read_text())["serial"]) if state.exists() else 0

    def section(self, **fields: Any) -> dict[str, Any]:
        """Return the section of either server."""
        workspace = {"folder": str(self.folder), "environment": {"TF_TOKEN_app": {"env": "TF_TEST_TOKEN"}}}
        return {
            "terraform": {
                "program": str(self.program),
                "plans": str(self.folder.parent / "plans"),
                "workspaces": {"shop": workspace},
                **fields,
            }
        }

    def looks(self, **fields: Any) -> ToolServer:
        """Return the looking server."""
        return registry.build(
            "infrastructure-looks", ServerNeeds(systems={"infrastructure-looks": self.section(**fields)})
        )

    def acting(self, **fields: Any) -> Acting:
        """Return the acting server."""
        return Acting(self.folder.parent, self.section(**fields))

    def saved(self, digest: str) -> Path:
        """Return where a plan is kept."""
        (found,) = (self.folder.parent / "plans").glob(f"*/{digest}.tfplan")
        return found


def standing_in(folder: Path) -> Space:
    """Return a workspace of the program that stands in."""
    program = folder / "terraform"
    program.write_text(f"#!{sys.executable}\n{Path(terraform.__file__).read_text()}")
    program.chmod(0o700)
    (folder / "shop").mkdir()
    return Space(folder / "shop", program)


def real(folder: Path) -> Space:
    """Return a workspace of the real program, which no registry of ours has: a machine has it or has it not."""
    program = shutil.which("terraform")
    if program is None:
        pytest.skip("there is no terraform on this machine: its behaviour is proved as documented only")
    (folder / "shop").mkdir()
    space = Space(folder / "shop", Path(program))
    space.write(shop="1")
    subprocess.run([program, "init", "-input=false"], cwd=space.folder, check=True, capture_output=True)
    return space
