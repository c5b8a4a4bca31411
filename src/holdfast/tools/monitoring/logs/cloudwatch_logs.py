"""CloudWatch Logs' lines, by Logs Insights, which alone can give the newest lines first.

Source: docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference, StartQuery, GetQueryResults and StopQuery.
"""

import asyncio
import time
from typing import Any

from holdfast.tools.errors import Word, no
from holdfast.tools.monitoring.logs.asking import composed, names_of
from holdfast.tools.monitoring.logs.awslogs import AwsLogs
from holdfast.tools.monitoring.logs.lines import Found, Row, instant
from holdfast.tools.monitoring.logs.section import CloudWatchLogsSection
from holdfast.tools.monitoring.logs.template import INSIGHTS, named
from holdfast.tools.monitoring.queries import LogQuery

_RUNNING = frozenset({"Scheduled", "Running", "Unknown"})
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 2.0


class CloudWatchLogsStore:
    """One account's log groups in one region."""

    def __init__(self, name: str, section: CloudWatchLogsSection) -> None:
        self.name, self._section = f'cloudwatch_logs "{name}"', section
        self._aws = AwsLogs(self.name, section)

    async def read(self, query: LogQuery) -> Found:
        """Return the newest events."""
        text = self._text(query)
        started = await self._aws.call(
            "start_query",
            logGroupNames=[self._group(query)],
            startTime=int(query.start),
            endTime=int(query.end),
            queryString=text,
            limit=query.limit,
        )
        said = await self._finished(started["queryId"])
        try:
            rows = [_row({f["field"]: f["value"] for f in one}) for one in said.get("results") or []]
        except (TypeError, ValueError, KeyError) as e:
            raise no(Word.FAILED, f"{self.name}: answered no @timestamp; the query must keep @timestamp") from e
        matched = said.get("statistics", {}).get("recordsMatched")
        return Found(rows=rows, query=text, total=None if matched is None else int(matched))

    def link(self, query: LogQuery, sent: str) -> str:
        """Return the query in the console's Logs Insights."""
        region = self._section.region
        detail = (
            f"~(end~{int(query.end * 1000)}~start~{int(query.start * 1000)}~timeType~'ABSOLUTE"
            f"~editorString~'{_starred(sent)}~source~(~'{_starred(self._group(query))}))"
        )
        base = f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
        return f"{base}#logsV2:logs-insights$3FqueryDetail$3D{detail}"

    async def close(self) -> None:
        """Close the connections."""
        self._aws.close()

    async def _finished(self, query_id: str) -> dict[str, Any]:
        """Ask until the query has run; one that nobody waits for any more is stopped, for it costs by what it reads."""
        until, pause = time.monotonic() + self._section.wait, _FIRST_PAUSE
        try:
            while time.monotonic() < until:
                said = await self._aws.call("get_query_results", queryId=query_id)
                if said.get("status") == "Complete":
                    return said
                if said.get("status") not in _RUNNING:
                    raise no(Word.FAILED, f"{self.name}: its query ended as {said.get('status')}; ask for less")
                await asyncio.sleep(pause)
                pause = min(_LONGEST_PAUSE, pause * 1.5)
        except asyncio.CancelledError:
            await asyncio.shield(self._aws.stop(query_id))
            raise
        await self._aws.stop(query_id)
        raise no(Word.TIMEOUT, f"{self.name}: no whole answer within {self._section.wait:g} s; ask for a shorter range")

    def _group(self, query: LogQuery) -> str:
        return named(self._section.log_group, names_of(query), "a log group")

    def _text(self, query: LogQuery) -> str:
        return f"{composed(self._section, query, INSIGHTS)} | sort @timestamp desc | limit {query.limit}"


def _row(fields: dict[str, str]) -> Row:
    """Read one result; `@timestamp` is in UTC, without saying so."""
    return Row(at=instant(fields["@timestamp"]), text=fields.get("@message", ""), fields=dict(fields))


def _starred(text: str) -> str:
    """Return a text as the console writes it: what is neither letter nor digit as `*` and its code."""
    return "".join(chr(c) if chr(c).isalnum() and c < 128 else f"*{c:02x}" for c in text.encode())
