"""The front desk: `holdfast`, one command for everything a person does with the house."""

import typer

from holdfast.cli import alerts, house, incidents, policy, rediagnosis, stack
from holdfast.cli.policy import policy_app
from holdfast.cli.speaking import out

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Holdfast: a durable incident engine. Begin with `holdfast demo`, or `holdfast up` and `holdfast alert send`.",
    epilog=(
        "Exit codes: 0 done; 1 the answer is no; 2 wrong use; 3 something that is needed cannot be reached. "
        "Every command takes --help, which ends with an example."
    ),
)
app.command("up")(stack.up)
app.command("demo")(stack.demo)
app.command("doctor")(stack.doctor)
app.command("approve")(incidents.approve)
app.command("reject")(incidents.reject)
app.command("modify")(incidents.modify)
app.command("acknowledge")(incidents.acknowledge)
app.command("take-over")(incidents.take_over)
app.command("stop")(incidents.stop)
app.command("close")(incidents.close)
app.command("report")(incidents.report)
app.command("replay")(house.replay)
app.command("rediagnose")(rediagnosis.rediagnose)
app.add_typer(incidents.incidents_app, name="incidents")
app.add_typer(alerts.alert_app, name="alert")
app.add_typer(policy.policy_app, name="policy")
app.add_typer(policy_app, name="policy")
app.add_typer(house.records_app, name="records")
app.add_typer(house.tools_app, name="tools")
app.add_typer(stack.serve_app, name="serve")


@app.command("version")
def show_version() -> None:
    """Print the version."""
    from importlib.metadata import version  # noqa: PLC0415 # beside its only use

    out.print(version("holdfast"), highlight=False)
