"""Text into vectors at any OpenAI-compatible `/embeddings`, so that the memory may compare what words mean."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import ConfigDict, Field, ValidationError

from holdfast.domain.noun import Noun
from holdfast.tools.memory.recalling import EmbeddingsError, Vector
from holdfast.tools.outside.client import OutsideClient, Question
from holdfast.tools.outside.endpoint import Endpoint

KEPT = 5000  # vectors; at 1,000 numbers each about 40 MB
LONGEST = 4000  # characters of one text: about a thousand tokens, less than any such endpoint's limit


class Embeddings(Endpoint):
    """The section `memory.embeddings`: an endpoint's base address, such as https://api.example/v1, and its model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(min_length=1)
    timeout: float = Field(default=5.0, gt=0, le=120, description="Seconds; an incident waits for it.")


class _Row(Noun):
    index: int = Field(ge=0)
    embedding: tuple[float, ...] = Field(min_length=1)


class Embedder:
    """Asks for what it has not seen yet; a memory's text never changes, so its vector is kept."""

    def __init__(self, section: Embeddings) -> None:
        self._model = section.model
        self._client = OutsideClient("embeddings", section)
        self._known: OrderedDict[str, Vector] = OrderedDict()

    async def start(self) -> None:
        """Nothing to do: an endpoint that is away now may be there when it is needed."""

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Return a vector for each text, in order.

        Raises:
            EmbeddingsError: when the endpoint fails, or answers anything but one vector a text.
        """
        short = [text[:LONGEST] for text in texts]
        new = [text for text in dict.fromkeys(short) if text not in self._known]
        fresh = dict(zip(new, await self._ask(new), strict=True)) if new else {}
        vectors = [fresh[text] if text in fresh else self._known[text] for text in short]
        self._keep(fresh)
        return vectors

    def _keep(self, fresh: dict[str, Vector]) -> None:
        self._known.update(fresh)
        while len(self._known) > KEPT:
            self._known.popitem(last=False)

    async def _ask(self, texts: list[str]) -> list[Vector]:
        question = Question.posting("/embeddings", {"model": self._model, "input": texts}, repeatable=True)
        try:
            return _vectors(await self._client.fetch(question), len(texts))
        except ToolError as e:
            raise EmbeddingsError(str(e)) from e


def _vectors(body: Any, count: int) -> list[Vector]:
    """Return the vectors of an answer by their index."""
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, list):
        raise EmbeddingsError("data: expected a list")
    try:
        rows = {row.index: row.embedding for row in map(_Row.model_validate, data)}
    except ValidationError as e:
        first = e.errors()[0]
        raise EmbeddingsError(f"data.{'.'.join(map(str, first['loc']))}: {first['msg']}") from e
    if sorted(rows) != list(range(count)):
        raise EmbeddingsError(f"data: expected {count} vectors, got {len(rows)}")
    return [rows[n] for n in range(count)]
