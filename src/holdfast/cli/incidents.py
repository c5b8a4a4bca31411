"""The commands that read incidents and speak to them."""

import asyncio
import json
from typing import Annotated, Any

import typer

from holdfast.cli.client import Api, path_of
from holdfast.cli.reports import for_terminal, read_report
from holdfast.cli.speaking import WRONG, err, fail, out, print_json

incidents_app = typer.Typer(no_args_is_help=True, help="Read incidents: list them, show one, watch one.")

Ref = Annotated[str, typer.Argument(help="INC-42, or a workflow id with ':' for '/': inc:acme:production:cart.")]
ApiUrl = Annotated[str, typer.Option("--api", help="Address of the API; by default the running stack's.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON alone.")]
As = Annotated[str, typer.Option("--as", help="Who you are; believed by the embedded stack only.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is written into the timeline.")]
Raw = Annotated[bool, typer.Option("--raw", help="Print the Markdown as it is.")]
PlanHash = Annotated[str, typer.Option("--plan", help="The plan hash you were shown.")]
FINAL = ("closed", "merged", "escalated")


@incidents_app.command("list")
def list_incidents(  # one option a filter
    status: Annotated[str, typer.Option(help="open, investigating, awaiting_approval, … closed.")] = "",
    service: Annotated[str, typer.Option(help="Only of this service.")] = "",
    severity: Annotated[str, typer.Option(help="critical, high, medium or low.")] = "",
    limit: Annotated[int, typer.Option(help="How many, newest first.", min=1, max=200)] = 50,
    api: ApiUrl = "",
    as_json: AsJson = False,
) -> None:
    """List incidents, newest first.

    Example: holdfast incidents list --status awaiting_approval
    """
    page = Api(api).get("/incidents", status=status, service=service, severity=severity, limit=limit)
    if as_json:
        print_json(page)
        return
    from holdfast.cli.live import lines_table  # noqa: PLC0415 # rich's tables only when shown

    if not page["incidents"]:
        err.print("no incidents" + (" match" if status or service or severity else " yet: `holdfast demo` makes one"))
    else:
        out.print(lines_table(page["incidents"]))


@incidents_app.command("show")
def show(ref: Ref, api: ApiUrl = "", as_json: AsJson = False) -> None:
    """Show one incident: story, cause, plan, proof.

    Example: holdfast incidents show INC-42
    """
    found = Api(api).get(path_of(ref))
    if as_json:
        print_json(found)
        return
    from holdfast.cli.live import incident_view  # noqa: PLC0415 # as above
    from holdfast.domain.incident import Incident  # noqa: PLC0415 # as above

    out.print(incident_view(Incident.model_validate(found)))


@incidents_app.command("watch")
def watch(ref: Ref, api: ApiUrl = "", as_json: AsJson = False) -> None:
    """Follow one incident until it is closed, merged or escalated; with --json print the final document.

    Example: holdfast incidents watch inc:default:production:checkout
    """
    from holdfast.cli.following import Follower  # noqa: PLC0415 # as above
    from holdfast.cli.live import findings_view, incident_view  # noqa: PLC0415 # as above

    reach = Api(api)
    reach.get(path_of(ref))  # an incident that does not exist is not waited for
    screen = err if as_json else out
    found = asyncio.run(Follower(reach, ref, screen).until(lambda i: i.status in FINAL))
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        screen.print(incident_view(found) if screen.is_terminal else findings_view(found))


def report(ref: Ref, api: ApiUrl = "", raw: Raw = False) -> None:
    """Show an incident's report; into a file or a pipe it goes as Markdown.

    Example: holdfast report INC-42 > report.md
    """
    reach = Api(api)
    markdown = read_report(reach, ref)
    if raw or not out.is_terminal:
        print(markdown, end="")  # noqa: T201 # the report itself is the output
        return
    from rich.markdown import Markdown  # noqa: PLC0415 # as above

    out.print(Markdown(for_terminal(markdown, reach, ref, links=True)))


def approve(  # one option a thing to say
    ref: Ref,
    who: As = "",
    reason: Reason = "",
    plan: PlanHash = "",
    api: ApiUrl = "",
    as_json: AsJson = False,
) -> None:
    """Approve the plan that an incident asks about.

    Example: holdfast approve INC-42 --as alice --reason "checked the dashboards"
    """
    _vote(ref, "approve", (who, reason, plan), api, as_json=as_json)


def reject(  # one option a thing to say
    ref: Ref,
    who: As = "",
    reason: Reason = "",
    plan: PlanHash = "",
    api: ApiUrl = "",
    as_json: AsJson = False,
) -> None:
    """Reject the plan; the incident goes to people.

    Example: holdfast reject INC-42 --as alice --reason "wrong service"
    """
    _vote(ref, "reject", (who, reason, plan), api, as_json=as_json)


def modify(  # noqa: PLR0913, PLR0917 # one option a thing to say
    ref: Ref,
    parameters: Annotated[str, typer.Argument(help="New parameters as JSON, such as '{\"replicas\": 6}'.")],
    index: Annotated[int, typer.Option(help="Which action of the plan, from 0.", min=0)] = 0,
    who: As = "",
    reason: Reason = "",
    api: ApiUrl = "",
    as_json: AsJson = False,
) -> None:
    """Change an action's parameters; policy judges the new plan, and old votes no longer count.

    Example: holdfast modify INC-42 '{"replicas": 6}' --as bob
    """
    try:
        parsed = json.loads(parameters)
    except ValueError as e:
        fail(f"parameters: no JSON: {e}", code=WRONG)
    body = {"index": index, "parameters": parsed, "reason": reason}
    _say(ref, "plan", body, Api(api, who), as_json=as_json)


def acknowledge(ref: Ref, who: As = "", reason: Reason = "", api: ApiUrl = "", as_json: AsJson = False) -> None:
    """Say that you have seen it; this permits nothing.

    Example: holdfast acknowledge INC-42 --as alice
    """
    _say(ref, "acknowledge", {"reason": reason}, Api(api, who), as_json=as_json)


def close(ref: Ref, who: As = "", reason: Reason = "", api: ApiUrl = "", as_json: AsJson = False) -> None:
    """Close an incident now, with a report.

    Example: holdfast close INC-42 --as alice --reason "a false alarm"
    """
    _say(ref, "close", {"reason": reason}, Api(api, who), as_json=as_json)


def take_over(ref: Ref, who: As = "", reason: Reason = "", api: ApiUrl = "", as_json: AsJson = False) -> None:
    """Take an incident over: Holdfast does nothing more by itself.

    Example: holdfast take-over INC-42 --as alice
    """
    _say(ref, "take-over", {"reason": reason}, Api(api, who), as_json=as_json)


def stop(ref: Ref, who: As = "", reason: Reason = "", api: ApiUrl = "", as_json: AsJson = False) -> None:
    """Emergency stop: halt an incident's actions at once.

    Example: holdfast stop INC-42 --as alice --reason "the database is being moved"
    """
    _say(ref, "stop", {"reason": reason}, Api(api, who), as_json=as_json)


def _vote(ref: str, choice: str, said: tuple[str, str, str], api: str, *, as_json: bool) -> None:
    who, reason, plan = said
    plan = plan or _shown(ref, Api(api, who), choice)
    body = {"choice": choice, "reason": reason, "plan_hash": plan, "channel": "cli"}
    _say(ref, "votes", body, Api(api, who), as_json=as_json)


def _shown(ref: str, api: Api, choice: str) -> str:
    """Say which plan the vote is about, and return its hash: a plan that changes meanwhile is not approved unseen."""
    from holdfast.domain.action import describe  # noqa: PLC0415 # a second of imports
    from holdfast.domain.incident import Incident  # noqa: PLC0415 # as above

    plan = Incident.model_validate(api.get(path_of(ref))).plan
    if plan is None:
        return ""  # the API says what the incident does instead
    what = "; ".join(describe(p.action) for p in plan.actions)
    err.print(f"{choice}: {what} (plan {plan.plan_hash})", highlight=False, markup=False, soft_wrap=True)
    return plan.plan_hash


def _say(ref: str, what: str, body: dict[str, Any], api: Api, *, as_json: bool) -> None:
    heard = api.post(path_of(ref, what), body)
    if as_json:
        print_json(heard)
    else:
        out.print(heard["text"], highlight=False)
