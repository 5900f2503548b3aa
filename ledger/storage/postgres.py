"""Books in PostgreSQL 15 to 18, through psycopg 3: many writers, one at a time for each book.

A writer locks the row of its book (`SELECT … FOR UPDATE`) before it reads anything else, so writers of
one book follow one another and those of two books do not meet. Whatever the size of a batch, a `load`
takes `LOAD_STATEMENTS` at most and a `save` `SAVE_STATEMENTS`, sent as pipelines: one round trip for a
`load` of plain transfers and one for its `save`.

No sequence, no advisory lock and no COPY: what stands here holds on a cluster that shards by tenant.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Final, Self

from psycopg import Connection, Cursor
from psycopg.errors import UniqueViolation
from sqlalchemy import Table, Text

from ledger import proof
from ledger.clock import Micros
from ledger.errors import StorageError
from ledger.model import (
    Account,
    Change,
    Entry,
    Head,
    HoldNow,
    Kind,
    LimitChange,
    Outcome,
    State,
    Transfer,
)
from ledger.storage import tables
from ledger.storage.store import named, told_by_acts

LOAD_STATEMENTS: Final = 6
"""The most that one `load` of a batch runs: 3 for new transfers, 5 where ids are known or targets named,
one more where a limit is scheduled. The first `load` of a new book runs 4 more to begin it."""
SAVE_STATEMENTS: Final = 8
"""The most that one `save` runs: 4 for plain transfers, and one for each list of holds and of spent ids."""

_HOLD: Final = Kind.HOLD

_ENTRY_COLUMNS: Final = ", ".join(f"e.{column}" for column in Entry._fields)
_ENTRY_WIDTH: Final = len(Entry._fields)

# Each list of values is a table. What is looked up for each of its rows stands in a LATERAL with a LIMIT,
# which keeps the planner to one look-up per value: it cannot know that a book is a small part of a table.
_WANTED: Final = "unnest(%(wanted)s::text[]) AS wanted (value)"
_LOCK: Final = f"""\
SELECT {", ".join(Head._fields)} FROM ledger_book WHERE sandbox_id = %(sandbox_id)s FOR UPDATE"""
_OPEN_BOOK: Final = """\
INSERT INTO ledger_book VALUES (%(sandbox_id)s, 0, 0, 0, 0, %(digest)s) ON CONFLICT DO NOTHING"""
_KNOWN: Final = f"""\
SELECT {_ENTRY_COLUMNS}, o.remaining, o.expires_at, s.id FROM {_WANTED}
LEFT JOIN LATERAL (SELECT * FROM ledger_entry AS f
  WHERE f.sandbox_id = %(sandbox_id)s AND f.id = wanted.value LIMIT 1) AS e ON true
LEFT JOIN LATERAL (SELECT h.remaining, h.expires_at FROM ledger_open_hold AS h
  WHERE h.sandbox_id = %(sandbox_id)s AND h.hold_id = e.id LIMIT 1) AS o ON true
LEFT JOIN LATERAL (SELECT f.id FROM ledger_spent_id AS f
  WHERE f.sandbox_id = %(sandbox_id)s AND f.id = wanted.value LIMIT 1) AS s ON true
WHERE e.seq IS NOT NULL OR s.id IS NOT NULL"""
_ACTS: Final = f"""\
SELECT a.target_id, a.id, a.kind, a.amount, a.expires_at FROM {_WANTED}
CROSS JOIN LATERAL (SELECT * FROM ledger_entry AS f
  WHERE f.sandbox_id = %(sandbox_id)s AND f.target_id = wanted.value AND f.target_id <> ''
  ORDER BY f.seq LIMIT ALL OFFSET 0) AS a
ORDER BY a.seq"""
_ACCOUNTS: Final = f"""\
SELECT a.* FROM {_WANTED}
CROSS JOIN LATERAL (SELECT {", ".join(Account._fields)} FROM ledger_account AS f
  WHERE f.sandbox_id = %(sandbox_id)s AND f.id = wanted.value LIMIT 1) AS a"""
_LIMITS: Final = f"""\
SELECT c.account_id, c.effective_at, c.value FROM {_WANTED}
CROSS JOIN LATERAL (SELECT * FROM ledger_account_change AS f
  WHERE f.sandbox_id = %(sandbox_id)s AND f.account_id = wanted.value AND f.change = {Change.LIMIT:d}
  OFFSET 0) AS c
ORDER BY c.account_id, c.effective_at, c.seq"""

_ENTRY: Final = f"SELECT {_ENTRY_COLUMNS} FROM ledger_entry AS e WHERE e.sandbox_id = %s AND e.id = %s"
_ACTING_ON: Final = f"""\
SELECT {_ENTRY_COLUMNS} FROM ledger_entry AS e
WHERE e.sandbox_id = %s AND e.target_id = %s AND e.target_id <> '' ORDER BY e.seq"""
# The entries of a chain follow one another: the first that is not of it ends the look.
_CHAIN: Final = f"""\
SELECT {_ENTRY_COLUMNS} FROM ledger_entry AS e
WHERE e.sandbox_id = %(sandbox_id)s AND e.seq >= %(chain)s AND e.chain = %(chain)s AND e.seq < coalesce(
  (SELECT f.seq FROM ledger_entry AS f WHERE f.sandbox_id = %(sandbox_id)s AND f.seq > %(chain)s
    AND f.chain <> %(chain)s ORDER BY f.seq LIMIT 1), 9223372036854775807)
ORDER BY e.seq"""
_DUE: Final = f"""\
SELECT {_ENTRY_COLUMNS}, o.remaining, o.expires_at
FROM ledger_open_hold AS o JOIN ledger_entry AS e ON e.sandbox_id = o.sandbox_id AND e.seq = o.seq
WHERE o.sandbox_id = %(sandbox_id)s AND o.expires_at > 0 AND o.expires_at <= %(now)s
ORDER BY o.expires_at, o.seq LIMIT %(limit)s"""
# Each half stops after a page by itself, so that a page costs the same in a long history. A POST
# releases what the captures before it have left of the hold; whatever else releases, its amount.
_STATEMENT: Final = f"""\
SELECT {_ENTRY_COLUMNS}, CASE
  WHEN e.kind = {Kind.POST:d} THEN
    (SELECT h.amount FROM ledger_entry AS h WHERE h.sandbox_id = %(sandbox_id)s AND h.id = e.target_id)
    - coalesce((SELECT sum(c.amount) FROM ledger_entry AS c WHERE c.sandbox_id = %(sandbox_id)s
      AND c.target_id = e.target_id AND c.target_id <> '' AND c.kind = {Kind.CAPTURE:d}), 0)::bigint
  WHEN e.kind IN ({Kind.VOID:d}, {Kind.EXPIRE:d}, {Kind.CAPTURE:d}) THEN e.amount
  ELSE 0 END
FROM (
  (SELECT d.seq FROM ledger_entry AS d WHERE d.sandbox_id = %(sandbox_id)s
    AND d.debit_account = %(account_id)s AND d.seq > %(after)s ORDER BY d.seq LIMIT %(limit)s)
  UNION ALL
  (SELECT c.seq FROM ledger_entry AS c WHERE c.sandbox_id = %(sandbox_id)s
    AND c.credit_account = %(account_id)s AND c.seq > %(after)s ORDER BY c.seq LIMIT %(limit)s)
) AS own
JOIN ledger_entry AS e ON e.sandbox_id = %(sandbox_id)s AND e.seq = own.seq
ORDER BY e.seq LIMIT %(limit)s"""

_ADVANCE_BOOK: Final = """\
UPDATE ledger_book SET last_seq = %s, last_batch = %s, happened_at = %s, recorded_at = %s, digest = %s
WHERE sandbox_id = %s AND last_seq = %s"""
_INSERT_BATCH: Final = "INSERT INTO ledger_batch VALUES (%s, %s, %s, %s, %s, %s, %s)"


def _arrays(table: Table) -> str:
    """Return one table of an array for each column after the sandbox's."""
    arrays = ("text[]" if isinstance(column.type, Text) else "bigint[]" for column in [*table.columns][1:])
    return f"unnest({', '.join(f'%s::{array}' for array in arrays)})"


_INSERTS: Final = {
    table.name: f"INSERT INTO {table.name} SELECT %s, * FROM {_arrays(table)}"
    for table in (tables.entry, tables.account_change, tables.account, tables.open_hold, tables.spent_id)
}
_CHANGING: Final = Account._fields[3:10]
_UPDATE_ACCOUNTS: Final = f"""\
UPDATE ledger_account AS a SET {", ".join(f"{column} = n.{column}" for column in _CHANGING)}
FROM unnest(%s::text[]{", %s::bigint[]" * len(_CHANGING)}) AS n (id, {", ".join(_CHANGING)})
WHERE a.sandbox_id = %s AND a.id = n.id"""
_UPDATE_OPEN_HOLDS: Final = """\
UPDATE ledger_open_hold AS o SET remaining = n.remaining, expires_at = n.expires_at
FROM unnest(%s::text[], %s::bigint[], %s::bigint[]) AS n (hold_id, remaining, expires_at)
WHERE o.sandbox_id = %s AND o.hold_id = n.hold_id"""
_DELETE_OPEN_HOLDS: Final = """\
DELETE FROM ledger_open_hold AS o USING unnest(%s::text[]) AS n (hold_id)
WHERE o.sandbox_id = %s AND o.hold_id = n.hold_id"""


class PostgresStore:
    """A `Store` on one connection, whose transactions belong to the caller.

    Every `load` locks its book until the end of the transaction, so it needs a connection that may
    write. Lock several books in one order everywhere, or let `run_in_transaction` repeat the loser.
    """

    def __init__(self, connection: Connection[Any]) -> None:
        """Work on a connection to a database that has the schema, with rows as tuples."""
        self._connection = connection

    @classmethod
    def open(cls, conninfo: str) -> Self:
        """Connect and make the schema where it is missing; two must not make it at the same time.

        Outside of `transaction` each statement of the connection stands for itself.
        """
        connection = Connection.connect(conninfo, autocommit=True)
        store = cls(connection)
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
        ids, names, acted_on = named(batch)
        head, (known, accounts) = self._locked(sandbox_id, (_KNOWN, ids), (_ACCOUNTS, names))
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
        if entries:
            acts, others = self._read(sandbox_id, (_ACTS, acted_on), (_ACCOUNTS, more - names))
            accounts += others
            told, reversals = told_by_acts(ended, acts)
            holds |= told
        known_accounts = {row[0]: Account._make(row) for row in accounts}
        limits = self._limits(sandbox_id, known_accounts)
        return State(known_accounts, entries, holds, spent, head, reversals, limits)

    def load_due(self, sandbox_id: str, now: Micros, limit: int) -> tuple[State, list[Entry]]:
        """Lock the book and read the first `limit` holds due, by (expires_at, seq), and their facts."""
        head, _ = self._locked(sandbox_id)
        rows = self._rows(_DUE, {"sandbox_id": sandbox_id, "now": now, "limit": limit})
        due = [_entry(row) for row in rows]
        accounts = self._accounts(
            sandbox_id, {name for hold in due for name in (hold.debit_account, hold.credit_account)}
        )
        holds = {row[1]: HoldNow(*row[_ENTRY_WIDTH:]) for row in rows}
        limits = self._limits(sandbox_id, accounts)
        return State(accounts, {hold.id: hold for hold in due}, holds, set(), head, {}, limits), due

    def load_accounts(self, sandbox_id: str, ids: Collection[str]) -> State:
        """Lock the book and read what the opening or change of these accounts needs."""
        head, (rows,) = self._locked(sandbox_id, (_ACCOUNTS, ids))
        accounts = {row[0]: Account._make(row) for row in rows}
        return State(accounts, {}, {}, set(), head, {}, self._limits(sandbox_id, accounts))

    def save(self, sandbox_id: str, outcome: Outcome) -> None:
        """Write an outcome in one round trip, and seal its rows, if it has any, as the next batch.

        Raises StorageError when the book has moved on since it was read; then roll back.
        """
        writes = _writes(sandbox_id, outcome)
        try:
            with self._connection.pipeline():
                cursors = [self._connection.execute(sql, values) for sql, values in writes]
        except UniqueViolation as error:
            # What stands behind the UPDATE of the head runs even if that has found nothing to update.
            raise _second_writer(sandbox_id) from error
        if (outcome.entries or outcome.changes) and cursors[0].rowcount != 1:
            raise _second_writer(sandbox_id)

    def accounts(self, sandbox_id: str, ids: Sequence[str]) -> dict[str, Account]:
        """Read accounts in the order asked for; unknown ids are left out."""
        found = self._accounts(sandbox_id, ids)
        return {name: found[name] for name in dict.fromkeys(ids) if name in found}

    def entry(self, sandbox_id: str, entry_id: str) -> Entry | None:
        """Read one entry."""
        rows = self._rows(_ENTRY, (sandbox_id, entry_id))
        return _entry(rows[0]) if rows else None

    def acting_on(self, sandbox_id: str, target_id: str) -> list[Entry]:
        """Read what ends or changes a hold, or takes a transfer back, oldest first."""
        return [_entry(row) for row in self._rows(_ACTING_ON, (sandbox_id, target_id))]

    def chain(self, sandbox_id: str, chain: int) -> list[Entry]:
        """Read the entries of one chain, named by the `seq` of its first, in order."""
        return [_entry(row) for row in self._rows(_CHAIN, {"sandbox_id": sandbox_id, "chain": chain})]

    def statement(
        self, sandbox_id: str, account_id: str, after_seq: int, limit: int
    ) -> list[tuple[Entry, int]]:
        """Read an account's entries after `after_seq`, oldest first.

        Each comes with what it released of a hold, 0 if nothing.
        """
        values = {"sandbox_id": sandbox_id, "account_id": account_id, "after": after_seq, "limit": limit}
        return [(_entry(row), row[-1]) for row in self._rows(_STATEMENT, values)]

    def query(self, sql: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Run a reading statement, written for every storage, with `:named` parameters."""
        return self._rows(_translated(sql), parameters)

    def _locked(self, sandbox_id: str, *reads: tuple[str, Collection[str]]) -> tuple[Head, list[list[Any]]]:
        """Lock the book and read lists after it, in one round trip. A new book is begun first."""
        key = {"sandbox_id": sandbox_id}
        while True:
            with self._connection.pipeline():
                lock = self._execute(_LOCK, key)
                cursors = [self._execute(sql, key | {"wanted": texts(wanted)}) for sql, wanted in reads]
            row = lock.fetchone()
            if row is not None:
                return Head._make(row), [cursor.fetchall() for cursor in cursors]
            # There was no row to wait for. Now there is one, of ours or of another first writer, and what
            # was read beside it is read again behind the lock.
            self._connection.execute(_OPEN_BOOK, key | {"digest": proof.GENESIS})

    def _read(self, sandbox_id: str, *reads: tuple[str, Collection[str]]) -> list[list[Any]]:
        """Read lists in one round trip."""
        with self._connection.pipeline():
            cursors = [
                self._execute(sql, {"sandbox_id": sandbox_id, "wanted": texts(wanted)})
                for sql, wanted in reads
            ]
        return [cursor.fetchall() for cursor in cursors]

    def _accounts(self, sandbox_id: str, ids: Collection[str]) -> dict[str, Account]:
        (rows,) = self._read(sandbox_id, (_ACCOUNTS, ids))
        return {row[0]: Account._make(row) for row in rows}

    def _limits(self, sandbox_id: str, accounts: Mapping[str, Account]) -> dict[str, list[LimitChange]]:
        """Read the changes of credit limits that are still to take force."""
        limits: dict[str, list[LimitChange]] = {
            account.id: [] for account in accounts.values() if account.limit_due_at
        }
        if limits:
            (rows,) = self._read(sandbox_id, (_LIMITS, limits))
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


def _writes(sandbox_id: str, outcome: Outcome) -> list[tuple[bytes, Sequence[object]]]:
    """Return what a save executes: the head first, and nothing for what is empty."""
    rows = outcome.entries or outcome.changes
    writes: list[tuple[str, Sequence[object]]] = []
    if rows:
        head, newest = outcome.head, rows[-1]
        number = head.last_batch + 1
        ends = (head.last_seq + 1, newest.seq, newest.happened_at, newest.recorded_at)
        digest = proof.extend(head.digest, proof.BatchHeader(sandbox_id, number, *ends), rows)
        writes = [
            (_ADVANCE_BOOK, (newest.seq, number, *ends[2:], digest, sandbox_id, head.last_seq)),
            (_INSERT_BATCH, (sandbox_id, number, *ends, digest)),
        ]
    for table, values in (
        (tables.entry, outcome.entries),
        (tables.account_change, outcome.changes),
        (tables.account, outcome.opened),
        (tables.open_hold, outcome.holds_opened),
        (tables.spent_id, [(name,) for name in outcome.spent]),
    ):
        if values:
            writes.append((_INSERTS[table.name], (sandbox_id, *_literals(table, values))))
    if outcome.accounts:
        names, *columns = zip(*((a[0], *a[3:10]) for a in outcome.accounts.values()), strict=True)
        writes.append((_UPDATE_ACCOUNTS, (texts(names), *map(numbers, columns), sandbox_id)))
    if outcome.holds_changed:
        holds, _, remaining, expires_at = zip(*outcome.holds_changed, strict=True)
        moved = (texts(holds), numbers(remaining), numbers(expires_at), sandbox_id)
        writes.append((_UPDATE_OPEN_HOLDS, moved))
    if outcome.holds_ended:
        writes.append((_DELETE_OPEN_HOLDS, (texts(outcome.holds_ended), sandbox_id)))
    return [(sql.encode(), values) for sql, values in writes]


def _literals(table: Table, rows: Sequence[tuple[Any, ...]]) -> Iterator[str]:
    """Turn rows of a table into one array for each column after the sandbox's."""
    for column, values in zip([*table.columns][1:], zip(*rows, strict=True), strict=True):
        yield texts(values) if isinstance(column.type, Text) else numbers(values)


def _entry(row: Sequence[Any]) -> Entry:
    """Make an entry of a row that begins with its columns."""
    return Entry(row[0], row[1], Kind(row[2]), *row[3:_ENTRY_WIDTH])


def texts(values: Collection[str]) -> str:
    """Write an array of texts as PostgreSQL reads it, several times faster than value by value."""
    literal = '{"' + '","'.join(values) + '"}'
    if "\\" in literal or literal.count('"') != 2 * len(values):
        escaped = [value.replace("\\", "\\\\").replace('"', '\\"') for value in values]
        literal = '{"' + '","'.join(escaped) + '"}'
    return literal if values else "{}"


def numbers(values: Iterable[int]) -> str:
    """Write an array of numbers as PostgreSQL reads it."""
    # An enum would give its name.
    return "{" + ",".join(map(int.__repr__, values)) + "}"


_TOKENS: Final = re.compile(r"'(?:[^']|'')*'|::|:([a-z_]+)\b")


@cache
def _translated(sql: str) -> str:
    """Write `:name` as psycopg does, and leave casts and what is quoted alone."""
    return _TOKENS.sub(lambda found: f"%({found[1]})s" if found[1] else found[0], sql.replace("%", "%%"))
