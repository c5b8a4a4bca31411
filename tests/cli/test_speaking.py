"""How the front desk speaks: text from outside stays text."""

import pytest
import typer

from holdfast.cli.speaking import fail, print_json, tame


def test_control_characters_do_not_reach_a_terminal() -> None:
    """A log line could move the cursor, hide a word or set the window's title; lines and tabs stay."""
    assert tame("a\x1b[2Jb\x07\x9b31mc\u202ed\r") == "a�[2Jb��31mc�d�"
    assert tame("tab\tand\nline, é and 日本") == "tab\tand\nline, é and 日本"


def test_a_failure_says_what_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error, with brackets as they are, and a code for scripts."""
    with pytest.raises(typer.Exit) as left:
        fail("no [red]incident[/red] INC-9", do="look with `holdfast incidents list`", code=3)
    assert left.value.exit_code == 3
    heard = capsys.readouterr()
    assert heard.out == ""
    assert heard.err == "holdfast: no [red]incident[/red] INC-9\n  → look with `holdfast incidents list`\n"


def test_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    """Readable, and in UTF-8 as it is."""
    print_json({"é": [1]})
    assert capsys.readouterr().out == '{\n  "é": [\n    1\n  ]\n}\n'
