"""Containers and saved plans, summed up: what one does, and what the other would change."""

from pydantic import JsonValue

from holdfast.analysis.cleaning import one_line
from holdfast.analysis.observation import Body, text_of, whole_of

_MOST_NAMED = 5  # outputs
Told = tuple[str, dict[str, JsonValue]]


def read_container(body: Body) -> Told:
    """Return a sentence and facts about an answer of `docker_container_status`.

    Raises:
        KeyError: when it does not say whether the container runs.
        TypeError: when a field has another type, naming it.
    """
    name, status, health = (one_line(text_of(body, key), 80) for key in ("container", "status", "health"))
    facts: dict[str, JsonValue] = {"container": name, "status": status, "restarts": whole_of(body, "restarts")}
    if body["running"] is True:
        since = f" since {one_line(text_of(body, 'started_at'), 40)}"
        return f"{name} is {status}{since}" + (f", {health}" if health else ""), {**facts, "health": health}
    why = "killed for memory" if body.get("oom_killed") is True else f"exit code {whole_of(body, 'exit_code')}"
    return f"{name} is {status}: {why}", {**facts, "why": why}


def read_plan(body: Body) -> Told:
    """Return a sentence and facts about an answer of `terraform_plan`.

    Raises:
        TypeError: when a field has another type, naming it.
    """
    workspace, digest, changes = text_of(body, "workspace"), text_of(body, "saved_plan"), body.get("changes")
    if not isinstance(changes, dict):
        raise TypeError("changes: expected an object")
    counts = {key: whole_of(changes, key) for key in ("add", "change", "destroy")}
    facts: dict[str, JsonValue] = {"workspace": workspace, "saved_plan": digest, **counts}
    if not digest:
        return f"Terraform would change nothing in {workspace}", facts
    told = ", ".join(f"{count} to {verb}" for verb, count in counts.items())
    return f"Terraform plan {digest:.12} of {workspace}: {told}{_outputs(body)}", facts


def _outputs(body: Body) -> str:
    """Return the outputs that a plan changes, which no count tells; not every server names them."""
    said = body.get("outputs")
    names = [one_line(text_of(o, "name"), 80) for o in said if isinstance(o, dict)] if isinstance(said, list) else []
    if not names:
        return ""
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"; outputs {', '.join(names[:_MOST_NAMED])}{more}"
