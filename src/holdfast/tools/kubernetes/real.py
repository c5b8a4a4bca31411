"""The Kubernetes server over real clusters."""

from typing import Any

from holdfast.tools.kubernetes.clusters import Clusters
from holdfast.tools.kubernetes.section import KubernetesSection
from holdfast.tools.kubernetes.server import build
from holdfast.tools.needs import ServerNeeds
from holdfast.tools.systems import parse_section
from holdfast.tools.toolserver import ToolServer


def build_real(section: dict[str, Any], needs: ServerNeeds) -> ToolServer:  # noqa: ARG001 # every builder's shape
    """Return the server that looks.

    Raises:
        ValueError: naming the field, or the missing extra.
    """
    parsed = parse_section("kubernetes", KubernetesSection, section)
    try:
        from holdfast.tools.kubernetes.cluster import RealCluster  # noqa: PLC0415 # only where a cluster is configured
        from holdfast.tools.kubernetes.connection import Connection  # noqa: PLC0415 # likewise
    except ImportError as e:
        raise ValueError("kubernetes: pip install holdfast[kubernetes]") from e
    reached = {
        name: Connection(f'kubernetes "{name}"', access, parsed.per_minute) for name, access in parsed.clusters.items()
    }
    return build(Clusters(*(RealCluster(n, c) for n, c in reached.items())), parts=list(reached.values()))
