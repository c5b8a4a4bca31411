"""The judgement, answer by answer: nothing twice, nothing over too soon."""

from datetime import timedelta
from typing import Any

from holdfast.api.alerts.polling.asking import Answer, Listed
from holdfast.api.alerts.polling.judging import GONE_POLLS, STEADY_POLLS, Judgement, Seen, judge
from tests.api.doors import STARTED


def listed(name: str = "a", **fields: Any) -> Listed:
    """Return one alert as Alertmanager lists it."""
    base = {"labels": {"alertname": name}, "startsAt": STARTED, "fingerprint": name, "status": {"state": "active"}}
    return Listed.model_validate({**base, **fields})


def _asked(seen: Seen, *alerts: Listed, times: int = 1, started: str = "t0") -> tuple[list[Judgement], Seen]:
    judgements = []
    for _ in range(times):
        judgements.append(judge(seen, Answer(started=started, alerts=alerts)))
        seen = judgements[-1].seen
    return judgements, seen


def _handed(started: str = "t0") -> Seen:
    """Return what is known after `a` was handed over and the Alertmanager has long been up."""
    return _asked(Seen(), listed(), times=STEADY_POLLS, started=started)[1]


def test_an_alert_is_handed_over_once_at_its_second_sight() -> None:
    """Its webhook has a minute to bring it first; afterwards it is known."""
    judgements, seen = _asked(Seen(), listed(), times=5)
    assert [len(j.firing) for j in judgements] == [0, 1, 0, 0, 0]
    assert list(seen.handed) == [listed().key]


def test_an_alert_seen_but_once_is_forgotten() -> None:
    """It is over before it was handed over; there is nothing to say."""
    _, seen = _asked(Seen(), listed())
    judgements, seen = _asked(seen, times=10)
    assert not any(j.firing or j.over for j in judgements)
    assert not seen.handed


def test_a_silenced_alert_is_neither_new_nor_over() -> None:
    """Alertmanager would not tell its receivers; but the trouble is still there."""
    quiet = listed(status={"state": "suppressed"})
    judgements, seen = _asked(Seen(), quiet, times=5)
    assert not any(j.firing for j in judgements)
    judgements, _ = _asked(_handed(), quiet, times=10)
    assert not any(j.firing or j.over for j in judgements)
    assert not seen.waiting


def test_what_is_long_gone_is_over_once() -> None:
    """Three answers without it, and then no more of it."""
    judgements, seen = _asked(_handed(), times=GONE_POLLS + 3)
    assert [len(j.over) for j in judgements] == [0, 0, 1, 0, 0, 0]
    assert not seen.handed


def test_one_answer_with_it_begins_the_count_anew() -> None:
    """A gap is no end."""
    _, seen = _asked(_handed(), times=GONE_POLLS - 1)
    _, seen = _asked(seen, listed())
    judgements, _ = _asked(seen, times=GONE_POLLS - 1)
    assert not any(j.over for j in judgements)


def test_a_restarted_alertmanager_has_forgotten_and_is_not_believed_yet() -> None:
    """It lists nothing until Prometheus has sent again; that is no end of anything."""
    judgements, seen = _asked(_handed(), started="t1", times=STEADY_POLLS - 1)
    assert not any(j.over for j in judgements)
    judgements, _ = _asked(seen, listed(), started="t1", times=5)
    assert not any(j.over or j.firing for j in judgements)
    judgements, _ = _asked(seen, started="t1", times=GONE_POLLS)
    assert [len(j.over) for j in judgements] == [0, 0, 1]


def test_a_new_process_waits_before_it_concludes() -> None:
    """It knows what was handed over, and listens as long as to a restarted Alertmanager."""
    judgements, _ = _asked(_handed().reborn(), times=STEADY_POLLS + GONE_POLLS - 1)
    assert [len(j.over) for j in judgements] == [0] * (STEADY_POLLS + GONE_POLLS - 2) + [1]


def test_the_next_firing_is_another() -> None:
    """The same labels with a later start are handed over, and the earlier firing ends."""
    again = listed(startsAt=STARTED + timedelta(hours=1))
    judgements, seen = _asked(_handed(), again, times=GONE_POLLS)
    assert [len(j.firing) for j in judgements] == [0, 1, 0]
    assert [[a.key for a in j.over] for j in judgements] == [[], [], [listed().key]]
    assert list(seen.handed) == [again.key]
