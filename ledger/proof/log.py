"""The log of a book as its storage has it, read in order, a page at a time.

The log is append only, so all that is read up to the head found first is one consistent view of the book,
whatever is written meanwhile and however the transaction is isolated.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, Protocol

from ledger.errors import StorageError
from ledger.model import AccountChange, Batch, Entry, Head
from ledger.proof.canonical import Row, canonical
from ledger.proof.chain import GENESIS, BatchDigest, BatchHeader
from ledger.proof.errors import ProofError
from ledger.proof.merkle import Tree, leaf_hash

PAGE: Final = 1_000
"""How many rows are in memory at once."""

_BOOK: Final = (
    "SELECT last_seq, last_batch, happened_at, recorded_at, digest FROM ledger_book"
    " WHERE sandbox_id = :sandbox_id"
)
_BATCHES: Final = f"""\
SELECT {", ".join(Batch._fields)} FROM ledger_batch
WHERE sandbox_id = :sandbox_id AND number > :after AND number <= :upto ORDER BY number LIMIT {PAGE}"""
_ROWS: Final = tuple(
    f"SELECT {', '.join(fields)} FROM {table}"
    " WHERE sandbox_id = :sandbox_id AND seq > :after AND seq <= :upto ORDER BY seq"
    for table, fields in (("ledger_entry", Entry._fields), ("ledger_account_change", AccountChange._fields))
)


class Source(Protocol):
    """What is read from: a store of any kind."""

    def query(self, sql: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Run a reading statement with `:named` parameters."""
        ...


class Leaf(NamedTuple):
    """A row and its hash as a leaf of the Merkle tree."""

    row: Row
    hash: bytes


def head_of(source: Source, sandbox_id: str) -> Head:
    """Return the newest end of a book's log. Raises ProofError where there is no such book."""
    rows = source.query(_BOOK, {"sandbox_id": sandbox_id})
    if not rows:
        message = f"there is no book of sandbox {sandbox_id!r}"
        raise ProofError(message)
    *numbers, digest = rows[0]
    return Head._make((*numbers, bytes(digest)))


def rows_of(source: Source, sandbox_id: str, first: int, last: int) -> Iterator[Row]:
    """Yield the rows from seq `first` to `last`. Raises StorageError where one is missing."""
    for start in range(first - 1, last, PAGE):
        upto = min(start + PAGE, last)
        page = {"sandbox_id": sandbox_id, "after": start, "upto": upto}
        rows = sorted(row for sql in _ROWS for row in source.query(sql, page))
        if [row[0] for row in rows] != list(range(start + 1, upto + 1)):
            message = f"the log of {sandbox_id} lacks a row between {start + 1} and {upto}, or has one twice"
            raise StorageError(message)
        yield from rows


def leaves_of(source: Source, sandbox_id: str, size: int) -> Iterator[bytes]:
    """Yield the leaf hashes of the first `size` rows."""
    for row in rows_of(source, sandbox_id, 1, size):
        yield leaf_hash(canonical(row))


def sealed(source: Source, sandbox_id: str, tree: Tree) -> Iterator[Batch | Leaf]:
    """Yield each batch of a book and, after it, its rows, while the tree grows with them.

    Every batch must still be what was sealed when it was written: otherwise ProofError is raised after its
    rows, so that whoever signs what comes out of here never vouches for a book that was changed behind the
    ledger's back. Raises StorageError where a row is missing.
    """
    head = head_of(source, sandbox_id)
    digest, number = GENESIS, 0
    while batches := _batches(source, sandbox_id, number, head.last_batch):
        for batch in batches:
            _check_place(batch, number + 1, tree.size + 1)
            yield batch
            hashed = BatchDigest(digest, BatchHeader(sandbox_id, *batch[:5]))
            for row in rows_of(source, sandbox_id, batch.first_seq, batch.last_seq):
                raw = canonical(row)
                hashed.add(raw)
                leaf = Leaf(row, leaf_hash(raw))
                tree.append(leaf.hash)
                yield leaf
            digest, number = hashed.digest(), batch.number
            if digest != batch.digest:
                message = (
                    f"batch {number} of {sandbox_id} (rows {batch.first_seq} to {batch.last_seq})"
                    " is not what was sealed when it was written"
                )
                raise ProofError(message)
    if (tree.size, number, digest) != (head.last_seq, head.last_batch, head.digest):
        message = f"the book of {sandbox_id} does not end where its batches do"
        raise ProofError(message)


def _check_place(batch: Batch, number: int, first_seq: int) -> None:
    if batch.number != number or batch.first_seq != first_seq or batch.last_seq < first_seq:
        message = (
            f"batch {batch.number} stands where batch {number} with rows from {first_seq} on must follow"
        )
        raise ProofError(message)


def _batches(source: Source, sandbox_id: str, after: int, upto: int) -> list[Batch]:
    rows = source.query(_BATCHES, {"sandbox_id": sandbox_id, "after": after, "upto": upto})
    return [Batch._make((*numbers, bytes(digest))) for *numbers, digest in rows]
