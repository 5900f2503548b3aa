"""What runs on SQLite."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias

from ledger import posting, proof
from ledger.benchmark.town import SANDBOX, UNIFORM, Town, written
from ledger.book import Book
from ledger.grouping import GroupCommit, OwnStore
from ledger.model import Entry, Transfer
from ledger.proof.canonical import Row
from ledger.storage.sqlite import INSERT_ENTRY, SQLITE_PRAGMAS, SqliteStore
from ledger.storage.tables import entry, schema_ddl

Piece: TypeAlias = tuple[list[Transfer], int]
"""A batch and its time."""

_BULK: Final = 20_000


class Unchained(SqliteStore):
    """Batches whose digests cost nothing and prove nothing: what the chain is compared with."""

    @staticmethod
    def _extend(previous_digest: bytes, header: proof.BatchHeader, rows: Iterable[Row]) -> bytes:
        del previous_digest, rows
        # The accounts that stay in memory need a digest that is another one for each batch.
        return header.number.to_bytes(len(proof.GENESIS))


class Batches:
    """Batches of one size, each in a transaction of its own."""

    def __init__(self, store: OwnStore, town: Town, size: int, distribution: str = UNIFORM) -> None:
        """Post to a store that has the town's accounts."""
        self.size = size
        self.made: list[list[Entry]] = []
        """What the last round wrote, for a floor that writes the same."""
        self._store = store
        self._book = Book(store, SANDBOX)
        self._town = town
        self._distribution = distribution

    def prepare(self, count: int) -> list[Piece]:
        """Make batches."""
        self.made.clear()
        batches = self._town.batches(count, self.size, self._distribution)
        return [(batch, self._town.now) for batch in batches]

    def work(self, piece: Piece) -> None:
        """Post one."""
        batch, now = piece
        with self._store.transaction():
            results = self._book.post(batch, now=now, recorded_at=now)
        self.made.append(written(results))


class Floor:
    """The same rows into the same tables, indexes and pragmas, by `executemany` and nothing else."""

    def __init__(self, path: Path, source: Batches, settled: SqliteStore) -> None:
        """Write what `source` wrote, after what stands in `settled`."""
        self.size = source.size
        self._source = source
        self.connection = sqlite3.connect(path, isolation_level=None)
        for statement in (*SQLITE_PRAGMAS, *schema_ddl("sqlite")):
            self.connection.execute(statement)
        self.work(settled.query("SELECT * FROM ledger_entry ORDER BY seq", {}))

    def prepare(self, count: int) -> list[list[tuple[Any, ...]]]:
        """Make the rows."""
        return [rows(entries) for entries in self._source.made[:count]]

    def work(self, piece: Sequence[tuple[Any, ...]]) -> None:
        """Write those of one batch."""
        with self.connection:
            self.connection.execute("BEGIN IMMEDIATE")
            self.connection.executemany(INSERT_ENTRY, piece)


class Callers:
    """So many at once, each with one transfer at a time, in groups that share a commit."""

    def __init__(self, open_store: Callable[[], OwnStore], town: Town, callers: int, transfers: int) -> None:
        """Post to a store that has the town's accounts; all the transfers are one piece of work."""
        self.size = max(transfers // callers, 1) * callers
        self._town = town
        self._callers = callers
        self._loop = asyncio.Runner()
        self._group = GroupCommit(open_store, clock=lambda: town.now)

    def prepare(self, count: int) -> list[list[Transfer]]:
        """Make the transfers of all callers."""
        return list(self._town.batches(count, self.size))

    def work(self, piece: list[Transfer]) -> None:
        """Let all callers post until they are done."""
        self._loop.run(self._all(piece))

    def close(self) -> None:
        """Close the store and the event loop."""
        self._loop.run(self._group.close())
        self._loop.close()

    async def _all(self, transfers: list[Transfer]) -> None:
        shares = [transfers[place :: self._callers] for place in range(self._callers)]
        await asyncio.gather(*map(self._one, shares))

    async def _one(self, share: Sequence[Transfer]) -> None:
        for transfer in share:
            written(await self._group.post(SANDBOX, [transfer]))


def settle(path: Path, town: Town, kind: type[SqliteStore] = SqliteStore) -> SqliteStore:
    """Make a file with the town's accounts in it."""
    store = kind.open(path)
    with store.transaction():
        town.settle(Book(store, SANDBOX))
    return store


def grow(path: Path, town: Town, transfers: int) -> None:
    """Fill a file with valid transfers fast: decided, chained and written as always, indexed at the end."""
    store = settle(path, town)
    run: Callable[[str], object] = partial(store.query, parameters={})
    run("PRAGMA synchronous = OFF")
    for index in entry.indexes:
        run(f"DROP INDEX {index.name}")
    everyone = store.load_accounts(SANDBOX, ["bank", *town.names])
    for batch in town.batches(max(1, transfers // _BULK), min(transfers, _BULK)):
        with store.transaction():
            outcome = posting.apply(everyone, batch, town.now, recorded_at=town.now)
            written(outcome.results)
            store.save(SANDBOX, outcome)
            head = store.load_accounts(SANDBOX, ()).head
        everyone = everyone._replace(accounts={**everyone.accounts, **outcome.accounts}, head=head)
    for statement in schema_ddl("sqlite"):
        run(statement)
    run("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()


def rows(entries: Sequence[Entry]) -> list[tuple[Any, ...]]:
    """Return the rows that the ledger writes for entries."""
    return [(SANDBOX, *entry[:2], int(entry.kind), *entry[3:]) for entry in entries]
