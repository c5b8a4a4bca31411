"""The command that asks what another diagnosis would have said of an incident, from what was recorded alone."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.table import Table
from rich.text import Text

from holdfast.cli.house import Address, Database, Namespace, reached, records_url, temporal_address
from holdfast.cli.incidents import AsJson
from holdfast.cli.speaking import WRONG, err, fail, out, print_json, tame
from holdfast.domain.units import many
from holdfast.workers.places import default_data_dir

if TYPE_CHECKING:  # a second of imports
    from holdfast.domain.diagnosis import Diagnosis, Usage
    from holdfast.workers.rediagnosis.comparison import Agreement, Compared

Names = Annotated[list[str] | None, typer.Argument(help="Numbers (INC-42), workflow ids or history files.")]
Model = Annotated[str, typer.Option(help="Ask this model, at the endpoint in HOLDFAST_MODEL_BASE_URL.")]
Ranker = Annotated[str, typer.Option(help="rules, metrics-only, without-metrics, without-logs or first-change.")]
All = Annotated[bool, typer.Option("--all", help="Every incident that Temporal keeps.")]
Since = Annotated[datetime | None, typer.Option(help="Every incident that began since this day or time, UTC.")]
Data = Annotated[
    Path | None,
    typer.Option(envvar="HOLDFAST_DATA_DIR", help="Folder with answers and records; by default the embedded stack's."),
]
SHOWN = 3  # hypotheses


def rediagnose(  # noqa: PLR0913, PLR0917 # which, by whom, where from, and how told
    incidents: Names = None,
    model: Model = "",
    ranker: Ranker = "rules",
    everything: All = False,
    since: Since = None,
    data: Data = None,
    database: Database = "",
    address: Address = "",
    namespace: Namespace = "default",
    as_json: AsJson = False,
) -> None:
    """Diagnose again from what was recorded, and compare; it asks no system, tells nobody and changes nothing.

    Example: holdfast rediagnose INC-42 --ranker first-change
    """
    from holdfast.workers.rediagnosis import comparison, running, sources  # noqa: PLC0415 # a second of imports

    if not (incidents or everything or since):
        fail("name incidents or history files, --all or --since", code=WRONG)
    if ranker not in running.rankers():
        fail(f"no ranker {ranker!r}", do=f"choose from {', '.join(running.rankers())}", code=WRONG)
    folder = data or default_data_dir()
    where = address or temporal_address(folder)
    begun = since.replace(tzinfo=UTC) if since else None
    wish = running.Wish(tuple(incidents or ()), everything, begun, ranker, model, folder)
    places = sources.Places(where, namespace, database or records_url(folder))
    try:
        with err.status("diagnosing again…"):
            rows = reached(running.rediagnose(wish, places), where)
    except ValueError as e:
        fail(" ".join(str(e).split())[:400], code=WRONG)
    total = comparison.agreement(rows)
    if as_json:
        print_json({"incidents": [_row(r) for r in rows], "agreement": {**total.model_dump(), "share": total.share}})
    elif total.compared:
        _show(rows, total)
    if not total.compared:
        _fail(rows, folder)


def _fail(rows: "list[Compared]", folder: Path) -> NoReturn:
    """Say why there is nothing to compare: for each incident its own reason, and where it was looked for."""
    why = "; ".join(f"{row.number or row.name}: {row.error}" for row in rows[:SHOWN]) or "no incident was found"
    more = f"; and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    fail(f"nothing could be diagnosed again: {why}{more}", do=f"looked in {folder}; name another folder with --data")


def _row(row: "Compared") -> dict[str, Any]:
    return {**row.model_dump(mode="json"), "agrees": row.agrees}


def _show(rows: "list[Compared]", total: "Agreement") -> None:
    if len(rows) == 1 and rows[0].again and rows[0].recorded:
        out.print(_side_by_side(rows[0], rows[0].recorded, rows[0].again))
        for note in rows[0].notes:
            err.print(f"  {note}", highlight=False, markup=False)
        return
    out.print(_table(rows))
    failed = f"; {total.failed} could not be compared" if total.failed else ""
    said = f"{total.agree} of {total.compared} agree ({total.share:.0%}){failed}; {_cost(total.usage)}"
    out.print(said, highlight=False)


def _side_by_side(row: "Compared", recorded: "Diagnosis", again: "Diagnosis") -> Table:
    verdict = "the same cause" if row.agrees else "another cause"
    table = Table(title=_text(f"{row.number or row.name} on {row.service}: {verdict}"), title_justify="left")
    for title in ("", f"recorded ({recorded.method})", f"again ({again.method})"):
        table.add_column(_text(title), overflow="fold")
    for n in range(max(1, min(SHOWN, max(len(recorded.hypotheses), len(again.hypotheses))))):
        for name, mine, other in zip(_FIELDS, _hypothesis(recorded, n), _hypothesis(again, n), strict=True):
            table.add_row(_text(name if n == 0 else ""), _text(mine), _text(other))
        table.add_section()
    table.add_row(_text("missing"), _text(_missing(recorded)), _text(_missing(again)))
    table.add_row(_text("cost"), _text(_cost(recorded.usage)), _text(_cost(again.usage)))
    return table


_FIELDS = ("cause", "service", "confidence", "because", "evidence")


def _hypothesis(diagnosis: "Diagnosis", n: int) -> tuple[str, ...]:
    """Return one hypothesis in the order of the fields."""
    if n >= len(diagnosis.hypotheses):
        return ("no cause found" if n == 0 else "-", *("-",) * (len(_FIELDS) - 1))
    h = diagnosis.hypotheses[n]
    return (h.cause.value, h.service, f"{h.confidence:.0%}", h.statement, " ".join(h.evidence))


def _missing(diagnosis: "Diagnosis") -> str:
    return "; ".join(diagnosis.missing) or "-"


def _cost(u: "Usage") -> str:
    if not u.calls:
        return "no model was asked"
    spent = f"{u.prompt_tokens} + {u.completion_tokens} tokens, {u.money:g} in the currency of the prices"
    return f"{many(u.calls, 'call')}, {spent}, {u.seconds:.1f} s"


def _table(rows: "list[Compared]") -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("incident", "service", "recorded", "again", ""):
        table.add_column(title, overflow="fold")
    for r in rows:
        said = r.error or ("same" if r.agrees else "differs")
        style = "red" if r.error else "green" if r.agrees else "yellow"
        cells = (r.number or r.name, r.service, _best(r.recorded), _best(r.again))
        table.add_row(*(_text(c) for c in cells), Text(tame(said), style=style))
    return table


def _best(diagnosis: "Diagnosis | None") -> str:
    best = diagnosis.best if diagnosis else None
    if best is None:
        return "-" if diagnosis is None else "no cause found"
    return f"{best.cause} at {best.service} {best.confidence:.0%}"


def _text(text: str) -> Text:
    return Text(tame(text))
