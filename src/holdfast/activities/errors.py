"""What can break at the boundary, and the closed list of what a retry cannot fix."""

from datetime import timedelta
from enum import StrEnum

from temporalio.exceptions import ApplicationError

from holdfast.domain.diagnosis import Usage


class ToolErrorKind(StrEnum):
    """Every way a tool call breaks; nothing else crosses the boundary."""

    BAD_INPUT = "ToolBadInput"
    NOT_FOUND = "ToolNotFound"
    FORBIDDEN = "ToolForbidden"
    GRANT_REFUSED = "GrantRefused"
    NOT_CONFIGURED = "ToolNotConfigured"
    TOO_LARGE = "ToolTooLarge"
    CONFLICT = "ToolConflict"
    BUSY = "ToolBusy"
    NONSENSE = "ToolNonsense"
    UNAVAILABLE = "ToolUnavailable"
    TIMEOUT = "ToolTimeout"
    RATE_LIMITED = "ToolRateLimited"
    FAILED = "ToolFailed"


PERMANENT_TOOL_ERRORS: frozenset[ToolErrorKind] = frozenset(
    {
        ToolErrorKind.BAD_INPUT,
        ToolErrorKind.NOT_FOUND,
        ToolErrorKind.FORBIDDEN,
        ToolErrorKind.GRANT_REFUSED,
        ToolErrorKind.NOT_CONFIGURED,
        ToolErrorKind.TOO_LARGE,
        ToolErrorKind.CONFLICT,
        # The story waits for a busy target itself, so that people see it wait.
        ToolErrorKind.BUSY,
    }
)

# For retry policies: the SDK's own PayloadsTooLarge would otherwise be retried, side effects included.
NEVER_RETRIED: tuple[str, ...] = (*sorted(PERMANENT_TOOL_ERRORS), "ModelRefused", "PayloadsTooLarge")


class ToolError(Exception):
    """A tool call that broke, with its kind from the closed list."""

    def __init__(self, kind: ToolErrorKind, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.retry_after = retry_after

    @property
    def permanent(self) -> bool:
        """Return whether no retry can help."""
        return self.kind in PERMANENT_TOOL_ERRORS

    def as_application_error(self) -> ApplicationError:
        """Return the same failure in Temporal's words."""
        delay = None if self.retry_after is None else timedelta(seconds=self.retry_after)
        return ApplicationError(str(self), type=self.kind, non_retryable=self.permanent, next_retry_delay=delay)


class ModelError(Exception):
    """A model call that broke. `retry_after` is in seconds, as the endpoint asked."""

    def __init__(self, message: str, *, permanent: bool, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after = retry_after
        # What the turn cost before it broke: whoever answers it is paid for, useful or not.
        self.spent = Usage()

    def as_application_error(self) -> ApplicationError:
        """Return the same failure in Temporal's words; what was spent, if anything, is its only detail."""
        kind = "ModelRefused" if self.permanent else "ModelUnavailable"
        delay = None if self.retry_after is None else timedelta(seconds=self.retry_after)
        spent = [self.spent] if self.spent.calls else []
        return ApplicationError(str(self), *spent, type=kind, non_retryable=self.permanent, next_retry_delay=delay)


class RecordsError(Exception):
    """The read model could not be written now; the history still holds everything."""
