"""A book as a file that can be checked without its database, and the proofs made from the database."""

from collections import deque
from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.clock import Micros
from ledger.model import Batch
from ledger.proof import lines
from ledger.proof.chain import GENESIS
from ledger.proof.heads import SignedHead, check_book, check_head, check_past, check_size, key_id, signed
from ledger.proof.log import Leaf, Source, head_of, leaves_of, sealed
from ledger.proof.merkle import Tree, consistency_proof, inclusion_proof


def export(
    source: Source,
    sandbox_id: str,
    key: Ed25519PrivateKey,
    signed_at: Micros,
    since: SignedHead | None = None,
) -> Iterator[bytes]:
    """Yield the lines of a book's export, the last one its head signed at `signed_at` (system time).

    A page of rows is in memory at a time. Raises as `sign_head` does: where there is no book, before the first
    line, otherwise before the last. What is written until then is no export.
    """
    head_of(source, sandbox_id)
    yield lines.header_line(sandbox_id, key_id(key.public_key()))
    for part in _signed(source, sandbox_id, key, signed_at, since):
        if isinstance(part, Leaf):
            yield lines.row_line(part.row, part.hash)
        else:
            yield lines.batch_line(part) if isinstance(part, Batch) else lines.head_line(part)


def sign_head(
    source: Source,
    sandbox_id: str,
    key: Ed25519PrivateKey,
    signed_at: Micros,
    since: SignedHead | None = None,
) -> SignedHead:
    """Go through a whole book and sign its head.

    With `since`, a head that the same key has signed before, the book must begin with the rows that it
    covers. Raises ProofError when the book does not, is not there, or is not what was sealed as it was
    written, StorageError when a row is missing.
    """
    (head,) = deque(_signed(source, sandbox_id, key, signed_at, since), maxlen=1)
    assert isinstance(head, SignedHead)  # noqa: S101 - the last part always is
    return head


def prove_row(source: Source, head: SignedHead, seq: int) -> list[bytes]:
    """Prove that the row `seq` is in the book as the head has it: see `heads.includes_row`.

    Goes through the book once. Raises ValueError when the head has no such row, StorageError when the
    storage has lost rows of it.
    """
    return inclusion_proof(leaves_of(source, head.sandbox_id, head.size), seq - 1, head.size)


def prove_growth(source: Source, older: SignedHead, newer: SignedHead) -> list[bytes]:
    """Prove that the newer head only adds rows to the older one: see `heads.extends_head`.

    Goes through the book once. Raises ValueError when the newer is the smaller or the older is empty.
    """
    return consistency_proof(leaves_of(source, newer.sandbox_id, newer.size), older.size, newer.size)


def _signed(
    source: Source, sandbox_id: str, key: Ed25519PrivateKey, signed_at: Micros, since: SignedHead | None
) -> Iterator[Batch | Leaf | SignedHead]:
    """Yield a book's batches and rows, and last its signed head."""
    if since is not None:
        check_head(since, key.public_key())
        check_book(since, sandbox_id)
    tree, number, digest = Tree(), 0, GENESIS
    for part in sealed(source, sandbox_id, tree):
        yield part
        if isinstance(part, Batch):
            number, digest = part.number, part.digest
        elif since is not None:
            check_past(since, tree)
    if since is not None:
        check_size(since, tree)
    head = SignedHead(sandbox_id, tree.size, tree.root(), number, digest, signed_at, "")
    yield signed(head, key)
