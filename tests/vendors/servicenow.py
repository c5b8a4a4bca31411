"""A local server that speaks ServiceNow's Table API, as docs.servicenow.com describes it.

"Table API > Retrieve records from a table" (`sysparm_query`, `sysparm_fields`, `sysparm_limit`), "Create a record"
(201 with the record), error bodies `{error: {message, detail}, status: failure}`, "Inbound REST API rate limiting"
(429 with Retry-After). Fields longer than their column are refused here rather than cut.
"""

from base64 import b64encode
from dataclasses import dataclass, field

from aiohttp import web

from tests.vendors.scripted import Json, Vendor

USER, PASSWORD = "holdfast", "now-password-1"


@dataclass
class ServiceNowServer(Vendor):
    """One instance with one table."""

    records: list[Json] = field(default_factory=list)

    def routes(self) -> list[web.RouteDef]:
        """Return the two methods."""
        return [web.post("/api/now/table/incident", self._create), web.get("/api/now/table/incident", self._find)]

    async def _create(self, request: web.Request) -> web.Response:
        if not _known(request):
            return _no(401, "User Not Authenticated")
        record = await request.json()
        if len(record["short_description"]) > 160 or len(record["description"]) > 4000:
            return _no(400, "a value is longer than its column")
        made = {**record, "sys_id": f"{len(self.records):032x}", "number": f"INC{10_001 + len(self.records):07d}"}
        self.records.append(made)
        await self.effect()
        return web.json_response({"result": made}, status=201)

    async def _find(self, request: web.Request) -> web.Response:
        if not _known(request):
            return _no(401, "User Not Authenticated")
        column, _, value = request.query["sysparm_query"].partition("=")
        fields = request.query["sysparm_fields"].split(",")
        found = [{f: r[f] for f in fields} for r in self.records if r.get(column) == value]
        return web.json_response({"result": found[: int(request.query["sysparm_limit"])]})


def _known(request: web.Request) -> bool:
    expected = f"Basic {b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"
    return request.headers.get("Authorization") == expected


def _no(status: int, message: str) -> web.Response:
    return web.json_response({"error": {"message": message, "detail": ""}, "status": "failure"}, status=status)
