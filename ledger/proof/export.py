"""A book as a file that can be checked without its database, and the proofs made from the database."""

from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.clock import Micros
from ledger.model import Batch
from ledger.proof import lines
from ledger.proof.chain import GENESIS
from ledger.proof.heads import SignedHead, key_id, signed
from ledger.proof.log import Source, head_of, leaves_of, sealed
from ledger.proof.merkle import Tree, consistency_proof, inclusion_proof


def export(source: Source, sandbox_id: str, key: Ed25519PrivateKey, signed_at: Micros) -> Iterator[bytes]:
    """Yield the lines of a book's export, the last one its head signed at `signed_at` (system time).

    A page of rows is in memory at a time. Raises as `sign_head` does: where there is no book, before the first
    line, otherwise before the last. What is written until then is no export.
    """
    head_of(source, sandbox_id)
    tree, number, digest = Tree(), 0, GENESIS
    yield lines.header_line(sandbox_id, key_id(key.public_key()))
    for part in sealed(source, sandbox_id, tree):
        if isinstance(part, Batch):
            number, digest = part.number, part.digest
            yield lines.batch_line(part)
        else:
            yield lines.row_line(part.row, part.hash)
    head = SignedHead(sandbox_id, tree.size, tree.root(), number, digest, signed_at, "")
    yield lines.head_line(signed(head, key))


def sign_head(source: Source, sandbox_id: str, key: Ed25519PrivateKey, signed_at: Micros) -> SignedHead:
    """Go through a whole book and sign its head.

    Raises ProofError when the book is not there or is not what was sealed as it was written, StorageError
    when a row is missing.
    """
    tree, number, digest = Tree(), 0, GENESIS
    for part in sealed(source, sandbox_id, tree):
        if isinstance(part, Batch):
            number, digest = part.number, part.digest
    return signed(SignedHead(sandbox_id, tree.size, tree.root(), number, digest, signed_at, ""), key)


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
