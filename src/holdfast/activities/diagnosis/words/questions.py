"""What a model may ask for: a looking tool, about what is in reach, and no question that was answered before."""

import json
from collections.abc import Iterator
from datetime import datetime

from pydantic import JsonValue

from holdfast.activities.diagnosis.words.proposal import KINDS, Bounds, Wanted
from holdfast.activities.diagnosis.words.reach import OutOfReachError, Places, subject
from holdfast.activities.diagnosis.words.sameness import Question, question, unknown
from holdfast.analysis.cleaning import one_line
from holdfast.analysis.redaction import redact
from holdfast.domain.evidence import EvidenceRequest, Range

MOST_WANTS = 4  # questions a turn: more is fishing
LONGEST_ARGUMENTS = 2000


def wrong_with_want(want: Wanted, bounds: Bounds) -> Iterator[str]:
    """Yield what is wrong with a question, each as the rest of a sentence that names its field."""
    if want.tool not in bounds.askable:
        yield f".tool: one of {', '.join(bounds.askable)}"
    elif want.service not in bounds.told:
        yield f".service: one of {', '.join(bounds.told)}"
    elif not isinstance(arguments := _arguments(want), dict):
        yield f".arguments: {arguments}"
    elif wrong := [*unknown(want.tool, arguments)]:
        yield from (f".arguments{problem}" for problem in wrong)
    elif question(want.tool, arguments) in _asked(bounds):
        yield ": this question was asked already"
    else:
        yield from (f".arguments{problem}" for problem in _out_of_reach(want, arguments, bounds))


def requests_of(wants: list[Wanted], bounds: Bounds) -> tuple[EvidenceRequest, ...]:
    """Return checked questions as the story asks them, the same one once; none on the last turn."""
    if bounds.last_turn:
        return ()
    requests = [_request(want, bounds) for want in wants]
    return tuple({question(r.tool, r.arguments): r for r in requests}.values())


def _out_of_reach(want: Wanted, arguments: dict[str, JsonValue], bounds: Bounds) -> Iterator[str]:
    try:
        subject(want.tool, arguments, Places.of(bounds, want.service))
    except OutOfReachError as e:
        yield str(e)


def _asked(bounds: Bounds) -> list[Question]:
    return [question(e.source, json.loads(e.query)) for e in bounds.case.evidence if e.query.startswith("{")]


def _arguments(want: Wanted) -> dict[str, JsonValue] | str:
    """Return the arguments of a want, or what is wrong with them."""
    if len(want.arguments) > LONGEST_ARGUMENTS:
        return f"at most {LONGEST_ARGUMENTS} characters"
    try:
        parsed = json.loads(want.arguments or "{}")
    except (ValueError, RecursionError) as e:
        return f"not JSON: {e}"
    return parsed if isinstance(parsed, dict) else "expected the text of one JSON object"


def _request(want: Wanted, bounds: Bounds) -> EvidenceRequest:
    arguments = _arguments(want)
    if not isinstance(arguments, dict):
        raise TypeError(f"arguments: {arguments}")
    return EvidenceRequest(
        kind=KINDS[want.tool],
        tool=want.tool,
        arguments=arguments,
        service=subject(want.tool, arguments, Places.of(bounds, want.service)),
        title=redact(one_line(want.why, 80)) or want.tool,
        range=_range(arguments),
    )


def _range(arguments: dict[str, JsonValue]) -> Range | None:
    """Return the time range a question names, when it names one; the tool itself judges whether it makes sense."""
    inner = arguments.get("filters")
    fields = inner if isinstance(inner, dict) else arguments
    try:
        start, end = (datetime.fromisoformat(str(fields.get(key))) for key in ("start", "end"))
        return Range(start=start, end=end)
    except ValueError:
        return None
