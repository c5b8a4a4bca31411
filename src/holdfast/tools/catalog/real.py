"""The catalogue over what people really keep: files, labels of a cluster, a runbook database."""

from typing import Any

from holdfast.tools.catalog.entry import Source
from holdfast.tools.catalog.files import FileSource
from holdfast.tools.catalog.merged import MergedCatalogue
from holdfast.tools.catalog.section import AnySource, Catalog, Files, Notion
from holdfast.tools.catalog.server import build
from holdfast.tools.needs import ServerNeeds
from holdfast.tools.systems import parse_section
from holdfast.tools.toolserver import ToolServer


def build_real(section: dict[str, Any], needs: ServerNeeds) -> ToolServer:  # noqa: ARG001 # every builder's signature
    """Return the server over the configured sources.

    Raises:
        ValueError: naming the field, or the missing extra.
    """
    parsed = parse_section("catalog", Catalog, section)
    sources = [_source(s) for s in parsed.sources]
    parts: list[Any] = [s for s in sources if hasattr(s, "close")]
    return build(MergedCatalogue(sources), parsed.mapping, parts)


def _source(source: AnySource) -> Source:
    if isinstance(source, Files):
        return FileSource(source)
    if isinstance(source, Notion):
        from holdfast.tools.catalog.notion import NotionSource  # noqa: PLC0415 # only where it is configured

        return NotionSource(source)
    try:
        from holdfast.tools.catalog.kubernetes import LabelSource  # noqa: PLC0415 # 49 MB, only where it is configured
    except ImportError as e:
        raise ValueError("catalog: pip install holdfast[kubernetes]") from e
    return LabelSource(source)
