"""Proofs over a book: what was written cannot be changed afterwards without being noticed.

`extend` chains the batches as they are written; `merkle` gives the tree and its proofs, `heads` and
`keys` sign its root, `export` writes a book to a file and `verify` checks such a file without a database.
Only what a storage needs is imported here: signing loads a library that writing can do without.
"""

from ledger.proof.canonical import canonical, canonical_rows
from ledger.proof.chain import GENESIS, BatchHeader, extend

__all__ = ["GENESIS", "BatchHeader", "canonical", "canonical_rows", "extend"]
