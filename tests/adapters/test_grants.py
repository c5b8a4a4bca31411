"""The real issuer: what it signs opens the executor's lock, and nothing else signs like it."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from holdfast.activities.adapters.grants import Ed25519Issuer, new_keys
from holdfast.domain.grant import Grant, grant_id
from holdfast.tools.executor.grants import GrantVerifier
from tests.examples import KEY, plan, rollback

NOW = datetime.now(UTC).replace(microsecond=0)
PLAN = plan().plan_hash
GRANT = Grant(
    grant_id=grant_id(KEY.workflow_id, PLAN, 0),
    incident=KEY.workflow_id,
    plan_hash=PLAN,
    action_digest=rollback().digest,
    issued_at=NOW,
    expires_at=NOW + timedelta(hours=5),  # the tests may begin long after this module was read
)


def pem(key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey, password: bytes = b"") -> str:
    """Return a private key as PEM, locked when there is a password."""
    lock: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password:
        lock = serialization.BestAvailableEncryption(password)
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock).decode()


def test_a_signed_grant_says_what_the_contract_promises() -> None:
    """Exactly these claims, signed with EdDSA."""
    private, public = new_keys()
    token = Ed25519Issuer(private).sign(GRANT)
    assert jwt.get_unverified_header(token)["alg"] == "EdDSA"
    assert jwt.decode(token, public, algorithms=["EdDSA"], audience="holdfast-executor") == {
        "iss": "holdfast",
        "aud": "holdfast-executor",
        "sub": KEY.workflow_id,
        "jti": f"{KEY.workflow_id}/{PLAN}/0",
        "act": rollback().digest,
        "plan": PLAN,
        "iat": int(NOW.timestamp()),
        "exp": int(GRANT.expires_at.timestamp()),
    }


def test_the_executor_reads_back_what_was_signed() -> None:
    """The same grant, for the action and incident it was signed for."""
    private, public = new_keys()
    assert GrantVerifier(public).verify(Ed25519Issuer(private).sign(GRANT), KEY.workflow_id, rollback()) == GRANT


def test_another_key_pair_opens_nothing() -> None:
    """Each installation has its own."""
    (mine, _), (_, theirs) = new_keys(), new_keys()
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(Ed25519Issuer(mine).sign(GRANT), theirs, algorithms=["EdDSA"], audience="holdfast-executor")


@pytest.mark.parametrize(
    "key",
    [
        "",
        "not a key",
        new_keys()[1],
        new_keys()[0].replace("M", "N"),
        pem(ec.generate_private_key(ec.SECP256R1())),
        pem(Ed25519PrivateKey.generate(), b"secret"),
    ],
    ids=["nothing", "words", "a public key", "a damaged key", "another kind", "a locked key"],
)
def test_what_is_no_signing_key_is_refused_by_name(key: str) -> None:
    """The setting is named, and nothing of the key is told."""
    with pytest.raises(ValueError, match="HOLDFAST_GRANT_PRIVATE_KEY_FILE") as refusal:
        Ed25519Issuer(key)
    assert key not in str(refusal.value) or not key
