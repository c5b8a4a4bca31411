"""How an address or key that is itself a secret stays out of what a vendor's refusal repeats."""

from collections.abc import Iterator
from contextlib import contextmanager

from mcp.server.mcpserver.exceptions import ToolError

from holdfast.tools.errors import Word, no
from holdfast.tools.outside.secret import MissingSecretError, Secret


def read(secret: Secret, who: str) -> str:
    """Return the secret.

    Raises:
        ToolError: `not_configured`, naming the variable or the file.
    """
    try:
        return secret.read()
    except MissingSecretError as e:
        raise no(Word.NOT_CONFIGURED, f"{who}: {e}") from e


@contextmanager
def hiding(*secrets: str) -> Iterator[None]:
    """Let errors pass without these texts."""
    try:
        yield
    except ToolError as e:
        said = str(e)
        for secret in secrets:
            said = said.replace(secret, "***") if secret else said
        raise ToolError(said) from None
