"""The memory as the embedded stack has it: over its own records."""

from holdfast.tools.memory import server as memory
from holdfast.tools.needs import ServerNeeds
from holdfast.tools.toolserver import ToolServer


def build_simulated(needs: ServerNeeds) -> ToolServer:
    """Return the server; its database is opened by the first call."""
    return memory.build(needs.database_url)
