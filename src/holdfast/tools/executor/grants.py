"""The executor's lock: only a signed, unexpired grant for exactly this action of this incident opens it."""

from datetime import UTC, datetime
from typing import Any

import jwt

from holdfast.domain.action import Action
from holdfast.domain.grant import ALGORITHM, AUDIENCE, ISSUER, Grant
from holdfast.domain.noun import Noun

# How far two machines' clocks may differ, seconds.
LEEWAY = 5.0
_NEEDED = ["iss", "aud", "sub", "jti", "act", "plan", "iat", "exp"]


class Refused(Noun):
    """Why a grant does not open the executor; a value, for "no" is not an exception."""

    reason: str


class GrantVerifier:
    """Checks grants with the public key alone; it cannot make one (RFC 7519, RFC 8037)."""

    def __init__(self, public_key_pem: str) -> None:
        self._key = public_key_pem

    def verify(self, token: str, incident: str, action: Action) -> Grant | Refused:
        """Return the grant, or why it is refused."""
        if not token:
            return Refused(reason="a grant is missing")
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                leeway=LEEWAY,
                options={"require": _NEEDED},
            )
        except jwt.ExpiredSignatureError:
            return Refused(reason="the grant has expired")
        except jwt.InvalidTokenError as e:
            return Refused(reason=f"the grant is not valid: {e}")
        return _bound(claims, incident, action)


def _bound(claims: dict[str, Any], incident: str, action: Action) -> Grant | Refused:
    if claims["sub"] != incident:
        return Refused(reason=f"the grant is for incident {claims['sub']}, not {incident}")
    if claims["act"] != action.digest:
        return Refused(reason="the grant is for another action")
    if not str(claims["jti"]).startswith(f"{incident}/{claims['plan']}/"):
        return Refused(reason="the grant's id does not belong to its plan")
    return Grant(
        grant_id=claims["jti"],
        incident=incident,
        plan_hash=claims["plan"],
        action_digest=claims["act"],
        issued_at=datetime.fromtimestamp(claims["iat"], UTC),
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
    )
