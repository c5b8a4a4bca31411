"""Whatever the terraform program does becomes one word of the closed list, and it never sees more than it needs."""

import asyncio
from pathlib import Path

import pytest

from holdfast.tools.infrastructure.plans import Plans
from holdfast.tools.infrastructure.section import Infrastructure
from holdfast.tools.systems import parse_section
from tests.tools.infrastructure.workspaces import Space, standing_in
from tests.tools.stand import answer, refusal

FAULTS = {
    "Error acquiring the state lock": "conflict: terraform plan in 'shop'",
    "Backend initialization required, please run terraform init": "not_configured: terraform plan in 'shop'",
    "Invalid provider credentials": "failed: terraform plan in 'shop' ended with 1: Invalid provider credentials",
    "hang": "timeout: terraform plan took over 1 s",
}


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Space:
    """A workspace of the program that stands in."""
    monkeypatch.setenv("TF_TEST_TOKEN", "t")
    made = standing_in(tmp_path)
    made.write(shop="1")
    return made


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_has_its_word(space: Space, fault: str) -> None:
    """The word decides whether the call is tried again."""
    (space.folder / "fault").write_text(fault)
    said = await refusal(space.looks(timeout=1), "terraform_plan", {"workspace": "shop"})
    assert said.startswith(FAULTS[fault])


async def test_lines_of_others_between_its_messages_are_passed_over(space: Space) -> None:
    """A provider may write what it likes."""
    (space.folder / "fault").write_text("chatter")
    assert (await answer(space.looks(), "terraform_plan", {"workspace": "shop"}))["changes"]["add"] == 1


async def test_the_program_sees_its_own_credentials_and_none_of_ours(
    space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment is made anew for it."""
    monkeypatch.setenv("HOLDFAST_SLACK_TOKEN", "ours")
    monkeypatch.setenv("TF_CLI_ARGS_apply", "-auto-approve")
    await answer(space.looks(), "terraform_plan", {"workspace": "shop"})
    seen = set((space.folder / "environment").read_text().split())
    assert {"TF_TOKEN_app", "TF_IN_AUTOMATION", "PATH"} <= seen
    assert not {"HOLDFAST_SLACK_TOKEN", "TF_TEST_TOKEN", "TF_CLI_ARGS_apply"} & seen


async def test_a_credential_that_is_missing_is_named(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its variable, never by its value."""
    monkeypatch.delenv("TF_TEST_TOKEN")
    said = await refusal(space.looks(), "terraform_plan", {"workspace": "shop"})
    assert said == "not_configured: terraform workspace 'shop': TF_TEST_TOKEN: holds no secret"


async def test_a_program_or_a_workspace_that_is_not_there_is_named(space: Space) -> None:
    """With what there is."""
    said = await refusal(space.looks(program="/none/terraform"), "terraform_plan", {"workspace": "shop"})
    assert said.startswith("not_configured: /none/terraform in ")
    said = await refusal(space.looks(), "terraform_plan", {"workspace": "mars"})
    assert said == "not_found: workspace: 'mars'; there are: shop (terraform.workspaces)"


async def test_a_plan_that_takes_longer_than_a_call_waits_is_joined_by_the_next(space: Space) -> None:
    """The program runs once, whoever stops waiting for it."""
    (space.folder / "fault").write_text("hang")
    plans = Plans(parse_section("infrastructure-looks", Infrastructure, space.section()).terraform, space.folder.parent)
    first = asyncio.create_task(plans.plan("shop"))
    while not (space.folder / "runs").exists():
        await asyncio.sleep(0.01)
    first.cancel()
    second = asyncio.create_task(plans.plan("shop"))
    await asyncio.sleep(0)
    (space.folder / "go").touch()
    assert (await second)["changes"]["add"] == 1
    assert (space.folder / "runs").read_text() == "plan\n"
