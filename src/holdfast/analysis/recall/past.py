"""What is known of an incident that ended, and what is asked when another one begins."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Tried:
    """One kind of action that was carried out and verified, and whether it helped."""

    action: str
    worked: bool


@dataclass(frozen=True)
class Past:
    """One past incident: words people and machines wrote, masked log templates, exact names, what was tried."""

    key: str
    service: str
    alert: str
    cause: str
    text: str
    closed_at: datetime
    templates: frozenset[str] = frozenset()
    tried: tuple[Tried, ...] = ()
    worked: bool = False


@dataclass(frozen=True)
class Present:
    """What the past is compared with; an empty field was not asked about and counts neither for nor against."""

    service: str = ""
    alert: str = ""
    cause: str = ""
    text: str = ""
    templates: frozenset[str] = frozenset()
