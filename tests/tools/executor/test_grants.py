"""The executor's lock: what does not open it is refused, written down, and changes nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.activities.adapters.grants import Ed25519Issuer, new_keys
from holdfast.domain.grant import Grant
from holdfast.tools.executor.grants import GrantVerifier, Refused
from tests.tools.stand import INCIDENT, RESTART, ROLLBACK, ExecutorStand, grant

PRIVATE, PUBLIC = new_keys()
SIGNED = Ed25519Issuer(PRIVATE).sign(grant())


@pytest.fixture
def stand(tmp_path: Path) -> ExecutorStand:
    """An executor of this test's own."""
    return ExecutorStand(tmp_path)


def assert_refused(stand: ExecutorStand, said: str, reason: str) -> None:
    """The tool says `grant_refused`, the executor's log says why, and the world is as it was."""
    assert "grant_refused: " in said
    assert reason in said
    (entry,) = stand.estate.refusals()
    assert reason in str(entry["reason"])
    assert entry["tool"] == RESTART.kind
    assert stand.estate.effects() == []


async def test_a_missing_grant_is_refused(stand: ExecutorStand) -> None:
    """No leave, no effect."""
    assert_refused(stand, await stand.refused(""), "a grant is missing")


async def test_a_forged_grant_is_refused(stand: ExecutorStand) -> None:
    """A grant signed with any other key does not open the executor."""
    other, _ = new_keys()
    assert_refused(stand, await stand.refused(Ed25519Issuer(other).sign(grant())), "not valid")


async def test_an_expired_grant_is_refused(stand: ExecutorStand) -> None:
    """A grant is for now, not for later."""
    past = datetime.now(UTC) - timedelta(hours=1)
    token = stand.issuer.sign(grant(issued_at=past, expires_at=past + timedelta(minutes=10)))
    assert_refused(stand, await stand.refused(token), "expired")


async def test_a_grant_from_the_future_is_refused(stand: ExecutorStand) -> None:
    """A grant issued beyond what clocks may differ is not believed."""
    later = datetime.now(UTC) + timedelta(hours=1)
    token = stand.issuer.sign(grant(issued_at=later, expires_at=later + timedelta(minutes=10)))
    assert_refused(stand, await stand.refused(token), "not valid")


async def test_an_altered_grant_is_refused(stand: ExecutorStand) -> None:
    """Claims that were changed after signing do not match the signature."""
    head, _, signature = stand.issuer.sign(grant()).split(".")
    claims = stand.issuer.sign(grant(expires_at=datetime.now(UTC) + timedelta(days=365))).split(".")[1]
    assert_refused(stand, await stand.refused(f"{head}.{claims}.{signature}"), "not valid")


async def test_a_grant_replayed_for_another_action_is_refused(stand: ExecutorStand) -> None:
    """Leave to roll back is no leave to restart."""
    assert_refused(stand, await stand.refused(stand.issuer.sign(grant(ROLLBACK))), "for another action")


async def test_a_grant_replayed_with_another_argument_is_refused(stand: ExecutorStand) -> None:
    """The digest covers every field: another deployment is another action."""
    other = RESTART.model_copy(update={"deployment": "cart", "service": "cart"})
    said = await stand.refused(stand.issuer.sign(grant()), action=other)
    assert_refused(stand, said, "for another action")


async def test_a_grant_of_another_incident_is_refused(stand: ExecutorStand) -> None:
    """A grant opens the executor for its own incident alone."""
    said = await stand.refused(stand.issuer.sign(grant()), incident="inc/acme/production/cart")
    assert_refused(stand, said, "for incident")


async def test_a_grant_whose_id_is_of_another_plan_is_refused(stand: ExecutorStand) -> None:
    """The id must belong to the plan that the grant names."""
    token = stand.issuer.sign(grant(grant_id=f"{INCIDENT}/ffffffffffffffff/0"))
    assert_refused(stand, await stand.refused(token), "does not belong to its plan")


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "jti", "act", "plan", "iat", "exp"])
def test_a_grant_without_one_of_its_claims_is_refused(claim: str) -> None:
    """Every claim of the contract is needed."""
    claims = jwt.decode(SIGNED, options={"verify_signature": False})
    del claims[claim]
    token = jwt.encode(claims, PRIVATE, algorithm="EdDSA")
    assert isinstance(GrantVerifier(PUBLIC).verify(token, INCIDENT, RESTART), Refused)


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_grant_of_another_algorithm_is_refused(algorithm: str) -> None:
    """Neither an unsigned grant nor one signed with a shared secret is looked at."""
    claims = jwt.decode(SIGNED, options={"verify_signature": False})
    token = jwt.encode(claims, "" if algorithm == "none" else "x" * 32, algorithm=algorithm)
    assert isinstance(GrantVerifier(PUBLIC).verify(token, INCIDENT, RESTART), Refused)


def test_a_valid_grant_opens_and_says_what_it_was_for() -> None:
    """The verifier returns the grant's own claims."""
    found = GrantVerifier(PUBLIC).verify(SIGNED, INCIDENT, RESTART)
    assert isinstance(found, Grant)
    assert found.grant_id == grant().grant_id


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(SIGNED) - 1), st.sampled_from("Aa0_-.x"))
def test_no_changed_character_makes_a_different_grant(at: int, to: str) -> None:
    """Whatever one character becomes, the grant is refused or still says exactly the same."""
    found = GrantVerifier(PUBLIC).verify(SIGNED[:at] + to + SIGNED[at + 1 :], INCIDENT, RESTART)
    intact = GrantVerifier(PUBLIC).verify(SIGNED, INCIDENT, RESTART)
    assert isinstance(found, Refused) or found == intact


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_no_text_at_all_opens_the_executor(text: str) -> None:
    """Nonsense is refused as a value and never an exception."""
    assert isinstance(GrantVerifier(PUBLIC).verify(text, INCIDENT, RESTART), Refused)
