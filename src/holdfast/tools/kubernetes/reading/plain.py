"""Pieces that every reading of the API's objects needs: names, owners, quantities, moments."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

Object = dict[str, Any]

# Kubernetes API reference, "Quantity".
_SUFFIXES: dict[str, int | Decimal] = {
    "": 1,
    "m": Decimal("0.001"),
    "k": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "P": 10**15,
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
    "Ti": 2**40,
    "Pi": 2**50,
}
_QUANTITY = re.compile(r"([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([a-zA-Z]*)")
REVISION = "deployment.kubernetes.io/revision"


def part(thing: Object, *path: str) -> Object:
    """Return an inner object, empty where any step is missing or null."""
    for step in path:
        thing = thing.get(step) or {}
    return thing


def name_of(thing: Object) -> str:
    """Return an object's name."""
    return str(part(thing, "metadata").get("name", ""))


def owner_of(thing: Object) -> Object:
    """Return the reference to the controller that made the object, empty when there is none."""
    owners = part(thing, "metadata").get("ownerReferences") or []
    return next((o for o in owners if o.get("controller")), {})


def revision_of(thing: Object) -> int:
    """Return a deployment's or replica set's revision, 0 when it has none."""
    text = str(part(thing, "metadata", "annotations").get(REVISION, ""))
    return int(text) if text.isdecimal() else 0


def quantity(text: Any) -> float:
    """Return a quantity such as `512Mi` or `250m` as a number, 0 for what is none."""
    match = _QUANTITY.fullmatch(str(text))
    if match is None or match[2] not in _SUFFIXES:
        return 0.0
    return float(Decimal(match[1]) * _SUFFIXES[match[2]])


def shortened(text: Any, most: int) -> str:
    """Return a text of at most `most` characters, and behind it how many are left out."""
    whole = str(text or "")
    return whole if len(whole) <= most else f"{whole[:most]}… ({len(whole) - most} characters more)"


def moment(text: Any) -> datetime:
    """Return the API's time, the beginning of time for what is none."""
    try:
        return datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
