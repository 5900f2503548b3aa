"""Signed heads: who holds the key vouches for all rows of a book up to one batch.

A head covers the book, the number of rows, the root of their Merkle tree, the newest batch with its
chain digest, the time of signing and the key, by one Ed25519 signature over

    domain | u32 length of the book's id, the id | size, batch, time, i64 each | root | digest | key id
"""

import struct
from collections.abc import Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger.clock import Micros
from ledger.proof.canonical import Row, canonical
from ledger.proof.chain import DIGEST_BYTES
from ledger.proof.errors import ProofError
from ledger.proof.merkle import Tree, extends, includes, leaf_hash

PUBLIC_KEY_BYTES: Final = 32
_KEY_ID_BYTES: Final = 8
_DOMAIN: Final = b"kasauti.ledger.head.v1\0"
_NUMBERS: Final = struct.Struct(">3q")
_LENGTH: Final = struct.Struct(">I")


class SignedHead(NamedTuple):
    """The state of a book in a few bytes, signed."""

    sandbox_id: str
    size: int
    """How many rows there are: the seq of the newest one."""
    root: bytes
    """The root of the Merkle tree over them."""
    batch: int
    """The number of the newest batch."""
    digest: bytes
    """The chain digest of that batch."""
    signed_at: Micros
    """By the clock of the system."""
    key_id: str
    """The key that signed; see `key_id`."""
    signature: bytes = b""


def signed(head: SignedHead, key: Ed25519PrivateKey) -> SignedHead:
    """Return the head with the id of the key and its signature. Raises ValueError for impossible values."""
    named = head._replace(key_id=key_id(key.public_key()))
    return named._replace(signature=key.sign(_payload(named)))


def check_head(head: SignedHead, key: Ed25519PublicKey) -> None:
    """Raise ProofError unless this key has signed exactly this head."""
    own = key_id(key)
    if head.key_id != own:
        message = f"the head was signed by key {head.key_id}, but the key given is {own}"
        raise ProofError(message)
    try:
        key.verify(head.signature, _payload(head))
    except (InvalidSignature, ValueError) as error:
        message = "the signature of the head is not the key's own: the head or the signature was changed"
        raise ProofError(message) from error


def check_book(since: SignedHead, sandbox_id: str) -> None:
    """Raise ProofError when an earlier head is of another book."""
    if since.sandbox_id != sandbox_id:
        message = f"this is book {sandbox_id}, but the earlier head is of book {since.sandbox_id}"
        raise ProofError(message)


def check_past(since: SignedHead, tree: Tree) -> None:
    """Raise ProofError when a tree that has grown to the size of an earlier head has another root."""
    if tree.size == since.size and tree.root() != since.root:
        message = f"one of the rows 1 to {since.size} is not what it was when the earlier head was signed"
        raise ProofError(message)


def check_size(since: SignedHead, tree: Tree) -> None:
    """Raise ProofError when a whole tree has fewer rows than an earlier head."""
    if tree.size < since.size:
        message = f"the earlier head covers {since.size} rows, but only {tree.size} are left"
        raise ProofError(message)


def includes_row(head: SignedHead, row: Row, proof: Sequence[bytes]) -> bool:
    """Tell whether a proof shows that the row is in the book as the head has it; check the head first."""
    return includes(proof, leaf_hash(canonical(row)), row[0] - 1, head.size, head.root)


def extends_head(older: SignedHead, newer: SignedHead, proof: Sequence[bytes]) -> bool:
    """Tell whether a proof shows that the newer head only adds to the older; check both heads first."""
    same_book = older.sandbox_id == newer.sandbox_id
    return same_book and extends(proof, older.size, older.root, newer.size, newer.root)


def key_id(key: Ed25519PublicKey) -> str:
    """Return a short name of a key: the first 8 bytes of the SHA-256 of it, in hex."""
    return sha256(key.public_bytes_raw()).digest()[:_KEY_ID_BYTES].hex()


def public_key(text: str) -> Ed25519PublicKey:
    """Read a public key of 64 hex digits. Raises ProofError for anything else."""
    try:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(text))
    except ValueError as error:
        message = f"a public key is {2 * PUBLIC_KEY_BYTES} hex digits, not {text!r}"
        raise ProofError(message) from error


def _payload(head: SignedHead) -> bytes:
    """Return what is signed. Raises ValueError for a head that cannot be, such as a root of 31 bytes."""
    try:
        book, key = head.sandbox_id.encode(), bytes.fromhex(head.key_id)
        numbers = _NUMBERS.pack(head.size, head.batch, head.signed_at)
    except (struct.error, ValueError) as error:
        message = f"the head has a value that cannot be signed: {error}"
        raise ValueError(message) from error
    if (len(head.root), len(head.digest), len(key)) != (DIGEST_BYTES, DIGEST_BYTES, _KEY_ID_BYTES):
        message = "the head has a root, a digest or a key id of the wrong length"
        raise ValueError(message)
    return b"".join((_DOMAIN, _LENGTH.pack(len(book)), book, numbers, head.root, head.digest, key))
