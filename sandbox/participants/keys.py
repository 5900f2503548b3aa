"""Secret keys: made, hashed and compared. Pure, but for the randomness handed in.

A key is `sk_test_` + 12 letters that find it + 32 letters that prove it. Only the SHA-256 of the whole is
stored; 160 random bits need no slow hash.
"""

import hmac
from hashlib import sha256
from typing import NamedTuple

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
PREFIX = "sk_test_"
FINDER_LENGTH = 12
PROOF_LENGTH = 32
RANDOM_BYTES = FINDER_LENGTH + PROOF_LENGTH


class NewKey(NamedTuple):
    """A key as it is shown once, and what is stored of it."""

    secret: str
    finder: str
    secret_hash: str


def make_key(entropy: bytes) -> NewKey:
    """Make a key of `RANDOM_BYTES` random bytes."""
    letters = "".join(ALPHABET[byte & 31] for byte in entropy)
    secret = PREFIX + letters
    return NewKey(secret, letters[:FINDER_LENGTH], hash_of(secret))


def finder_of(secret: str) -> str | None:
    """Return the part by which a key is found, or None when the text is no key of ours."""
    if not secret.startswith(PREFIX) or len(secret) != len(PREFIX) + RANDOM_BYTES or not secret.isascii():
        return None
    return secret[len(PREFIX) : len(PREFIX) + FINDER_LENGTH]


def hash_of(secret: str) -> str:
    """Return what is stored of a key."""
    return sha256(secret.encode()).hexdigest()


def matches(secret: str, secret_hash: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(hash_of(secret), secret_hash)
