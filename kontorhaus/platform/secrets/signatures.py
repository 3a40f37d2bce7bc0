"""Signatures of others, made with a key of theirs that is no secret."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def signed_by_ed25519(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the holder of the private key signed the message (RFC 8032). False also for a key that is none."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
