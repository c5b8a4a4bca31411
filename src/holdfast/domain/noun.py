"""The ground every noun stands on: a frozen model that travels unchanged over wire, history and database."""

import hashlib
import json
from typing import Any

from pydantic import BaseModel, ConfigDict


class Noun(BaseModel):
    """A frozen value.

    Unknown fields are ignored, so that a history recorded by a newer version still decodes;
    a field added later therefore needs a default.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")


def canonical_json(value: Any) -> str:
    """Return `value` (a Noun or plain JSON data) as JSON with sorted keys and no spaces."""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical JSON of `value`, in lower-case hexadecimal."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def short_digest(value: Any) -> str:
    """Return the first 12 hexadecimal digits of `digest(value)`: for ids that people read."""
    return digest(value)[:12]
