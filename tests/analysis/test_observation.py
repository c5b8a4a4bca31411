"""Fields of answers, read with errors that name them."""

import pytest

from holdfast.analysis.observation import rows_of, text_of, time_of, whole_of


def test_absent_and_null_read_as_empty() -> None:
    """Sources leave out what they do not know."""
    assert text_of({"a": None}, "a") == text_of({}, "a") == ""
    assert whole_of({"a": None}, "a", 7) == whole_of({}, "a", 7) == 7
    assert time_of({}, "a") is None


@pytest.mark.parametrize("value", [1, True, [], {}])
def test_text_that_is_no_text_is_named(value: object) -> None:
    """The field's name is in the error."""
    with pytest.raises(TypeError, match=r"^colour: expected text"):
        text_of({"colour": value}, "colour")  # type: ignore[dict-item] # the wrong type is the point


@pytest.mark.parametrize("value", ["3", True, []])
def test_numbers_that_are_none_are_named(value: object) -> None:
    """True is not one."""
    with pytest.raises(TypeError, match=r"^count: expected a number"):
        whole_of({"count": value}, "count")  # type: ignore[dict-item] # the wrong type is the point


@pytest.mark.parametrize("value", [3, {}, [1], [{}, "x"]])
def test_rows_that_are_none_are_named(value: object) -> None:
    """A list of objects, each of them."""
    with pytest.raises(TypeError, match=r"^rows: expected a list of objects"):
        rows_of({"rows": value}, "rows")  # type: ignore[dict-item] # the wrong type is the point


def test_a_time_needs_a_zone() -> None:
    """A clock reading without one could be anywhen."""
    assert time_of({"at": "2026-03-01T03:00:00Z"}, "at") is not None
    with pytest.raises(ValueError, match=r"at: .* has no time zone"):
        time_of({"at": "2026-03-01T03:00:00"}, "at")
    with pytest.raises(ValueError, match="at: 'noon' is no time"):
        time_of({"at": "noon"}, "at")
