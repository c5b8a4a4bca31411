"""Where a tool server's secret lies: in a variable or a file, read when it is used and so renewed with it."""

import os
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from holdfast.domain.noun import Noun


class Secret(Noun):
    """The place of a secret, never the secret: `{env: NAME}` or `{file: PATH}`."""

    env: str = Field(default="", description="The environment variable that holds it.")
    file: Path | None = Field(default=None, description="The file that holds it; a mounted one may change at any time.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if bool(self.env) == (self.file is not None):
            raise ValueError("env or file: a secret lies in exactly one of them")
        return self

    def read(self) -> str:
        """Return the secret as it is now.

        Raises:
            MissingSecretError: naming the variable or the file.
        """
        value = os.environ.get(self.env, "").strip() if self.file is None else self._from_file(self.file)
        if not value:
            raise MissingSecretError(f"{self.env or self.file}: holds no secret")
        return value

    @staticmethod
    def _from_file(path: Path) -> str:
        try:
            return path.read_text().strip()
        except OSError as e:
            raise MissingSecretError(f"{path}: {e.strerror}") from e
        except UnicodeDecodeError as e:
            raise MissingSecretError(f"{path}: is no text") from e


class MissingSecretError(ValueError):
    """A secret is not where the configuration says."""
