"""What a model is shown of an answer."""

import pytest

from holdfast.analysis.excerpt import excerpt
from holdfast.analysis.observation import Observation
from tests.analysis.answers import Asked, events, logs, metric, pods, rollouts, seen, step


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (metric("error_ratio", step(0.002, 0.3)), "03:00:00=0.303"),
        (logs("boom 1", "boom 2"), "since 02:51:00: 2 x [error] boom 2"),
        (logs("boom", "all is lost"), "around the failures, 2 lines of checkout-1:\n02:51:00 [error] boom\n"),
        (pods({"last_reason": "OOMKilled"}), "ended=OOMKilled"),
        (events(("BackOff", "pod/checkout-0", "again")), "Warning BackOff pod/checkout-0 x1: again"),
        (rollouts(), "revision 7 (running)"),
    ],
)
def test_each_kind_shows_what_tells_most(asked: Asked, words: str) -> None:
    """Below its summary."""
    found = excerpt(seen(asked))
    assert words in found
    assert found.startswith(seen(asked).evidence.summary)


def test_an_excerpt_is_short_redacted_and_clean() -> None:
    """Whatever the answer holds."""
    found = excerpt(seen(logs(*["password=hunter2hunter2 \x1b[31m" + "y" * 900] * 50)), 500)
    assert len(found) <= 500
    assert "hunter2" not in found
    assert "\x1b" not in found


def test_what_cannot_be_read_shows_its_summary_and_says_so() -> None:
    """A body that was lost, or changed its shape."""
    good = seen(metric("error_ratio", step(0.002, 0.3)))
    assert excerpt(Observation(good.evidence)) == good.evidence.summary
    assert "could not be read" in excerpt(Observation(good.evidence, {"query": "error_ratio", "series": 1}))
