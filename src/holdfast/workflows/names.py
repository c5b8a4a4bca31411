"""The names the whole house agrees on: task queues, messages, search attributes."""

from temporalio.common import SearchAttributeKey

INCIDENTS = "incidents"
LLM = "llm"
TOOLS = "tools"
ACTIONS = "actions"

INCIDENT_WORKFLOW = "IncidentWorkflow"

SIGNAL_ALERTS = "alerts"
SIGNAL_VOTE = "vote"

UPDATE_VOTE = "cast_vote"
UPDATE_MODIFY_PLAN = "modify_plan"
UPDATE_ACKNOWLEDGE = "acknowledge"
UPDATE_CLOSE = "close"
UPDATE_TAKE_OVER = "take_over"
UPDATE_STOP = "emergency_stop"

QUERY_SNAPSHOT = "snapshot"
QUERY_TIMELINE = "timeline"

TENANT = SearchAttributeKey.for_keyword("IncidentTenant")
ENVIRONMENT = SearchAttributeKey.for_keyword("IncidentEnvironment")
STATUS = SearchAttributeKey.for_keyword("IncidentStatus")
SEVERITY = SearchAttributeKey.for_keyword("IncidentSeverity")
TRACE_ID = SearchAttributeKey.for_keyword("IncidentTraceId")
SERVICES = SearchAttributeKey.for_keyword_list("IncidentServices")
CONFIDENCE = SearchAttributeKey.for_float("IncidentConfidence")
AWAITING_APPROVAL = SearchAttributeKey.for_bool("IncidentAwaitingApproval")
ALERT_COUNT = SearchAttributeKey.for_int("IncidentAlertCount")

SEARCH_ATTRIBUTES: tuple[SearchAttributeKey, ...] = (  # type: ignore[type-arg] # keys of several value types
    TENANT,
    ENVIRONMENT,
    STATUS,
    SEVERITY,
    TRACE_ID,
    SERVICES,
    CONFIDENCE,
    AWAITING_APPROVAL,
    ALERT_COUNT,
)
