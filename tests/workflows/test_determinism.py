"""Workflow code has no clock, random, I/O, environment or unordered iteration: its sources are read to prove it."""

import ast
from pathlib import Path

import pytest

import holdfast.workflows

SOURCES = sorted(Path(holdfast.workflows.__file__).parent.glob("*.py"))
MODULES = {"time", "random", "uuid", "os", "socket", "secrets", "threading", "subprocess", "requests", "httpx2"}
CALLS = {"open", "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "asyncio.sleep", "asyncio.wait"}


def faults(source: str) -> list[str]:
    """Return what in `source` a replay could see differently, each with its line."""
    tree = ast.parse(source)
    return [f"{getattr(node, 'lineno', '?')}: {what}" for node in ast.walk(tree) for what in _of(node)]


def _of(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [f"import {a.name}" for a in node.names if a.name.split(".")[0] in MODULES]
    if isinstance(node, ast.ImportFrom):
        return [f"from {node.module}"] if (node.module or "").split(".")[0] in MODULES else []
    if isinstance(node, ast.Call) and ast.unparse(node.func) in CALLS:
        return [f"{ast.unparse(node.func)}()"]
    if isinstance(node, ast.For | ast.comprehension) and _is_set(node.iter):
        return ["iterates over a set"]
    return []


def _is_set(node: ast.expr) -> bool:
    made = isinstance(node, ast.Call) and ast.unparse(node.func) in ("set", "frozenset")
    return made or isinstance(node, ast.Set | ast.SetComp)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.stem)
def test_a_workflow_module_is_deterministic(path: Path) -> None:
    """Nothing in it depends on when, where or in which process it runs."""
    assert faults(path.read_text()) == []


@pytest.mark.parametrize(
    "bad",
    [
        "import random",
        "from os import environ",
        "x = datetime.now()",
        "async def f():\n    await asyncio.sleep(1)",
        "data = open('x')",
        "for x in {1, 2}:\n    pass",
        "y = [x for x in set(z)]",
    ],
)
def test_the_reader_sees_what_is_not(bad: str) -> None:
    """The proof can fail."""
    assert faults(bad)


def test_the_reader_lets_sorted_sets_be() -> None:
    """An order makes a set harmless."""
    assert faults("for x in sorted({1, 2}):\n    pass") == []
