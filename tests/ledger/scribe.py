"""Writes a log by hand, with every kind of row, for what reads logs and knows no `Book`."""

import io
from collections.abc import Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.model import AccountChange, Batch, Change, Entry, Kind
from ledger.proof import GENESIS, BatchHeader, extend
from ledger.proof.errors import ProofError
from ledger.proof.export import export
from ledger.proof.verify import Summary, read_lines, verify

SANDBOX = "sbx_1"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


class Scribe:
    """A log in memory that is read as a store is."""

    def __init__(self) -> None:
        self.rows: list[Entry | AccountChange] = []
        self.batches: list[Batch] = []
        self.totals: dict[str, tuple[int, int, int, int]] = {}
        self.head: tuple[Any, ...] | None = None

    def change(self, account: str, change: Change, value: int = 0) -> None:
        self.totals.setdefault(account, (0, 0, 0, 0))
        now = 1_000 + len(self.rows)
        self.rows.append(AccountChange(len(self.rows) + 1, account, change, value, now, now, now + 7))

    def entry(
        self,
        kind: Kind,
        name: str,
        parties: tuple[str, str],
        amount: int,
        moved: tuple[int, int],
        *,
        target: str = "",
        currency: str = "PKR",
    ) -> None:
        """Write an entry that adds `moved` to what is pending and posted."""
        (debit, credit), (pending, posted) = parties, moved
        a, b, c, d = self.totals[debit]
        e, f, g, h = self.totals[credit]
        self.totals[debit] = (a + pending, b + posted, c, d)
        self.totals[credit] = (e, f, g + pending, h + posted)
        now, seq = 1_000 + len(self.rows), len(self.rows) + 1
        expires_at = now + 60 if kind in (Kind.HOLD, Kind.EXTEND) else 0
        terms = (amount, currency, 1, target, expires_at, f"ref {name}", 0, now, now + 7)
        self.rows.append(
            Entry(seq, name, kind, 0, debit, credit, *terms, *self.totals[debit], *self.totals[credit])
        )

    def seal(self) -> None:
        """Make a batch of the rows since the last one."""
        number, first, digest = 1, 1, GENESIS
        if self.batches:
            last = self.batches[-1]
            number, first, digest = last.number + 1, last.last_seq + 1, last.digest
        ends = (number, first, len(self.rows), 2_000 + number, 3_000 + number)
        rows = self.rows[first - 1 :]
        self.batches.append(Batch(*ends, extend(digest, BatchHeader(SANDBOX, *ends), rows)))
        self.head = (len(self.rows), *ends[:1], *ends[3:], self.batches[-1].digest)

    def query(self, sql: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Answer what `ledger.proof.log` asks of a store."""
        after, upto = int(str(parameters.get("after", 0))), int(str(parameters.get("upto", 0)))
        if parameters["sandbox_id"] != SANDBOX or self.head is None:
            return []
        if "ledger_book" in sql:
            return [self.head]
        if "ledger_batch" in sql:
            return [tuple(batch) for batch in self.batches if after < batch.number <= upto][:2]
        wanted = Entry if "ledger_entry" in sql else AccountChange
        return [tuple(row) for row in self.rows if isinstance(row, wanted) and after < row.seq <= upto]


def written() -> Scribe:
    """Return a log of four batches."""
    scribe = Scribe()
    for account in ("bank", "ali", "sara", "till", "cash"):
        scribe.change(account, Change.OPEN, 1)
    scribe.change("ali", Change.LIMIT, 50)
    scribe.seal()

    scribe.entry(Kind.TRANSFER, "gift", ("bank", "ali"), 100, (0, 100))
    scribe.entry(Kind.TRANSFER, "pay", ("ali", "sara"), 30, (0, 30))
    scribe.entry(Kind.TRANSFER, "dollars", ("till", "cash"), 5, (0, 5), currency="USD")
    scribe.seal()

    parties = ("ali", "sara")
    scribe.entry(Kind.HOLD, "h1", parties, 20, (20, 0))
    scribe.entry(Kind.CAPTURE, "c1", parties, 5, (-5, 5), target="h1")
    scribe.entry(Kind.EXTEND, "x1", parties, 0, (0, 0), target="h1")
    scribe.entry(Kind.POST, "p1", parties, 10, (-15, 10), target="h1")
    scribe.entry(Kind.HOLD, "h2", parties, 8, (8, 0))
    scribe.entry(Kind.VOID, "v2", parties, 8, (-8, 0), target="h2")
    scribe.entry(Kind.HOLD, "h3", parties, 7, (7, 0))
    scribe.entry(Kind.EXPIRE, "h3:expired", parties, 7, (-7, 0), target="h3")
    scribe.entry(Kind.HOLD, "h4", parties, 6, (6, 0))
    scribe.entry(Kind.CAPTURE, "c4", parties, 6, (-6, 6), target="h4")
    scribe.entry(Kind.REVERSAL, "r1", ("sara", "ali"), 30, (0, 30), target="pay")
    scribe.entry(Kind.HOLD, "h5", parties, 4, (4, 0))
    scribe.seal()

    scribe.change("cash", Change.CLOSE)
    scribe.change("cash", Change.REOPEN)
    scribe.seal()
    return scribe


def resealed(scribe: Scribe, key: Ed25519PrivateKey = KEY) -> list[bytes]:
    """Return what who can write to the database, and seals all batches anew, can export."""
    ends = [batch.last_seq for batch in scribe.batches]
    rows, scribe.rows, scribe.batches = scribe.rows, [], []
    for end in ends:
        scribe.rows = rows[:end]
        scribe.seal()
    return list(export(scribe, SANDBOX, key, 9_000))


def with_a_new_past() -> Scribe:
    scribe = written()
    scribe.rows[7] = scribe.rows[7]._replace(reference="for nothing")  # type: ignore[call-arg]  # an entry
    resealed(scribe)
    return scribe


def check(file: list[bytes]) -> Summary:
    """Check the lines of a file as a file is checked."""
    return verify(read_lines(io.BytesIO(b"".join(file))), KEY.public_key())


def fault(file: list[bytes]) -> str:
    """Return what is said of a file that does not hold."""
    with pytest.raises(ProofError) as refused:
        check(file)
    return str(refused.value)
