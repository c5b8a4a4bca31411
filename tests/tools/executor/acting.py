"""Executors that are killed as they act: each is a process forked from this one, SIGKILLed after a random while."""

import asyncio
import os
import random
import signal
import sys
import time
from pathlib import Path

from holdfast.domain.action import ScaleDeployment
from holdfast.tools.executor.grants import GrantVerifier
from holdfast.tools.executor.server import Executor, LeaveGiven
from holdfast.tools.simulation.estate import Estate
from holdfast.tools.simulation.hand import SimulatedHand
from holdfast.tools.simulation.topology import shop
from tests.tools.stand import INCIDENT, NOON

# Seconds; a whole act takes about a third of this.
LONGEST = 0.01


def main(folder: str, public_key: str, *tokens: str) -> None:
    """Let one process a grant act and be killed."""
    chance = random.Random(7)  # noqa: S311 # when to kill is no secret
    shop()
    for n, token in enumerate(tokens):
        ready, begun = os.pipe()
        child = os.fork()
        if child == 0:
            act(Path(folder), GrantVerifier(public_key), token, n, begun)
        os.read(ready, 1)
        time.sleep(chance.uniform(0, LONGEST))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def act(folder: Path, verifier: GrantVerifier, token: str, n: int, begun: int) -> None:
    """Say that it begins, and act on one grant again and again until killed."""
    estate = Estate.open(folder / "estate.db", lambda: NOON)
    executor = Executor(SimulatedHand(estate), verifier)
    action = scale_to(n)
    os.write(begun, b".")
    while True:
        asyncio.run(executor.perform(action.model_dump(), LeaveGiven(dry_run=False, grant=token, incident=INCIDENT)))


def scale_to(n: int) -> ScaleDeployment:
    """Return the action of the grant number `n`."""
    return ScaleDeployment(service="checkout", namespace="shop", deployment="checkout", replicas=n + 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
