"""A local server that answers GetMetricData as CloudWatch does, in the JSON protocol that boto3 speaks.

Source: docs.aws.amazon.com, CloudWatch API reference: "GetMetricData" (NextToken, MetricDataResults, StatusCode,
Messages), "Common errors"; the wire is AWS JSON 1.0 (X-Amz-Target, `__type`).
"""

import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.vendors.local import serving

KEY_ID = "AKIAEXAMPLE"
PAGE = 2  # results a page


@dataclass
class CloudWatch:
    """Has three points of everything; fails the next calls as a test says."""

    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    failures: deque[tuple[int, str]] = field(default_factory=deque)
    endless: bool = False
    forbidden: bool = False

    async def call(self, request: web.Request) -> web.Response:
        """Answer one call."""
        if f"Credential={KEY_ID}/" not in request.headers.get("Authorization", ""):
            return _error(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
        if request.headers.get("X-Amz-Target") != "GraniteServiceVersion20100801.GetMetricData":
            return _error(400, "InvalidAction", "no such action here")
        asked = json.loads(await request.read())
        self.asked.append(asked)
        if self.failures:
            status, code = self.failures.popleft()
            return _error(status, code, f"scripted {code}")
        return web.json_response(self._answer(asked), content_type="application/x-amz-json-1.0")

    def _answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        wanted = [q for q in asked["MetricDataQueries"] if q.get("ReturnData", True)]
        begin = int(asked.get("NextToken", "0"))
        results = [_result(q, asked) for q in wanted[begin : begin + PAGE]]
        if self.forbidden:
            message = {"Code": "Forbidden", "Value": "Authentication too complex to retrieve cross region data"}
            lacking = {"Timestamps": [], "Values": [], "StatusCode": "Forbidden", "Messages": [message]}
            results = [{**one, **lacking} for one in results]
        more = begin + PAGE < len(wanted) or self.endless
        next_token = {"NextToken": str(0 if self.endless else begin + PAGE)} if more else {}
        return {"MetricDataResults": results, "Messages": [], **next_token}


def _result(query: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    stat = query.get("MetricStat")
    period = stat["Period"] if stat else query["Period"]
    times = [asked["StartTime"] + period * n for n in range(3)]
    label = query.get("Label") or (stat["Metric"]["MetricName"] if stat else query["Id"])
    return {"Id": query["Id"], "Label": label, "Timestamps": times, "Values": [0.5, 0.6, 0.7], "StatusCode": "Complete"}


def _error(status: int, code: str, message: str) -> web.Response:
    said = json.dumps({"__type": f"com.amazonaws.cloudwatch.v2010_08_01#{code}", "message": message})
    return web.Response(status=status, text=said, content_type="application/x-amz-json-1.0")


@asynccontextmanager
async def cloudwatch() -> AsyncIterator[CloudWatch]:
    """Run one."""
    server = CloudWatch()
    app = web.Application()
    app.router.add_post("/", server.call)
    async with serving(app) as server.url:
        yield server
