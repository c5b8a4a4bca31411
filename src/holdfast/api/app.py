"""The doors, hung: one FastAPI application that starts whether or not the rest of the house is there."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse

from holdfast.api import incidents, problems, words
from holdfast.api.alerts import doors as alerts
from holdfast.api.alerts import hooks
from holdfast.api.alerts.sns import doors as sns
from holdfast.api.callers.tracing import Tracing
from holdfast.api.house import House, TheHouse
from holdfast.api.problems import RETRY_AFTER, Problem
from holdfast.api.settings import ApiSettings
from holdfast.api.slack import doors as slack

health = APIRouter(tags=["health"])


def create_app(settings: ApiSettings | None = None, house: House | None = None) -> FastAPI:
    """Return the application; with no settings they are read from the environment, with no house it is built.

    Raises:
        pydantic.ValidationError: naming the setting that is missing or unsafe.
    """
    house = house or House.build(settings or ApiSettings())

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with _polling(house):
            yield
        await house.reading.close()

    # No documentation pages: they would fetch scripts from elsewhere. The schema is at /openapi.json.
    app = FastAPI(title="Holdfast", docs_url=None, redoc_url=None, lifespan=lifespan)
    app.state.house = house
    problems.install(app)
    app.add_middleware(Tracing)
    for router in (health, alerts.router, hooks.router, sns.router, incidents.router, words.router, slack.router):
        app.include_router(router)
    return app


def _polling(house: House) -> AbstractAsyncContextManager[None]:
    if not house.settings.alertmanagers:
        return nullcontext()
    from holdfast.api.alerts.polling.poller import polling  # noqa: PLC0415 # an HTTP client that only polling needs

    return polling(house)


@health.get("/healthz")
async def healthz() -> dict[str, str]:
    """Say that this process lives."""
    return {"status": "ok"}


@health.get("/readyz")
async def readyz(house: TheHouse) -> JSONResponse:
    """Say whether alerts would be accepted now; records that are away only degrade the lists."""
    why = await house.temporal.why_not_ready()
    if why:
        raise Problem(503, "alerts would not be accepted", fields=[("temporal", why)], retry_after=RETRY_AFTER)
    records = await house.reading.why_no_records()
    return JSONResponse({"status": "ready", "degraded": [f"records: {records}"] if records else []})
