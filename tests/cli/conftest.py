"""What every test of the front desk may ask for."""

import os
from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner, Result

from holdfast.cli.main import app
from holdfast.cli.speaking import err, out
from tests.cli.fake_api import FakeApi, fake_api

Run = Callable[..., Result]


@pytest.fixture
def api() -> Iterator[FakeApi]:
    """A small API of the test's own."""
    with fake_api() as fake:
        yield fake


@pytest.fixture(autouse=True)
def _wide() -> None:
    """A console takes its width from the environment it was made in; here every line has room."""
    out.width = err.width = 200


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Run `holdfast …` in this process, in a wide terminal without colours, at home nowhere."""
    before = dict(os.environ)  # a command may set variables: usually it is the whole process
    for name in ("HOLDFAST_API", "HOLDFAST_TOKEN", "HOLDFAST_TEMPORAL_ADDRESS", "HOLDFAST_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("COLUMNS", "200")  # what help goes by

    def result_of(*arguments: object, stdin: str = "") -> Result:
        return CliRunner().invoke(app, [str(a) for a in arguments], input=stdin)

    yield result_of
    monkeypatch.undo()
    os.environ.clear()
    os.environ.update(before)
