"""The commands about policy: is it right, does it do what its cases say, and why would it answer so?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from holdfast.cli.speaking import NO, WRONG, fail, out, print_json

if TYPE_CHECKING:  # the judge brings CEL and YAML, which only these commands need
    from holdfast.domain.decision import Decision
    from holdfast.policies.judge import Hearing, Judge
    from holdfast.policies.lint import Finding
    from holdfast.policies.trials import Given as Circumstances
    from holdfast.policies.trials import Outcome

SHIPPED = "shipped"

policy_app = typer.Typer(no_args_is_help=True, help="Policy as code: check it, test it, ask it why.")

PolicyRef = Annotated[str, typer.Argument(help="A policy file, or `shipped` for the one that comes with Holdfast.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON alone.")]
_FIELD = "FIELD=VALUE"
Given = Annotated[list[str] | None, typer.Option(metavar=_FIELD, help="Any other circumstance, such as pods=12.")]
Param = Annotated[list[str] | None, typer.Option(metavar=_FIELD, help="A field of the action, such as replicas=6.")]


@policy_app.command("lint")
def lint(
    policy: PolicyRef = SHIPPED,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check a policy: its shape, names and types, and rules that can never matter.

    Exits 0 when it can be used, 1 when it cannot, 2 when the file cannot be read.

    Example: holdfast policy lint policy.yaml
    """
    from holdfast.policies.lint import lint as findings_of  # noqa: PLC0415 # CEL only when asked

    found = findings_of(_text(policy), policy)
    bad = any(f.level == "error" or strict for f in found)
    if as_json:
        print_json({"usable": not bad, "findings": [f.model_dump() for f in found]})
    else:
        _show_findings(policy, found, bad=bad)
    raise typer.Exit(NO if bad else 0)


@policy_app.command("test")
def try_cases(
    policy: PolicyRef,
    cases: Annotated[str, typer.Argument(help="A file of cases; for `shipped`, its own by default.")] = "",
    as_json: AsJson = False,
) -> None:
    """Judge every case of a file and compare with what it expects.

    Exits 0 when all pass, 1 when one differs, 2 when the policy or the cases cannot be used.

    Example: holdfast policy test policy.yaml policy.cases.yaml
    """
    from holdfast.policies.reading import PolicyError  # noqa: PLC0415 # CEL only when asked
    from holdfast.policies.trials import parse_trials, run  # noqa: PLC0415 # as above

    if not cases and policy != SHIPPED:
        fail("CASES: say which file of cases to run", do="its form: `holdfast policy show --cases`", code=WRONG)
    judge = _judge(policy)
    try:
        trials = parse_trials(_text(cases or SHIPPED, cases=True), cases or "shipped.cases.yaml")
    except PolicyError as e:
        _refuse(e)
    outcomes = run(judge, trials)
    if as_json:
        print_json([{**o.model_dump(mode="json"), "passed": o.passed} for o in outcomes])
    else:
        _show_outcomes(outcomes)
    raise typer.Exit(0 if all(o.passed for o in outcomes) else NO)


@policy_app.command("explain")
def explain(  # noqa: PLR0913, PLR0917 # one option a circumstance
    policy: PolicyRef = SHIPPED,
    action: Annotated[str, typer.Option(help="Kind of action, such as rollback_deployment.")] = "restart_deployment",
    service: Annotated[str, typer.Option(help="The service's name.")] = "checkout",
    environment: Annotated[str, typer.Option(help="Where it runs.")] = "production",
    cause: Annotated[str, typer.Option(help="The diagnosed cause, such as bad_release.")] = "unknown",
    confidence: Annotated[str, typer.Option(help="How likely the cause is, 0 to 1.")] = "0.8",
    tier: Annotated[str, typer.Option(help="1 is the most critical, 3 the least.")] = "2",
    kind: Annotated[str, typer.Option(help="Of service: deployment, database, queue, cache, …")] = "deployment",
    given: Given = None,
    param: Param = None,
    every: Annotated[bool, typer.Option("--all", help="Show the rules that had no say, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say what policy would answer, by which rule, and what every other rule said.

    Circumstances are those of a case file. Exits 0 whatever the verdict, 2 when something given is wrong.

    Example: holdfast policy explain --action scale_deployment --param replicas=60 --given pods=12
    """
    circumstances = {
        "service": service,
        "environment": environment,
        "cause": cause,
        "confidence": confidence,
        "tier": tier,
        "kind": kind,
        "action": {"kind": action, **_pairs("--param", param)},
        **_pairs("--given", given),
    }
    judge, case = _judge(policy), _given(circumstances).case()
    decision, heard = judge.judge(case), judge.explain(case)
    if as_json:
        print_json({"decision": decision.model_dump(mode="json"), "heard": [_plain(h) for h in heard]})
    else:
        _show_decision(decision)
        _show_rules(heard, every=every)


@policy_app.command("show")
def show(
    cases: Annotated[bool, typer.Option("--cases", help="Its cases instead.")] = False,
) -> None:
    """Print the shipped policy, to begin your own from.

    Example: holdfast policy show > policy.yaml
    """
    typer.echo(_text(SHIPPED, cases=cases), nl=False)


def _text(ref: str, *, cases: bool = False) -> str:
    from holdfast.policies.document import text_of  # noqa: PLC0415 # CEL only when asked
    from holdfast.policies.reading import PolicyError  # noqa: PLC0415 # as above
    from holdfast.policies.source import shipped_text  # noqa: PLC0415 # as above

    if ref == SHIPPED:
        return shipped_text("shipped.cases.yaml" if cases else "shipped.yaml")
    try:
        return text_of(Path(ref))
    except PolicyError as e:
        fail(str(e), do="check the path", code=WRONG)


def _judge(ref: str) -> "Judge":
    from holdfast.policies.reading import PolicyError  # noqa: PLC0415 # CEL only when asked
    from holdfast.policies.source import judge_of  # noqa: PLC0415 # as above

    try:
        return judge_of(_text(ref), ref)
    except PolicyError as e:
        _refuse(e)


def _refuse(error: Exception) -> NoReturn:
    fail(str(error), do="`holdfast policy lint` lists everything that is wrong with a policy", code=WRONG)


def _given(circumstances: dict[str, Any]) -> "Circumstances":
    from pydantic import ValidationError  # noqa: PLC0415 # as the judge

    from holdfast.policies.trials import Given as Circumstances  # noqa: PLC0415 # CEL only when asked

    try:
        given = Circumstances.model_validate(circumstances)
        given.case()
    except ValidationError as e:
        first = e.errors(include_url=False)[0]
        fail(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", code=WRONG)
    except ValueError as e:
        fail(str(e), code=WRONG)
    return given


def _pairs(option: str, said: list[str] | None) -> dict[str, str]:
    pairs = [text.partition("=") for text in said or []]
    if wrong := [name for name, equals, _ in pairs if not equals or not name]:
        fail(f"{option} {wrong[0]}: say it as FIELD=VALUE", code=WRONG)
    return {name: value for name, _, value in pairs}


def _plain(heard: "Hearing") -> dict[str, Any]:
    rulings = [{"rule": r.id, "verdict": r.verdict, "said": r.said, "reason": r.reason} for r in heard.rulings]
    action = heard.question.action.model_dump(mode="json")
    return {"action": action, "backwards": heard.question.backwards, "rulings": rulings}


def _show_findings(policy: str, found: "list[Finding]", *, bad: bool) -> None:
    colours = {"error": "red", "warning": "yellow"}
    for f in found:
        place = f"{policy}:{f.line}" if f.line else policy
        out.print(f"[{colours[f.level]}]{f.level}[/] ", end="")
        out.print(f"{place}: {f.where}: {f.text}", markup=False, highlight=False)
    out.print(f"{policy} {'cannot be used as it is' if bad else 'can be used'}", markup=False, highlight=False)


def _show_outcomes(outcomes: "list[Outcome]") -> None:
    for o in outcomes:
        out.print("[green]ok[/]      " if o.passed else "[red]differs[/] ", end="")
        out.print(f"{o.name}: {o.verdict} by {o.rule}", markup=False, highlight=False)
        for text in o.differences:
            out.print(f"          {text}", markup=False, highlight=False)
    passed = sum(o.passed for o in outcomes)
    out.print(f"{passed} of {len(outcomes)} cases answered as expected", highlight=False)


def _show_decision(decision: "Decision") -> None:
    colours = {"allow": "green", "ask": "yellow", "deny": "red"}
    out.print(f"[bold {colours[decision.verdict]}]{decision.verdict}[/] ", end="")
    lines = [f"by {decision.rule} ({decision.policy} {decision.policy_version})", f"  {decision.reason}"]
    if decision.approvers:
        who = "anyone with a name" if "*" in decision.approvers else ", ".join(decision.approvers)
        lines.append(f"  {decision.quorum} of: {who}")
    if decision.obligations:
        lines.append(f"  then: {', '.join(decision.obligations)}")
    lines += [f"  risk {t.points:+g} {t.name}: {t.why}" for t in decision.risk_terms]
    lines += [f"  failed: {e}" for e in decision.errors]
    for line in lines:
        out.print(line, markup=False, highlight=False)


def _show_rules(heard: "list[Hearing]", *, every: bool) -> None:
    from holdfast.domain.action import describe  # noqa: PLC0415 # as the judge

    for h in heard:
        back = "its way back, " if h.question.backwards else ""
        out.print(f"rules on {back}{describe(h.question.action)}:", markup=False, highlight=False)
        for r in h.rulings:
            if every or r.counts:
                out.print(f"  {r.verdict:5} {r.id}: {r.said}", markup=False, highlight=False)
        if silent := sum(not r.counts for r in h.rulings if not every):
            out.print(f"  and {silent} that had no say (--all shows them)", markup=False, highlight=False)
