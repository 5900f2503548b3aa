"""The chain of batches: each digest covers all rows of its batch and, by the digest before it, all earlier ones.

    digest = SHA-256(domain | digest before | header | canonical bytes of each row in order of seq)

The header is length-prefixed and names the book, so a batch can neither be moved within its book nor to
another. It costs one hash per batch, whatever its size.
"""

import struct
from collections.abc import Iterable
from hashlib import sha256
from typing import Final, NamedTuple

from ledger.clock import Micros
from ledger.proof.canonical import Row, canonical_rows

DIGEST_BYTES: Final = 32
GENESIS: Final = bytes(DIGEST_BYTES)
"""What stands before the first batch of every book."""

_DOMAIN: Final = b"kasauti.ledger.batch.v1\0"
_HEADER: Final = struct.Struct(">I5q")


class BatchHeader(NamedTuple):
    """What a batch says of itself: one batch per committed write to a book."""

    sandbox_id: str
    number: int
    """1, 2, 3 … in each book."""
    first_seq: int
    last_seq: int
    happened_at: Micros
    recorded_at: Micros


def extend(previous_digest: bytes, header: BatchHeader, rows: Iterable[Row]) -> bytes:
    """Return the digest of a batch that follows `previous_digest` (`GENESIS` for the first).

    Raises ValueError when the digest before is not 32 bytes, and as `canonical_rows` does.
    """
    if len(previous_digest) != DIGEST_BYTES:
        message = f"a digest has {DIGEST_BYTES} bytes, not {len(previous_digest)}"
        raise ValueError(message)
    hashed = sha256(_DOMAIN + previous_digest + _head(header))
    hashed.update(canonical_rows(rows))
    return hashed.digest()


class BatchDigest:
    """The digest of a batch whose rows come one by one, for files larger than memory."""

    __slots__ = ("_hash",)

    def __init__(self, previous_digest: bytes, header: BatchHeader) -> None:
        """Begin a batch."""
        self._hash = sha256(_DOMAIN + previous_digest + _head(header))

    def add(self, canonical: bytes) -> None:
        """Take the canonical bytes of the next row or rows."""
        self._hash.update(canonical)

    def digest(self) -> bytes:
        """Return the digest of the rows so far: after the last one, what `extend` gives."""
        return self._hash.digest()


def _head(header: BatchHeader) -> bytes:
    book, *numbers = header
    try:
        name = book.encode()
        return _HEADER.pack(len(name), *numbers) + name
    except (struct.error, UnicodeEncodeError) as error:
        message = f"the header of batch {header.number!r} has a value that cannot be hashed: {error}"
        raise ValueError(message) from error
