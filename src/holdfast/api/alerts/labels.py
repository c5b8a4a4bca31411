"""What an alert is about: its service, environment and severity, read from its labels by an ordered rule."""

from collections.abc import Mapping
from urllib.parse import quote

from holdfast.domain.alert import Severity
from holdfast.domain.noun import Noun, short_digest

LONGEST_SERVICE = 200
LONGEST_ENVIRONMENT = 80

_WORDS: dict[Severity, str] = {
    Severity.CRITICAL: "critical crit page emergency fatal disaster p0 p1 sev0 sev1",
    Severity.HIGH: "high error err major urgent p2 sev2",
    Severity.MEDIUM: "medium warning warn moderate average minor ticket p3 sev3",
    Severity.LOW: "low info information informational notice debug none ok p4 p5 sev4 sev5",
}
_SEVERITIES = {word: severity for severity, words in _WORDS.items() for word in words.split()}
_SEVERITY_LABELS = ("severity", "priority", "level")


class LabelRule(Noun):
    """Which labels name the service and the environment, best first, and the environment of those that name none."""

    service: tuple[str, ...] = ("service",)
    environment: tuple[str, ...] = ("environment", "env")
    default_environment: str = "production"

    def service_of(self, labels: Mapping[str, str], name: str) -> str:
        """Return the service, or the alert's name when no label tells."""
        return fitting(_first(labels, self.service) or name, LONGEST_SERVICE)

    def environment_of(self, labels: Mapping[str, str]) -> str:
        """Return the environment, or the default when no label tells."""
        return fitting(_first(labels, self.environment) or self.default_environment, LONGEST_ENVIRONMENT)


def severity_of(labels: Mapping[str, str]) -> Severity:
    """Return how bad the labels say it is; words we do not know count as medium."""
    said = _first(labels, _SEVERITY_LABELS).lower()
    return _SEVERITIES.get(said, Severity.MEDIUM)


def fitting(text: str, longest: int) -> str:
    """Return `text` as a part of an incident key: printable, and short even when percent-encoded.

    What is too long keeps its beginning and gains a digest, so two long names stay two.
    """
    clean = "".join(c if c.isprintable() else " " for c in text).strip() or "unknown"
    if len(quote(clean, safe="")) <= longest:
        return clean
    kept = clean[: longest - 13]
    while len(quote(kept, safe="")) > longest - 13:
        kept = kept[: max(1, len(kept) * 3 // 4)]
    return f"{kept}~{short_digest(clean)}"


def _first(labels: Mapping[str, str], order: tuple[str, ...]) -> str:
    return next((labels[name].strip() for name in order if labels.get(name, "").strip()), "")
