"""Then what was clicked: the form's payload becomes a click on one button about one exact plan."""

from typing import Annotated, Any
from urllib.parse import parse_qs

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import from_json

from holdfast.api.callers.body import too_deep
from holdfast.api.problems import Problem, invalid
from holdfast.domain.approval import Choice
from holdfast.domain.noun import Noun

APPROVE = "holdfast.approve"
REJECT = "holdfast.reject"
MODIFY = "holdfast.modify"

_CHOICES = {APPROVE: Choice.APPROVE, REJECT: Choice.REJECT}


class About(BaseModel):
    """What a button's value says: `w`, the incident's workflow, and `p`, the hash of the plan that was shown."""

    model_config = ConfigDict(frozen=True)

    w: Annotated[str, StringConstraints(pattern=r"^inc/[^/]+/[^/]+/[^/]+$", max_length=900)]
    p: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8,64}$")]


class Click(Noun):
    """One click of one user. `at` is Slack's own time stamp of it, so a click sent twice is one click."""

    user: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2,30}$")]
    action: str
    about: About
    at: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,11}\.[0-9]{1,9}$")]
    response_url: str = Field(default="", max_length=1000)

    @property
    def choice(self) -> Choice | None:
        """Return what the button says, or None for Modify."""
        return _CHOICES.get(self.action)

    @property
    def vote_id(self) -> str:
        """Return the id that makes a replayed click the same vote."""
        return f"slack/{self.user}/{self.at}"


def read_click(body: bytes, nesting: int) -> Click | None:
    """Return the click a request carries, or None when it is about nothing of ours.

    Raises:
        Problem: 400 when there is no payload, 422 when a button of ours is not as we made it.
    """
    payload = _payload(body, nesting)
    if payload.get("type") != "block_actions":
        return None
    ours = [a for a in _objects(payload.get("actions")) if a.get("action_id") in (*_CHOICES, MODIFY)]
    if not ours:
        return None
    user = payload.get("user")
    try:
        return Click(
            user=user.get("id", "") if isinstance(user, dict) else "",
            action=ours[0]["action_id"],
            about=About.model_validate_json(str(ours[0].get("value", ""))),
            at=ours[0].get("action_ts", ""),
            response_url=payload.get("response_url") or "",
        )
    except ValidationError as e:
        raise invalid(e, within="payload") from e


def _payload(body: bytes, nesting: int) -> dict[str, Any]:
    """Return the JSON in the form field `payload`."""
    text = parse_qs(body.decode(), max_num_fields=20).get("payload", [""])[0].encode()
    if too_deep(text, nesting):
        raise Problem(400, f"payload: nested deeper than {nesting} levels", fields=[("payload", "too deep")])
    try:
        payload = from_json(text, allow_inf_nan=False)
    except ValueError as e:
        raise Problem(400, f"payload: {e}", fields=[("payload", str(e))]) from e
    if not isinstance(payload, dict):
        raise Problem(400, "payload: not an object", fields=[("payload", "not an object")])
    return payload


def _objects(value: object) -> list[dict[str, Any]]:
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []
