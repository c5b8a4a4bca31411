"""Containers whose image does not come: the registry is unknown, refuses, or has no such image."""

import re
from collections.abc import Iterator

from holdfast.analysis.cluster.fault import Fault
from holdfast.analysis.cluster.sign import SAYS_SO, SUGGESTS, Sign, app
from holdfast.analysis.cluster.state import ClusterState

WAITING = frozenset({"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"})
_PULLING = "Failed to pull image"
# In this order: a registry that is not found is asked nothing, and one that refuses does not say what it has.
_WORDS: tuple[tuple[Fault, re.Pattern[str]], ...] = (
    (Fault.IMAGE_REGISTRY, re.compile(r"no such host|server misbehaving|dial tcp: lookup|name resolution")),
    (
        Fault.IMAGE_PULL_SECRET,
        re.compile(r"authorize|unauthorized|authentication required|Unable to retrieve some image pull secrets"),
    ),
    (
        Fault.IMAGE_REFERENCE,
        re.compile(
            r"NotFound|not found|manifest unknown|invalid reference|InvalidImageName|40[34] |pull access denied"
        ),
    ),
)


def unpulled(state: ClusterState) -> Iterator[Sign]:
    """A pod waits for its image: the reason is in the newest words of its node about the pull."""
    for name in state.apps:
        told = " ".join(e.message for e in state.events_of(name) if e.reason in _REASONS)
        waits = any(p.reason in WAITING for p in state.pods_of(name))
        if not waits and not (state.short(name) and _PULLING in told):  # an init container waits under another name
            continue
        fault = next((f for f, words in _WORDS if words.search(told)), None)
        if fault is None:
            yield Sign(Fault.IMAGE_REFERENCE, app(name), SUGGESTS, f"the image of {name} is not pulled", "pods")
        else:
            yield Sign(fault, app(name), SAYS_SO, f"the image of {name} is not pulled: {fault.words}", "events")


_REASONS = frozenset({"Failed", "FailedToRetrieveImagePullSecret", "InspectFailed", "ErrImageNeverPull"})
