"""A plan is made by looking, shown, granted by its digest, and applied byte for byte, once; the real program agrees."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from holdfast.domain.action import ApplyTerraform
from holdfast.domain.grant import grant_id
from holdfast.tools.executor.ledger import Ledger
from tests.tools.infrastructure.workspaces import Space, real, standing_in
from tests.tools.stand import INCIDENT, PLAN, answer, grant, refusal

PLACES = {"as documented": standing_in, "real": real}


@pytest.fixture(params=PLACES)
def space(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Space:
    """A workspace whose configuration wants one resource that is not there yet."""
    monkeypatch.setenv("TF_TEST_TOKEN", "t")
    made: Space = PLACES[request.param](tmp_path)
    made.write(shop="s3cret")
    return made


async def planned(space: Space) -> dict[str, Any]:
    """Ask the looking server for a plan."""
    return await answer(space.looks(), "terraform_plan", {"workspace": "shop"})


def apply(digest: str) -> ApplyTerraform:
    """Return the action of a saved plan."""
    return ApplyTerraform(service="checkout", workspace="shop", saved_plan=digest)


async def test_a_plan_tells_what_would_change_and_never_a_value(space: Space) -> None:
    """It is saved under its digest, readable by this user alone, and the world is as it was."""
    told = await planned(space)
    assert told["changes"] == {"add": 1, "change": 0, "destroy": 0}
    assert (told["resources"], told["diff"]) == (
        [{"address": "terraform_data.shop", "action": "create"}],
        "+ terraform_data.shop",
    )
    assert "s3cret" not in str(told)
    assert space.saved(told["saved_plan"]).stat().st_mode & 0o077 == 0
    assert space.serial == 0


async def test_a_dry_run_tells_what_the_saved_plan_would_change(space: Space) -> None:
    """Read out of the saved file itself, not out of what was said of it."""
    told = await planned(space)
    async with space.acting().standing() as server:
        dry = await space.acting().act(server, apply(told["saved_plan"]), dry_run=True, grant="")
    assert (dry["done"], dry["diff"], dry["before"]["changes"]) == (False, told["diff"], told["changes"])
    assert dry["no_way_back"]
    assert space.serial == 0


async def test_a_plan_of_outputs_alone_is_told_tried_and_applied(space: Space) -> None:
    """It changes no resource; the outputs that stay as they are are not named, and no value is."""
    space.write(outputs={"address": "s3cret", "port": "80"})
    told, acting = await planned(space), space.acting()
    assert told["outputs"] == [{"name": "address", "action": "create"}, {"name": "port", "action": "create"}]
    assert (told["changes"], told["diff"]) == (
        {"add": 0, "change": 0, "destroy": 0},
        "+ output address\n+ output port",
    )
    async with acting.standing() as server:
        dry = await acting.act(server, apply(told["saved_plan"]), dry_run=True, grant="")
        assert dry["diff"] == told["diff"]
        assert (await acting.act(server, apply(told["saved_plan"])))["observed"]["well"]
    space.write(outputs={"address": "0ther", "port": "80"})
    then = await planned(space)
    assert then["diff"] == "~ output address"
    assert "s3cret" not in f"{told}{then}{dry}"
    async with acting.standing() as server:
        assert (await acting.act(server, apply(then["saved_plan"]), dry_run=True, grant=""))["diff"] == then["diff"]


async def test_one_grant_applies_a_plan_once(space: Space) -> None:
    """The same grant again answers the first result; then nothing is left to change, and nothing is saved."""
    told, acting = await planned(space), space.acting()
    async with acting.standing() as server:
        first = await acting.act(server, apply(told["saved_plan"]))
        serial = space.serial
        again = await acting.act(server, apply(told["saved_plan"]))
    assert (first["done"], first["first"], first["observed"]["applied"]["add"]) == (True, True, 1)
    assert again == {**first, "first": False}
    assert space.serial == serial > 0
    assert ((await planned(space))["saved_plan"], (await planned(space))["diff"]) == ("", "nothing to change")


async def test_a_server_killed_after_it_applied_does_not_apply_again(space: Space) -> None:
    """Its intention is in the ledger, and Terraform finds the world as it was planned."""
    told, acting = await planned(space), space.acting()
    action = apply(told["saved_plan"])
    async with acting.standing() as server:
        dry = await acting.act(server, action, dry_run=True, grant="")
    ledger = Ledger(space.folder.parent / "infrastructure.db")
    await ledger.start()
    ledger.intend(action, grant(action), {k: dry[k] for k in ("before", "diff", "way_back", "no_way_back")})
    await ledger.close()
    space.apply(space.saved(action.saved_plan))
    serial = space.serial
    async with acting.standing() as server:
        found = await acting.act(server, action)
    assert (found["done"], found["first"], found["observed"]["found"]) == (True, False, "nothing left to change")
    assert space.serial == serial


async def test_a_plan_made_for_another_state_is_not_applied(space: Space) -> None:
    """Somebody applied another plan in between."""
    old = await planned(space)
    space.write(shop="s3cret", cart="2")
    new, acting = await planned(space), space.acting()
    async with acting.standing() as server:
        await acting.act(server, apply(new["saved_plan"]))
        serial = space.serial
        other = grant(apply(old["saved_plan"]), grant_id=grant_id(INCIDENT, PLAN, 1))
        said = await acting.refused(server, apply(old["saved_plan"]), grant=acting.issuer.sign(other))
    assert said.startswith("conflict: terraform apply in 'shop': Saved plan is stale")
    assert space.serial == serial


async def test_a_plan_whose_file_was_altered_or_is_old_or_gone_is_not_applied(space: Space) -> None:
    """The grant is for these bytes, and for now."""
    told, acting = await planned(space), space.acting()
    kept, action = space.saved(told["saved_plan"]), apply(told["saved_plan"])
    async with acting.standing() as server:
        past = time.time() - 7200
        os.utime(kept, (past, past))
        assert "over 60 minutes (plan_minutes) old" in await acting.refused(server, action)
        kept.write_bytes(kept.read_bytes() + b"x")
        assert "its file was altered" in await acting.refused(server, action)
        kept.unlink()
        assert (await acting.refused(server, action)).startswith("not_found: no saved plan")
    assert space.serial == 0


async def test_looking_never_pushes_out_a_plan_that_may_still_be_approved(space: Space) -> None:
    """However often others look: only age removes a plan, and how much of it the section says."""
    first, acting = await planned(space), space.acting(plan_minutes=180)
    for n in range(21):
        space.write(shop=f"{n}")
        await planned(space)
    kept = space.saved(first["saved_plan"])
    past = time.time() - 7200
    os.utime(kept, (past, past))
    async with acting.standing() as server:
        dry = await acting.act(server, apply(first["saved_plan"]), dry_run=True, grant="")
        assert dry["diff"] == first["diff"]
    await planned(space)
    assert not kept.exists()


async def test_a_full_folder_of_plans_plans_no_more_and_says_so(space: Space) -> None:
    """None that somebody may approve is lost for it; when they are old, there is room again."""
    first = await planned(space)
    kept = space.saved(first["saved_plan"])
    space.write(shop="another")
    full = space.looks(plans_bytes=8192)
    kept.write_bytes(kept.read_bytes().ljust(8192))
    said = await refusal(full, "terraform_plan", {"workspace": "shop"})
    assert said.startswith("too_large: terraform workspace 'shop': ")
    assert said.endswith("raise it, or wait until some expire")
    assert kept.exists()
    past = time.time() - 7200
    os.utime(kept, (past, past))
    assert (await answer(full, "terraform_plan", {"workspace": "shop"}))["good_until"]


async def test_a_grant_for_one_plan_opens_no_other(space: Space) -> None:
    """The digest is part of the action, and so of the grant."""
    told, acting = await planned(space), space.acting()
    async with acting.standing() as server:
        token = acting.issuer.sign(grant(apply("0" * 64)))
        said = await acting.refused(server, apply(told["saved_plan"]), grant=token)
    assert said == "grant_refused: the grant is for another action"
    assert space.serial == 0


async def test_a_configuration_that_is_wrong_is_told_in_the_programs_words(space: Space) -> None:
    """The first complaint, and where."""
    (space.folder / "main.tf").write_text('resource "terraform_data" "shop" {')
    said = await refusal(space.looks(), "terraform_plan", {"workspace": "shop"})
    assert said.startswith("failed: terraform plan in 'shop' ended with 1: Unclosed configuration block")
