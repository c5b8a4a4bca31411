"""The made incidents: the same every time, of every kind, with an honest truth; and a curve that they bear out."""

from datetime import UTC, datetime
from random import Random

import pytest

from benchmarks.rca.incidents.fitting import fit
from benchmarks.rca.incidents.looking import Looker
from benchmarks.rca.incidents.troubles import KINDS, SHOP, Trouble, coincidences
from holdfast.analysis.causes.finding import Finding
from holdfast.analysis.causes.fusion import CURVE, STRAIGHT
from holdfast.analysis.causes.memory import ONCE, UNSEEN
from holdfast.analysis.observation import Case
from holdfast.domain.diagnosis import Cause

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


def made(number: int, seed: int) -> tuple[Trouble, Case]:
    """Return one incident of a kind."""
    rng = Random(f"{number}/{seed}")  # noqa: S311 # a test is no secret
    trouble = KINDS[number](rng)
    coincidences(trouble, rng)
    return trouble, Looker(trouble, rng, AT).case()


@pytest.mark.parametrize("number", range(len(KINDS)))
def test_an_incident_is_the_same_every_time(number: int) -> None:
    """To the last point and line."""
    assert made(number, 1)[1].observations == made(number, 1)[1].observations


@pytest.mark.parametrize("number", range(len(KINDS)))
def test_the_truth_lies_in_the_shop(number: int) -> None:
    """At the service itself or at one that it calls."""
    for seed in range(5):
        trouble, case = made(number, seed)
        assert trouble.service in SHOP
        assert trouble.place in ("", trouble.service, *SHOP[trouble.service].dependencies)
        assert 10 <= len(case.observations) <= 15


def test_some_sources_do_not_answer() -> None:
    """The ranker has to live with that."""
    seen = [o for number in range(len(KINDS)) for o in made(number, 2)[1].observations]
    assert 0 < sum(not o.readable for o in seen) < len(seen) / 2


def test_the_curve_is_bent_where_strengths_do_not_come_true_and_left_where_they_do() -> None:
    """Six in ten of what is 60 % strong; and none of it."""
    claims = [(Finding(Cause.STORAGE, "a", 0.6, "s", ("ev-1",)),)] * 100
    true = [(f, (Cause.STORAGE, "a" if n < 60 else "b")) for n, f in enumerate(claims)]
    false = [(f, (Cause.STORAGE, "b")) for f in claims]
    assert fit(true).odds(0.6) == pytest.approx(STRAIGHT.odds(0.6), rel=0.1)
    assert fit(false).odds(0.6) < STRAIGHT.odds(0.6) / 5


def test_words_alone_never_reach_what_may_act_unasked() -> None:
    """What nobody saw killed stays below 60 %, whatever the curve makes of it."""
    assert max(CURVE.odds(s) for s in (ONCE, UNSEEN)) < 1.5
