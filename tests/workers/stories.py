"""Two small workflows for trying a server; alone in their file, because the sandbox imports it again."""

from datetime import timedelta

from temporalio import activity, workflow

STEPS = 20


@activity.defn
async def do_nothing() -> None:
    """Do nothing."""


@workflow.defn
class OneAfterAnother:
    """Activities in sequence: what the untuned server paces to twenty a second."""

    @workflow.run
    async def run(self) -> None:
        for _ in range(STEPS):
            await workflow.execute_activity(do_nothing, start_to_close_timeout=timedelta(seconds=10))


@workflow.defn
class Patient:
    """Waits for one word."""

    def __init__(self) -> None:
        self._word = ""

    @workflow.run
    async def run(self) -> str:
        await workflow.wait_condition(lambda: bool(self._word))
        return self._word

    @workflow.signal
    def say(self, word: str) -> None:
        self._word = word
