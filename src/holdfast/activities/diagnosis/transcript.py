"""What was said before: each turn keeps only what it added, with a reference to the turn before it."""

from pydantic import JsonValue

from holdfast.activities.ports import BodyStore, ModelMessage

LONGEST = 50  # turns; a chain that is longer is not one of ours


async def recall(store: BodyStore, ref: str) -> list[ModelMessage]:
    """Return every message of the conversation that ends at `ref`, oldest first; none for an empty `ref`.

    Raises:
        KeyError: when a part of it is lost or is no transcript.
    """
    turns: list[list[ModelMessage]] = []
    while ref:
        body = await store.get(ref)
        if not isinstance(body, dict) or len(turns) >= LONGEST:
            raise KeyError(ref)
        turns.append(_messages(ref, body.get("messages")))
        ref = str(body.get("previous") or "")
    return [message for turn in reversed(turns) for message in turn]


async def remember(store: BodyStore, previous: str, added: list[ModelMessage]) -> str:
    """Keep what this turn added and return its reference."""
    messages: list[JsonValue] = [{"role": m.role, "content": m.content} for m in added]
    return await store.put({"previous": previous, "messages": messages})


def _messages(ref: str, raw: JsonValue) -> list[ModelMessage]:
    if not isinstance(raw, list):
        raise KeyError(ref)
    return [ModelMessage.model_validate(item) for item in raw]
