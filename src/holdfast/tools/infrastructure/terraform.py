"""The terraform program as its documentation says it behaves: three commands, exit codes, one JSON message a line.

https://developer.hashicorp.com/terraform/internals/machine-readable-ui and /terraform/cli/commands/plan.
"""

import json
from pathlib import Path
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import ValidationError

from holdfast.analysis.redaction import redact
from holdfast.domain.noun import Noun
from holdfast.tools.errors import Word, no
from holdfast.tools.infrastructure.program import Order, Ran, plain_environment, run
from holdfast.tools.infrastructure.section import Terraform, Workspace
from holdfast.tools.outside.secret import MissingSecretError

_MACHINE = ("-input=false", "-no-color")
# `-detailed-exitcode`: 0 nothing to change, 1 an error, 2 something to change.
NOTHING, SOMETHING = 0, 2
MOST_SHOWN = 200
_SIGNS = {"create": "+", "update": "~", "delete": "-", "replace": "-/+", "move": ">", "forget": ".", "import": "<"}
_STATES: tuple[tuple[str, Word, str], ...] = (
    ("Saved plan is stale", Word.CONFLICT, "the state changed since; make a new plan with terraform_plan"),
    ("Error acquiring the state lock", Word.CONFLICT, "somebody else works on this state; try when they are done"),
    ("Could not load plugin", Word.NOT_CONFIGURED, "run terraform init in its folder"),
    ("Inconsistent dependency lock file", Word.NOT_CONFIGURED, "run terraform init in its folder"),
    ("Backend initialization required", Word.NOT_CONFIGURED, "run terraform init in its folder"),
    ("Module not installed", Word.NOT_CONFIGURED, "run terraform init in its folder"),
)


class Change(Noun):
    """One resource that a plan changes, or one output by its name; never its values, which may be secret."""

    address: str
    action: str


class Told(Noun):
    """What a command said: the changes planned, how many of each kind, and the outputs that change, uncounted."""

    changes: tuple[Change, ...] = ()
    outputs: tuple[Change, ...] = ()
    add: int = 0
    change: int = 0
    destroy: int = 0

    @property
    def diff(self) -> str:
        """Return a line a resource, then a line an output, and a line of what is not shown."""
        every = [*((c, "") for c in self.changes), *((c, "output ") for c in self.outputs)]
        lines = [f"{_SIGNS.get(c.action, '?')} {kind}{c.address}" for c, kind in every[:MOST_SHOWN]]
        more = len(every) - MOST_SHOWN
        return "\n".join([*lines, f"… and {more} more"] if more > 0 else lines) or "nothing to change"


class TerraformProgram:
    """Runs the configured program in one workspace."""

    def __init__(self, name: str, settings: Terraform) -> None:
        if name not in settings.workspaces:
            known = ", ".join(settings.workspaces) or "none"
            raise no(Word.NOT_FOUND, f"workspace: {name!r}; there are: {known} (terraform.workspaces)")
        self.name = name
        self._settings = settings
        self._workspace: Workspace = settings.workspaces[name]

    async def plan(self, out: Path | None) -> tuple[bool, Told]:
        """Return whether something would change, and what; save the plan in `out`. The state is read without a lock.

        Raises:
            ToolError: of the closed list, with the program's first complaint.
        """
        saved = (f"-out={out}",) if out else ()
        ran = await self._run("plan", *_MACHINE, "-json", "-lock=false", "-detailed-exitcode", *saved)
        if ran.code not in (NOTHING, SOMETHING):
            raise self._complaint("plan", ran)
        return ran.code == SOMETHING, _told(ran.output)

    async def show(self, plan: Path) -> Told:
        """Return what a saved plan would change.

        Raises:
            ToolError: of the closed list.
        """
        ran = await self._run("show", "-no-color", "-json", str(plan))
        try:
            return _planned(json.loads(ran.output if ran.code == 0 else ""))
        except (ValueError, KeyError, TypeError, ValidationError) as e:
            raise no(
                Word.FAILED, f"terraform show in {self.name!r}: this is no plan it can read (exit {ran.code})"
            ) from e

    async def apply(self, plan: Path) -> Told:
        """Apply a saved plan; there is nothing to approve and so no question is asked.

        Raises:
            ToolError: `conflict` when the state changed since, or another of the closed list.
        """
        ran = await self._run("apply", *_MACHINE, "-json", str(plan))
        if ran.code != 0:
            raise self._complaint("apply", ran)
        return _told(ran.output)

    async def _run(self, *arguments: str) -> Ran:
        order = Order(
            program=self._settings.program,
            arguments=arguments,
            folder=self._workspace.folder,
            environment=plain_environment(self._variables()),
            timeout=self._settings.timeout,
        )
        return await run(order)

    def _variables(self) -> dict[str, str]:
        fixed = {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}
        try:
            return {**{name: secret.read() for name, secret in self._workspace.environment.items()}, **fixed}
        except MissingSecretError as e:
            raise no(Word.NOT_CONFIGURED, f"terraform workspace {self.name!r}: {e}") from e

    def _complaint(self, command: str, ran: Ran) -> ToolError:
        found = [m["diagnostic"] for m in _messages(ran.output) if isinstance(m.get("diagnostic"), dict)]
        wrong: dict[str, Any] = next((d for d in found if d.get("severity") == "error"), {})
        summary, detail = str(wrong.get("summary", "it did not say why")), str(wrong.get("detail", ""))
        where = f"terraform {command} in {self.name!r}"
        for phrase, word, remedy in _STATES:
            if phrase in summary or phrase in detail:
                return no(word, f"{where}: {phrase}; {remedy}")
        return no(Word.FAILED, redact(f"{where} ended with {ran.code}: {summary}: {detail}"[:500]))


def _messages(output: str) -> list[dict[str, Any]]:
    """Return the JSON messages; a line that is none, such as a provider's own, is passed over."""
    found = []
    for line in output.splitlines():
        try:
            message = json.loads(line)
        except ValueError:
            continue
        if isinstance(message, dict):
            found.append(message)
    return found


def _told(output: str) -> Told:
    changes: list[Change] = []
    outputs: list[Change] = []
    counts: dict[str, int] = {}
    for message in _messages(output):
        if message.get("type") == "planned_change":
            change = message["change"]
            changes.append(Change(address=change["resource"]["addr"], action=change["action"]))
        elif message.get("type") == "change_summary":
            said = message["changes"]
            counts = {"add": said["add"], "change": said["change"], "destroy": said["remove"]}
        elif message.get("type") == "outputs":
            # After an apply they bear values and no action.
            outputs = [Change(address=n, action=o["action"]) for n, o in message["outputs"].items() if "action" in o]
    return Told.model_validate({"changes": changes, "outputs": [o for o in outputs if o.action != "noop"], **counts})


def _one(actions: list[str]) -> str:
    """Return one word for `["delete", "create"]`: https://developer.hashicorp.com/terraform/internals/json-format."""
    return "replace" if sorted(actions) == ["create", "delete"] else actions[0]


def _planned(shown: dict[str, Any]) -> Told:
    """Return a plan as `terraform show` tells it; without a resource or an output that it knows, the key is missing."""
    if "format_version" not in shown:
        raise KeyError("format_version")
    rows, said = shown.get("resource_changes", []), shown.get("output_changes", {})
    changes = tuple(Change(address=r["address"], action=_one(r["change"]["actions"])) for r in rows)
    outputs = tuple(Change(address=name, action=_one(o["actions"])) for name, o in said.items())
    return _counted(changes).model_copy(update={"outputs": tuple(o for o in outputs if o.action != "no-op")})


def _counted(rows: tuple[Change, ...]) -> Told:
    changes = tuple(c for c in rows if c.action not in ("no-op", "read"))
    each = [c.action for c in changes]
    twice = each.count("replace")
    return Told(
        changes=changes,
        add=each.count("create") + twice,
        change=each.count("update"),
        destroy=each.count("delete") + twice,
    )
