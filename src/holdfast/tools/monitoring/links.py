"""Where a person sees what a store answered with: the address of its own page for the same question."""

import json
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from holdfast.tools.monitoring.queries import LogQuery


def explore(base: str, source: tuple[str, str], query: dict[str, str], span: tuple[str, str]) -> str:
    """Return Grafana Explore's address; `source` is the data source's (type, uid), `span` its (from, to).

    Source: grafana.com/docs/grafana/latest/explore/get-started-with-explore, "Share Explore URLs" (schemaVersion 1).
    """
    if not base or not source[1]:
        return ""
    kind, uid = source
    asked = {"refId": "A", "datasource": {"type": kind, "uid": uid}, **query}
    panes = {"a": {"datasource": uid, "queries": [asked], "range": {"from": span[0], "to": span[1]}}}
    told = urlencode({"schemaVersion": "1", "panes": json.dumps(panes, separators=(",", ":"), ensure_ascii=False)})
    return f"{base.rstrip('/')}/explore?{told}"


def discover(base: str, kuery: str, query: LogQuery) -> str:
    """Return Kibana's or OpenSearch Dashboards' Discover, whose state is written in Rison."""
    if not base:
        return ""
    span = f"(time:(from:{_rison(rfc3339(query.start))},to:{_rison(rfc3339(query.end))}))"
    state = f"(query:(language:kuery,query:{_rison(kuery)}))"
    return f"{base.rstrip('/')}/app/discover#/?_g={quote(span, safe='():,')}&_a={quote(state, safe='():,')}"


def rfc3339(at: float) -> str:
    """Return unix seconds as RFC 3339 in UTC, to the millisecond."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _rison(text: str) -> str:
    protected = text.replace("!", "!!").replace("'", "!'")
    return f"'{protected}'"
