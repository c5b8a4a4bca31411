"""The doors incidents are read by: a page of them, or one whole document."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import PlainTextResponse
from pydantic import BeforeValidator, JsonValue

from holdfast.api.callers.people import EVERY_TENANT, Visitor
from holdfast.api.house import House, Reader, TheHouse
from holdfast.api.problems import Problem
from holdfast.api.reading import Found, no_such_incident
from holdfast.domain.alert import Severity
from holdfast.domain.evidence import Evidence
from holdfast.domain.incident import Incident, IncidentStatus
from holdfast.domain.noun import Noun
from holdfast.records.bodies import FileBodyStore
from holdfast.records.store import IncidentFilter, IncidentPage

router = APIRouter(tags=["incidents"])

SOURCE = "Holdfast-Source"


def _anything(said: object) -> object:
    """Return None for an empty word: a form sends one where nothing was chosen."""
    return said or None


class Wanted(IncidentFilter):
    """What may be asked of the list; a tenant is never asked for, it comes from who asks."""

    tenant: Literal[""] = ""
    status: Annotated[IncidentStatus | None, BeforeValidator(_anything)] = None  # type: ignore[assignment] # narrower than the filter's word
    severity: Annotated[Severity | None, BeforeValidator(_anything)] = None  # type: ignore[assignment] # as above

    @property
    def filter(self) -> IncidentFilter:
        """Return what the records are asked."""
        told = self.model_dump(mode="json", exclude_none=True)
        return IncidentFilter.model_validate(told)


@router.get("/incidents")
async def list_incidents(house: TheHouse, visitor: Reader, wanted: Annotated[Wanted, Query()]) -> IncidentPage:
    """List incidents, newest first; `next` is the cursor of the following page."""
    tenant = "" if visitor.tenant == EVERY_TENANT else visitor.tenant
    return await house.reading.list(wanted.filter.model_copy(update={"tenant": tenant}))


@router.get("/incidents/{ref}")
async def show_incident(ref: str, house: TheHouse, visitor: Reader, response: Response) -> Incident:
    """Show one incident with its whole timeline; the header `Holdfast-Source` says who told: workflow or records."""
    told = await house.reading.tell(await find(house, visitor, ref))
    response.headers[SOURCE] = told.source
    return told.incident


@router.get("/incidents/{ref}/report", response_class=PlainTextResponse)
async def show_report(ref: str, house: TheHouse, visitor: Reader) -> PlainTextResponse:
    """Show the incident's report in Markdown."""
    told = await house.reading.tell(await find(house, visitor, ref))
    report = told.incident.report
    if report is None:
        raise Problem(404, f"{ref} has no report yet")
    try:
        body = await FileBodyStore(house.settings.data_dir / "bodies").get(report.ref)
    except KeyError as e:
        raise Problem(404, f"the report of {ref} is not kept here: {e.args[0]}") from e
    markdown = str(body["markdown"]) if isinstance(body, dict) else ""
    return PlainTextResponse(markdown, media_type="text/markdown; charset=utf-8")


class Answered(Noun):
    """One item of evidence with the whole answer it was read from, as it was redacted and kept."""

    evidence: Evidence
    body: JsonValue


@router.get("/incidents/{ref}/evidence/{evidence_id}")
async def show_evidence(ref: str, evidence_id: str, house: TheHouse, visitor: Reader) -> Answered:
    """Show one item of evidence with its whole answer; the answer is given only if it still has the item's digest."""
    told = await house.reading.tell(await find(house, visitor, ref))
    found = next((e for e in told.incident.evidence if e.evidence_id == evidence_id), None)
    if found is None:
        raise Problem(404, f"{ref} has no evidence {evidence_id!r}")
    if not found.present:
        raise Problem(404, f"{evidence_id} has no answer: {found.missing}")
    try:
        body = await FileBodyStore(house.settings.data_dir / "bodies").get(found.ref)
    except KeyError as e:
        raise Problem(404, f"the answer of {evidence_id} is not kept here: {e.args[0]}") from e
    return Answered(evidence=found, body=body)


async def find(house: House, visitor: Visitor, ref: str) -> Found:
    """Return what `ref` means to this visitor; another tenant's incident is as absent as none.

    Raises:
        Problem: 404 when there is none that this visitor may see.
    """
    found = await house.reading.find(ref)
    if not visitor.may_see(found.tenant):
        raise no_such_incident(ref)
    return found
