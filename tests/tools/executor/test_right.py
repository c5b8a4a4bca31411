"""What the rules of an account give beyond its needs, and whether the papers name the rights that are shipped."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from holdfast.tools.executor.right import NEEDED, NEEDED_FOR_JOBS, USEFUL, Right, beyond, listed
from holdfast.tools.executor.section import ExecutorSection
from holdfast.tools.systems import parse_section

ROOT = Path(__file__).parents[3]
OWN = (*NEEDED, *NEEDED_FOR_JOBS, *USEFUL)
# Kubernetes 1.20 answers this to an account without any role, and 1.34 one resource more.
EVERYBODY = {
    "resourceRules": [
        {
            "verbs": ["create"],
            "apiGroups": ["authorization.k8s.io"],
            "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
        },
        {"verbs": ["create"], "apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"]},
    ],
    "nonResourceRules": [
        {"verbs": ["get"], "nonResourceURLs": ["/.well-known/openid-configuration/", "/openid/v1/jwks/"]},
        {"verbs": ["get"], "nonResourceURLs": ["/healthz", "/livez", "/readyz", "/version", "/version/"]},
        {"verbs": ["get"], "nonResourceURLs": ["/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*"]},
    ],
}


def shipped(name: str) -> list[dict[str, Any]]:
    """Return the rules of a file of deploy/kubernetes."""
    text = (ROOT / "deploy" / "kubernetes" / f"{name}-rbac.yaml").read_text()
    return [rule for one in yaml.safe_load_all(text) for rule in one.get("rules", [])]


@pytest.mark.parametrize("status", [EVERYBODY, {}, {"resourceRules": None, "nonResourceRules": None}])
def test_what_everybody_has_is_nothing_more(status: dict[str, Any]) -> None:
    """Asking what one may, and which API there is."""
    assert list(beyond(status, ())) == []


def test_what_is_shipped_is_nothing_more() -> None:
    """Nor is a part of it."""
    rules = [*shipped("executor"), *shipped("executor-jobs")]
    assert list(beyond({"resourceRules": rules}, OWN)) == []
    without = {r.what for r in beyond({"resourceRules": rules}, (*NEEDED, *USEFUL))}
    assert without == {"get jobs", "create jobs"}


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"verbs": ["get"], "nonResourceURLs": ["*"]}, "get *"),
        ({"verbs": ["post"], "nonResourceURLs": ["/api"]}, "post /api"),
        ({"verbs": ["get"], "nonResourceURLs": ["/apix"]}, "get /apix"),
        ({"verbs": ["patch"], "apiGroups": ["extensions"], "resources": ["deployments"]}, "patch deployments"),
        ({"verbs": ["*"], "apiGroups": ["apps"], "resources": ["deployments"]}, "* deployments"),
        ({"verbs": ["get"], "apiGroups": [""], "resources": ["pods/*"]}, "get pods/*"),
    ],
)
def test_anything_else_is_more(rule: dict[str, Any], said: str) -> None:
    """Wildcards too, the same name in another group, and paths that only begin alike."""
    kind = "nonResourceRules" if "nonResourceURLs" in rule else "resourceRules"
    assert [r.what for r in beyond({kind: [rule]}, OWN)] == [said]


def test_a_list_of_rights_names_each_once() -> None:
    """With all its places, and how many are not named."""
    read = Right(verb="get", resource="secrets")
    rights = [read.inside("a"), read.inside("b"), read.inside("a"), Right(verb="patch", resource="nodes"), read]
    assert listed(rights[:4], 5) == "get secrets in a, b; patch nodes in every namespace"
    assert listed(rights, 1) == "get secrets in every namespace; and 1 more"


def test_the_page_shows_the_rights_for_jobs_that_are_shipped() -> None:
    """As for the others."""
    page = (ROOT / "docs" / "integrations" / "executor.md").read_text()
    block = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)[2]
    assert yaml.safe_load(block)["rules"] == shipped("executor-jobs")


@pytest.mark.parametrize(
    ("more", "said"),
    [({"never": ["shop"]}, "never: shop is among"), ({"nevr": ["payments"]}, "nevr: Extra inputs")],
)
def test_a_section_that_contradicts_itself_is_refused(more: dict[str, Any], said: str) -> None:
    """And so is one that is misspelt: `never` passed over would leave a door unwatched."""
    section = {"cluster": {"in_cluster": True}, "namespaces": ["shop"], **more}
    with pytest.raises(ValueError, match=said):
        parse_section("executor", ExecutorSection, section)
