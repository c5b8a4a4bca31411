"""A CloudWatch alarm as SNS carries it: one state change of one alarm, written as JSON inside the notification."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from holdfast.api.alerts.claims import Claim, unknown
from holdfast.api.alerts.moments import Moment
from holdfast.domain.alert import AlertStatus


class Dimension(BaseModel):
    """What the metric is about, such as a load balancer."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str
    value: str


class Metric(BaseModel):
    """The metric behind the alarm; a composite alarm has none, one of metric mathematics has `Metrics` instead."""

    model_config = ConfigDict(extra="allow", frozen=True)

    MetricName: str = ""
    Namespace: str = ""
    Dimensions: list[Dimension] = Field(default_factory=list, max_length=100)


class Alarm(BaseModel):
    """The notification's message. Source: Amazon's CloudWatch user guide, "Notifying users on alarm changes"."""

    model_config = ConfigDict(extra="allow", frozen=True)

    AlarmName: str = Field(min_length=1, max_length=300)
    AlarmArn: str = Field(default="", max_length=2000)
    AlarmDescription: str | None = None
    AWSAccountId: str = ""
    Region: str = ""
    NewStateValue: Literal["ALARM", "OK", "INSUFFICIENT_DATA"]
    OldStateValue: str = ""
    NewStateReason: str = ""
    StateChangeTime: Moment
    Trigger: Metric | None = None


def claims(alarm: Alarm, _at: datetime) -> list[Claim]:
    """Return the one claim. `INSUFFICIENT_DATA` burns only when it follows `ALARM`; else it says nothing."""
    if alarm.NewStateValue == "INSUFFICIENT_DATA" and alarm.OldStateValue != "ALARM":
        return []
    over = alarm.NewStateValue == "OK"
    return [
        Claim(
            source="cloudwatch",
            identity={"alarm": alarm.AlarmArn or f"{alarm.AWSAccountId}/{alarm.Region}/{alarm.AlarmName}"},
            status=AlertStatus.RESOLVED if over else AlertStatus.FIRING,
            name=alarm.AlarmName,
            summary=alarm.NewStateReason,
            labels=_labels(alarm),
            annotations={"description": alarm.AlarmDescription} if alarm.AlarmDescription else {},
            starts_at=alarm.StateChangeTime,
            ends_at=alarm.StateChangeTime if over else None,
            extra=_extra(alarm),
        )
    ]


def _labels(alarm: Alarm) -> dict[str, str]:
    metric = alarm.Trigger or Metric()
    own = {
        "alertname": alarm.AlarmName,
        "account": alarm.AWSAccountId,
        "region": alarm.Region,
        "metric": metric.MetricName,
        "aws_namespace": metric.Namespace,
    }
    return {**{d.name: d.value for d in metric.Dimensions}, **{k: v for k, v in own.items() if v}}


def _extra(alarm: Alarm) -> dict[str, JsonValue]:
    rest = unknown(alarm.Trigger.__pydantic_extra__) if alarm.Trigger else {}
    states: dict[str, JsonValue] = {"state": alarm.NewStateValue, "old_state": alarm.OldStateValue}
    return {**states, **unknown(alarm.__pydantic_extra__), **({"trigger": rest} if rest else {})}
