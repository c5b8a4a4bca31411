"""A local server that speaks PagerDuty's Events API v2, as developer.pagerduty.com describes it.

"Send an event" (202 with status, message and dedup_key; 400 `invalid event` with errors; 429), "Event deduplication"
(an event whose key is open adds to its alert), "PD-CEF" (severities; a summary of at most 1,024 characters).
"""

from dataclasses import dataclass, field

from aiohttp import web

from tests.vendors.scripted import Json, Vendor

ROUTING_KEY = "R0123456789ABCDEF0123456789ABCDE"


@dataclass
class PagerDutyServer(Vendor):
    """One service's integration: its open alerts by key, each with its events."""

    alerts: dict[str, list[Json]] = field(default_factory=dict)

    def routes(self) -> list[web.RouteDef]:
        """Return the one method."""
        return [web.post("/v2/enqueue", self._enqueue)]

    async def _enqueue(self, request: web.Request) -> web.Response:
        event = await request.json()
        if errors := _wrong(event):
            body = {"status": "invalid event", "message": "Event object is invalid", "errors": errors}
            return web.json_response(body, status=400)
        self.alerts.setdefault(event["dedup_key"], []).append(event)
        await self.effect()
        body = {"status": "success", "message": "Event processed", "dedup_key": event["dedup_key"]}
        return web.json_response(body, status=202)


def _wrong(event: Json) -> list[str]:
    payload = event["payload"]
    checks = {
        f"'routing_key' {event['routing_key']} is invalid": event["routing_key"] == ROUTING_KEY,
        "'severity' is invalid": payload["severity"] in ("critical", "error", "warning", "info"),
        "'summary' is too long": 0 < len(payload["summary"]) <= 1024,
        "'source' is missing": bool(payload["source"]),
        "'dedup_key' is too long": len(event["dedup_key"]) <= 255,
    }
    return [wrong for wrong, fine in checks.items() if not fine]
