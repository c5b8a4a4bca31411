"""What is wrong with the example application now: told by its environment, a request, or the Deployment it plays."""

import random
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

MEBIBYTE = 1024 * 1024


class Faults(BaseModel):
    """How the application misbehaves; the default is health."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    error_ratio: float = Field(default=0.0, ge=0, le=1, description="Share of requests answered with 500.")
    latency_seconds: float = Field(default=0.0, ge=0, le=30, description="Added to every request.")
    leak_mib_per_minute: float = Field(default=0.0, ge=0, le=1024, description="Memory kept and never given back.")

    @classmethod
    def of_environment(cls, environment: Mapping[str, str]) -> "Faults":
        """Read `FAULT_ERROR_RATIO`, `FAULT_LATENCY_SECONDS` and `FAULT_LEAK_MIB_PER_MINUTE`."""
        named = {
            name: environment[f"FAULT_{name.upper()}"]
            for name in cls.model_fields
            if f"FAULT_{name.upper()}" in environment
        }
        return cls.model_validate(named)

    def fails(self) -> bool:
        """Return whether this request fails."""
        return random.random() < self.error_ratio  # noqa: S311 # chance, not a secret


class Leak:
    """Memory that is never given back."""

    def __init__(self) -> None:
        self._kept: list[bytearray] = []
        self._owed = 0.0

    def grow(self, faults: Faults, seconds: float) -> None:
        """Keep what leaks in `seconds`."""
        self._owed += faults.leak_mib_per_minute * seconds / 60
        whole = int(self._owed + 1e-9)  # sixty sixtieths are one
        self._owed -= whole
        self._kept.extend(bytearray(MEBIBYTE) for _ in range(whole))

    @property
    def bytes(self) -> int:
        """Return how much was kept."""
        return len(self._kept) * MEBIBYTE
