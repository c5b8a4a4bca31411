"""Of several changes the one that did it comes first: by what it did, by when, and by where it sits."""

from datetime import UTC, datetime, timedelta

import numpy as np

from holdfast.analysis.changes.contrast import Kpi
from holdfast.analysis.changes.impact import Change, Impact, Trouble, margin, rank_changes
from holdfast.analysis.topology.graph import Topology

ONSET = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
SHOP = Topology(calls={"web": frozenset({"cart", "pay"}), "cart": frozenset({"store"}), "store": frozenset({"cart"})})


def change(service: str, before: float = 60.0) -> Change:
    """Return a rollout, by default a minute before the onset."""
    return Change(service, ONSET - timedelta(seconds=before), "rollout")


def failing(before: float, old: float, new: float | None) -> tuple[Kpi, ...]:
    """Return shares of failures; no new version where `new` is None."""
    after = np.full(6, new) if new is not None else np.empty(0)
    return (Kpi("failures", True, np.full(6, before), np.full(6, old), after),)


def order(changes: list[Change], **kpis: tuple[Kpi, ...]) -> list[str]:
    """Return the services in the order of blame, the symptom being the web shop's."""
    trouble = Trouble(ONSET, frozenset({"web"}), kpis)
    return [i.change.service for i in rank_changes(SHOP, changes, trouble)]


def test_the_change_whose_new_version_fails_is_blamed() -> None:
    """The other two went out at the same minute."""
    changes = [change("web"), change("cart"), change("pay")]
    assert order(changes, web=failing(0, 0.2, 0.2), cart=failing(0, 0, 0), pay=failing(0, 0, 0.6))[0] == "pay"


def test_a_new_version_that_never_reports_is_blamed_before_a_caller_that_suffers_in_both() -> None:
    """It never served; its caller fails in the old version too."""
    changes = [change("web"), change("cart")]
    assert order(changes, web=failing(0, 0.5, 0.5), cart=failing(0, 0, None)) == ["cart", "web"]


def test_of_two_changes_without_effect_the_nearer_in_time_is_blamed() -> None:
    """An hour before explains less than a minute before."""
    assert order([change("cart", 3600), change("pay", 60)]) == ["pay", "cart"]


def test_a_change_after_the_onset_did_not_do_it() -> None:
    """Whatever it did later."""
    ranked = rank_changes(SHOP, [change("pay", -600)], Trouble(ONSET, frozenset(), {"pay": failing(0, 0, 1)}))
    assert ranked[0].score == 0.0


def test_a_change_the_symptom_does_not_call_is_blamed_less() -> None:
    """The mill is no part of the shop."""
    assert order([change("mill", 30), change("store", 60)]) == ["store", "mill"]


def test_changes_on_a_cycle_are_each_judged_by_their_own_effect() -> None:
    """The cart and the store call each other."""
    kpis = {"cart": failing(0, 0.1, 0.1), "store": failing(0, 0.1, 0.5)}
    assert order([change("cart"), change("store")], **kpis)[0] == "store"


def test_each_reason_is_told_and_none_is_made_up() -> None:
    """A change without effect has no reasons."""
    trouble = Trouble(ONSET, kpis={"pay": failing(0, 0, None)})
    silent, idle = rank_changes(SHOP, [change("pay"), change("cart")], trouble)
    assert silent.why == ("the new version of pay never reported",)
    assert idle.why == ()


def test_without_changes_there_is_no_culprit() -> None:
    """And nothing stands out."""
    assert rank_changes(SHOP, [], Trouble(ONSET)) == ()
    assert margin(()) == 0.0


def test_the_clearer_the_first_the_larger_the_margin() -> None:
    """A rival with the same score leaves none."""
    first, rival = Impact(change("pay"), 0.8), Impact(change("cart"), 0.1)
    assert margin((first,)) > margin((first, rival)) > margin((first, first)) == 0.0
