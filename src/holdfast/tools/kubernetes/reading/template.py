"""A pod's template as the API has it, without anything that could hold a secret.

Of environment variables only addresses are told, and of an address host and port: never its user, path or query.
"""

import re

from holdfast.tools.kubernetes.reading.plain import Object, part

_POD = ("nodeSelector", "affinity", "tolerations", "serviceAccountName", "dnsPolicy", "dnsConfig", "hostNetwork")
_CONTAINER = ("name", "image", "ports", "envFrom")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_ASKED = ("path", "port", "scheme", "service")
_IS_ADDRESS = re.compile(r"(?:ADDR|ADDRESS|HOST|URL|URI|ENDPOINT)S?$")
_SAYS_SECRET = re.compile(r"PASS|PWD|SECRET|TOKEN|KEY|CREDENTIAL", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?:(?:\w+:)?[\w+.-]+://)?(?:[^/?#@\s]*@)?(?P<at>[a-z][-a-z0-9.]*[a-z0-9](?::\d{1,5})?)(?:[/?][^@]*)?"
)


def template_of(template: Object) -> Object:
    """Return what decides where a pod may run, what it serves, how it is probed, and what it refers to."""
    spec = part(template, "spec")
    return {
        "metadata": {"labels": dict(part(template, "metadata", "labels"))},
        "spec": {
            **_kept(spec, _POD),
            "containers": [_container(c) for c in spec.get("containers") or []],
            "volumes": [_volume(v) for v in spec.get("volumes") or []],
        },
    }


def _container(container: Object) -> Object:
    return {
        **_kept(container, _CONTAINER),
        "env": [e for each in container.get("env") or [] if (e := _address(each))],
        "volumeMounts": [_kept(m, ("name", "mountPath", "readOnly")) for m in container.get("volumeMounts") or []],
        **{p: _probe(container[p]) for p in _PROBES if container.get(p)},
    }


def _address(variable: Object) -> Object:
    name = str(variable.get("name", ""))
    if _SAYS_SECRET.search(name) or not _IS_ADDRESS.search(name):
        return {}
    found = _ADDRESS.fullmatch(str(variable.get("value") or ""))
    return {"name": name, "value": found["at"]} if found else {}


def _volume(volume: Object) -> Object:
    claim = part(volume, "persistentVolumeClaim").get("claimName", "")
    return {"name": volume.get("name", "")} | ({"persistentVolumeClaim": {"claimName": claim}} if claim else {})


def _probe(probe: Object) -> Object:
    """What an exec probe runs, and the headers of an HTTP one, may hold a secret."""
    how = next((k for k in ("httpGet", "tcpSocket", "exec", "grpc") if k in probe), "")
    times = {k: v for k, v in probe.items() if isinstance(v, int)}
    return ({how: _kept(part(probe, how), _ASKED)} if how else {}) | times


def _kept(thing: Object, keys: tuple[str, ...]) -> Object:
    return {k: thing[k] for k in keys if thing.get(k) is not None}
