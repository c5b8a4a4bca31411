"""What every door shares: settings, the way to Temporal, the records, and who is who."""

from dataclasses import dataclass
from typing import Annotated, Self

from fastapi import Depends, Request
from pydantic import JsonValue

from holdfast.api.alerts.labels import LabelRule
from holdfast.api.alerts.sns.asked import Trust, TrustWhenAsked
from holdfast.api.callers import body
from holdfast.api.callers.people import People, Visitor
from holdfast.api.callers.rates import Rates
from holdfast.api.callers.sources import Sender, Sources
from holdfast.api.intake import Intake
from holdfast.api.reading import Reading
from holdfast.api.settings import ApiSettings
from holdfast.api.slack.signing import SlackSignature
from holdfast.api.temporal import TemporalLink


@dataclass(frozen=True)
class House:
    """Made once, when the API starts."""

    settings: ApiSettings
    temporal: TemporalLink
    reading: Reading
    intake: Intake
    rule: LabelRule
    sources: Sources
    people: People
    rates: Rates
    slack: SlackSignature | None
    sns: Trust

    @classmethod
    def build(cls, settings: ApiSettings) -> Self:
        """Return the house that `settings` describe; nothing is reached yet."""
        temporal = TemporalLink(settings.temporal_address, settings.temporal_namespace)
        return cls(
            settings=settings,
            temporal=temporal,
            reading=Reading(temporal, settings.database_url),
            intake=Intake(temporal, settings.incident_settings),
            rule=LabelRule(
                service=settings.service_order,
                environment=settings.environment_order,
                default_environment=settings.default_environment,
            ),
            sources=Sources(settings.sources),
            people=People(settings.people, believes_header=settings.believes_header),
            rates=Rates(settings.rate_per_second, settings.rate_burst),
            slack=SlackSignature(settings.slack_secret) if settings.slack_secret else None,
            sns=TrustWhenAsked(),
        )

    async def read_json(self, request: Request, sent: bytes | None = None) -> JsonValue:
        """Return the JSON a request brings, within the limits."""
        sent = await self.read(request) if sent is None else sent
        return body.parse(sent, request.headers.get("content-type", ""), self.settings.nesting_limit)

    async def read(self, request: Request) -> bytes:
        """Return the bytes a request brings, within the limit."""
        return await body.read(request, self.settings.body_limit)

    def sender(self, request: Request, sent: bytes) -> Sender:
        """Return which source sent this, counted against its rate."""
        anyone = self.settings.open_source
        sender = (
            Sender(name="anyone", tenant=anyone.tenant) if anyone else self.sources.recognise(request.headers, sent)
        )
        self.rates.take(f"source/{sender.name}")
        return sender


async def house_of(request: Request) -> House:
    """Return the house of the app that answers `request`; asynchronous only to spare it a thread."""
    house: House = request.app.state.house
    return house


TheHouse = Annotated[House, Depends(house_of)]


async def _reader(request: Request, house: TheHouse) -> Visitor:
    visitor = house.people.recognise(request.headers)
    house.rates.take(f"person/{visitor.identity}")
    return visitor


async def _speaker(request: Request, house: TheHouse) -> Visitor:
    visitor = house.people.speaker(request.headers)
    house.rates.take(f"person/{visitor.identity}")
    return visitor


Reader = Annotated[Visitor, Depends(_reader)]
Speaker = Annotated[Visitor, Depends(_speaker)]
