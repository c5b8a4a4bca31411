"""The hand that writes the report: short in the history, whole outside it, and the same from the same document."""

from pathlib import Path

from temporalio.testing import ActivityEnvironment

from holdfast.activities.contracts import ReportRequest
from holdfast.activities.reporting import WriteReport
from holdfast.analysis.report.document import render
from holdfast.domain.diagnosis import Diagnosis
from holdfast.domain.evidence import Evidence, EvidenceKind
from holdfast.domain.incident import Incident
from holdfast.domain.report import Report
from holdfast.records.bodies import FileBodyStore
from tests.examples import AT, hypothesis, incident

EVIDENCE = Evidence(
    evidence_id="ev-1",
    kind=EvidenceKind.METRIC,
    source="monitoring.fetch_metrics",
    query="{}",
    service="checkout",
    fetched_at=AT,
)


def diagnosed() -> Incident:
    """Return an incident whose cause stands on one piece of evidence."""
    best = hypothesis(evidence=("ev-1", "ev-invented"))
    return incident(
        number="INC-4", outcome="Recovered.", evidence=(EVIDENCE,), diagnosis=Diagnosis(method="r", hypotheses=(best,))
    )


async def write(folder: Path) -> Report:
    """Run the activity as a worker would, over files."""
    hand = WriteReport(FileBodyStore(folder), lambda: AT)
    return await ActivityEnvironment().run(hand.write_report, ReportRequest(incident=diagnosed()))


async def test_the_report_is_found_whole_under_its_digest(tmp_path: Path) -> None:
    """The reference is also the proof that nobody changed it."""
    report = await write(tmp_path)
    assert report.ref == report.digest
    assert await FileBodyStore(tmp_path).get(report.ref) == {"markdown": render(diagnosed())}


async def test_the_history_keeps_its_heading_alone(tmp_path: Path) -> None:
    """Title, outcome, time and the evidence that exists; never the text itself."""
    report = await write(tmp_path)
    assert report.markdown == ""
    assert (report.title, report.summary, report.made_at) == ("HighErrorRate on checkout", "Recovered.", AT)
    assert report.cited == ("ev-1",)


async def test_written_twice_it_is_one_report(tmp_path: Path) -> None:
    """A retry changes nothing."""
    assert await write(tmp_path) == await write(tmp_path)
