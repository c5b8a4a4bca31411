"""Reverting a commit by a pull request: exactly its files, only if nobody changed them, and once for a grant."""

import pytest

from tests.tools.code.acting import Acting, revert
from tests.vendors.github import READER, GitHub


async def test_a_revert_is_a_branch_whose_only_commit_takes_the_files_back(forge: GitHub, acting: Acting) -> None:
    """Changed, added and deleted alike; what came later stays."""
    wrong = forge.commit(
        "Make it wrong\n\nwith reasons", {"checkout.py": "wrong\n", "new.txt": "new\n", "old.txt": None}
    )
    later = forge.commit("Something else", {"kept.txt": "newer\n"})
    async with acting.standing() as server:
        done = await acting.act(server, revert(wrong))
    branch = done["observed"]["branch"]
    assert (done["done"], done["first"], done["before"]["head"]) == (True, True, later)
    assert forge.git("show", "-s", "--format=%P", branch) == later
    assert forge.git("diff", "--name-status", f"main..{branch}").split() == [
        "M",
        "checkout.py",
        "D",
        "new.txt",
        "A",
        "old.txt",
    ]
    assert forge.git("show", f"{branch}:checkout.py") == "right"
    assert f"This reverts commit {wrong}." in forge.git("show", "-s", "--format=%B", branch)
    (pull,) = forge.pulls
    assert (pull["title"], pull["base"]) == ('Revert "Make it wrong"', "main")
    assert "inc/acme/production/checkout" in pull["body"]
    assert done["observed"]["url"] == pull["html_url"]


async def test_a_dry_run_says_what_would_change_and_changes_nothing(forge: GitHub, acting: Acting) -> None:
    """Without a grant; also by a shortened SHA."""
    wrong = forge.commit("Make it wrong", {"checkout.py": "wrong\n", "new.txt": "new\n"})
    async with acting.standing() as server:
        dry = await acting.act(server, revert(wrong[:8]), dry_run=True, grant="")
    assert dry["diff"] == "~ checkout.py\n- new.txt"
    assert (dry["done"], dry["way_back"], dry["before"]["commit"]) == (False, None, wrong)
    assert "close the pull request" in dry["no_way_back"]
    assert not any(asked.startswith("POST") for asked in forge.asked)


async def test_a_merge_is_reverted_against_its_first_parent(forge: GitHub, acting: Acting) -> None:
    """As the button of GitHub does."""
    side = forge.commit("Side work", {"side.txt": "side\n"}, branch="side")
    merge = forge.commit("Merge side", {"side.txt": "side\n"}, second=side)
    async with acting.standing() as server:
        assert (await acting.act(server, revert(merge), dry_run=True))["diff"] == "- side.txt"


async def test_one_grant_is_one_pull_request(forge: GitHub, acting: Acting) -> None:
    """Also when the server was started again between the calls."""
    wrong = forge.commit("Make it wrong", {"checkout.py": "wrong\n"})
    async with acting.standing() as server:
        first = await acting.act(server, revert(wrong))
    async with acting.standing() as server:
        again = await acting.act(server, revert(wrong))
    assert again == {**first, "first": False}
    assert len(forge.pulls) == 1


@pytest.mark.parametrize("lost", ["POST git/trees", "POST git/commits", "POST git/refs", "POST pulls"])
async def test_a_lost_answer_costs_no_second_pull_request(forge: GitHub, acting: Acting, lost: str) -> None:
    """Whichever step it answered; the caller asks again with the same grant."""
    wrong = forge.commit("Make it wrong", {"checkout.py": "wrong\n"})
    forge.lose_answer_to(lost)
    async with acting.standing() as server:
        if lost in ("POST git/refs", "POST pulls"):
            assert (await acting.refused(server, revert(wrong))).startswith("unavailable: github")
        done = await acting.act(server, revert(wrong))
    assert done["first"] is (lost != "POST pulls")
    assert len(forge.pulls) == 1
    assert forge.asked.count("POST pulls") == 1


async def test_a_file_that_was_changed_since_is_a_conflict(forge: GitHub, acting: Acting) -> None:
    """Taking it back would take the later change too."""
    wrong = forge.commit("Make it wrong", {"checkout.py": "wrong\n"})
    forge.commit("Half a repair", {"checkout.py": "better\n"})
    async with acting.standing() as server:
        said = await acting.refused(server, revert(wrong))
    assert said.startswith("conflict: commit: changed since it: checkout.py")
    assert forge.pulls == []


async def test_what_is_reverted_already_or_changed_nothing_is_a_conflict(forge: GitHub, acting: Acting) -> None:
    """There is nothing left to do."""
    wrong = forge.commit("Make it wrong", {"checkout.py": "wrong\n"})
    forge.commit("Revert it", {"checkout.py": "right\n"})
    empty = forge.commit("Nothing", {})
    async with acting.standing() as server:
        for commit in (wrong, empty):
            assert "nothing to revert" in await acting.refused(server, revert(commit))


async def test_two_incidents_do_not_propose_the_same_revert(forge: GitHub, acting: Acting) -> None:
    """The second is told where the first one's proposal is; once that is closed, it may propose anew."""
    wrong = forge.commit("Make it wrong", {"checkout.py": "wrong\n"})
    async with acting.standing() as server:
        first = await acting.act(server, revert(wrong))
        said = await acting.refused(server, revert(wrong[:9]), plan=2)
        assert said.startswith("conflict: ")
        assert first["observed"]["url"] in said
        forge.pulls[0]["state"] = "closed"
        assert (await acting.act(server, revert(wrong[:9]), plan=2))["first"]


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"commit": "0" * 40}, "bad_input: github: 422"),
        ({"base": "nobody"}, "not_found: base"),
        ({"base": "main/../../x"}, "bad_input: base"),
        ({"repository": "other/place"}, "forbidden: other/place"),
        ({"repository": "shop/unknown"}, "not_found: github: 404"),
        ({"repository": "shop/.."}, "bad_input: repository"),
    ],
)
async def test_what_is_not_there_or_not_allowed_is_named(
    forge: GitHub, acting: Acting, fields: dict[str, str], word: str
) -> None:
    """And nothing is opened."""
    wrong = forge.commit("Make it wrong", {"checkout.py": "wrong\n"})
    action = revert(wrong).model_copy(update=fields)
    async with acting.standing() as server:
        assert (await acting.refused(server, action)).startswith(word)
    assert forge.pulls == []


async def test_the_first_commit_cannot_be_reverted(forge: GitHub, acting: Acting) -> None:
    """There is nothing before it."""
    async with acting.standing() as server:
        assert (await acting.refused(server, revert(forge.git("rev-parse", "main")))).startswith("bad_input: commit")


async def test_a_tree_that_github_cuts_is_too_large(forge: GitHub, acting: Acting) -> None:
    """Half a tree would revert half a commit."""
    wrong = forge.commit("Make it wrong", {"checkout.py": "wrong\n"})
    forge.truncated = True
    async with acting.standing() as server:
        assert (await acting.refused(server, revert(wrong))).startswith("too_large: github")


async def test_without_a_valid_grant_nothing_is_asked_of_github(forge: GitHub, acting: Acting) -> None:
    """Missing, or for another commit."""
    wrong = forge.commit("Make it wrong", {"checkout.py": "wrong\n"})
    other = acting.arguments(revert("1" * 40))["grant"]
    async with acting.standing() as server:
        for token in ("", other):
            assert (await acting.refused(server, revert(wrong), grant=token)).startswith("grant_refused: ")
    assert forge.asked == []


async def test_a_token_that_may_only_read_opens_nothing(forge: GitHub, acting: Acting) -> None:
    """The least right that is missing is named by GitHub; with a renewed token it goes on."""
    wrong = forge.commit("Make it wrong", {"checkout.py": "wrong\n"})
    async with acting.standing() as server:
        acting.know(READER)
        assert (await acting.refused(server, revert(wrong))).startswith("forbidden: github: 403")
        acting.know("ghp-test-writes")
        assert (await acting.act(server, revert(wrong)))["done"]
