"""What happened and what was rolled out: events, and the revisions that replica sets remember."""

import re
from datetime import UTC

from holdfast.tools.kubernetes.reading.plain import Object, moment, name_of, owner_of, part, revision_of, shortened

# Where people and pipelines write down which commit an image was made of.
_COMMIT_KEYS = (
    "holdfast.dev/commit",
    "app.kubernetes.io/commit",
    "org.opencontainers.image.revision",
    "git-commit",
    "commit",
)
_SHA = re.compile(r"(?:^|[-_.])([0-9a-f]{7,40})\Z")
_CHANGE_CAUSE = "kubernetes.io/change-cause"


def event_row(event: Object) -> Object:
    """Return one event (core/v1); a series counts as one with its last time."""
    series, about = part(event, "series"), part(event, "involvedObject")
    times = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    created = event.get("firstTimestamp") or part(event, "metadata").get("creationTimestamp")
    when = moment(next((t for t in times if t), created))
    return {
        "time": when.astimezone(UTC).isoformat(),
        "type": event.get("type", ""),
        "reason": event.get("reason", ""),
        "object": f"{str(about.get('kind', '')).lower()}/{about.get('name', '')}",
        "message": shortened(event.get("message"), 1000),
        "count": int(series.get("count") or event.get("count") or 1),
    }


def revision_rows(deployment: Object, sets: list[Object]) -> list[Object]:
    """Return the revisions of a deployment, oldest first."""
    own = part(deployment, "metadata").get("uid")
    found = [_revision(s) for s in sets if owner_of(s).get("uid") == own]
    return sorted(found, key=lambda r: r["revision"])


def rollout(deployment: Object, sets: list[Object]) -> Object:
    """Return a deployment's history as the contract tells it."""
    return {
        "deployment": name_of(deployment),
        "replicas": int(part(deployment, "spec").get("replicas", 1)),
        "current": revision_of(deployment),
        "revisions": revision_rows(deployment, sets),
    }


def commit_of(template: Object, annotations: Object) -> str:
    """Return the commit that a revision was made of: written in annotations or labels, else at an image tag's end."""
    written = {**part(template, "metadata", "labels"), **part(template, "metadata", "annotations"), **annotations}
    named = next((str(written[k]) for k in _COMMIT_KEYS if written.get(k)), "")
    if named:
        return named[:64]
    images = [str(c.get("image", "")) for c in part(template, "spec").get("containers") or []]
    tags = [i.rpartition(":")[2] for i in images if "@" not in i and ":" in i.rpartition("/")[2]]
    return next((m[1] for m in map(_SHA.search, tags) if m), "")


def _revision(replica_set: Object) -> Object:
    template, meta = part(replica_set, "spec", "template"), part(replica_set, "metadata")
    annotations = part(meta, "annotations")
    return {
        "revision": revision_of(replica_set),
        "created_at": meta.get("creationTimestamp", ""),
        "image": ", ".join(str(c.get("image", "")) for c in part(template, "spec").get("containers") or []),
        "change_cause": shortened(annotations.get(_CHANGE_CAUSE), 300),
        "commit": commit_of(template, annotations),
        "replicas": int(part(replica_set, "status").get("replicas", 0)),
    }
