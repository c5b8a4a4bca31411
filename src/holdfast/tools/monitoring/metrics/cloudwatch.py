"""CloudWatch's metrics through boto3, in threads, under our own limits, tries and words."""

import asyncio
import json
import threading
from datetime import UTC, datetime
from typing import Any

from holdfast.tools.errors import Word, no
from holdfast.tools.monitoring.metrics.cloudquery import console_link, data_queries
from holdfast.tools.monitoring.metrics.guarded import Found, number
from holdfast.tools.monitoring.queries import MetricQuery
from holdfast.tools.monitoring.section import CloudWatchSection
from holdfast.tools.monitoring.sources import Series
from holdfast.tools.outside.answers import Answer, Refused
from holdfast.tools.outside.attempts import Attempts

try:
    import boto3
    from botocore import exceptions as aws
    from botocore.config import Config
except ImportError as e:
    raise ValueError("monitoring.metrics: kind cloudwatch needs `pip install holdfast[aws]`") from e

MOST_PAGES = 10
# Codes that CloudWatch gives with status 400 or 403, and the status that says the same to everybody.
_STATUS = {
    "Throttling": 429,
    "ThrottlingException": 429,
    "RequestLimitExceeded": 429,
    "AccessDenied": 403,
    "AccessDeniedException": 403,
    "InvalidClientTokenId": 401,
    "UnrecognizedClientException": 401,
    "SignatureDoesNotMatch": 401,
    "ExpiredToken": 401,
    "ExpiredTokenException": 401,
}


class CloudWatchStore:
    """One account's metrics in one region."""

    def __init__(self, name: str, section: CloudWatchSection) -> None:
        self._name, self._section = f'cloudwatch "{name}"', section
        self._attempts = Attempts(self._name, section.endpoint)
        self._client: Any = None
        self._making = threading.Lock()

    async def read(self, query: MetricQuery) -> Found:
        """Return the series of GetMetricData, every page within limits of its own."""
        asked = {
            "MetricDataQueries": data_queries(query),
            "StartTime": datetime.fromtimestamp(query.start, UTC),
            "EndTime": datetime.fromtimestamp(query.end, UTC),
            "ScanBy": "TimestampAscending",
        }
        await asyncio.to_thread(self._opened)  # boto3 reads its models for longer than a question may take
        pages: list[dict[str, Any]] = []
        for _ in range(MOST_PAGES):
            more = {"NextToken": pages[-1]["NextToken"]} if pages else {}
            page = {**asked, **more}
            pages.append(await self._attempts.run(lambda page=page: asyncio.to_thread(self._ask, page)))  # type: ignore[misc] # mypy cannot infer a lambda's default
            if not pages[-1].get("NextToken"):
                return joined(pages)
        return joined(pages, f"the first {MOST_PAGES} pages; ask for a shorter range or a longer step")

    def link(self, query: MetricQuery) -> str:
        """Return the metric in the console."""
        return console_link(self._section.region, data_queries(query))

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()

    def _ask(self, asked: dict[str, Any]) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = self._opened().get_metric_data(**asked)
        except aws.ClientError as e:
            raise Refused(_refusal(e)) from e
        except aws.ParamValidationError as e:
            raise no(Word.BAD_INPUT, f"query: {str(e)[:300]}") from e
        except (aws.ConnectTimeoutError, aws.ReadTimeoutError) as e:
            raise TimeoutError from e
        except (aws.HTTPClientError, aws.EndpointConnectionError) as e:
            raise OSError(str(e)) from e
        except aws.BotoCoreError as e:
            raise self._not_configured(e) from e
        if "MetricDataResults" not in answer:  # boto3 takes a proxy's page for an empty answer
            raise no(Word.FAILED, f"{self._name}: answered no metric data; check endpoint_url and any proxy")
        return answer

    def _not_configured(self, error: Exception) -> Exception:
        return no(Word.NOT_CONFIGURED, f"{self._name}: {str(error)[:200]}; see docs/integrations/cloudwatch.md")

    def _opened(self) -> Any:
        with self._making:  # a session of boto3 is not made for several threads, its clients are
            if self._client is None:
                try:
                    self._client = self._made()
                except (aws.BotoCoreError, ValueError) as e:
                    raise self._not_configured(e) from e
        return self._client

    def _made(self) -> Any:
        section, seconds = self._section, self._section.timeout
        session = boto3.session.Session(profile_name=section.profile or None, region_name=section.region)
        config = Config(connect_timeout=seconds, read_timeout=seconds, retries={"total_max_attempts": 1})
        return session.client("cloudwatch", endpoint_url=section.endpoint_url or None, config=config)


def joined(pages: list[dict[str, Any]], *notes: str) -> Found:
    """Return the series of all pages, in the order they first came, and what CloudWatch says about them."""
    points: dict[tuple[str, str], list[tuple[float, float | None]]] = {}
    said = list(notes)
    for page in pages:
        said += _messages(page)
        for one in page.get("MetricDataResults", ()):
            said += _messages(one)
            pairs = zip(one.get("Timestamps", ()), one.get("Values", ()), strict=False)
            known = points.setdefault((one["Id"], one.get("Label") or one["Id"]), [])
            known += [(at.timestamp(), number(value)) for at, value in pairs]
    series = [Series(labels={"id": key, "label": label}, points=sorted(p)) for (key, label), p in points.items()]
    return Found(series=series, notes=tuple(dict.fromkeys(said)))


def _messages(said: dict[str, Any]) -> list[str]:
    """Return a page's or a result's messages, and that a result could not be had."""
    messages = [str(m.get("Value"))[:200] for m in said.get("Messages", ())]
    lacking = said.get("StatusCode") in ("InternalError", "Forbidden")
    return [*messages, f"{said['Id']}: {said['StatusCode']}"] if lacking else messages


def _refusal(error: aws.ClientError) -> Answer:
    said, meta = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
    code = str(said.get("Code", ""))
    body = json.dumps({"code": code, "message": said.get("Message", "")}, ensure_ascii=False)
    status = _STATUS.get(code, int(meta.get("HTTPStatusCode", 500)))
    return Answer(status=status, headers=dict(meta.get("HTTPHeaders", {})), body=body.encode())
