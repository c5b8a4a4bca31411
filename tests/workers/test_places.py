"""Where a stack lives: folders that need no home, and ports that two stacks never share."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from holdfast.workers.places import bindable, claim_port, default_data_dir, read_stack


def test_the_data_folder_follows_xdg_and_needs_no_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """XDG_DATA_HOME comes first, then HOME, and with an empty HOME the folder one stands in."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert default_data_dir() == tmp_path / "data" / "holdfast"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_data_dir() == tmp_path / ".local/share/holdfast"
    monkeypatch.setenv("HOME", "")
    monkeypatch.chdir(tmp_path)
    assert default_data_dir() == tmp_path / ".local/share/holdfast"


def test_what_is_no_stack_reads_as_none(tmp_path: Path) -> None:
    """A missing or broken file means that nothing runs."""
    assert read_stack(tmp_path) == {}
    (tmp_path / "stack.json").write_text("{")
    assert read_stack(tmp_path) == {}
    (tmp_path / "stack.json").write_text(json.dumps({"api": "http://127.0.0.1:1"}))
    assert read_stack(tmp_path)["api"] == "http://127.0.0.1:1"


def test_a_port_somebody_listens_on_is_not_chosen() -> None:
    """The usual port may be anybody's."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = int(server.getsockname()[1])
        assert bindable(taken) == 0
        assert claim_port(taken) not in {0, taken}


def test_a_port_is_claimed_once() -> None:
    """Two stacks that start in the same second find the same port free; one of them gets it."""
    port = claim_port()
    assert bindable(port) == port
    assert claim_port(port) != port
    program = f"from holdfast.workers.places import claim_port; print(claim_port({port}))"
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(other.stdout) != port
