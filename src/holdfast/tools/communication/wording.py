"""How outside text is made harmless and short for each vendor: it is data, and calls nobody."""

import re
from typing import Any

from holdfast.tools.communication.outbox import Object

_CUT = "… [cut]"
_LINK = re.compile(r"<https?://[^\s<>|]+(?:\|[^<>|\n]*)?>")
_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt);)")
# A word that calls a whole channel, with nothing between the sign and the name to be seen.
_CALL = re.compile(r"@(?=channel\b|here\b|everyone\b)", re.IGNORECASE)
_BETWEEN = "\u200b"


def shortened(text: str, most: int) -> str:
    """Return at most `most` characters; what was cut off is said."""
    return text if len(text) <= most else text[: most - len(_CUT)] + _CUT


def one_line(text: str, most: int) -> str:
    """Return the text on one line, shortened, without control characters: a title or a subject."""
    return shortened(" ".join("".join(c if c.isprintable() else " " for c in text).split()), most)


def uncalling(text: str) -> str:
    """Return the text with the words that call a whole channel made plain."""
    return _CALL.sub(f"@{_BETWEEN}", text)


def slack_text(text: str, most: int = 40_000) -> str:
    """Return Slack's mrkdwn with `&<>` escaped, links to the web apart: so it mentions nobody and no channel.

    Source: docs.slack.dev, "Formatting message text > Escaping text".
    """
    made = _slack(shortened(text, most))
    if len(made) > most:  # escaping makes longer: five characters for one at worst
        made = _slack(shortened(text, most // 5))
    return made


def slack_blocks(value: Any) -> Any:
    """Return Block Kit with the text of every mrkdwn object escaped and cut to a section's 3,000 characters."""
    if isinstance(value, list):
        return [slack_blocks(v) for v in value]
    if not isinstance(value, dict):
        return value
    made: Object = {k: slack_blocks(v) for k, v in value.items()}
    if made.get("type") == "mrkdwn":
        made["text"] = slack_text(str(made.get("text", "")), 3000)
    return made


def _slack(text: str) -> str:
    parts, at = [], 0
    for link in _LINK.finditer(text):
        parts += [_escaped(text[at : link.start()]), link.group()]
        at = link.end()
    return uncalling("".join([*parts, _escaped(text[at:])]))


def _escaped(text: str) -> str:
    return _AMPERSAND.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")
