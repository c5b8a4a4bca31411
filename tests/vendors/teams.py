"""A local server that takes messages as a Teams workflow does, as learn.microsoft.com describes it.

"Create incoming webhooks with Workflows for Microsoft Teams" (202 with no body; a card as attachment), "Limits and
specifications for Microsoft Teams" (28 KB a message), Azure Logic Apps' trigger addresses (`sig` in the query, 401
without it).
"""

from dataclasses import dataclass, field

from aiohttp import web

from tests.vendors.scripted import Json, Vendor

SIGNATURE = "teams-signature-0123456789"


@dataclass
class TeamsServer(Vendor):
    """One workflow: the messages it took."""

    messages: list[Json] = field(default_factory=list)

    @property
    def webhook(self) -> str:
        """Return the workflow's address, which is a secret."""
        return f"{self.url}/workflows/1/triggers/manual/paths/invoke?api-version=2016-06-01&sig={SIGNATURE}"

    def routes(self) -> list[web.RouteDef]:
        """Return the one method."""
        return [web.post("/workflows/1/triggers/manual/paths/invoke", self._invoke)]

    async def _invoke(self, request: web.Request) -> web.Response:
        if request.query.get("sig") != SIGNATURE or request.query.get("api-version") != "2016-06-01":
            error = {"error": {"code": "DirectApiAuthorizationRequired", "message": str(request.url)}}
            return web.json_response(error, status=401)
        content = await request.read()
        if len(content) > 28 * 1024:
            return web.json_response({"error": {"code": "RequestEntityTooLarge"}}, status=413)
        self.messages.append(await request.json())
        await self.effect()
        return web.Response(status=202)
