"""Time-outs and retries by intent: how long we wait to read, think, write and tell."""

from dataclasses import dataclass
from datetime import timedelta

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType

from holdfast.activities.errors import NEVER_RETRIED

TASK_TIMEOUT = timedelta(seconds=5)


@dataclass(frozen=True)
class Intent:
    """What every activity of one intent is given; times as design.md's table sets them."""

    start_to_close: timedelta
    schedule_to_close: timedelta
    heartbeat: timedelta | None
    attempts: int
    first_interval: timedelta = timedelta(seconds=1)
    longest_interval: timedelta = timedelta(seconds=15)
    cancellation: ActivityCancellationType = ActivityCancellationType.TRY_CANCEL

    @property
    def retry_policy(self) -> RetryPolicy:
        """Return Temporal's retry policy; `attempts` 0 is without end."""
        return RetryPolicy(
            initial_interval=self.first_interval,
            backoff_coefficient=2,
            maximum_interval=self.longest_interval,
            maximum_attempts=self.attempts,
            non_retryable_error_types=list(NEVER_RETRIED),
        )


def _seconds(n: float) -> timedelta:
    return timedelta(seconds=n)


READ = Intent(_seconds(25), timedelta(minutes=3), _seconds(5), attempts=5)
THINK = Intent(_seconds(90), timedelta(minutes=10), _seconds(10), attempts=4)
# An action is retried only because one grant has one effect; when cancelled we wait to learn what happened.
WRITE = Intent(
    timedelta(minutes=2),
    timedelta(minutes=15),
    _seconds(5),
    attempts=3,
    cancellation=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
)
TELL = Intent(_seconds(15), timedelta(hours=1), None, attempts=0, longest_interval=timedelta(minutes=1))
# The read model must follow the history however long its database is away.
RECORD = Intent(_seconds(15), timedelta(days=30), None, attempts=0, longest_interval=timedelta(minutes=1))
# Pure arithmetic over evidence bodies: seconds at most, and worth repeating.
COMPUTE = Intent(_seconds(20), timedelta(minutes=3), None, attempts=5)
