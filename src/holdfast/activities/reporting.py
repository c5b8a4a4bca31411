"""The hand that writes the report, from the document alone, and keeps it outside the history."""

from temporalio import activity

from holdfast.activities.contracts import WRITE_REPORT, ReportRequest
from holdfast.activities.ports import BodyStore, Clock
from holdfast.analysis.report.document import cited, render
from holdfast.domain.report import Report


class WriteReport:
    """Renders the report and stores it by its digest."""

    def __init__(self, bodies: BodyStore, clock: Clock) -> None:
        self._bodies = bodies
        self._clock = clock

    @activity.defn(name=WRITE_REPORT)
    async def write_report(self, request: ReportRequest) -> Report:
        """Return the report with its Markdown under `ref`, as `{"markdown": …}`."""
        incident = request.incident
        ref = await self._bodies.put({"markdown": render(incident)})
        return Report(
            title=incident.title,
            summary=incident.outcome,
            ref=ref,
            digest=ref,
            made_at=self._clock(),
            cited=cited(incident),
        )
