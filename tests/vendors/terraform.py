"""A program that behaves as Terraform's CLI is documented to, over one file of resources and one state file.

developer.hashicorp.com/terraform: "Command: plan" (-detailed-exitcode, -out), "Command: apply" (a saved plan asks
nothing), "Machine-Readable UI" (one JSON message a line), "JSON Output Format" (show -json). `main.tf` holds lines like
`resource "terraform_data" "shop" { input = "1" }` and `output "address" { value = "1" }`.
A file `fault` beside it makes it misbehave; `hang` ends with `go`.
"""

import json
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

_RESOURCE = re.compile(r'resource "terraform_data" "(\w+)" \{ input = "(\w*)" \}')
_OUTPUT = re.compile(r'output "(\w+)" \{ value = "(\w*)" \}')
Json = dict[str, Any]


def main(arguments: list[str]) -> int:
    """Run one command in the current folder; return its exit code."""
    command, *rest = arguments
    Path("environment").write_text("\n".join(sorted(os.environ)))
    fault = Path("fault").read_text() if Path("fault").exists() else ""
    with Path("runs").open("a") as runs:
        runs.write(f"{command}\n")
    while fault == "hang" and not Path("go").exists():
        time.sleep(0.05)
    if fault == "chatter":
        sys.stdout.write("a provider's own line that is no JSON\n")
    if fault not in ("", "chatter", "hang"):
        return _error(fault)
    given = [a for a in rest if not a.startswith("-")]
    return {"plan": _plan, "show": _show, "apply": _apply}[command](rest, given)


def _plan(rest: list[str], _: list[str]) -> int:
    text = Path("main.tf").read_text()
    if text.count("{") != text.count("}"):
        return _error("Unclosed configuration block")
    wanted, outputs, state = dict(_RESOURCE.findall(text)), dict(_OUTPUT.findall(text)), _state()
    changes, shown = _changes(state["resources"], wanted), _changes(state.get("outputs", {}), outputs)
    out = next((a.removeprefix("-out=") for a in rest if a.startswith("-out=")), "")
    if out:
        Path(out).write_text(
            json.dumps(
                {"serial": state["serial"], "wanted": wanted, "changes": changes, "outputs": outputs, "shown": shown}
            )
        )
    for name, action in changes.items():
        _say("planned_change", change={"resource": {"addr": f"terraform_data.{name}"}, "action": action})
    _summary("plan", changes)
    if outputs or shown:
        kept = dict.fromkeys(outputs, "noop")
        _say("outputs", outputs={n: {"sensitive": False, "action": a} for n, a in {**kept, **shown}.items()})
    return 2 if (changes or shown) and "-detailed-exitcode" in rest else 0


def _show(_: list[str], given: list[str]) -> int:
    try:
        plan = json.loads(Path(given[0]).read_text())
    except ValueError:
        return 1
    rows = [{"address": f"terraform_data.{n}", "change": {"actions": [a]}} for n, a in plan["changes"].items()]
    kept = dict.fromkeys(plan["outputs"], "no-op")
    outputs = {n: {"actions": [a]} for n, a in {**kept, **plan["shown"]}.items()}
    # What is empty is left out.
    some = ({"resource_changes": rows} if rows else {}) | ({"output_changes": outputs} if outputs else {})
    sys.stdout.write(json.dumps({"format_version": "1.2", **some}))
    return 0


def _apply(rest: list[str], given: list[str]) -> int:
    if not given and "-auto-approve" not in rest:
        return _error("Plan file or auto-approve required")
    plan, state = json.loads(Path(given[0]).read_text()), _state()
    if plan["serial"] != state["serial"]:
        return _error("Saved plan is stale")
    state = {"serial": state["serial"] + 1, "resources": plan["wanted"], "outputs": plan["outputs"]}
    Path("terraform.tfstate").write_text(json.dumps(state))
    _summary("apply", plan["changes"])
    if plan["outputs"]:
        _say("outputs", outputs={n: {"sensitive": False, "value": v} for n, v in plan["outputs"].items()})
    return 0


def _state() -> Json:
    file = Path("terraform.tfstate")
    found: Json = json.loads(file.read_text()) if file.exists() else {"serial": 0, "resources": {}}
    return found


def _changes(have: dict[str, str], wanted: dict[str, str]) -> dict[str, str]:
    made = {n: "update" if n in have else "create" for n in wanted if have.get(n) != wanted[n]}
    return made | {n: "delete" for n in have if n not in wanted}


def _summary(operation: str, changes: dict[str, str]) -> None:
    every = list(changes.values())
    counts = {"add": every.count("create"), "change": every.count("update"), "remove": every.count("delete")}
    _say("change_summary", changes={**counts, "operation": operation})


def _error(summary: str) -> int:
    _say("diagnostic", diagnostic={"severity": "error", "summary": summary, "detail": ""})
    return 1


def _say(kind: str, **fields: Any) -> None:
    sys.stdout.write(json.dumps({"@level": "info", "@module": "terraform.ui", "type": kind, **fields}) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
