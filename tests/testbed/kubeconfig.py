"""Reads a person's kubeconfig as kubectl would: the current context, with what it holds inline laid into files."""

import base64
from pathlib import Path
from typing import Any

import yaml

INLINE = ("certificate-authority", "client-certificate", "client-key")
Section = dict[str, Any]


def read(kubeconfig: Path, folder: Path) -> tuple[Section, Section]:
    """Return cluster and user of the current context; `…-data` becomes a file in `folder`, as TLS libraries want it.

    Raises:
        ValueError: when the user logs in by a program, which a test has no terminal for.
    """
    config = yaml.safe_load(kubeconfig.read_text())
    context = _named(config["contexts"], config.get("current-context") or config["contexts"][0]["name"])["context"]
    cluster = _named(config["clusters"], context["cluster"])["cluster"]
    user = _named(config["users"], context["user"])["user"]
    if "exec" in user or "auth-provider" in user:
        raise ValueError(f"{kubeconfig}: its user logs in by a program; give one with a token or a certificate")
    return _laid(cluster, kubeconfig, folder), _laid(user, kubeconfig, folder)


def _named(sections: list[Section], name: str) -> Section:
    return next(section for section in sections if section["name"] == name)


def _laid(section: Section, kubeconfig: Path, folder: Path) -> Section:
    """Write inline values to files; paths are relative to the kubeconfig."""
    laid = dict(section)
    for key in INLINE:
        data = laid.pop(f"{key}-data", None)
        if data is not None:
            file = folder / key
            file.touch(mode=0o600)
            file.write_bytes(base64.b64decode(data))
            laid[key] = str(file)
        elif key in laid:
            laid[key] = str(kubeconfig.parent / laid[key])
    return laid
