"""Our faults in the words of Cloud-OpsBench: its taxonomy and root causes."""

from holdfast.analysis.cluster.fault import Fault
from holdfast.analysis.cluster.rank import Answer

_LABELS: dict[str, dict[Fault, str]] = {
    "Scheduling_Fault": {
        Fault.INSUFFICIENT_CPU: "cpu_capacity_mismatch",
        Fault.INSUFFICIENT_MEMORY: "memory_capacity_mismatch",
        Fault.NODE_CORDONED: "node_cordon_mismatch",
        Fault.NODE_AFFINITY: "node_affinity_mismatch",
        Fault.NODE_SELECTOR: "node_selector_mismatch",
        Fault.POD_ANTI_AFFINITY: "pod_anti_affinity_conflict",
        Fault.UNTOLERATED_TAINT: "taint_toleration_mismatch",
        Fault.CLAIM_ACCESS_MODE: "pvc_access_mode_mismatch",
        Fault.CLAIM_CAPACITY: "pvc_capacity_mismatch",
        Fault.CLAIM_SELECTOR: "pvc_selector_mismatch",
        Fault.CLAIM_STORAGE_CLASS: "pvc_storage_class_mismatch",
        Fault.VOLUME_TAKEN: "pv_binding_occupied",
    },
    "Admission_Fault": {
        Fault.QUOTA_CPU: "namespace_cpu_quota_exceeded",
        Fault.QUOTA_MEMORY: "namespace_memory_quota_exceeded",
        Fault.QUOTA_PODS: "namespace_pod_quota_exceeded",
        Fault.QUOTA_SERVICES: "namespace_service_quota_exceeded",
        Fault.QUOTA_STORAGE: "namespace_storage_quota_exceeded",
        Fault.SERVICE_ACCOUNT_MISSING: "missing_service_account",
    },
    "Startup_Fault": {
        Fault.IMAGE_REFERENCE: "incorrect_image_reference",
        Fault.IMAGE_REGISTRY: "image_registry_dns_failure",
        Fault.IMAGE_PULL_SECRET: "missing_image_pull_secret",
        Fault.SECRET_MISSING: "missing_secret_binding",
        Fault.VOLUME_PERMISSION: "volume_mount_permission_denied",
    },
    "Runtime_Fault": {
        Fault.LIVENESS_PORT: "liveness_probe_incorrect_port",
        Fault.LIVENESS_PROTOCOL: "liveness_probe_incorrect_protocol",
        Fault.LIVENESS_TIMING: "liveness_probe_incorrect_timing",
        Fault.READINESS_PORT: "readiness_probe_incorrect_port",
        Fault.READINESS_PROTOCOL: "readiness_probe_incorrect_protocol",
        Fault.OUT_OF_MEMORY: "oom_killed",
        Fault.SCALED_TO_ZERO: "deployment_zero_replicas",
        Fault.PORT_TAKEN: "service_sidecar_port_conflict",
        Fault.DATABASE_PORT: "mysql_invalid_port",
        Fault.DATABASE_CREDENTIALS: "mysql_invalid_credentials",
        Fault.DATABASE_READ_ONLY: "db_read_only",
        Fault.DATABASE_CONNECTIONS: "db_connection_exhaustion",
    },
    "Service_Routing_Fault": {
        Fault.SERVICE_SELECTOR: "service_selector_mismatch",
        Fault.SERVICE_PORT: "service_port_mapping_mismatch",
        Fault.SERVICE_PROTOCOL: "service_protocol_mismatch",
        Fault.ADDRESS: "service_env_var_address_mismatch",
        Fault.DNS: "service_dns_resolution_failure",
        Fault.GATEWAY_ROUTE: "gateway_misroute",
    },
    "Infrastructure_Fault": {
        Fault.CONTAINER_RUNTIME: "containerd_unavailable",
        Fault.KUBELET: "kubelet_unavailable",
        Fault.KUBE_PROXY: "kube_proxy_unavailable",
        Fault.SCHEDULER: "kube_scheduler_unavailable",
        Fault.NODE_DELAY: "node_network_delay",
        Fault.NODE_LOSS: "node_network_packet_loss",
    },
    "Performance_Fault": {
        Fault.CPU_OVERLOAD: "pod_cpu_overload",
        Fault.NETWORK_DELAY: "pod_network_delay",
    },
}
# The truth of the data spells two causes otherwise than the benchmark's own list of candidates does.
OFFICIAL = {"db_read_only": "db_readonly_mode", "gateway_misroute": "gateway_misrouted"}

Label = tuple[str, str, str]


def translated(answer: Answer) -> Label | None:
    """Return (taxonomy, object, root cause) in lower case, or None where the set has no such fault."""
    for taxonomy, words in _LABELS.items():
        if answer.fault in words:
            return taxonomy.lower(), str(answer.thing).lower(), words[answer.fault]
    return None


def truth(result: dict[str, str]) -> Label:
    """Return a case's truth in the same form."""
    return result["fault_taxonomy"].lower(), result["fault_object"].lower(), result["root_cause"].lower()
