"""The command that sends an alert, as a monitor would."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from holdfast.cli.client import Api
from holdfast.cli.incidents import ApiUrl, AsJson
from holdfast.cli.speaking import WRONG, fail, out, print_json
from holdfast.domain.units import many

alert_app = typer.Typer(no_args_is_help=True, help="Send alerts.")


@alert_app.command("send")
def send(  # noqa: PLR0913, PLR0917 # one option a label
    file: Annotated[
        Path | None, typer.Argument(help="An Alertmanager webhook payload as JSON; - for standard input.")
    ] = None,
    service: Annotated[str, typer.Option(help="Without a file: the service.")] = "",
    name: Annotated[str, typer.Option(help="Without a file: the alert's name.")] = "ManualAlert",
    severity: Annotated[str, typer.Option(help="critical, warning or info.")] = "warning",
    environment: Annotated[str, typer.Option(help="The environment.")] = "production",
    resolve: Annotated[bool, typer.Option("--resolve", help="Say that it has resolved.")] = False,
    api: ApiUrl = "",
    as_json: AsJson = False,
) -> None:
    """Send an alert; it is accepted only once it is durable.

    Example: holdfast alert send --service checkout --name HighErrorRate
    """
    if file is None and not service:
        fail("name a payload file, or --service", do="holdfast alert send --service checkout", code=WRONG)
    payload = _read(file) if file else _made(service, name, severity, environment, resolve=resolve)
    answer = Api(api).post("/alerts/alertmanager", payload)
    if as_json:
        print_json(answer)
        return
    for incident in answer["incidents"]:
        out.print(f"{many(incident['alerts'], 'alert')} → {incident['ref']}", highlight=False)


def _read(file: Path) -> Any:
    try:
        return json.loads(sys.stdin.read() if str(file) == "-" else file.read_text())
    except OSError as e:
        fail(f"{file}: {e.strerror}", code=WRONG)
    except ValueError as e:
        fail(f"{file}: no JSON: {e}", code=WRONG)


def _made(service: str, name: str, severity: str, environment: str, *, resolve: bool) -> dict[str, Any]:
    from holdfast.domain.alert import fingerprint_of  # noqa: PLC0415 # a quarter of a second of imports

    labels = {"alertname": name, "service": service, "environment": environment, "severity": severity}
    now = datetime.now(UTC).isoformat()
    alert = {
        "status": "resolved" if resolve else "firing",
        "labels": labels,
        "annotations": {"summary": f"{name} on {service}, sent by hand"},
        "startsAt": now,
        "endsAt": now if resolve else "0001-01-01T00:00:00Z",
        "fingerprint": fingerprint_of(labels),
    }
    return {"version": "4", "status": alert["status"], "alerts": [alert], "groupLabels": {}, "commonLabels": labels}
