"""What may be said to a running incident: its start, and the words of people."""

from pydantic import Field, JsonValue

from holdfast.domain.alert import Alert
from holdfast.domain.incident import Incident, IncidentKey, IncidentSettings
from holdfast.domain.noun import Noun


class IncidentStart(Noun):
    """Input of `IncidentWorkflow`. Alerts always come by signal, so none is counted twice.

    `carried` is set only when the workflow continues as new.
    """

    key: IncidentKey
    settings: IncidentSettings = IncidentSettings()
    trace_id: str = ""
    carried: dict[str, JsonValue] | None = None


class AlertBatch(Noun):
    """Argument of the signal `alerts`. `symptom_of` names the service whose incident handed them over."""

    alerts: tuple[Alert, ...]
    symptom_of: str = ""


class Said(Noun):
    """Argument of `acknowledge`, `close`, `take_over` and `emergency_stop`: who, and why."""

    by: str = Field(min_length=1, max_length=200)
    reason: str = Field(default="", max_length=2000)


class PlanChange(Noun):
    """Argument of `modify_plan`: new parameters for one action; the plan is judged again.

    `parameters` replaces fields of the action (never its kind), such as `{"replicas": 6}`.
    """

    plan_hash: str = Field(min_length=1, max_length=64)
    by: str = Field(min_length=1, max_length=200)
    index: int = Field(ge=0)
    parameters: dict[str, JsonValue]
    reason: str = Field(default="", max_length=2000)


class Heard(Noun):
    """Answer of every update: what it did, in one sentence, and where the incident now stands."""

    text: str
    status: str
    plan_hash: str = ""
    votes: int = 0
    quorum: int = 0


class Snapshot(Noun):
    """Answer of the query `snapshot`."""

    incident: Incident
