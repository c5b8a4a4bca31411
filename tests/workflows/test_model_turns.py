"""The model's part of the spine, on a real Temporal server: what its turns cost is counted, whatever they bring."""

from temporalio.testing import WorkflowEnvironment

from holdfast.activities.errors import ModelError
from holdfast.domain.decision import Verdict
from holdfast.domain.diagnosis import Usage
from tests.examples import alert
from tests.workflows.hands import INSTANT, Hands, open_incident, snapshot, working

THINKING = INSTANT.model_copy(update={"use_model": True})


def refusal(spent: Usage) -> Exception:
    """Return a turn that failed for good, as the activity tells it."""
    error = ModelError("its reply stayed unusable", permanent=True)
    error.spent = spent
    return error.as_application_error()


async def test_a_refused_turn_is_on_the_incidents_bill(temporal: WorkflowEnvironment) -> None:
    """The ranker answers instead, and the tokens of the useless replies are counted all the same."""
    paid = Usage(model="m", calls=2, prompt_tokens=200, completion_tokens=20, money=0.5, seconds=1.5)
    hands = Hands(verdict=Verdict.ALLOW, model=[refusal(paid)])
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert(), settings=THINKING)
        assert await handle.result() == "closed"
        seen = await snapshot(handle)
    assert seen.usage == paid
    assert seen.diagnosis is not None
    assert any("its reply stayed unusable" in note for note in seen.diagnosis.notes)


async def test_a_model_that_was_never_reached_costs_nothing(temporal: WorkflowEnvironment) -> None:
    """A failure without a bill is none."""
    hands = Hands(verdict=Verdict.ALLOW, model=[refusal(Usage())])
    async with working(temporal.client, hands):
        handle = await open_incident(temporal.client, alert(), settings=THINKING)
        assert await handle.result() == "closed"
        seen = await snapshot(handle)
    assert seen.usage == Usage()
