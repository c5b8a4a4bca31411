"""What was handed over, kept in a file, so that a restarted API still notices what ended in the meantime."""

import os
from pathlib import Path

import structlog
from pydantic import ValidationError

from holdfast.api.alerts.polling.judging import Seen

log = structlog.get_logger()


class Memory:
    """One file an Alertmanager; losing it costs a second delivery of what burns, which is harmless."""

    def __init__(self, folder: Path, name: str) -> None:
        self._file = folder / f"{name}.json"

    def load(self) -> Seen:
        """Return what was kept, or nothing where there is no file, or none that can be read."""
        try:
            return Seen.model_validate_json(self._file.read_bytes()).reborn()
        except FileNotFoundError:
            return Seen()
        except (OSError, ValidationError) as e:
            log.warning("polled_memory_unreadable", file=str(self._file), why=type(e).__name__)
            return Seen()

    def save(self, seen: Seen) -> None:
        """Keep it, whole or not at all.

        Raises:
            OSError: the folder cannot be written.
        """
        self._file.parent.mkdir(parents=True, exist_ok=True)
        new = self._file.with_suffix(f".{os.getpid()}.new")
        new.write_text(seen.reborn().model_dump_json())
        new.replace(self._file)
