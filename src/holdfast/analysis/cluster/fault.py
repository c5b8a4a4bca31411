"""The vocabulary of cluster faults, in Kubernetes' own terms, and the cause each is a case of."""

from enum import StrEnum

from holdfast.domain.diagnosis import Cause


class Fault(StrEnum):
    """What is wrong with one object; the object is named apart."""

    INSUFFICIENT_CPU = "insufficient_cpu"
    INSUFFICIENT_MEMORY = "insufficient_memory"
    NODE_CORDONED = "node_cordoned"
    NODE_AFFINITY = "node_affinity_unmatched"
    NODE_SELECTOR = "node_selector_unmatched"
    POD_ANTI_AFFINITY = "pod_anti_affinity_conflict"
    UNTOLERATED_TAINT = "untolerated_taint"

    QUOTA_CPU = "quota_cpu_exceeded"
    QUOTA_MEMORY = "quota_memory_exceeded"
    QUOTA_PODS = "quota_pods_exceeded"
    QUOTA_SERVICES = "quota_services_exceeded"
    QUOTA_STORAGE = "quota_storage_exceeded"
    SERVICE_ACCOUNT_MISSING = "service_account_missing"

    CLAIM_ACCESS_MODE = "claim_access_mode_unmatched"
    CLAIM_CAPACITY = "claim_capacity_unmatched"
    CLAIM_SELECTOR = "claim_selector_unmatched"
    CLAIM_STORAGE_CLASS = "claim_storage_class_missing"
    VOLUME_TAKEN = "volume_bound_elsewhere"
    VOLUME_PERMISSION = "volume_permission_denied"

    IMAGE_REFERENCE = "image_reference_wrong"
    IMAGE_REGISTRY = "image_registry_unresolved"
    IMAGE_PULL_SECRET = "image_pull_secret_missing"  # noqa: S105 # the name of a fault

    SECRET_MISSING = "secret_missing"  # noqa: S105 # the name of a fault
    CONFIG_MAP_MISSING = "config_map_missing"
    PORT_TAKEN = "port_taken_by_sidecar"
    SCALED_TO_ZERO = "scaled_to_zero"
    OUT_OF_MEMORY = "out_of_memory"
    CRASH_LOOP = "crash_loop"

    LIVENESS_PORT = "liveness_probe_port"
    LIVENESS_PROTOCOL = "liveness_probe_protocol"
    LIVENESS_TIMING = "liveness_probe_timing"
    READINESS_PORT = "readiness_probe_port"
    READINESS_PROTOCOL = "readiness_probe_protocol"

    SERVICE_SELECTOR = "service_selector_unmatched"
    SERVICE_PORT = "service_target_port_unserved"
    SERVICE_PROTOCOL = "service_protocol_unserved"
    ADDRESS = "address_of_dependency_wrong"
    DNS = "dns_resolution_failing"
    GATEWAY_ROUTE = "gateway_route_wrong"
    INGRESS_BACKEND = "ingress_backend_missing"
    NETWORK_POLICY = "network_policy_denies"

    DATABASE_PORT = "database_port_wrong"
    DATABASE_CREDENTIALS = "database_credentials_wrong"
    DATABASE_READ_ONLY = "database_read_only"
    DATABASE_CONNECTIONS = "database_connections_exhausted"

    CONTAINER_RUNTIME = "container_runtime_down"
    KUBELET = "kubelet_down"
    KUBE_PROXY = "kube_proxy_down"
    SCHEDULER = "scheduler_down"
    CONTROL_PLANE = "control_plane_down"
    NODE_NOT_READY = "node_not_ready"
    NODE_DELAY = "node_network_delay"
    NODE_LOSS = "node_packet_loss"

    CPU_OVERLOAD = "cpu_overload"
    NETWORK_DELAY = "network_delay"

    @property
    def words(self) -> str:
        """Return it as a person reads it."""
        return self.value.replace("_", " ")


_BY_CAUSE: dict[Cause, tuple[Fault, ...]] = {
    Cause.SCHEDULING: (
        Fault.INSUFFICIENT_CPU,
        Fault.INSUFFICIENT_MEMORY,
        Fault.NODE_CORDONED,
        Fault.NODE_AFFINITY,
        Fault.NODE_SELECTOR,
        Fault.POD_ANTI_AFFINITY,
        Fault.UNTOLERATED_TAINT,
        Fault.QUOTA_CPU,
        Fault.QUOTA_MEMORY,
        Fault.QUOTA_PODS,
        Fault.QUOTA_SERVICES,
    ),
    Cause.STORAGE: (
        Fault.QUOTA_STORAGE,
        Fault.CLAIM_ACCESS_MODE,
        Fault.CLAIM_CAPACITY,
        Fault.CLAIM_SELECTOR,
        Fault.CLAIM_STORAGE_CLASS,
        Fault.VOLUME_TAKEN,
    ),
    Cause.PERMISSIONS: (Fault.SERVICE_ACCOUNT_MISSING, Fault.VOLUME_PERMISSION, Fault.DATABASE_CREDENTIALS),
    Cause.IMAGE: (Fault.IMAGE_REFERENCE, Fault.IMAGE_REGISTRY, Fault.IMAGE_PULL_SECRET),
    Cause.OUT_OF_MEMORY: (Fault.OUT_OF_MEMORY,),
    Cause.CRASH_LOOP: (Fault.CRASH_LOOP,),
    Cause.NETWORK: (
        Fault.SERVICE_SELECTOR,
        Fault.SERVICE_PORT,
        Fault.SERVICE_PROTOCOL,
        Fault.DNS,
        Fault.GATEWAY_ROUTE,
        Fault.INGRESS_BACKEND,
        Fault.NETWORK_POLICY,
        Fault.NETWORK_DELAY,
    ),
    Cause.DEPENDENCY_FAILURE: (Fault.DATABASE_READ_ONLY, Fault.DATABASE_CONNECTIONS),
    Cause.NODE: (
        Fault.CONTAINER_RUNTIME,
        Fault.KUBELET,
        Fault.KUBE_PROXY,
        Fault.SCHEDULER,
        Fault.CONTROL_PLANE,
        Fault.NODE_NOT_READY,
        Fault.NODE_DELAY,
        Fault.NODE_LOSS,
    ),
    Cause.CPU_SATURATION: (Fault.CPU_OVERLOAD,),
}
_CAUSES = {fault: cause for cause, faults in _BY_CAUSE.items() for fault in faults}


def cause_of(fault: Fault) -> Cause:
    """Return the cause a fault is a case of; what is written wrong in an object is configuration."""
    return _CAUSES.get(fault, Cause.CONFIGURATION)
