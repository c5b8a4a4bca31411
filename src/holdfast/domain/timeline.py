"""What people read: the incident's ordered story, one line an entry."""

from enum import StrEnum

from pydantic import AwareDatetime, Field

from holdfast.domain.noun import Noun


class EntryKind(StrEnum):
    """Which part of the walk an entry belongs to."""

    ALERT = "alert"
    TRIAGE = "triage"
    EVIDENCE = "evidence"
    DIAGNOSIS = "diagnosis"
    PLAN = "plan"
    DECISION = "decision"
    APPROVAL = "approval"
    ACTION = "action"
    VERIFICATION = "verification"
    HUMAN = "human"
    STATUS = "status"
    NOTICE = "notice"


class TimelineEntry(Noun):
    """One line of the story. `refs` are evidence ids, a plan hash or a grant id that back it."""

    at: AwareDatetime
    kind: EntryKind
    text: str
    actor: str = Field(default="holdfast", description="Who: holdfast, or a person's identity.")
    refs: tuple[str, ...] = ()
