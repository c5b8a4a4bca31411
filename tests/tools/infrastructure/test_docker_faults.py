"""Whatever a Docker engine answers, or does not, becomes one word of the closed list with the host's name in it."""

from pathlib import Path
from typing import Any

import pytest

from holdfast.tools import registry
from holdfast.tools.needs import ServerNeeds
from tests.tools.stand import refusal
from tests.vendors.docker_api import HUNG, answering

FAULTS: dict[str, tuple[int, str, str, str]] = {
    "a bad parameter": (400, '{"message": "bad name"}', "application/json", "bad_input: docker host 'local'"),
    "no leave": (403, "denied by policy", "text/plain", "forbidden: docker host 'local' answered 403"),
    "no container": (404, '{"message": "No such container: x"}', "application/json", "not_found: no container 'x'"),
    "a conflict": (409, '{"message": "is being removed"}', "application/json", "conflict: docker host 'local'"),
    "too many requests": (429, "slow down", "text/plain", "rate_limited: docker host 'local' answered 429"),
    "its own trouble": (500, '{"message": "driver failed"}', "application/json", "failed: docker host 'local'"),
    "no JSON": (200, "<html>a proxy</html>", "text/html", "failed: docker host 'local' answered what no Docker"),
    "another object": (200, '{"Id": "1"}', "application/json", "failed: docker host 'local' answered what no Docker"),
    "an empty answer": (200, "", "application/json", "failed: docker host 'local' answered what no Docker"),
    "nothing at all": (HUNG, "", "", "timeout: docker host 'local' did not answer within 0.5 s"),
}


async def asked(tmp_path: Path, url: str) -> str:
    """Ask after a container and return the refusal."""
    section: dict[str, Any] = {"docker": {"local": {"url": url, "timeout": 0.5}}}
    looks = registry.build("infrastructure-looks", ServerNeeds(systems={"infrastructure-looks": section}))
    return await refusal(looks, "docker_container_status", {"container": "x"})


@pytest.mark.parametrize("case", FAULTS)
async def test_a_fault_of_the_engine_has_its_word(tmp_path: Path, case: str) -> None:
    """The word decides whether the call is tried again; the host's name says where to look."""
    status, body, kind, said = FAULTS[case]
    with answering(status, body, kind) as url:
        assert (await asked(tmp_path, url)).startswith(said)


async def test_an_engine_that_is_away_is_unavailable(tmp_path: Path) -> None:
    """The socket is named."""
    said = await asked(tmp_path, f"unix://{tmp_path}/none.sock")
    assert said.startswith("unavailable: docker host 'local' cannot be reached at unix://")


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "docker or terraform: one of them is needed"),
    "another scheme": ({"docker": {"a": {"url": "ssh://root@h"}}}, "url: begins with unix:// or tcp://"),
    "plain TCP": ({"docker": {"a": {"url": "tcp://10.0.0.1:2375"}}}, "tls: an engine beyond loopback"),
    "approval": (
        {"terraform": {"workspaces": {"a": {"folder": "/x", "auto_approve": True}}}},
        "auto_approve: is refused",
    ),
    "arguments": (
        {"terraform": {"workspaces": {"a": {"folder": "/x", "environment": {"TF_CLI_ARGS_apply": {"env": "A"}}}}}},
        "TF_CLI_ARGS_apply: would add arguments",
    ),
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("server", ["infrastructure", "infrastructure-looks"])
def test_a_wrong_section_is_refused_with_its_field(tmp_path: Path, server: str, case: str) -> None:
    """Neither server stands on it."""
    section, said = WRONG[case]
    needs = ServerNeeds(systems={server: section}, state=tmp_path, grant_public_key="k")
    with pytest.raises(ValueError, match=server) as error:
        registry.build(server, needs)
    assert said in str(error.value)
