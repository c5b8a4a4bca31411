"""Which tool servers there are, how they are reached, and what each of their tools may do: read from one file."""

import os
from collections import Counter
from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from holdfast.activities.adapters.mapping import ToolMapping
from holdfast.activities.gateway import Reach
from holdfast.tools import registry

# What our own servers' tools may do: docs/tool-contracts.md. A server's own annotations are never trusted.
SHIPPED: dict[str, dict[str, Any]] = {
    "monitoring": {
        "looks": ["fetch_metrics", "query_logs", "check_thresholds", "fetch_trace"],
        "tells": ["create_alert"],
    },
    "kubernetes": {
        "looks": [
            "get_pods",
            "describe_pod",
            "get_events",
            "get_logs",
            "rollout_history",
            "get_nodes",
            "get_deployments",
            "get_services",
            "get_quotas",
            "get_network_policies",
            "get_config_maps",
            "get_ingresses",
            "get_claims",
        ]
    },
    "catalog": {"looks": ["map_alert_to_service", "get_runbook", "get_dependencies"]},
    "memory": {"looks": ["find_similar_incidents"], "tells": ["remember_incident"]},
    "communication": {
        "tells": [
            "send_slack_message",
            "create_jira_ticket",
            "trigger_pagerduty_alert",
            "send_email",
            "send_teams_message",
            "create_servicenow_incident",
        ]
    },
    "executor": {"acts": ["restart_deployment", "restart_pod", "scale_deployment", "rollback_deployment", "run_job"]},
    # One name to the story, two processes: one that acts never also looks.
    "code": {"acts": ["create_revert_pull_request"]},
    "code-looks": {"server": "code", "looks": ["list_commits"]},
    "infrastructure": {"acts": ["restart_docker_container", "terraform_apply"]},
    "infrastructure-looks": {"server": "infrastructure", "looks": ["docker_container_status", "terraform_plan"]},
}


class ServerEntry(BaseModel):
    """One tool server. `memory` runs it inside the worker, `stdio` as a child, `http` wherever `url` says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    server: str = Field(default="", description="The name its tools are called by, when not the entry's own.")
    transport: Literal["memory", "stdio", "http"] = "memory"
    command: tuple[str, ...] = Field(default=(), description="For stdio: the program and its arguments.")
    environment: dict[str, str] = Field(default_factory=dict, description="For stdio: variables the child gets.")
    inherits: tuple[str, ...] = Field(default=(), description="For stdio and mapped: variables of ours the child gets.")
    url: str = Field(default="", description="For http: such as https://tools.internal/monitoring/mcp.")
    token_env: str = Field(default="", description="For http: the variable that holds the bearer token.")
    token_file: Path | None = Field(default=None, description="For http: the file that holds the bearer token.")
    ca_file: Path | None = Field(default=None, description="For https: the authority, when not a public one.")
    trusted_network: bool = Field(default=False, description="For http://: a token may travel in the clear.")
    looks: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()
    acts: tuple[str, ...] = ()
    concurrency: int = Field(default=8, ge=1, le=100, description="Calls at once.")
    tools: dict[str, ToolMapping] = Field(default_factory=dict, description="Ours to theirs, on a server not of ours.")
    mapping: Path | None = Field(default=None, description="A file that holds `tools`, such as deploy/mcp/*.yaml.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.transport == "stdio" and not self.command:
            raise ValueError("command: needed for transport stdio")
        if self.transport == "http" and not self.url:
            raise ValueError("url: needed for transport http")
        if self._in_the_clear and not self.trusted_network:
            raise ValueError("url: a token would travel in the clear; use https, or say trusted_network: true")
        if self.acts and (self.looks or self.tells):
            raise ValueError("acts: a server that acts may not also look or tell; give it its own credentials")
        if self.tools and self.acts:
            raise ValueError("tools: only looks and tells can be mapped; a server that checks no grant may not act")
        unknown = sorted(set(self.tools) - {*self.looks, *self.tells})
        if unknown:
            raise ValueError(f"tools.{unknown[0]}: is mapped but neither looks nor tells")
        return self

    @property
    def _in_the_clear(self) -> bool:
        bears = bool(self.token_env or self.token_file)
        place = urlsplit(self.url)
        return bears and place.scheme == "http" and not _loopback(place.hostname or "")

    @property
    def token(self) -> str:
        """Return the bearer token from its file or its variable; empty when none is named."""
        if self.token_file is not None:
            return self.token_file.read_text().strip()
        return os.environ.get(self.token_env, "") if self.token_env else ""


class Toolbox(BaseModel):
    """All tool servers, by the name our activity types begin with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    servers: dict[str, ServerEntry]

    @property
    def reach(self) -> dict[str, Reach]:
        """Return what each `<server>.<tool>` may do."""
        return {tool: reach for name in self.servers for tool, reach in self._offered(name).items()}

    @property
    def looks(self) -> frozenset[str]:
        """Return the tools that only look: all that a model may ever ask for."""
        return frozenset(name for name, reach in self.reach.items() if reach is Reach.LOOKS)

    def used(self, allowed: frozenset[Reach]) -> dict[str, ServerEntry]:
        """Return the entries that have a tool of an allowed reach, in the order of their names."""
        names = [name for name in sorted(self.servers) if allowed & set(self._offered(name).values())]
        return {name: self.servers[name] for name in names}

    def _offered(self, name: str) -> dict[str, Reach]:
        entry = self.servers[name]
        return {f"{entry.server or name}.{tool}": reach for reach in Reach for tool in getattr(entry, reach.value)}

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        every = Counter(tool for name in self.servers for tool in self._offered(name))
        twice = next((tool for tool, count in every.items() if count > 1), "")
        if twice:
            raise ValueError(f"{twice}: is offered by two entries; which of them is asked?")
        return self


def shipped(standing: Iterable[str] = registry.SIMULATED) -> Toolbox:
    """Return our own servers of these names, all inside the worker's process."""
    names = set(standing)
    return Toolbox.model_validate({"servers": {name: entry for name, entry in SHIPPED.items() if name in names}})


def load(path: Path) -> Toolbox:
    """Read a tools file.

    Raises:
        ValueError: naming the file and the field that is wrong.
    """
    try:
        return Toolbox.model_validate(_with_mappings(yaml.safe_load(path.read_text()), path.parent))
    except ValidationError as e:
        first = e.errors()[0]
        raise ValueError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from e
    except (yaml.YAMLError, OSError, KeyError, AttributeError, TypeError) as e:
        raise ValueError(f"{path}: {e}") from e


def _with_mappings(document: Any, folder: Path) -> Any:
    """Read each entry's mapping file, beside the tools file unless its path is absolute; the entry's own tools win."""
    entries = document.get("servers") if isinstance(document, dict) else None
    for entry in entries.values() if isinstance(entries, dict) else ():
        if isinstance(entry, dict) and isinstance(entry.get("mapping"), str):
            mapped = yaml.safe_load((folder / entry["mapping"]).read_text())["tools"]
            offered = {tool for reach in Reach for tool in entry.get(reach.value, ())}
            entry["tools"] = {k: v for k, v in mapped.items() if k in offered} | entry.get("tools", {})
    return document


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
