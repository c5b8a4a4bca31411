"""The report: whole, citing what it claims, and obeying nothing that others wrote."""

from datetime import timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from holdfast.analysis.cleaning import clean
from holdfast.analysis.report.document import cited, render
from holdfast.analysis.report.markdown import code, link, moment, plain, table
from holdfast.domain.approval import Approval, Ballot, Outcome
from holdfast.domain.attempt import Attempt, AttemptState, Check, Verification
from holdfast.domain.decision import RiskTerm
from holdfast.domain.diagnosis import Diagnosis, Usage
from holdfast.domain.evidence import Evidence, EvidenceKind, Range
from holdfast.domain.incident import Incident, IncidentStatus
from holdfast.domain.proposal import Proposal
from holdfast.domain.timeline import EntryKind, TimelineEntry
from tests.examples import AT, alert, decision, hypothesis, incident, plan, restart, rollback, vote

READER = MarkdownIt("gfm-like", {"linkify": False, "html": True})
NASTY = [
    "</pre><script>alert(1)</script>",
    "`` ` ``` close\n```\n# heading",
    "| cut | the | table |",
    r"a \\| b \| c",
    "![x](http://evil.example/p.png) [y](javascript:alert(1))",
    "1. one\n2. two",
    "- item",
    "&lt;b&gt; *bold* __strong__ ~~gone~~",
    "***",
    "\u202ereversed\u200b",
    "<http://evil.example>",
]


def seen(evidence_id: str, **fields: Any) -> Evidence:
    """Return one metric that rose."""
    base: dict[str, Any] = {
        "evidence_id": evidence_id,
        "kind": EvidenceKind.METRIC,
        "source": "monitoring.fetch_metrics",
        "query": '{"query":"service:error_ratio{service=\\"checkout\\"}"}',
        "service": "checkout",
        "range": Range(start=AT - timedelta(minutes=30), end=AT),
        "digest": "ab" * 32,
        "summary": "error ratio rose to 12%",
        "fetched_at": AT,
    }
    return Evidence(**{**base, **fields})


def attempt(**fields: Any) -> Attempt:
    """Return a roll back that helped."""
    check = Check(
        name="error ratio",
        before=0.123456,
        after=0.002,
        threshold=0.02,
        passed=True,
        evidence=("ev-1", "ev-2"),
        unit="ratio",
    )
    base: dict[str, Any] = {
        "action": rollback(),
        "grant_id": "inc/acme/production/checkout/abc/0",
        "plan_hash": "abc",
        "state": AttemptState.DONE,
        "started_at": AT,
        "ended_at": AT + timedelta(seconds=5),
        "verification": Verification(recovered=True, checks=(check,), summary="recovered"),
    }
    return Attempt(**{**base, **fields})


def ended(**fields: Any) -> Incident:
    """Return an incident that went the whole way."""
    proposed = plan()
    risk = (RiskTerm(name="production", points=3, why="users are on it"),)
    base: dict[str, Any] = {
        "number": "INC-7",
        "status": IncidentStatus.CLOSED,
        "ended_at": AT + timedelta(minutes=5, seconds=3),
        "outcome": "Recovered.",
        "evidence": (seen("ev-1"), seen("ev-2"), seen("ev-3", summary="", missing="the source timed out")),
        "diagnosis": Diagnosis(method="ranker", hypotheses=(hypothesis(),), missing=("commits",)),
        "plan": proposed,
        "decision": decision(proposed, risk_terms=risk),
        "ballots": (Ballot(vote=vote(proposed), counted_at=AT),),
        "approvals": (Approval(plan_hash=proposed.plan_hash, outcome=Outcome.APPROVED, voters=("alice",), at=AT),),
        "attempts": (attempt(),),
        "timeline": (TimelineEntry(at=AT, kind=EntryKind.DIAGNOSIS, text="a bad release", refs=("ev-1", "ev-9")),),
    }
    return incident(**{**base, **fields})


def test_what_moved_together_is_told_beside_the_hypotheses() -> None:
    """And nothing is where nothing did."""
    pair = "memory of checkout led its error ratio by 60 s (r 0.91, p < 0.01)"
    told = Diagnosis(method="ranker", hypotheses=(hypothesis(),), together=(pair,))
    assert "What moved together:\n\n- memory of checkout led" in render(ended(diagnosis=told))
    assert "together" not in render(ended())


def inline(markdown: str) -> list[Token]:
    """Return what a reader of Markdown makes of one paragraph."""
    blocks = READER.parse(markdown)
    assert [b.type for b in blocks] == ["paragraph_open", "inline", "paragraph_close"], markdown
    return [t for t in blocks[1].children or [] if t.type != "text" or t.content]


def test_the_report_tells_the_whole_walk() -> None:
    """Every part is there, in the order of the walk."""
    heads = [line for line in render(ended()).splitlines() if line.startswith("#")]
    assert heads == [
        "# INC-7: HighErrorRate on checkout",
        "## What people saw",
        "## Why",
        "## What was proposed, and who allowed it",
        "## What was done",
        "### Round 1: roll back deployment shop/checkout to revision 6",
        "## Timeline",
        "## Evidence",
        "## What was missing",
        "## Cost",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "**closed** · severity medium · acme / production / checkout · lasted 5 min 3 s",
        "1. **bad\\_release** on checkout, 80%: errors began with revision 7 [`ev-1`](#ev-1)",
        "- risk +3 production: users are on it",
        "| error ratio | 12.3% | 0.2% | 2.0% | better | [`ev-1`](#ev-1) [`ev-2`](#ev-2) |",
        "- 2026-03-01 03:00:00Z holdfast: a bad release [`ev-1`](#ev-1) [`ev-9`](#ev-9)",
        "- commits",
        "No model was asked; 0.0 s of looking and ranking, 0 tokens, no money.",
    ],
)
def test_each_claim_stands_beside_what_backs_it(line: str) -> None:
    """Causes, risk, signals before and after, and the gaps."""
    assert line in render(ended()).splitlines()


def test_evidence_can_be_fetched_again() -> None:
    """The exact query, the range with its day and zone, the digest, and why one is missing."""
    row, *_ = [line for line in render(ended()).splitlines() if line.startswith("| `ev-1`")]
    assert '`{"query":"service:error_ratio{service=\\"checkout\\"}"}`' in row
    assert "2026-03-01 02:30:00Z to 2026-03-01 03:00:00Z" in row
    assert "`abababababab`" in row
    assert "missing: the source timed out" in render(ended())


def test_what_was_really_sent_and_where_it_opens_are_told() -> None:
    """A signal may have been asked for in the source's own language; a person can repeat exactly that."""
    where = "https://prometheus.example/graph?g0.expr=a b"
    asked = seen("ev-9", sent='sum(rate(x{service="checkout"}[2m]))', link=where)
    text = render(incident(evidence=(asked,)))
    assert 'sent as `sum(rate(x{service="checkout"}[2m]))`' in text
    assert "[open](<https://prometheus.example/graph?g0.expr=a%20b>)" in text


@given(st.text(max_size=60))
def test_a_link_leads_to_the_web_and_cannot_be_left(text: str) -> None:
    """Whatever follows the address stays within its brackets; other schemes are no links."""
    made = link("open", "https://h/" + text)
    assert made.startswith("[open](<https://h/")
    assert not set("<>|\n\\`") & set(made[len("[open](<") : -len(">)")])
    assert link("open", "javascript:" + text) == ""


def test_who_allowed_it_is_named_with_rule_version_and_grant() -> None:
    """Policy's rule and version, each voice with its time, and the grant that opened the executor."""
    told = render(ended())
    assert "Policy said **ask** by rule `production-asks` of shipped `1+000000000000`" in told
    assert f"- alice voted approve on plan `{plan().plan_hash}` at 2026-03-01 03:00:00Z by api: counts" in told
    assert "grant `inc/acme/production/checkout/abc/0`" in told


def test_a_voice_that_does_not_count_says_why() -> None:
    """A refused ballot is part of the account."""
    told = render(ended(ballots=(Ballot(vote=vote(plan()), counted_at=AT, refused="already voted"),)))
    assert "does not count (already voted)" in told


def test_a_way_back_and_a_signal_without_data_are_told_as_such() -> None:
    """Nothing is dressed up as a measurement."""
    blind = Verification(recovered=False, unknown=True, checks=(Check(name="errors", passed=False),), summary="unknown")
    told = render(ended(attempts=(attempt(verification=blind), attempt(backwards=True, verification=None))))
    assert "| errors | no data | no data | - | not better |" in told
    assert "### Round 1, way back: roll back deployment shop/checkout to revision 6" in told


def test_an_unresolved_incident_says_so() -> None:
    """No hypothesis is not a hypothesis."""
    told = render(incident(diagnosis=Diagnosis(method="ranker")))
    assert "Unresolved: no hypothesis explains the evidence." in told
    assert "## What was done" not in told


def test_a_storm_is_counted_and_cut() -> None:
    """Fifty alerts are shown and the rest counted."""
    told = render(incident(alerts=tuple(alert(fingerprint=f"f{n}") for n in range(60)), alert_count=900))
    assert "900 alerts delivered, 60 different." in told
    assert told.count("HighErrorRate on checkout (high") == 50
    assert "- and 10 more" in told


def test_what_a_model_cost_is_told() -> None:
    """Calls, tokens, money and seconds."""
    usage = Usage(model="local", calls=2, prompt_tokens=1200, completion_tokens=80, money=0.012, seconds=3.21)
    assert "2 calls of local, 1200 + 80 tokens, 0.012 in the currency of the configured prices, 3.2 s." in render(
        ended(usage=usage)
    )
    lost = render(ended(usage=usage.model_copy(update={"lost_calls": 1, "lost_tokens": 900})))
    assert "3.2 s. 1 more brought no answer: about 900 tokens sent, their cost unknown." in lost


def test_what_looking_cost_is_told_though_no_model_was_asked() -> None:
    """From each beginning of an investigation to its diagnosis, not while people thought or actions ran."""
    kinds = ((0, "alert"), (1, "triage"), (3, "evidence"), (4, "diagnosis"), (4, "approval"), (60, "action"))
    later = ((70, "verification"), (71, "evidence"), (73, "diagnosis"))
    told = tuple(
        TimelineEntry(at=AT + timedelta(seconds=s), kind=EntryKind(kind), text="x") for s, kind in (*kinds, *later)
    )
    assert "No model was asked; 7.0 s of looking and ranking" in render(ended(timeline=told))


def test_numbers_of_one_and_of_many_are_written_as_people_do() -> None:
    """One voice, two voices; an asterisk is anybody."""
    proposed = plan()
    told = render(ended(decision=decision(proposed, quorum=1, approvers=("*",)), alert_count=1))
    assert "It needs 1 voice of anybody." in told
    assert "1 alert delivered." in told
    assert "It needs 2 voices of sre, dba." in render(
        ended(decision=decision(proposed, quorum=2, approvers=("sre", "dba")))
    )


def test_signals_are_shown_with_their_unit_and_older_ones_as_they_were_kept() -> None:
    """Milliseconds and per cent; a check of before units were kept has its number."""
    check = Check(name="p99 latency", before=0.5887, after=1.5, passed=False, unit="seconds")
    assert (check.shown(check.before), check.shown(check.after), check.shown(None, "-")) == ("589 ms", "1.50 s", "-")
    assert check.model_copy(update={"unit": ""}).shown(0.5887) == "0.589"


def test_each_round_keeps_its_plan_its_decision_and_its_voices() -> None:
    """What was tried first is part of the account, not only what was tried last."""
    first, second = plan(), plan(round=2)
    earlier = (Proposal(plan=first, decision=decision(first, reason="the first")),)
    told = render(
        ended(
            earlier=earlier,
            plan=second,
            decision=decision(second, reason="the second"),
            ballots=tuple(Ballot(vote=vote(p), counted_at=AT) for p in (first, second)),
            approvals=(Approval(plan_hash=first.plan_hash, outcome=Outcome.APPROVED, voters=("alice",), at=AT),),
        )
    )
    one, other = told.index("### Proposal 1, round 1"), told.index("### Proposal 2, round 2")
    assert one < told.index("the first") < told.index(f"voted approve on plan `{first.plan_hash}`") < other
    assert one < told.index(f"- plan `{first.plan_hash}` approved by alice") < other
    assert other < told.index("the second") < told.index(f"voted approve on plan `{second.plan_hash}`")


def test_only_evidence_that_exists_is_cited() -> None:
    """Each once, and no id that nobody fetched."""
    assert cited(ended()) == ("ev-1", "ev-2")


def test_times_are_told_in_utc() -> None:
    """Whatever zone they came in."""
    assert moment(AT.astimezone(timezone(timedelta(hours=9)))) == "2026-03-01 03:00:00Z"


@pytest.mark.parametrize("text", NASTY)
def test_what_others_wrote_changes_no_structure(text: str) -> None:
    """The same blocks, headings and cells come out whatever alerts, people, tools and models say."""

    def blocks(said: str) -> list[str]:
        proposed = plan(summary=said, proposer=said)
        told = ended(
            number="",
            title=said,
            outcome=said,
            trace_id=said,
            symptoms=(said,),
            missing=(said,),
            alerts=(alert(summary=said, name=said, service=said),),
            evidence=(seen("ev-1", summary=said, query=said, cut=said), seen("ev-2", missing=said)),
            diagnosis=Diagnosis(
                method=said,
                hypotheses=(hypothesis(statement=said, service=said),),
                notes=(said,),
                together=(said,),
            ),
            plan=proposed,
            decision=decision(proposed, reason=said, rule=said, errors=(said,)),
            ballots=(
                Ballot(vote=vote(proposed, voter=said, reason=said, plan_hash=said), counted_at=AT, refused=said),
            ),
            attempts=(attempt(error=said, action=restart(service=said)),),
            timeline=(TimelineEntry(at=AT, kind=EntryKind.HUMAN, text=said, actor=said),),
        )
        return [t.type for t in READER.parse(render(told))]

    assert blocks(text) == blocks("harmless")


@pytest.mark.parametrize("text", NASTY)
def test_plain_text_is_shown_and_not_obeyed(text: str) -> None:
    """A reader sees the words, and nothing but words."""
    words = inline(plain(text))
    assert {t.type for t in words} <= {"text", "text_special"}
    assert "".join(t.content for t in words) == " ".join(clean(text).split())


@given(st.text(alphabet=st.sampled_from("ab1.-+=#>*_`|\\[]()<>&~!: \n\t/"), max_size=30))
def test_plain_text_of_any_shape_stays_text(text: str) -> None:
    """The same, for whatever can be typed."""
    wanted = " ".join(clean(text).split())
    if wanted:
        words = inline(plain(text))
        assert {t.type for t in words} <= {"text", "text_special"}
        assert "".join(t.content for t in words) == wanted


@given(st.text(alphabet=st.sampled_from('ab`|\\ \n\u202e{}"'), min_size=1, max_size=30))
def test_a_code_span_holds_all_and_ends_where_it_should(text: str) -> None:
    """One span, whatever it holds, and a table's cell stays one cell."""
    first = inline(code(text))
    assert [t.type for t in first] == ["code_inline"]
    row = READER.parse(table(("a", "b"), [(code(text), plain(text) or "-")]))
    assert sum(t.type == "td_open" for t in row) == 2


def test_a_table_of_nothing_is_nothing() -> None:
    """No head without rows."""
    assert table(("a",), []) == ""
