"""Check an exported book with nothing but the file and a public key: no database, no storage code.

    rows -> leaf hashes -> digest of each batch -> Merkle root -> signature

Each step is made anew from the rows and compared with what the file says, so the first thing that was
changed is the first thing named. Whoever changes the file can make all steps agree again except the last.
"""

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.model import AccountChange, Entry
from ledger.proof.canonical import canonical
from ledger.proof.chain import GENESIS, BatchDigest, BatchHeader
from ledger.proof.errors import ProofError
from ledger.proof.heads import SignedHead, check_book, check_head, check_past, check_size, key_id
from ledger.proof.lines import FORMAT, MAX_LINE, VERSION, parsed
from ledger.proof.merkle import Tree, leaf_hash
from ledger.proof.replay import Replay, Sums


class Summary(NamedTuple):
    """What was checked and holds."""

    head: SignedHead
    entries: int
    changes: int
    accounts: int
    open_holds: int
    sums: dict[str, Sums]
    """Of each currency."""


def read_lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a file; of one that is too long, as much as shows that it is."""
    while line := file.readline(MAX_LINE + 1):
        yield line


def verify(lines: Iterable[bytes], key: Ed25519PublicKey, since: SignedHead | None = None) -> Summary:
    """Check an export line by line, in memory that grows with its accounts and open holds only.

    With `since`, an earlier head of the same book, the rows that it covers must still be the same: this is
    what even the holder of the key cannot go round. Raises ProofError that names the line, and the row or
    batch, of the first thing that does not hold.
    """
    if since is not None:
        check_head(since, key)
    check = _Check(key, since)
    number = 0
    for number, line in enumerate(lines, 1):
        try:
            check.line(line)
        except (ProofError, ValueError) as error:
            message = f"line {number}: {error}"
            raise ProofError(message) from error
    if check.summary is None:
        message = f"the file ends after line {number}, without its signed head: its end was cut off"
        raise ProofError(message)
    return check.summary


def last_head(lines: Iterable[bytes]) -> SignedHead:
    """Return the head in the last of some lines; they may be a whole export or the head's line alone.

    Raises ProofError when there is none. Nothing is checked: `check_head` does that.
    """
    line = b""
    for line in lines:  # noqa: B007 - the last one is what is wanted
        pass
    kind, *values = parsed(line)
    if kind != "head":
        raise ProofError("the last line is not a signed head")
    return _head_of(values)


class _Check:
    """How far a file has been checked."""

    def __init__(self, key: Ed25519PublicKey, since: SignedHead | None) -> None:
        self.key = key
        self.since = since
        self.book: str | None = None
        self.batch = BatchHeader("", 0, 1, 0, 0, 0)
        self.sealed = GENESIS
        """What the file gives as the digest of the batch."""
        self.digest = BatchDigest(GENESIS, self.batch)
        self.tree = Tree()
        self.replay = Replay()
        self.entries = 0
        self.summary: Summary | None = None

    def line(self, line: bytes) -> None:
        if self.summary is not None:
            raise ProofError("the signed head must be the last line, but this follows it")
        kind, *values = parsed(line)
        if (kind == "header") != (self.book is None):
            raise ProofError("the header must be the first line, and only the first")
        if kind == "header":
            self._header(*values)
        elif kind == "batch":
            self._end_batch(f"batch {values[0]} begins")
            self._begin_batch(*values)
        elif kind == "head":
            self._end_batch("the file ends")
            self._head(values)
        else:
            self._row(kind, *values)

    def _header(self, name: str, version: int, book: str, key: str) -> None:
        if (name, version) != (FORMAT, VERSION):
            message = f"this is {name} of version {version}, but only {FORMAT} of version {VERSION} is known"
            raise ProofError(message)
        own = key_id(self.key)
        if key != own:
            message = f"the header says the book is signed by key {key}, but the key given is {own}"
            raise ProofError(message)
        if self.since is not None:
            check_book(self.since, book)
        self.book = book

    def _begin_batch(
        self, number: int, first_seq: int, last_seq: int, happened_at: int, recorded_at: int, digest: str
    ) -> None:
        before, size = self.batch, self.tree.size
        if number != before.number + 1:
            problem = "is missing" if number > before.number else "has been and cannot come again"
            message = f"batch {min(number, before.number + 1)} {problem}: batch {number} follows on batch {before.number}"
            raise ProofError(message)
        if first_seq != size + 1 or last_seq < first_seq:
            message = (
                f"batch {number} claims rows {first_seq} to {last_seq}, but must begin with row {size + 1}"
            )
            raise ProofError(message)
        if happened_at < before.happened_at or recorded_at < before.recorded_at:
            message = f"the times of batch {number} are before those of batch {before.number}"
            raise ProofError(message)
        self.batch = BatchHeader(self.book or "", number, first_seq, last_seq, happened_at, recorded_at)
        self.digest = BatchDigest(self.sealed, self.batch)
        self.sealed = _unhex(digest, "the digest")

    def _end_batch(self, event: str) -> None:
        number, first_seq, last_seq = self.batch[1:4]
        if self.tree.size < last_seq:
            message = f"{event}, but row {self.tree.size + 1} of batch {number} is missing"
            raise ProofError(message)
        if number and self.digest.digest() != self.sealed:
            message = (
                f"batch {number} (rows {first_seq} to {last_seq}) does not give its digest: the digest, the"
                " times or the rows of the batch with their leaf hashes were changed"
                + ("" if number > 1 else ", or the book in the header")
            )
            raise ProofError(message)

    def _row(self, kind: str, leaf: str, *values: Any) -> None:
        row = Entry._make(values) if kind == "entry" else AccountChange._make(values)
        name = f"row {row.seq} ({row[1]})"
        seq = self.tree.size + 1
        if seq > self.batch.last_seq:
            message = (
                f"{name} stands after the last row of batch {self.batch.number}: a row was added, or the line of"
                " the next batch dropped"
            )
            raise ProofError(message)
        if row.seq != seq:
            message = f"{name} stands where row {seq} must be: a row was dropped, added or moved"
            raise ProofError(message)
        raw = canonical(row)
        hashed = leaf_hash(raw)
        if hashed.hex() != leaf:
            message = f"{name} was changed: its values do not give its leaf hash"
            raise ProofError(message)
        try:
            if isinstance(row, Entry):
                self.replay.entry(row)
                self.entries += 1
            else:
                self.replay.change(row)
        except ProofError as error:
            message = f"{name} cannot be: {error}"
            raise ProofError(message) from error
        self.tree.append(hashed)
        self.digest.add(raw)
        if self.since is not None:
            check_past(self.since, self.tree)

    def _head(self, values: list[Any]) -> None:
        head = _head_of(values)
        check_head(head, self.key)
        if head.sandbox_id != self.book:
            message = f"the header is of book {self.book}, but the signed head of book {head.sandbox_id}"
            raise ProofError(message)
        if (head.size, head.batch) != (self.tree.size, self.batch.number):
            message = (
                f"the signed head covers {head.batch} batches with {head.size} rows, but the file has"
                f" {self.batch.number} with {self.tree.size}: whole batches were dropped or added"
            )
            raise ProofError(message)
        if (head.root, head.digest) != (self.tree.root(), self.sealed):
            raise ProofError(
                "the rows are not those that were signed: they were changed, and leaf hashes and digests with"
                " them, so the file itself cannot tell where"
            )
        if self.since is not None:
            check_size(self.since, self.tree)
        self.summary = Summary(
            head,
            self.entries,
            self.tree.size - self.entries,
            len(self.replay.accounts),
            len(self.replay.holds),
            self.replay.sums(),
        )


def _head_of(values: list[Any]) -> SignedHead:
    book, size, root, batch, digest, signed_at, key, signature = values
    return SignedHead(
        book,
        size,
        _unhex(root, "the root"),
        batch,
        _unhex(digest, "the digest"),
        signed_at,
        key,
        _unhex(signature, "the signature"),
    )


def _unhex(text: str, what: str) -> bytes:
    try:
        raw = bytes.fromhex(text)
    except ValueError as error:
        message = f"{what} is not hex"
        raise ProofError(message) from error
    if raw.hex() != text:
        message = f"{what} is not in plain lower-case hex"
        raise ProofError(message)
    return raw
