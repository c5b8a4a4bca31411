"""Blending: one ranking from the sources there are, less sure the closer the second place comes."""

import pytest

from holdfast.analysis.blending.blend import blend


def test_the_place_that_most_sources_blame_most_comes_first() -> None:
    found = blend({"traces": {"a": 1.0, "b": 0.9}, "metrics": {"b": 2.0}, "logs": {"c": 1.0}})
    assert [p for p, _ in found.places] == ["b", "a", "c"]
    assert found.first == "b"


def test_a_source_that_says_nothing_is_named_missing() -> None:
    assert blend({"metrics": {"a": 1.0}, "logs": {}}).missing == ("traces", "logs")


def test_a_source_that_blames_nobody_is_not_missing() -> None:
    assert "traces" not in blend({"traces": {"a": 0.0}}).missing


def test_a_clear_lead_is_surer_than_a_close_one_and_both_are_chances() -> None:
    clear, close = (blend({"traces": {"a": 1.0, "b": b}}).confidence for b in (0.0, 0.99))
    assert 0.0 < close < clear < 1.0


@pytest.mark.parametrize("sources", [{}, {"traces": {}}, {"traces": {"a": 0.0}}])
def test_nothing_blamed_gives_no_place_and_no_confidence(sources: dict[str, dict[str, float]]) -> None:
    found = blend(sources)
    assert (found.first, found.places, found.confidence) == ("", (), 0.0)


def test_places_level_with_each_other_come_in_the_order_of_their_names() -> None:
    assert blend({"traces": {"b": 1.0, "a": 1.0}}).first == "a"


def test_a_source_without_a_weight_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="rumours unknown"):
        blend({"rumours": {"a": 1.0}})
