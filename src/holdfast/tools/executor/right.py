"""One right; which of them the account that acts needs, which everybody has, and which it must never have."""

from collections.abc import Collection, Iterator
from typing import Any

from holdfast.domain.noun import Noun

Object = dict[str, Any]
_RBAC = "rbac.authorization.k8s.io"


class Right(Noun):
    """One right (RBAC: verb, group, resource, subresource), in a namespace, or in all of them when it is empty.

    A resource that begins with a slash is a path of the API server's own, such as `/metrics`.
    """

    verb: str
    resource: str
    group: str = ""
    subresource: str = ""
    namespace: str = ""

    @property
    def what(self) -> str:
        """Return it without its place, as `tolerated` names it."""
        return f"{self.verb} {self.resource}" + (f"/{self.subresource}" if self.subresource else "")

    def inside(self, namespace: str) -> "Right":
        """Return the same right in a namespace."""
        return self.model_copy(update={"namespace": namespace})


def _rights(group: str, verbs: str, *resources: str) -> tuple[Right, ...]:
    named = [r.partition("/") for r in resources]
    return tuple(
        Right(verb=v, group=group, resource=resource, subresource=sub)
        for resource, _, sub in named
        for v in verbs.split()
    )


NEEDED = (
    *_rights("apps", "get patch", "deployments"),
    *_rights("apps", "update", "deployments/scale"),
    *_rights("apps", "list get", "replicasets"),
    *_rights("", "get delete", "pods"),
)
NEEDED_FOR_JOBS = _rights("batch", "create get", "jobs")
# Without these it sees less of what it did; they change nothing.
USEFUL = (*_rights("apps", "get", "statefulsets"), *_rights("", "list", "pods"), *_rights("", "get", "pods/log"))

WRITES = (
    *_rights("apps", "patch", "deployments"),
    *_rights("apps", "update", "deployments/scale"),
    *_rights("", "delete", "pods"),
    *_rights("batch", "create", "jobs"),
)
TOO_MUCH = (
    Right(verb="*", resource="*", group="*"),
    *_rights("", "get list watch create update patch delete", "secrets"),
    *_rights("", "create patch", "pods"),
    *_rights("", "create get", "pods/exec", "pods/attach"),
    *_rights("", "create", "pods/portforward", "serviceaccounts/token"),
    *_rights("", "impersonate", "serviceaccounts"),
    *_rights("apps", "create", "deployments", "daemonsets", "statefulsets"),
    *_rights("batch", "create", "cronjobs"),
    *_rights(_RBAC, "create update patch", "roles", "rolebindings"),
    *_rights(_RBAC, "escalate bind", "roles"),
)
# What lies in no namespace.
TOO_MUCH_AT_ALL = (
    *_rights("", "impersonate", "users", "groups"),
    *_rights("", "create delete", "namespaces"),
    *_rights("", "update patch", "nodes"),
    *_rights("", "get create", "nodes/proxy"),
    *_rights("", "create", "persistentvolumes"),
    *_rights(_RBAC, "create update patch escalate bind", "clusterroles"),
    *_rights(_RBAC, "create update patch", "clusterrolebindings"),
    *_rights("admissionregistration.k8s.io", "create", "mutatingwebhookconfigurations"),
    *_rights("certificates.k8s.io", "create", "certificatesigningrequests"),
)

# The groups system:authenticated and system:serviceaccounts: the cluster roles system:basic-user, system:discovery,
# system:public-info-viewer and system:service-account-issuer-discovery.
_EVERYBODYS = (
    *_rights("authorization.k8s.io", "create", "selfsubjectaccessreviews", "selfsubjectrulesreviews"),
    *_rights("authentication.k8s.io", "create", "selfsubjectreviews"),
)
_EVERYBODYS_PATHS = (
    *("/api", "/apis", "/healthz", "/livez", "/openapi", "/openid/v1/jwks", "/readyz", "/version"),
    "/.well-known/openid-configuration",
)


def beyond(status: Object, needed: Collection[Right], tolerated: Collection[str] = ()) -> Iterator[Right]:
    """Yield what a SelfSubjectRulesReview's `status` allows beyond what is needed, and what everybody has."""
    known = {(r.group, r.what) for r in (*needed, *_EVERYBODYS)}
    for right in _told(status):
        free = right.verb == "get" and any(_below(right.resource, path) for path in _EVERYBODYS_PATHS)
        if not free and (right.group, right.what) not in known and right.what not in tolerated:
            yield right


def _told(status: Object) -> Iterator[Right]:
    for rule in status.get("resourceRules") or []:
        for group in rule.get("apiGroups") or []:
            yield from _rights(group, " ".join(rule.get("verbs") or []), *(rule.get("resources") or []))
    for rule in status.get("nonResourceRules") or []:
        for path in rule.get("nonResourceURLs") or []:
            yield from (Right(verb=v, resource=path) for v in rule.get("verbs") or [])


def _below(path: str, root: str) -> bool:
    return path == root or path.startswith(f"{root}/")


def listed(rights: Collection[Right], most: int) -> str:
    """Return each right once with all its places, at most so many, and how many more there are."""
    places: dict[str, list[str]] = {}
    for right in rights:
        places.setdefault(right.what, []).append(right.namespace)
    said = [f"{what} in {_where(where)}" for what, where in places.items()]
    return "; ".join(said[:most]) + (f"; and {len(said) - most} more" if len(said) > most else "")


def _where(namespaces: list[str]) -> str:
    return "every namespace" if "" in namespaces else ", ".join(dict.fromkeys(namespaces))
