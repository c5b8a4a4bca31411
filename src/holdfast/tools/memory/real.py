"""The memory over the records that the systems file names, such as a PostgreSQL of one's own."""

from typing import Any

from pydantic import ConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from holdfast.domain.noun import Noun
from holdfast.tools.errors import Word, no
from holdfast.tools.memory.embeddings import Embedder, Embeddings
from holdfast.tools.memory.server import build
from holdfast.tools.needs import ServerNeeds
from holdfast.tools.outside.secret import MissingSecretError, Secret
from holdfast.tools.systems import parse_section
from holdfast.tools.toolserver import ToolServer


class Memory(Noun):
    """The section. The address holds a password, and so lies where secrets lie."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database_url: Secret
    embeddings: Embeddings | None = None


def build_real(section: dict[str, Any], needs: ServerNeeds) -> ToolServer:  # noqa: ARG001 # every builder's signature
    """Return the server; a renewed password is used by the next call.

    Raises:
        ValueError: naming the field when there is no address, or none of a database.
    """
    memory = parse_section("memory", Memory, section)
    secret = memory.database_url
    try:
        make_url(secret.read())
    except MissingSecretError as e:
        raise ValueError(f"memory.database_url: {e}") from e
    except ArgumentError as e:
        # What it holds is not repeated: it may be a password.
        raise ValueError("memory.database_url: is no address such as postgresql+asyncpg://user:…@host/holdfast") from e
    return build(lambda: _read(secret), Embedder(memory.embeddings) if memory.embeddings else None)


def _read(secret: Secret) -> str:
    try:
        return secret.read()
    except MissingSecretError as e:
        raise no(Word.NOT_CONFIGURED, f"memory.database_url: {e}") from e
