"""A cluster that misbehaves: every failure is a word that names it, and nothing is tried for ever."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from holdfast.tools import registry
from holdfast.tools.kubernetes.connection import Connection
from holdfast.tools.kubernetes.section import ClusterAccess
from tests.tools.stand import answer, needs, refusal
from tests.vendors.misbehaving import Misbehaving, Reply, misbehaving

PODS = "/api/v1/namespaces/shop/pods"
EMPTY = Reply(body={"kind": "List", "metadata": {}, "items": []})


def status(code: int, message: str, **headers: str) -> Reply:
    """Return a Status object (Kubernetes API conventions, "Response status kind")."""
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code}
    return Reply(code, body, headers={k.replace("_", "-"): v for k, v in headers.items()})


@pytest.fixture
async def api() -> AsyncIterator[Misbehaving]:
    """An API server that does as it is told."""
    async with misbehaving() as made:
        made.script("*", EMPTY)
        yield made


def kubeconfig(folder: Path, url: str, **cluster: Any) -> Path:
    """Write a kubeconfig whose token lies in a file of its own."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": url, **cluster}}],
        "users": [{"name": "u", "user": {"tokenFile": str(folder / "token")}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "c",
    }
    (folder / "token").write_text("first-token")
    file = folder / "kubeconfig"
    file.write_text(yaml.safe_dump(config))
    return file


def section(folder: Path, url: str, **access: Any) -> dict[str, dict[str, Any]]:
    """Return the systems file for one cluster, with a short time-out."""
    fields = {"kubeconfig": str(kubeconfig(folder, url)), "timeout": 1, "retries": 1, **access}
    return {"kubernetes": {"clusters": {"main": fields}, "per_minute": 6000}}


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (status(401, "Unauthorized"), 'forbidden: kubernetes "main": 401'),
        (status(403, "pods is forbidden"), "our account may not; docs/integrations/kubernetes.md"),
        (status(404, "not found"), "not_found: "),
        (status(409, "changed"), "conflict: "),
        (status(410, "too old resource version"), "failed: "),
        (status(422, "invalid"), "bad_input: "),
        (status(429, "slow down", Retry_After="60"), "rate_limited: "),
        (status(500, "etcd is away"), "unavailable: "),
        (Reply(hang=True), "timeout: "),
        (Reply(body={"items": []}, cut=True), "unavailable: "),
        (Reply(body="<html>log in</html>", content_type="text/html"), "failed: "),
        (Reply(body="[]"), "failed: "),
        (Reply(body=""), "failed: "),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
async def test_a_failure_has_its_word_and_names_the_cluster(
    api: Misbehaving, tmp_path: Path, reply: Reply, said: str
) -> None:
    """At most one further try was made, and no secret is told."""
    api.script(PODS, reply)
    server = registry.build("kubernetes", needs(tmp_path, systems=section(tmp_path, api.url)))
    async with server.standing():
        text = await refusal(server, "get_pods", {"namespace": "shop"})
    assert said in text
    assert 'kubernetes "main"' in text
    assert "first-token" not in text
    assert len(api.asked) <= 2


async def test_a_cluster_that_recovers_is_asked_again(api: Misbehaving, tmp_path: Path) -> None:
    """One failure of a look is not told."""
    api.script(PODS, status(500, "etcd is away"), EMPTY)
    server = registry.build("kubernetes", needs(tmp_path, systems=section(tmp_path, api.url)))
    async with server.standing():
        assert (await answer(server, "get_pods", {"namespace": "shop"}))["pods"] == []


async def test_a_renewed_token_is_read_from_its_file(api: Misbehaving, tmp_path: Path) -> None:
    """When the cluster no longer knows us, the file is read again and the request sent once more."""
    server = registry.build("kubernetes", needs(tmp_path, systems=section(tmp_path, api.url)))
    async with server.standing():
        await answer(server, "get_nodes", {})
        (tmp_path / "token").write_text("second-token")
        api.script("/api/v1/nodes", status(401, "Unauthorized"), EMPTY)
        await answer(server, "get_nodes", {})
    assert [a.headers["authorization"][-12:] for a in api.asked][-1] == "second-token"


async def test_a_long_list_is_read_page_by_page_and_cut(api: Misbehaving, tmp_path: Path) -> None:
    """`limit` and `continue` (Kubernetes API concepts, "Retrieving large results sets in chunks")."""
    page = {"metadata": {"continue": "next"}, "items": [{"metadata": {"name": f"n{i}"}} for i in range(250)]}
    api.script("/api/v1/nodes", Reply(body=page))
    server = registry.build("kubernetes", needs(tmp_path, systems=section(tmp_path, api.url)))
    async with server.standing():
        found = await answer(server, "get_nodes", {})
    assert len(found["nodes"]) == 500
    assert found["cut"] == "the first 500; there are more"
    assert [a.params.get("continue") for a in api.asked] == [None, "next"]


async def test_a_cluster_that_is_away_is_unavailable(tmp_path: Path) -> None:
    """The server stands; the question says what is the matter."""
    server = registry.build("kubernetes", needs(tmp_path, systems=section(tmp_path, "http://127.0.0.1:1")))
    async with server.standing():
        assert (await refusal(server, "get_nodes", {})).startswith("unavailable: ")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kubeconfig": "/nowhere/kubeconfig"}, "/nowhere/kubeconfig names no usable account"),
        ({"context": "production"}, "names no usable account"),
    ],
)
async def test_a_kubeconfig_that_cannot_be_used_is_named(tmp_path: Path, fields: dict[str, Any], said: str) -> None:
    """The server does not stand without it."""
    server = registry.build("kubernetes", needs(tmp_path, systems=section(tmp_path, "http://127.0.0.1:1", **fields)))
    with pytest.raises(ValueError, match=said):
        async with server.standing():
            pass


async def test_certificates_are_always_verified(tmp_path: Path) -> None:
    """A kubeconfig that would skip that is refused."""
    file = kubeconfig(tmp_path, "https://127.0.0.1:1", **{"insecure-skip-tls-verify": True})
    with pytest.raises(ValueError, match="insecure-skip-tls-verify"):
        await Connection("main", ClusterAccess(kubeconfig=file)).start()


async def test_a_token_is_not_sent_in_the_clear(tmp_path: Path) -> None:
    """Plain HTTP is for this machine alone."""
    with pytest.raises(ValueError, match="over https alone"):
        await Connection("main", ClusterAccess(kubeconfig=kubeconfig(tmp_path, "http://10.0.0.1:8080"))).start()


@pytest.mark.parametrize("fields", [{}, {"in_cluster": True, "kubeconfig": "x"}])
def test_a_cluster_is_reached_in_exactly_one_way(tmp_path: Path, fields: dict[str, Any]) -> None:
    """The field is named."""
    systems = {"kubernetes": {"clusters": {"main": fields}}}
    with pytest.raises(ValueError, match=r"kubernetes\.clusters\.main: .*kubeconfig or in_cluster"):
        registry.build("kubernetes", needs(tmp_path, systems=systems))
