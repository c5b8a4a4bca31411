"""An incident on a terminal: everything a person decides by, in any size, with nothing that steers the terminal."""

from datetime import timedelta
from io import StringIO

from rich.console import Console, RenderableType

from holdfast.cli.live import Tail, findings_view, incident_view, line_of
from holdfast.domain.attempt import Attempt, AttemptState, Check, Verification
from holdfast.domain.diagnosis import Diagnosis
from holdfast.domain.incident import Incident, IncidentStatus
from holdfast.domain.plan import DryRun, PlannedAction
from holdfast.domain.timeline import EntryKind, TimelineEntry
from tests.examples import AT, decision, hypothesis, incident, plan, rollback


def _shown(view: RenderableType, width: int = 120, height: int = 100) -> str:
    console = Console(file=StringIO(), width=width, height=height, no_color=True)
    console.print(view)
    file = console.file
    assert isinstance(file, StringIO)
    return file.getvalue()


def _entry(seconds: float, kind: EntryKind, text: str, actor: str = "holdfast") -> TimelineEntry:
    return TimelineEntry(at=AT + timedelta(seconds=seconds), kind=kind, text=text, actor=actor)


def _asking(**fields: object) -> Incident:
    action = PlannedAction(action=rollback(), dry_run=DryRun(diff="- revision: 7\n+ revision: 6"), no_way_back="none")
    proposed = plan(actions=(action,))
    told = (_entry(0, EntryKind.ALERT, "HighErrorRate firing"), _entry(1.5, EntryKind.APPROVAL, "approve", "alice"))
    base = {
        "number": "INC-7",
        "status": IncidentStatus.AWAITING_APPROVAL,
        "diagnosis": Diagnosis(method="ranker", hypotheses=(hypothesis(),)),
        "plan": proposed,
        "decision": decision(proposed, reason="production asks", risk=5),
        "timeline": told,
    }
    return incident(**{**base, **fields})


def test_a_person_sees_what_they_decide_by() -> None:
    """Story with times, cause with odds and evidence, the exact change, the way back, the rule and the risk."""
    shown = _shown(incident_view(_asking()))
    for words in (
        "INC-7  HighErrorRate on checkout  awaiting approval",
        "0.0s ▲  HighErrorRate firing",
        "1.5s ✋ alice: approve",
        "████████████████░░░░  80% errors began with revision 7  [ev-1]",
        "- revision: 7",
        "+ revision: 6",
        "way back: none",
        "policy ask by production-asks: production asks (risk 5)",
    ):
        assert words in shown, words


def test_what_was_verified_is_shown_before_and_after() -> None:
    """The numbers, not an opinion; a signal without data says so."""
    checks = (
        Check(name="error ratio", before=0.353, after=0.0021, passed=True),
        Check(name="p99", before=None, after=1.5, passed=False),
    )
    attempt = Attempt(
        action=rollback(),
        grant_id="g",
        plan_hash="p",
        state=AttemptState.DONE,
        started_at=AT,
        ended_at=AT,
        verification=Verification(recovered=False, checks=checks),
    )
    shown = _shown(findings_view(_asking(attempts=(attempt,))))
    assert "0.353 → 0.0021" in shown
    assert "no data → 1.5" in shown
    assert "not better" in shown
    assert "HighErrorRate firing" not in shown


def test_a_small_terminal_shows_the_newest() -> None:
    """The first line says which incident; the end, where the decision is, stays in view."""
    told = tuple(_entry(n, EntryKind.EVIDENCE, f"line {n}") for n in range(50))
    shown = _shown(Tail(incident_view(_asking(timeline=told, plan=None, diagnosis=None))), height=12)
    lines = shown.splitlines()
    assert len(lines) <= 12
    assert lines[0].startswith("INC-7")
    assert lines[1].strip() == "…"
    assert lines[-1].endswith("line 49")
    assert _shown(Tail(incident_view(_asking()))).splitlines()[1].endswith("HighErrorRate firing")


def test_narrow_terminals_fold_instead_of_losing_words() -> None:
    """Every word is there at forty columns."""
    shown = _shown(incident_view(_asking()), width=40)
    assert all(len(line) <= 40 for line in shown.splitlines())
    assert "awaiting" in shown
    assert "revision: 6" in shown


def test_text_from_outside_is_only_text() -> None:
    """An alert's name or a log line may hold markup or escape sequences."""
    evil = _entry(0, EntryKind.ALERT, "[red]x[/red] \x1b[2J\x07")
    shown = _shown(incident_view(_asking(timeline=(evil,), title="\x1b]0;owned\x07")))
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "[red]x[/red]" in shown
    assert "\x1b" not in line_of(_asking(), evil).plain


def test_an_incident_that_just_opened_can_be_shown() -> None:
    """No number, no story, no plan yet."""
    assert "HighErrorRate on checkout" in _shown(incident_view(incident()))
