"""Which servers there are and how each is built: over real systems when configured, else over the simulated shop."""

from importlib import import_module

from holdfast.tools.needs import ServerNeeds
from holdfast.tools.toolserver import ToolServer

SIMULATED = ("catalog", "communication", "executor", "kubernetes", "memory", "monitoring")
# These stand on real systems or not at all.
REAL_ONLY = ("code", "code-looks", "infrastructure", "infrastructure-looks")
# Each has `tools/<name>/real.py` with `build_real(section, needs)`. A server's module, and the heavy client it
# brings, is imported only where that server runs, so that a process pays for its own alone.
NAMES = (*SIMULATED, *REAL_ONLY)


def build(name: str, needs: ServerNeeds) -> ToolServer:
    """Return one server.

    Raises:
        KeyError: when there is none of that name; the message lists those there are.
        ValueError: when something it needs is missing or wrong, naming it.
    """
    if name not in NAMES:
        raise KeyError(f"no tool server is called {name!r}; there are: {', '.join(NAMES)}")
    if name in needs.systems:
        module = import_module(f"holdfast.tools.{name.replace('-', '_')}.real")
        server: ToolServer = module.build_real(needs.systems[name], needs)
        return server
    return _simulated(name, needs)


def _simulated(name: str, needs: ServerNeeds) -> ToolServer:
    if name not in SIMULATED:
        raise ValueError(f"{name}: has no simulated form; give it a section in HOLDFAST_SYSTEMS_FILE")
    module = import_module(f"holdfast.tools.simulation.servers.{name}")
    server: ToolServer = module.build_simulated(needs)
    return server
