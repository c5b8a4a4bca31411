"""One incident that walked to its end, for tests that look back at it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHandle


@dataclass
class Ended:
    """An incident that is over, and where everything about it is kept."""

    address: str
    database_url: str
    data: Path
    handle: WorkflowHandle[Any, str]
