"""The key that signs heads: a file that only its owner may read, never in a database."""

import os
from pathlib import Path
from secrets import token_hex
from stat import S_IMODE
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ledger.proof.errors import ProofError

_OWNER_ONLY: Final = 0o600
_OTHERS: Final = 0o077


def signing_key(file: str | Path) -> Ed25519PrivateKey:
    """Return the key in a PEM file, which is made with mode 0600 where it is missing.

    Raises ProofError when others may read the file or when it holds no Ed25519 key, OSError when it
    cannot be read or made.
    """
    path = Path(file)
    if not path.exists():
        _make(path)
    if S_IMODE(path.stat().st_mode) & _OTHERS:
        message = f"others may read the key in {path}: chmod 600 it, or make a new one if they may have"
        raise ProofError(message)
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        message = f"{path} holds no private key that can be read: {error}"
        raise ProofError(message) from error
    if not isinstance(key, Ed25519PrivateKey):
        message = f"{path} holds a key, but not an Ed25519 one"
        raise ProofError(message)
    return key


def _make(path: Path) -> None:
    """Write a new key; where two do so at once, the first one's stands."""
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    # Written aside and linked in place, so that nobody ever reads half a key.
    aside = path.with_name(f".{path.name}.{token_hex(8)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(descriptor)
        try:
            os.link(aside, path)
        except FileExistsError:
            return
    finally:
        aside.unlink()
