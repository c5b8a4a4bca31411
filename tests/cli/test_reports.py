"""A report's links are made whole on their way to a file or a terminal."""

from typing import cast

from holdfast.cli.client import Api
from holdfast.cli.reports import for_terminal, read_report


class Told:
    """An API that tells one report."""

    url = "http://api:8080/"

    def text(self, path: str) -> str:
        """Return the report at the only place it is asked for at."""
        assert path == "/incidents/INC-1/report"
        return "because [`ev-1`](#ev-1)\n| `ev-1` | [answer](evidence/ev-1) | [open](<http://g/1>) |\n"


def test_answers_open_from_anywhere_and_citations_within_the_report() -> None:
    """A file keeps the links to its own list."""
    told = read_report(cast("Api", Told()), "INC-1")
    assert "[answer](http://api:8080/incidents/INC-1/evidence/ev-1)" in told
    assert "[`ev-1`](#ev-1)" in told


def test_a_terminal_opens_citations_or_shows_their_ids_alone() -> None:
    """It has no list to lead to; what others wrote cannot steer it."""
    api = cast("Api", Told())
    told = read_report(api, "INC-1") + "\x1b"
    linked = for_terminal(told, api, "INC-1", links=True)
    assert "[`ev-1`](http://api:8080/incidents/INC-1/evidence/ev-1)" in linked
    assert "because [`ev-1`]\n" in for_terminal(told, api, "INC-1", links=False)
    assert "\x1b" not in linked
