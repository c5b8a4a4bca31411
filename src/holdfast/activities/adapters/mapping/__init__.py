"""How anyone's MCP server answers in place of ours: a tool of theirs, its arguments, and our answer out of theirs."""

from holdfast.activities.adapters.mapping.tool import MappedTool, MappingError, ToolMapping

__all__ = ["MappedTool", "MappingError", "ToolMapping"]
