"""Books in PostgreSQL 15 to 18, through psycopg 3: many writers, one at a time for each book.

A writer locks the row of its book (`SELECT … FOR UPDATE`) before it reads anything else, so writers of
one book follow one another and those of two books do not meet. Whatever the size of a batch, a `load`
takes `LOAD_STATEMENTS` at most and a `save` `SAVE_STATEMENTS`, sent as pipelines: one round trip for a
`load` of plain transfers and one for its `save`.

No sequence, no advisory lock and no COPY: what stands here holds on a cluster that shards by tenant.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Self

from psycopg import Connection, Cursor
from psycopg.errors import ForeignKeyViolation, UniqueViolation

from ledger import proof
from ledger.chart import AccountClass, ChartRow, Side
from ledger.clock import Micros
from ledger.errors import StorageError
from ledger.model import (
    Account,
    Entry,
    Head,
    HoldNow,
    Kind,
    LimitChange,
    Outcome,
    State,
    Transfer,
)
from ledger.storage import postgres_sql as say
from ledger.storage import tables
from ledger.storage.kept import KeptAccounts
from ledger.storage.store import named, told_by_acts

LOAD_STATEMENTS: Final = 6
"""The most that one `load` of a batch runs: 3 for new transfers, 5 where ids are known or targets named,
one more where a limit is scheduled. The first `load` of a new book runs 4 more to begin it."""
SAVE_STATEMENTS: Final = 8
"""The most that one `save` runs: 4 for plain transfers, and one for each list of holds and of spent ids."""

Sealed = tuple[str, int, bytes]
"""The sandbox_id, number and digest of a batch."""

_HOLD: Final = Kind.HOLD
_ENTRY_WIDTH: Final = len(Entry._fields)


class PostgresStore:
    """A `Store` on one connection, whose transactions belong to the caller.

    Every `load` locks its book until the end of the transaction, so it needs a connection that may
    write. Lock several books in one order everywhere, or let `run_in_transaction` repeat the loser.
    """

    def __init__(self, connection: Connection[Any]) -> None:
        """Work on a connection to a database that has the schema, with rows as tuples."""
        self._connection = connection
        self._kept = KeptAccounts()
        self.sealed: Sealed | None = None
        """The newest batch that was saved, in whichever book."""
        self.spent: tuple[str, str] | None = None
        """The sandbox_id and one of the ids that were spent last."""

    @classmethod
    def open(cls, conninfo: str) -> Self:
        """Connect and make the schema if a table of it is missing; two must not make it at the same time.

        Outside of `transaction` each statement of the connection stands for itself.
        """
        connection = Connection.connect(conninfo, autocommit=True)
        store = cls(connection)
        # Where nothing is missing, nothing is made again: that would wait for whoever is writing.
        if connection.execute(say.MISSING, (say.texts(list(tables.metadata.tables)),)).fetchone():
            with store.transaction():
                for statement in tables.schema_ddl("postgresql"):
                    connection.execute(statement.encode())
        return store

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all that is written in the block, or nothing if it raises. Blocks may be nested."""
        with self._connection.transaction():
            yield

    def load(self, sandbox_id: str, batch: Sequence[Transfer]) -> State:
        """Lock the book and read what `apply` needs: one round trip, or two when ids are known already."""
        ids, targets, names, acted_on = named(batch)
        # Accounts that are kept are not asked for; whether they are still right shows with the head.
        unkept = names.difference(self._kept.guess(sandbox_id))
        head, (known, rows) = self._locked(sandbox_id, (say.KNOWN, ids | targets), (say.ACCOUNTS, unkept))
        kept = self._kept.under(sandbox_id, head.digest)
        accounts = {name: kept[name] for name in names if name in kept}
        entries: dict[str, Entry] = {}
        holds: dict[str, HoldNow] = {}
        reversals: dict[str, str] = {}
        spent: set[str] = set()
        ended: list[Entry] = []
        more: set[str] = set()
        for row in known:
            if row[-1] is not None:
                spent.add(row[-1])
                continue
            entry = _entry(row)
            entries[entry.id] = entry
            more.add(entry.debit_account)
            more.add(entry.credit_account)
            if row[_ENTRY_WIDTH] is not None:
                holds[entry.id] = HoldNow(row[_ENTRY_WIDTH], row[_ENTRY_WIDTH + 1])
            elif entry.kind is _HOLD:
                ended.append(entry)
                acted_on.add(entry.id)
        accounts |= {name: kept[name] for name in more if name in kept}
        # Those that were thought to be kept, and those of the targets.
        missing = ((names - unkept) | (more - unkept)).difference(accounts)
        if acted_on or missing:
            acts, others = self._read(
                sandbox_id, (say.ACTS, acted_on if entries else ()), (say.ACCOUNTS, missing)
            )
            rows += others
            told, reversals = told_by_acts(ended, acts)
            holds |= told
        found = {row[0]: Account._make(row) for row in rows}
        self._kept.add(sandbox_id, head.digest, found)
        accounts |= found
        return State(accounts, entries, holds, spent, head, reversals, self._limits(sandbox_id, accounts))

    def surely_new(self, sandbox_id: str, ids: Collection[str]) -> bool:
        """Say whether nothing is written or spent under any of these ids; False: it may be."""
        key = {"sandbox_id": sandbox_id, "first": min(ids), "last": max(ids)}
        return not self._rows(say.ANY_BETWEEN, key)[0][0]

    def load_due(self, sandbox_id: str, now: Micros, limit: int) -> tuple[State, list[Entry]]:
        """Lock the book and read the first `limit` holds due, by (expires_at, seq), and their facts."""
        head, _ = self._locked(sandbox_id)
        rows = self._rows(say.DUE, {"sandbox_id": sandbox_id, "now": now, "limit": limit})
        due = [_entry(row) for row in rows]
        accounts = self._accounts(
            sandbox_id, {name for hold in due for name in (hold.debit_account, hold.credit_account)}
        )
        holds = {row[1]: HoldNow(*row[_ENTRY_WIDTH:]) for row in rows}
        limits = self._limits(sandbox_id, accounts)
        return State(accounts, {hold.id: hold for hold in due}, holds, set(), head, {}, limits), due

    def load_accounts(self, sandbox_id: str, ids: Collection[str]) -> State:
        """Lock the book and read what the opening or change of these accounts needs."""
        head, (rows,) = self._locked(sandbox_id, (say.ACCOUNTS, ids))
        accounts = {row[0]: Account._make(row) for row in rows}
        return State(accounts, {}, {}, set(), head, {}, self._limits(sandbox_id, accounts))

    def save(self, sandbox_id: str, outcome: Outcome) -> None:
        """Write an outcome in one round trip, and seal its rows, if it has any, as the next batch.

        Raises StorageError when the book has moved on since it was read; then roll back.
        """
        sealed, sealing = _sealing(sandbox_id, outcome)
        writes = sealing + _writes(sandbox_id, outcome)
        try:
            with self._connection.pipeline():
                cursors = [self._connection.execute(sql, values) for sql, values in writes]
        except (UniqueViolation, ForeignKeyViolation) as error:
            # What stands behind the UPDATE of the head runs even if that has found nothing to update.
            raise _second_writer(sandbox_id) from error
        if sealed is not None and cursors[0].rowcount != 1:
            raise _second_writer(sandbox_id)
        if sealed is not None:
            self.sealed = sealed
            self._kept.move(sandbox_id, outcome.head.digest, sealed[2], outcome.accounts)
        if outcome.spent:
            self.spent = (sandbox_id, next(iter(outcome.spent)))

    def save_many(self, outcomes: Sequence[tuple[str, Outcome]]) -> None:
        """Write outcomes of several books, one for each, as `save` does."""
        for sandbox_id, outcome in outcomes:
            self.save(sandbox_id, outcome)

    def heads(self, sandbox_ids: Collection[str]) -> dict[str, Head]:
        """Lock books and read their heads; one that is not there yet is begun."""
        return {sandbox_id: self._locked(sandbox_id)[0] for sandbox_id in sandbox_ids}

    def accounts(self, sandbox_id: str, ids: Sequence[str]) -> dict[str, Account]:
        """Read accounts in the order asked for; unknown ids are left out."""
        found = self._accounts(sandbox_id, ids)
        return {name: found[name] for name in dict.fromkeys(ids) if name in found}

    def entry(self, sandbox_id: str, entry_id: str) -> Entry | None:
        """Read one entry."""
        rows = self._rows(say.ENTRY, (sandbox_id, entry_id))
        return _entry(rows[0]) if rows else None

    def acting_on(self, sandbox_id: str, target_id: str) -> list[Entry]:
        """Read what ends or changes a hold, or takes a transfer back, oldest first."""
        return [_entry(row) for row in self._rows(say.ACTING_ON, (sandbox_id, target_id))]

    def chain(self, sandbox_id: str, chain: int) -> list[Entry]:
        """Read the entries of one chain, named by the `seq` of its first, in order."""
        return [_entry(row) for row in self._rows(say.CHAIN, {"sandbox_id": sandbox_id, "chain": chain})]

    def statement(
        self, sandbox_id: str, account_id: str, after_seq: int, limit: int
    ) -> list[tuple[Entry, int]]:
        """Read an account's entries after `after_seq`, oldest first.

        Each comes with what it released of a hold, 0 if nothing.
        """
        values = {"sandbox_id": sandbox_id, "account_id": account_id, "after": after_seq, "limit": limit}
        return [(_entry(row), row[-1]) for row in self._rows(say.STATEMENT, values)]

    def chart(self, sandbox_id: str) -> list[ChartRow]:
        """Read the chart of accounts, by code; empty if the book has none."""
        rows = self._rows(say.CHART, (sandbox_id,))
        return [ChartRow(code, name, AccountClass(kind), Side(side)) for code, name, kind, side in rows]

    def save_chart(self, sandbox_id: str, rows: Sequence[ChartRow]) -> None:
        """Put a chart in the place of the one there is."""
        self._execute(say.DELETE_CHART, (sandbox_id,))
        if rows:
            self._execute(say.INSERTS["ledger_chart"], (sandbox_id, *say.literals(tables.chart, rows)))

    def query(self, sql: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Run a reading statement, written for every storage, with `:named` parameters."""
        cursor = self._execute(say.translated(sql), parameters)
        return cursor.fetchall() if cursor.description else []

    def _locked(self, sandbox_id: str, *reads: tuple[str, Collection[str]]) -> tuple[Head, list[list[Any]]]:
        """Lock the book and read lists after it, in one round trip. A new book is begun first."""
        key = {"sandbox_id": sandbox_id}
        while True:
            with self._connection.pipeline():
                lock = self._execute(say.LOCK, key)
                cursors = self._started(sandbox_id, reads)
            row = lock.fetchone()
            if row is not None:
                return Head._make(row), [cursor.fetchall() if cursor else [] for cursor in cursors]
            # There was no row to wait for. Now there is one, of ours or of another first writer, and what
            # was read beside it is read again behind the lock.
            self._connection.execute(say.OPEN_BOOK, key | {"digest": proof.GENESIS})

    def _read(self, sandbox_id: str, *reads: tuple[str, Collection[str]]) -> list[list[Any]]:
        """Read lists in one round trip."""
        with self._connection.pipeline():
            cursors = self._started(sandbox_id, reads)
        return [cursor.fetchall() if cursor else [] for cursor in cursors]

    def _started(
        self, sandbox_id: str, reads: Sequence[tuple[str, Collection[str]]]
    ) -> list[Cursor[Any] | None]:
        """Send what reads lists; nothing for those that are empty."""
        return [
            self._execute(sql, {"sandbox_id": sandbox_id, "wanted": say.texts(wanted)}) if wanted else None
            for sql, wanted in reads
        ]

    def _accounts(self, sandbox_id: str, ids: Collection[str]) -> dict[str, Account]:
        (rows,) = self._read(sandbox_id, (say.ACCOUNTS, ids))
        return {row[0]: Account._make(row) for row in rows}

    def _limits(self, sandbox_id: str, accounts: Mapping[str, Account]) -> dict[str, list[LimitChange]]:
        """Read the changes of credit limits that are still to take force."""
        limits: dict[str, list[LimitChange]] = {
            account.id: [] for account in accounts.values() if account.limit_due_at
        }
        if limits:
            (rows,) = self._read(sandbox_id, (say.LIMITS, limits))
            for name, effective_at, value in rows:
                if effective_at >= accounts[name].limit_due_at:
                    limits[name].append(LimitChange(effective_at, value))
        return limits

    def _rows(self, sql: str, values: Sequence[object] | Mapping[str, object]) -> list[tuple[Any, ...]]:
        return self._execute(sql, values).fetchall()

    def _execute(self, sql: str, values: Sequence[object] | Mapping[str, object]) -> Cursor[Any]:
        # Numbers come faster in binary; and as bytes the text passes for a literal, which ours all are.
        return self._connection.execute(sql.encode(), values, binary=True)


def _second_writer(sandbox_id: str) -> StorageError:
    return StorageError(f"a second writer has written to the book of {sandbox_id}")


Statement = tuple[bytes, Sequence[object] | Mapping[str, object]]


def _sealing(sandbox_id: str, outcome: Outcome) -> tuple[Sealed | None, list[Statement]]:
    """Return the batch that an outcome makes, and what moves the book's head over it."""
    rows = outcome.entries or outcome.changes
    if not rows:
        return None, []
    head, newest = outcome.head, rows[-1]
    number = head.last_batch + 1
    ends = (head.last_seq + 1, newest.seq, newest.happened_at, newest.recorded_at)
    digest = proof.extend(head.digest, proof.BatchHeader(sandbox_id, number, *ends), rows)
    advance = (newest.seq, number, *ends[2:], digest, sandbox_id, head.last_seq)
    return (sandbox_id, number, digest), [
        (say.ADVANCE_BOOK.encode(), advance),
        (say.INSERT_BATCH.encode(), (sandbox_id, number, *ends, digest)),
    ]


def _writes(sandbox_id: str, outcome: Outcome) -> list[Statement]:
    """Return what writes the rows of an outcome: nothing for lists that are empty."""
    writes: list[tuple[str, Sequence[object] | Mapping[str, object]]] = []
    for table, values in (
        (tables.entry, outcome.entries),
        (tables.account_change, outcome.changes),
        (tables.account, outcome.opened),
        (tables.open_hold, outcome.holds_opened),
        (tables.spent_id, [(name,) for name in outcome.spent]),
    ):
        if values:
            writes.append((say.INSERTS[table.name], (sandbox_id, *say.literals(table, values))))
    if outcome.accounts:
        changed = say.literals(tables.account, list(outcome.accounts.values()))
        writes.append((say.UPDATE_ACCOUNTS, (sandbox_id, *changed)))
    if outcome.holds_changed:
        holds, _, remaining, expires_at = zip(*outcome.holds_changed, strict=True)
        moved = {
            "sandbox_id": sandbox_id,
            "holds": say.texts(holds),
            "remaining": say.numbers(remaining),
            "expires_at": say.numbers(expires_at),
        }
        writes.append((say.UPDATE_OPEN_HOLDS, moved))
    if outcome.holds_ended:
        writes.append((say.DELETE_OPEN_HOLDS, (sandbox_id, say.texts(outcome.holds_ended))))
    return [(sql.encode(), values) for sql, values in writes]


def _entry(row: Sequence[Any]) -> Entry:
    """Make an entry of a row that begins with its columns."""
    return Entry(row[0], row[1], Kind(row[2]), *row[3:_ENTRY_WIDTH])
