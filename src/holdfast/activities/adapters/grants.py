"""The real issuer: it signs grants with an Ed25519 key (RFC 8037) that no other part of the house holds."""

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from holdfast.domain.grant import ALGORITHM, AUDIENCE, ISSUER, Grant


class Ed25519Issuer:
    """Implements the port GrantIssuer.

    Raises:
        ValueError: when the PEM holds no Ed25519 private key that opens without a password.
    """

    def __init__(self, private_key_pem: str) -> None:
        self._key = _private_key(private_key_pem)

    def sign(self, grant: Grant) -> str:
        """Return the grant as a compact JWT."""
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": grant.incident,
            "jti": grant.grant_id,
            "act": grant.action_digest,
            "plan": grant.plan_hash,
            "iat": int(grant.issued_at.timestamp()),
            "exp": int(grant.expires_at.timestamp()),
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM)


def _private_key(pem: str) -> Ed25519PrivateKey:
    wanted = "HOLDFAST_GRANT_PRIVATE_KEY_FILE: an Ed25519 private key in PEM, without a password, is needed"
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as e:
        raise ValueError(wanted) from e
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(wanted)  # noqa: TRY004 # it is the setting's value that is wrong
    return key


def new_keys() -> tuple[str, str]:
    """Return a fresh key pair as PEM: the private key, which signs, and the public key, which only checks."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()
