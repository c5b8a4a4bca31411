"""Files as a catalogue: what they say, where it is written, and what a slip of the pen costs."""

from pathlib import Path

import pytest

from tests.tools.catalog.checkout import RUNBOOK, Checkout, made, served
from tests.tools.stand import answer, refusal


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A fresh repository."""
    return made(tmp_path / "estate")


async def test_a_service_is_as_its_file_says_and_the_commit_is_cited(checkout: Checkout) -> None:
    """Every field, and where a person finds it."""
    commit = checkout.commit()
    found = await answer(
        checkout.server(), "map_alert_to_service", {"labels": {"service": "checkout", "env": "staging"}}
    )
    assert found["service"] == {
        "name": "checkout",
        "environment": "staging",
        "tier": 1,
        "kind": "deployment",
        "namespace": "shop",
        "deployment": "checkout-web",
        "repository": "shop/checkout",
        "owners": ["payments-team"],
        "channel": "#payments",
        "dependencies": ["cart", "orders-db"],
        "known": True,
    }
    assert found["sources"] == [f"files catalog.yaml@{commit[:12]}"]
    assert found["problems"] == []


async def test_without_a_commit_the_file_alone_is_cited(checkout: Checkout) -> None:
    """A new repository has none yet."""
    found = await answer(checkout.server(), "map_alert_to_service", {"labels": {"service": "cart"}})
    assert found["sources"] == ["files catalog.yaml"]
    assert found["service"]["deployment"] == "cart"


async def test_the_commit_is_found_in_a_worktree_and_among_packed_refs(checkout: Checkout, tmp_path: Path) -> None:
    """As a clone that synchronises itself has it."""
    commit = checkout.commit()
    checkout.git("pack-refs", "--all")
    checkout.git("worktree", "add", "-q", "-b", "other", str(tmp_path / "second"))
    checkout.git("pack-refs", "--all")
    for folder in (checkout.folder, tmp_path / "second"):
        found = await answer(Checkout(folder).server(), "map_alert_to_service", {"labels": {"service": "cart"}})
        assert found["sources"] == [f"files catalog.yaml@{commit[:12]}"]


async def test_a_service_is_also_found_by_its_deployment(checkout: Checkout) -> None:
    """Many monitors know nothing else of it."""
    found = await answer(checkout.server(), "map_alert_to_service", {"labels": {"deployment": "checkout-web"}})
    assert found["service"]["name"] == "checkout"


async def test_a_service_of_another_environment_is_not_known_here(checkout: Checkout) -> None:
    """Nobody wrote it down for this one."""
    labels = {"service": "orders-db", "environment": "staging"}
    found = await answer(checkout.server(), "map_alert_to_service", {"labels": labels})
    assert (found["service"]["known"], found["sources"]) == (False, [])


async def test_dependencies_are_those_of_the_environment(checkout: Checkout) -> None:
    """Both ways, each with where it is written."""
    found = await answer(checkout.server(), "get_dependencies", {"service": "cart"})
    assert [(d["name"], d["kind"]) for d in found["dependencies"]] == [("orders-db", "database")]
    assert found["dependents"] == ["checkout"]
    assert (await answer(checkout.server(), "get_dependencies", {"service": "nobody"}))["dependents"] == []


async def test_a_runbook_fits_by_its_pattern_and_comes_whole(checkout: Checkout) -> None:
    """A line of dashes within the text belongs to the text."""
    found = await answer(checkout.server(), "get_runbook", {"service": "checkout", "alert": "HighErrorRate"})
    book = found["runbook"]
    assert (book["runbook_id"], book["evidence"], book["actions"]) == (
        "rb-errors",
        ["error_ratio"],
        ["rollback_deployment"],
    )
    assert book["body"] == "Look at the newest release.\n\n---\nThen at the dependencies."
    assert found["sources"] == ["files runbooks/checkout/errors.md"]
    for other in ({"service": "checkout", "alert": "DiskFull"}, {"service": "cart", "alert": "HighErrorRate"}):
        assert (await answer(checkout.server(), "get_runbook", other))["runbook"] is None


@pytest.mark.parametrize(
    ("alert", "chosen"), [("HighErrorRate", "exact"), ("HighErrors", "rb-errors"), ("Other", "any"), ("", "any")]
)
async def test_the_closest_runbook_is_chosen(checkout: Checkout, alert: str, chosen: str) -> None:
    """The service's own before everybody's, an exact name before a pattern, a pattern before none."""
    for name, service, pattern in (("exact", "checkout", "HighErrorRate"), ("any", "checkout", ""), ("all", "", "*")):
        front = f"---\nrunbook_id: {name}\ntitle: t\nservice: '{service}'\nalert: '{pattern}'\n---\n"
        checkout.write(f"runbooks/{name}.md", front)
    found = await answer(checkout.server(), "get_runbook", {"service": "checkout", "alert": alert})
    assert found["runbook"]["runbook_id"] == chosen


async def test_a_changed_file_is_read_again_and_a_deleted_one_forgotten(checkout: Checkout) -> None:
    """By the same server, without being told."""
    server = checkout.server()
    asked = {"service": "checkout", "alert": "HighErrorRate"}
    await answer(server, "get_runbook", asked)
    checkout.write("runbooks/checkout/errors.md", RUNBOOK.replace("Errors after", "Trouble after"))
    assert (await answer(server, "get_runbook", asked))["runbook"]["title"] == "Trouble after a release"
    (checkout.folder / "runbooks/checkout/errors.md").unlink()
    assert (await answer(server, "get_runbook", asked))["runbook"] is None


@pytest.mark.parametrize(
    ("path", "text", "why"),
    [
        ("catalog.yaml", "services: [", "line 1"),
        ("catalog.yaml", "services: [{name: cart, teir: 1}]", "services.0.teir"),
        ("catalog.yaml", "services: [{name: cart, tier: 9}]", "services.0.tier"),
        ("catalog.yaml", "", "file"),
        ("runbooks/checkout/errors.md", "No front matter.", "front matter"),
        ("runbooks/checkout/errors.md", "---\ntitle: t\n---\n", "runbook_id"),
        ("runbooks/checkout/errors.md", "---\nrunbook_id: [\n---\n", "line"),
    ],
)
async def test_a_broken_file_is_named_and_its_last_good_version_counts(
    checkout: Checkout, path: str, text: str, why: str
) -> None:
    """A slip in one file takes nothing from an incident."""
    server = checkout.server()
    asked = {"service": "checkout", "alert": "HighErrorRate"}
    await answer(server, "get_runbook", asked)
    checkout.write(path, text)
    found = await answer(server, "get_runbook", asked)
    assert found["runbook"]["runbook_id"] == "rb-errors"
    (problem,) = found["problems"]
    assert problem.startswith(f"files {path}: ")
    assert why in problem
    assert "last good version" in problem
    assert (await answer(server, "map_alert_to_service", {"labels": {"service": "cart"}}))["service"]["known"]


async def test_a_checkout_that_is_swapped_keeps_its_last_good_files(checkout: Checkout, tmp_path: Path) -> None:
    """As a synchroniser does it: a link to one folder becomes a link to another."""
    link, second = tmp_path / "current", made(tmp_path / "second")
    link.symlink_to(checkout.folder)
    server = Checkout(link).server()
    await answer(server, "map_alert_to_service", {"labels": {"service": "cart"}})
    second.write("catalog.yaml", "services: [")
    link.unlink()
    link.symlink_to(second.folder)
    found = await answer(server, "map_alert_to_service", {"labels": {"service": "cart"}})
    assert (found["service"]["known"], len(found["problems"])) == (True, 1)


async def test_a_link_out_of_the_folder_is_not_followed(checkout: Checkout, tmp_path: Path) -> None:
    """What lies outside was not reviewed."""
    (tmp_path / "outside.md").write_text(RUNBOOK.replace("checkout", "cart"))
    (checkout.folder / "runbooks/linked.md").symlink_to(tmp_path / "outside.md")
    found = await answer(checkout.server(), "get_runbook", {"service": "cart", "alert": "HighErrorRate"})
    assert found["runbook"] is None


async def test_a_folder_that_holds_nothing_is_said(tmp_path: Path) -> None:
    """An empty answer would look like a service that nobody knows."""
    section: dict[str, object] = {"sources": [{"kind": "files", "folder": str(tmp_path / "gone")}]}
    said = await refusal(served(section), "map_alert_to_service", {"labels": {"service": "cart"}})
    assert said.startswith("not_configured: files: ")


async def test_labels_are_read_by_the_configured_rules_in_their_order(checkout: Checkout) -> None:
    """The first rule that fits and comes to a name."""
    mapping = {
        "rules": [
            {"match": {"job": "node-*"}, "service": "nodes"},
            {"match": {"job": "batch"}, "labels": ["task"], "environment": "staging"},
            {"labels": ["component", "job"]},
        ],
        "environment_labels": ["stage"],
        "default_environment": "test",
    }
    server = checkout.server(mapping=mapping)
    for labels, name, environment in (
        ({"job": "node-7", "component": "cart"}, "nodes", "test"),
        ({"job": "batch", "task": "export"}, "export", "staging"),
        ({"job": "batch", "task": "export", "stage": "live"}, "export", "live"),
        ({"job": "batch"}, "batch", "test"),
        ({"other": "x"}, "unknown", "test"),
    ):
        found = (await answer(server, "map_alert_to_service", {"labels": labels}))["service"]
        assert (found["name"], found["environment"]) == (name, environment)


@pytest.mark.parametrize(
    ("section", "field"),
    [
        ({"sources": []}, "sources"),
        ({"sources": [{"kind": "files", "folder": "/x", "catalog": "../c.yaml"}]}, "sources.0.files.catalog"),
        ({"sources": [{"kind": "files", "folder": "/x"}, {"kind": "files", "folder": "/y"}]}, "two are called"),
        ({"sources": [{"kind": "files", "folder": "/x"}], "mapping": {"rules": [{}]}}, "mapping.rules.0"),
        ({"sources": [{"kind": "notion"}]}, "data_source or database"),
        ({"sources": [{"kind": "wiki"}]}, "sources.0"),
        ({"sources": [{"kind": "files", "folder": "/x", "runbook": "y"}]}, "sources.0.files.runbook"),
        ({"sources": [{"kind": "files", "folder": "/x"}], "mapping": {"rule": []}}, "mapping.rule"),
    ],
)
def test_a_wrong_section_is_named(section: dict[str, object], field: str) -> None:
    """Before the server stands."""
    with pytest.raises(ValueError, match=field):
        served(section)
