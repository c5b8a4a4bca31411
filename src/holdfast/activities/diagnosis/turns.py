"""One turn of a conversation: recall what was said, ask once, check; what is wrong is sent back once, then dropped."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from holdfast.activities.contracts import ModelRequest
from holdfast.activities.diagnosis import asking, prompt, transcript
from holdfast.activities.diagnosis.words.checking import kept, problems
from holdfast.activities.diagnosis.words.proposal import Bounds, Findings, Proposal, parse
from holdfast.activities.errors import ModelError
from holdfast.activities.observations import observe
from holdfast.activities.ports import BodyStore, Model, ModelMessage, ModelReply
from holdfast.analysis.observation import Observation
from holdfast.analysis.redaction import redact
from holdfast.domain.diagnosis import Usage

log = structlog.get_logger()

MOST_WRONG = 10  # problems told at once; more would not be read
LONGEST_SAID = 8000  # characters of a reply that are kept

Opening = Callable[[Bounds, tuple[Observation, ...], int], list[ModelMessage]]


@dataclass(frozen=True)
class Part:
    """One part of the conversation: within which bounds, in which form, and how it is opened."""

    bounds: Bounds
    form: type[Proposal] | type[Findings]
    opening: Opening


@dataclass(frozen=True)
class Said:
    """What a turn brought: words that passed every check, or what was wrong with them; with its transcript and cost."""

    words: Proposal | Findings | None
    wrong: tuple[str, ...]
    dropped: tuple[str, ...]
    transcript_ref: str
    usage: Usage
    seen: tuple[Observation, ...]


async def take(model: Model, store: BodyStore, request: ModelRequest, part: Part) -> Said:
    """Take one turn: exactly one call of the model.

    Raises:
        ModelError: when the model cannot be asked, or when nothing of a repaired reply can be believed.
    """
    before, shown = await _recall(store, request)
    repairing = bool(request.wrong and before)
    seen = () if repairing else await observe(store, (e for e in part.bounds.case.evidence if shown(e.evidence_id)))
    added = prompt.repair(request.wrong) if repairing else _told(part, seen, request.tokens_left, first=not before)
    longest = asking.LONGEST_REPLY * (2 if request.wrong else 1)
    asked = asking.Question([*before, *added], part.form, request.tokens_left, longest, request.money_left)
    reply = await asking.ask(model, asked)
    added.append(ModelMessage(role="assistant", content=reply.text[:LONGEST_SAID]))
    ref = await transcript.remember(store, request.transcript_ref if before else "", added)
    log.info("model_asked", model=model.name, turn=request.turn, trace_id=request.trace_id)
    return _checked(reply, part, Said(None, (), (), ref, reply.usage, seen), last_chance=bool(request.wrong))


def _told(part: Part, seen: tuple[Observation, ...], tokens_left: int, *, first: bool) -> list[ModelMessage]:
    write = part.opening if first else prompt.following
    return asking.fitted(lambda room: write(part.bounds, seen, room), tokens_left)


def _checked(reply: ModelReply, part: Part, said: Said, *, last_chance: bool) -> Said:
    """Return what was said when it is sound; what was wrong with it the first time; what stands of it the second."""
    words, wrong = _judge(reply, part)
    if not wrong:
        return replace(said, words=words)
    if not last_chance:
        return replace(said, wrong=tuple(redact(w[:300]) for w in wrong[:MOST_WRONG]))
    return replace(said, words=_standing(words, wrong, part, reply.usage), dropped=_fields(wrong))


async def _recall(store: BodyStore, request: ModelRequest) -> tuple[list[ModelMessage], Callable[[str], bool]]:
    """Return what was said before and which evidence is shown now; a lost transcript begins the talk anew."""
    try:
        before = await transcript.recall(store, request.transcript_ref)
    except KeyError:
        log.warning("transcript_lost", ref=request.transcript_ref, trace_id=request.trace_id)
        before = []
    new = frozenset(request.new_evidence)
    return before, (new.__contains__ if before else lambda _: True)


def _judge(reply: ModelReply, part: Part) -> tuple[Proposal | Findings | None, list[str]]:
    if not reply.finished:
        return None, ["reply: it was cut off; be briefer"]
    parsed = parse(reply.text, part.form)
    if isinstance(parsed, list):
        return None, parsed
    return parsed, problems(parsed, part.bounds)


def _standing(words: Proposal | Findings | None, wrong: list[str], part: Part, cost: Usage) -> Proposal | Findings:
    """Return what of a repaired reply can be believed."""
    left = kept(words, part.bounds) if words else None
    if left is None or problems(left, part.bounds):
        told = ", ".join(_fields(wrong))
        raise ModelError(f"its reply stayed unusable after one repair ({told})", permanent=True, spent=cost)
    return left


def _fields(wrong: list[str]) -> tuple[str, ...]:
    """What was wrong may hold invented ids: people are told the field alone."""
    return tuple(sorted({problem.partition(":")[0] for problem in wrong}))
