"""`make testbed` says what is missing, brings what can be had, and fails when something cannot."""

from pathlib import Path

import pytest

from tests.testbed import __main__ as testbed
from tests.testbed.places import NotInTestbedError, program


def _missing() -> str:
    raise testbed.MissingPartError("install these first: etcd-server")


def _absent() -> str:
    raise FileNotFoundError(2, "No such file", "npm")


def test_one_part_that_cannot_be_had_fails_the_whole_and_spares_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    """Each is named with what became of it."""
    assert testbed.main({"packages": _missing, "node": _absent, "kubernetes": lambda: "built"}) == 1
    lines = capsys.readouterr().out.splitlines()[1:]
    assert ["etcd-server" in lines[0], "npm" in lines[1], lines[2].endswith("built")] == [True] * 3


def test_all_that_came_is_a_success() -> None:
    """The gate goes on."""
    assert testbed.main({"kubernetes": lambda: "already built"}) == 0


def test_packages_are_named_where_they_cannot_be_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without apt-get a person installs them by whatever they have."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(testbed.MissingPartError, match="prometheus"):
        testbed.packages()


def test_a_test_without_its_program_names_the_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It fails; it is never skipped."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOLDFAST_TESTBED", str(tmp_path))
    with pytest.raises(NotInTestbedError, match="make testbed"):
        program("kube-apiserver")
