"""What a failed activity has cost, as its failure tells it."""

from temporalio.exceptions import ApplicationError, TimeoutType
from temporalio.exceptions import TimeoutError as TemporalTimeoutError

from holdfast.domain.diagnosis import Usage
from holdfast.workflows.calls import spent

PAID = Usage(model="m", calls=2, prompt_tokens=200, lost_calls=1, lost_tokens=90)


def failed(cause: BaseException) -> Exception:
    """Return an activity's failure with its cause."""
    error = RuntimeError("activity failed")
    error.__cause__ = cause
    return error


def test_a_failure_carries_its_bill() -> None:
    """As its only detail; anything else there is no bill."""
    assert spent(failed(ApplicationError("refused", PAID.model_dump(mode="json")))) == PAID
    assert spent(failed(ApplicationError("refused", "words"))) == Usage()
    assert spent(failed(ApplicationError("refused"))) == Usage()


def test_a_worker_that_died_has_left_its_bill_in_its_last_heartbeat() -> None:
    """The call on its way is on it as lost."""
    died = TemporalTimeoutError("", type=TimeoutType.HEARTBEAT, last_heartbeat_details=[PAID.model_dump(mode="json")])
    assert spent(failed(died)) == PAID
    assert spent(failed(TemporalTimeoutError("", type=TimeoutType.HEARTBEAT, last_heartbeat_details=[]))) == Usage()
