"""How services and runbooks are written in files: YAML with a list of services, Markdown with YAML before it."""

from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from holdfast.domain.service import Runbook
from holdfast.tools.catalog.entry import ServiceEntry

Paper = TypeVar("Paper", bound=BaseModel)
_FENCE = "---"


class _WrittenService(ServiceEntry):
    """A service as a file has it; a field that we do not know is a slip of the pen, and named."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class _WrittenCatalog(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    services: tuple[_WrittenService, ...]


class _FrontMatter(BaseModel):
    """What stands before a runbook's text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    runbook_id: str = Field(min_length=1)
    title: str = Field(min_length=1)
    service: str = ""
    alert: str = Field(default="", description="The alert's name, or a pattern such as `HighError*`; empty for any.")
    evidence: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()


def services_in(text: str) -> tuple[ServiceEntry, ...]:
    """Return the services of a `catalog.yaml`.

    Raises:
        ValueError: naming the line or the field.
    """
    return _checked(_WrittenCatalog, text).services


def runbook_in(text: str) -> Runbook:
    """Return the runbook of a Markdown file.

    Raises:
        ValueError: naming the line or the field.
    """
    first, _, rest = text.replace("\r\n", "\n").lstrip("\ufeff").partition("\n")
    if first.strip() != _FENCE or f"\n{_FENCE}\n" not in f"\n{rest}\n":
        raise ValueError(f"begins with its front matter, between two lines {_FENCE}")
    front, _, body = f"\n{rest}\n".partition(f"\n{_FENCE}\n")
    return Runbook(**_checked(_FrontMatter, front).model_dump(), body=body.strip())


def _checked(noun: type[Paper], text: str) -> Paper:
    try:
        parsed: Any = yaml.safe_load(text)
    except yaml.YAMLError as e:
        mark = getattr(e, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise ValueError(f"{where}{getattr(e, 'problem', None) or 'is no YAML'}") from e
    try:
        return noun.model_validate(parsed)
    except ValidationError as e:
        first = e.errors(include_input=False, include_url=False)[0]
        raise ValueError(f"{'.'.join(map(str, first['loc'])) or 'file'}: {first['msg']}") from e
