"""Which kinds of log stores there are; each one's library is imported only where it is configured."""

from collections.abc import Mapping
from typing import Any

from holdfast.tools.monitoring.logs.guarded import GuardedLogs, LogStore
from holdfast.tools.monitoring.logs.section import (
    CloudWatchLogsSection,
    ElasticsearchSection,
    LogSections,
    LogSourceSection,
    LokiSection,
    SplunkSection,
    VictoriaLogsSection,
)
from holdfast.tools.systems import parse_section


def log_sources(sections: Mapping[str, Any]) -> dict[str, GuardedLogs]:
    """Return the sources by name; each is a log source and a `Part` of its server.

    Raises:
        ValueError: naming the field that is wrong, or the extra that is not installed.
    """
    parsed = parse_section("monitoring", LogSections, {"logs": dict(sections)})
    return {name: GuardedLogs(_store(name, section), section) for name, section in parsed.logs.items()}


def _store(name: str, section: LogSourceSection) -> LogStore:  # one return for each kind
    match section:
        case LokiSection():
            from holdfast.tools.monitoring.logs.loki import LokiStore  # noqa: PLC0415 # where it is configured

            return LokiStore(name, section)
        case VictoriaLogsSection():
            from holdfast.tools.monitoring.logs.victorialogs import VictoriaLogsStore  # noqa: PLC0415 # as above

            return VictoriaLogsStore(name, section)
        case SplunkSection():
            from holdfast.tools.monitoring.logs.splunk import SplunkStore  # noqa: PLC0415 # as above

            return SplunkStore(name, section)
        case ElasticsearchSection():
            from holdfast.tools.monitoring.logs.elasticsearch import ElasticsearchStore  # noqa: PLC0415 # as above

            return ElasticsearchStore(name, section)
        case CloudWatchLogsSection():
            from holdfast.tools.monitoring.logs.cloudwatch_logs import (  # noqa: PLC0415 # boto3, 40 MB
                CloudWatchLogsStore,
            )

            return CloudWatchLogsStore(name, section)
