"""Which real systems the tool servers stand on: one file, a section a server, read by that server alone."""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Section = TypeVar("Section", bound=BaseModel)


def read_systems(path: Path) -> dict[str, dict[str, Any]]:
    """Return the file's sections by server; a server without one is simulated, or is not there.

    Raises:
        ValueError: naming the file and what is wrong with it.
    """
    try:
        found = yaml.safe_load(path.read_text())
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as e:
        raise ValueError(f"{path}: {e}") from e
    if not isinstance(found, dict) or not all(isinstance(s, dict) for s in found.values()):
        raise ValueError(f"{path}: a mapping of server names to sections; docs/integrations shows it")
    return found


def parse_section(server: str, noun: type[Section], section: dict[str, Any]) -> Section:
    """Return one server's section, checked.

    Raises:
        ValueError: naming the server and the field.
    """
    try:
        return noun.model_validate(section)
    except ValidationError as e:
        first = e.errors(include_input=False, include_url=False)[0]
        raise ValueError(f"{server}.{'.'.join(map(str, first['loc']))}: {first['msg']}") from e
