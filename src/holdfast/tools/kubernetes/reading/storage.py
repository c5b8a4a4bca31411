"""Volume claims, and what could answer them."""

from holdfast.tools.kubernetes.reading.plain import Object, name_of, part


def claim_row(claim: Object) -> Object:
    """Return one claim: what it asks for, and whether it has it."""
    spec = part(claim, "spec")
    return {
        "name": name_of(claim),
        "phase": part(claim, "status").get("phase", ""),
        "storage_class": spec.get("storageClassName") or "",
        "modes": list(spec.get("accessModes") or []),
        "requested": part(spec, "resources", "requests").get("storage", ""),
        "selector": part(spec, "selector"),
        "volume": spec.get("volumeName") or "",
    }


def volume_row(volume: Object) -> Object:
    """Return one volume: what it offers, and who has it; where its data lies is not told."""
    spec = part(volume, "spec")
    taken = part(spec, "claimRef")
    return {
        "name": name_of(volume),
        "phase": part(volume, "status").get("phase", ""),
        "capacity": part(spec, "capacity").get("storage", ""),
        "modes": list(spec.get("accessModes") or []),
        "storage_class": spec.get("storageClassName") or "",
        "labels": dict(part(volume, "metadata", "labels")),
        "claim": f"{taken.get('namespace', '')}/{taken.get('name', '')}" if taken else "",
    }


def class_row(storage_class: Object) -> Object:
    """Return one storage class."""
    return {"name": name_of(storage_class), "provisioner": storage_class.get("provisioner", "")}
