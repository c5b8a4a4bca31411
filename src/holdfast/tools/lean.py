"""What a tool server's process does without, though the libraries it stands on would bring it."""

import importlib.util
import sys


def keep_out() -> None:
    """Keep out rich and the synchronous half of the Kubernetes client; call it before anything imports them."""
    # The SDKs bring rich wherever it is installed; a process that writes log lines saves 4 MB and keeps them plain.
    sys.modules["rich"] = None  # type: ignore[assignment] # the documented way to make an import fail
    # kubernetes/__init__.py only imports the synchronous client, and with it requests, oauthlib and websocket: 8 MB.
    # We use kubernetes.aio alone, which is found through the package, whether or not that file was run.
    spec = importlib.util.find_spec("kubernetes")
    if spec is not None:
        sys.modules["kubernetes"] = importlib.util.module_from_spec(spec)
