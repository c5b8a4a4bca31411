"""The hand that records: the whole document, its number back, and a database that is away said so."""

from dataclasses import dataclass, field

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from holdfast.activities.contracts import RecordAnswer, RecordRequest
from holdfast.activities.errors import NEVER_RETRIED, RecordsError
from holdfast.activities.recording import RecordIncident
from holdfast.domain.incident import Incident
from tests.examples import incident


@dataclass
class ListWriter:
    """A writer that keeps documents in a list, or is away."""

    away: str = ""
    before: str = ""
    written: list[Incident] = field(default_factory=list)

    async def upsert(self, document: Incident) -> str:
        """Keep a document under the next number."""
        if self.away:
            raise RecordsError(self.away)
        self.written.append(document)
        return f"INC-{len(self.written)}"

    async def previous_run(self, document: Incident) -> str:
        """Return what a test said."""
        return "" if document.run_id == self.before else self.before


async def record(writer: ListWriter, document: Incident) -> RecordAnswer:
    """Run the activity as a worker would."""
    request = RecordRequest(incident=document)
    return await ActivityEnvironment().run(RecordIncident(writer).record_incident, request)


async def test_the_whole_document_is_written_and_its_number_comes_back() -> None:
    """Nothing is left out, because the last one written is all there is."""
    writer = ListWriter()
    assert await record(writer, incident()) == RecordAnswer(number="INC-1")
    assert writer.written == [incident()]


async def test_a_re_fire_learns_which_run_came_before() -> None:
    """Once; what the document already knows is not asked again."""
    writer = ListWriter(before="run-0")
    assert (await record(writer, incident())).previous_run_id == "run-0"
    assert (await record(writer, incident(previous_run_id="run-00"))).previous_run_id == "run-00"


async def test_a_database_that_is_away_is_tried_again() -> None:
    """The failure has a name of its own, says why, and is not one of those that no retry can help."""
    with pytest.raises(ApplicationError, match="disk is full") as failure:
        await record(ListWriter(away="the disk is full"), incident())
    assert failure.value.type == "RecordsUnavailable"
    assert not failure.value.non_retryable
    assert failure.value.type not in NEVER_RETRIED
