"""The executor over a real cluster, with an account of its own."""

from typing import Any

from holdfast.tools.executor.grants import GrantVerifier
from holdfast.tools.executor.ledger import Ledger
from holdfast.tools.executor.section import ExecutorSection
from holdfast.tools.executor.server import build
from holdfast.tools.needs import ServerNeeds
from holdfast.tools.systems import parse_section
from holdfast.tools.toolserver import ToolServer


def build_real(section: dict[str, Any], needs: ServerNeeds) -> ToolServer:
    """Return the server that acts.

    Raises:
        ValueError: naming the field, the missing extra, or the key that checks grants.
    """
    parsed = parse_section("executor", ExecutorSection, section)
    verifier = GrantVerifier(needs.checking_key)
    ledger = Ledger(needs.kept("executor.db"), "executor")
    try:
        # Only where a cluster is configured: they bring its client.
        from holdfast.tools.executor.deployments import Deployments  # noqa: PLC0415
        from holdfast.tools.executor.jobs import Jobs  # noqa: PLC0415
        from holdfast.tools.executor.kubernetes_hand import Doer, KubernetesHand  # noqa: PLC0415
        from holdfast.tools.executor.pods import Pods  # noqa: PLC0415
        from holdfast.tools.executor.rights import Rights  # noqa: PLC0415
        from holdfast.tools.kubernetes.connection import Connection  # noqa: PLC0415
    except ImportError as e:
        raise ValueError("executor: pip install holdfast[kubernetes]") from e
    api = Connection("executor's cluster", parsed.cluster, parsed.per_minute)
    deployments = Deployments(api, parsed.observe_seconds)
    doers: dict[str, Doer] = {
        "restart_deployment": deployments,
        "scale_deployment": deployments,
        "rollback_deployment": deployments,
        "restart_pod": Pods(api, parsed.observe_seconds),
    }
    if parsed.jobs:
        doers["run_diagnostic_job"] = Jobs(api, parsed.jobs, parsed.observe_seconds)
    # Hundreds of small questions at the start, with a limit of their own: the limit of `api` is for acting.
    rights = Rights(Connection("executor's cluster", parsed.cluster, 100_000), parsed)
    hand = KubernetesHand(ledger, doers, parsed.namespaces)
    return build(hand, verifier, parts=[ledger, api, rights])
