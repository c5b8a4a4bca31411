"""The house's papers: what they say is there, and what they list is all there is."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, SecretStr
from pydantic_settings import BaseSettings

from holdfast.api.settings import ApiSettings
from holdfast.domain.incident import IncidentSettings
from holdfast.tools.settings import ToolServerSettings
from holdfast.workers.settings import WorkerSettings

ROOT = Path(__file__).parents[1]
HIDDEN = re.compile(r"(^|/)(\.|__pycache__|node_modules|build/|dist/)")
TEXT = {".py", ".md", ".yaml", ".yml", ".toml", ".json", ".html", ".css", ".js", ".mako", ".lock", ".txt", ""}


def files(*patterns: str) -> list[Path]:
    """Return the repository's files that match, without what tools leave behind."""
    found = {p for pattern in patterns for p in ROOT.glob(pattern) if p.is_file()}
    return sorted(p for p in found if not HIDDEN.search(str(p.relative_to(ROOT))))


def name_of(path: Path) -> str:
    """Return a path as a test's id."""
    return str(path.relative_to(ROOT))


PAGES = files("*.md", "docs/**/*.md", "deploy/**/*.md", "benchmarks/**/*.md", "src/**/*.md", "tests/**/*.md")
MODULES = files("src/holdfast/**/*.py")


def prose(page: Path) -> str:
    """Return a page without its code."""
    without_blocks = re.sub(r"^( *)```.*?^\1```", "", page.read_text(), flags=re.S | re.M)
    return re.sub(r"`[^`\n]*`", "`code`", without_blocks)


def anchors(page: Path) -> set[str]:
    """Return the names that a page's headings can be linked by, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", page.read_text(), flags=re.S | re.M), flags=re.M)
    return {re.sub(r"[^\w -]", "", h.lower()).strip().replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    """To a file or folder of the repository, and to a heading where one is named."""
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        inside = there == ROOT or ROOT in there.parents
        if not inside or not there.exists() or (anchor and anchor not in anchors(there)):
            broken.append(target)
    assert broken == []


def test_the_index_of_decisions_lists_each_with_its_title() -> None:
    """Every file, in order, and nothing else."""
    index = (ROOT / "docs" / "adr" / "README.md").read_text()
    listed = re.findall(r"^\| \[(\d+)\]\((\S+)\) \| (.+) \|$", index, flags=re.M)
    written = []
    for file in sorted((ROOT / "docs" / "adr").glob("[0-9]*.md")):
        title = file.read_text().splitlines()[0].removeprefix("# ")
        number, _, words = title.partition(" ")
        written.append((number.rstrip(".:"), file.name, words))
    assert listed == written


def test_the_readme_is_read_in_one_go() -> None:
    """At most 150 lines."""
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_says_what_it_is(path: Path) -> None:
    """Its first line is a docstring."""
    assert ast.get_docstring(ast.parse(path.read_text())), "no docstring"


@pytest.mark.parametrize(
    "path",
    [p for p in files("*.md", "src/**/*", "docs/**/*", "deploy/**/*", "requirements/*") if p.suffix in TEXT],
    ids=name_of,
)
def test_no_file_names_the_machine_it_was_written_on(path: Path) -> None:
    """No folder of one machine, and no host to fetch packages from: others build it elsewhere.

    `/tmp` is a container's own in the files that make containers.
    """
    folders = r"(?<![\w.~}])/(?:work|root|home|tmp)(?:/|\b)"
    hosts = r"--(?:extra-)?index-url|--find-links|pythonhosted\.org|/simple/|registry\.npmjs"
    found = [m.group() for m in re.finditer(rf"{folders}|{hosts}", path.read_text())]
    container = path.name in ("Dockerfile", "compose.yaml")
    assert [f for f in found if not (container and f.startswith("/tmp"))] == []  # noqa: S108 # looked for, not used


COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
SETTINGS: dict[str, type[BaseSettings]] = {
    "holdfast.api": ApiSettings,
    "holdfast.workers": WorkerSettings,
    "holdfast.tools": ToolServerSettings,
}
# Read by what serves over HTTP, from no settings class: the bearer tokens that admit to a tool server.
TOKENS = {"HOLDFAST_TOOL_TOKEN", "HOLDFAST_EXECUTOR_TOKEN"}


def variables(settings: type[BaseModel]) -> set[str]:
    """Return the environment variables that a settings class reads."""
    return {f"HOLDFAST_{name.upper()}" for name in settings.model_fields}


@pytest.mark.parametrize("service", COMPOSE["services"])
def test_what_compose_sets_is_a_setting_of_what_it_starts(service: str) -> None:
    """An unknown variable would be ignored without a word."""
    described = COMPOSE["services"][service]
    settings = SETTINGS[described["command"][2]]
    assert described["environment"].keys() - variables(settings) - TOKENS == set()


def test_what_compose_asks_for_is_a_setting() -> None:
    """Every variable between `${` and `}`, but the image."""
    asked = set(re.findall(r"\$\{(\w+)", (ROOT / "deploy" / "compose.yaml").read_text()))
    assert asked - {"HOLDFAST_IMAGE"} - TOKENS - variables(ApiSettings) - variables(WorkerSettings) == set()


def test_compose_uses_the_volumes_and_secrets_it_declares() -> None:
    """And mounts nothing it does not."""
    services = COMPOSE["services"].values()
    secrets = {name for s in services for name in s.get("secrets", [])}
    mounted = {v.partition(":")[0] for s in services for v in s.get("volumes", [])}
    assert secrets == COMPOSE["secrets"].keys()
    assert {v for v in mounted if not v.startswith(".")} == COMPOSE["volumes"].keys()


@pytest.mark.parametrize(
    ("heading", "settings"),
    [("Workers", WorkerSettings), ("API", ApiSettings), ("Incident settings", IncidentSettings)],
)
def test_the_page_of_settings_lists_every_field_with_its_default(heading: str, settings: type[BaseModel]) -> None:
    """And none that is not there; each with a meaning."""
    page = (ROOT / "deploy" / "settings.md").read_text()
    section = re.split(r"^## ", page.partition(f"\n## {heading}\n")[2], flags=re.M)[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+) \|$", section, flags=re.M)
    prefix = "HOLDFAST_" if issubclass(settings, BaseSettings) else ""
    expected = {
        f"{prefix}{name}".upper() if prefix else name: _shown(field.get_default(call_default_factory=True))
        for name, field in settings.model_fields.items()
    }
    assert {name: default.strip("`") for name, default, _ in rows} == expected
    assert len(rows) == len(expected)


def _shown(default: object) -> str:
    """Return a default as the page writes it; a dash where there is none."""
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if isinstance(default, BaseModel):
        return "defaults below"
    return str(default) if default not in (None, "", {}, ()) else "\N{EN DASH}"
