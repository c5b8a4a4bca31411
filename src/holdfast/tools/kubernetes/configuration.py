"""How a cluster is reached and by whom: read by the Kubernetes client, and refused where it would not be safe."""

import logging
from urllib.parse import urlsplit

from kubernetes.aio.client.configuration import Configuration
from kubernetes.aio.config.config_exception import ConfigException
from kubernetes.aio.config.incluster_config import load_incluster_config
from kubernetes.aio.config.kube_config import load_kube_config

from holdfast.tools.kubernetes.section import ClusterAccess

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


async def configuration(name: str, access: ClusterAccess) -> Configuration:
    """Return the client's configuration as the kubeconfig, or the pod's account, has it now.

    Raises:
        ValueError: naming the cluster, the kubeconfig, and what is wrong with it.
    """
    made = Configuration()
    # The client's own logger would write requests down, their headers among them, when somebody asks for debug.
    logging.getLogger("kubernetes").setLevel(logging.WARNING)
    try:
        if access.in_cluster:
            load_incluster_config(made)  # type: ignore[no-untyped-call] # the client has few types
        else:
            where = str(access.kubeconfig), access.context or None
            await load_kube_config(*where, made, persist_config=False)  # type: ignore[no-untyped-call] # likewise
    except (ConfigException, OSError, ValueError, TypeError, KeyError) as e:
        raise ValueError(f"{name}: {access.kubeconfig or 'the pod'} names no usable account: {e}") from e
    if not made.verify_ssl:
        raise ValueError(f"{name}: insecure-skip-tls-verify: certificates are always verified; name the authority")
    if made.host.startswith("http://") and urlsplit(made.host).hostname not in _LOOPBACK:
        raise ValueError(f"{name}: http://: a token is sent beyond this machine over https alone")
    return made
