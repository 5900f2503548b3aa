"""Books in SQLite, the embedded default: one file, one writer."""

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from ledger.clock import Micros
from ledger.errors import StorageError
from ledger.model import Account, Entry, Kind, Outcome, State, Transfer
from ledger.storage.tables import append_only_ddl, metadata

SQLITE_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    # Without it INSERT OR REPLACE would delete a row behind the back of the append-only triggers.
    "PRAGMA recursive_triggers = ON",
    # In KiB. Index pages that leave the cache inside a transaction are written twice.
    "PRAGMA cache_size = -65536",
)
"""What a writing connection should be set to."""

# Long lists go in bites of one size, whose statement then stays prepared.
_MOST_IN_ONE: Final = 500

_ACCOUNT_COLUMNS: Final = ", ".join(Account._fields)
_ENTRY_COLUMNS: Final = ", ".join(Entry._fields)
_ACCOUNT_WIDTH: Final = len(Account._fields)

# Every list is joined as a table, outermost: one look-up per value, and no set built first as IN would.
_WANTED: Final = "WITH wanted (value) AS (VALUES {})"
# Two narrow columns, since sqlite3 describes every column anew for each statement, rows or not.
_KNOWN_IDS: Final = f"""{_WANTED}
SELECT e.seq, s.id FROM wanted
LEFT JOIN ledger_entry AS e ON e.sandbox_id = ?1 AND e.id = wanted.value
LEFT JOIN ledger_spent_id AS s ON s.sandbox_id = ?1 AND s.id = wanted.value
WHERE e.seq IS NOT NULL OR s.id IS NOT NULL"""
_ENTRIES: Final = f"""{_WANTED}
SELECT {_ENTRY_COLUMNS} FROM wanted CROSS JOIN ledger_entry WHERE sandbox_id = ?1 AND seq = wanted.value"""
_CLOSINGS: Final = f"""{_WANTED}
SELECT hold_id, kind FROM wanted CROSS JOIN ledger_entry
WHERE sandbox_id = ?1 AND hold_id = wanted.value AND hold_id <> ''"""
_ACCOUNTS: Final = f"""{_WANTED}
SELECT {_ACCOUNT_COLUMNS}, (SELECT last_seq FROM ledger_book WHERE sandbox_id = ?1)
FROM wanted CROSS JOIN ledger_account WHERE sandbox_id = ?1 AND id = wanted.value"""

_ENTRY: Final = f"SELECT {_ENTRY_COLUMNS} FROM ledger_entry WHERE sandbox_id = ? AND id = ?"
_DUE: Final = f"""\
SELECT {", ".join(f"e.{column}" for column in Entry._fields)}
FROM ledger_open_hold AS o JOIN ledger_entry AS e ON e.sandbox_id = o.sandbox_id AND e.seq = o.seq
WHERE o.sandbox_id = ? AND o.expires_at > 0 AND o.expires_at <= ?
ORDER BY o.expires_at, o.seq LIMIT ?"""
# Each half stops after a page by itself, so that a page costs the same in a long history.
_STATEMENT: Final = f"""\
SELECT {", ".join(f"e.{column}" for column in Entry._fields)}, coalesce(h.amount, 0)
FROM (
  SELECT seq FROM (SELECT seq FROM ledger_entry
    WHERE sandbox_id = ?1 AND debit_account = ?2 AND seq > ?3 ORDER BY seq LIMIT ?4)
  UNION ALL
  SELECT seq FROM (SELECT seq FROM ledger_entry
    WHERE sandbox_id = ?1 AND credit_account = ?2 AND seq > ?3 ORDER BY seq LIMIT ?4)
) AS own
JOIN ledger_entry AS e ON e.sandbox_id = ?1 AND e.seq = own.seq
LEFT JOIN ledger_entry AS h ON h.sandbox_id = ?1 AND h.id = e.hold_id AND e.hold_id <> ''
ORDER BY e.seq LIMIT ?4"""

_OPEN_BOOK: Final = "INSERT INTO ledger_book VALUES (?, 0) ON CONFLICT DO NOTHING"
_ADVANCE_BOOK: Final = "UPDATE ledger_book SET last_seq = ? WHERE sandbox_id = ? AND last_seq = ?"
_INSERT_ENTRY: Final = f"INSERT INTO ledger_entry VALUES (?{', ?' * len(Entry._fields)})"
_INSERT_ACCOUNT: Final = f"INSERT INTO ledger_account VALUES (?{', ?' * _ACCOUNT_WIDTH})"
_UPDATE_ACCOUNT: Final = """\
UPDATE ledger_account SET
  debits_pending = ?, debits_posted = ?, credits_pending = ?, credits_posted = ?
WHERE sandbox_id = ? AND id = ?"""
_SET_FLAGS: Final = "UPDATE ledger_account SET flags = ? WHERE sandbox_id = ? AND id = ?"
_INSERT_OPEN_HOLD: Final = "INSERT INTO ledger_open_hold VALUES (?, ?, ?, ?)"
_DELETE_OPEN_HOLD: Final = "DELETE FROM ledger_open_hold WHERE sandbox_id = ? AND hold_id = ?"
_INSERT_SPENT: Final = "INSERT INTO ledger_spent_id VALUES (?, ?)"


class SqliteStore:
    """A `Store` on one connection, whose transactions belong to the caller."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Work on a connection to a database that has the schema; for reading it may be read-only.

        A writing connection should be set by `SQLITE_PRAGMAS`.
        """
        self._connection = connection
        self._execute = connection.execute
        self._executemany = connection.executemany

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open a database of its own, ":memory:" too, and make the schema where it is missing."""
        connection = sqlite3.connect(path, isolation_level=None)
        for pragma in SQLITE_PRAGMAS:
            connection.execute(pragma)
        store = cls(connection)
        with store.transaction():
            for statement in _schema():
                connection.execute(statement)
        return store

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all that is written in the block, or nothing if it raises."""
        self._execute("BEGIN IMMEDIATE")
        try:
            yield
            self._execute("COMMIT")
        except BaseException:
            self._execute("ROLLBACK")
            raise

    def load(self, sandbox_id: str, batch: Sequence[Transfer]) -> State:
        """Read what `apply` needs: two statements as a rule, two more if ids are known already."""
        ids: set[str] = set()
        names: set[str] = set()
        for transfer in batch:
            ids.add(transfer.id)
            if transfer.hold_id:
                ids.add(transfer.hold_id)
            if transfer.debit_account:
                names.add(transfer.debit_account)
            if transfer.credit_account:
                names.add(transfer.credit_account)
        seqs: list[int] = []
        spent: set[str] = set()
        for seq, spent_id in self._select(_KNOWN_IDS, sandbox_id, ids):
            if spent_id is None:
                seqs.append(seq)
            else:
                spent.add(spent_id)
        entries: dict[str, Entry] = {}
        closings: dict[str, Kind] = {}
        if seqs:
            for row in self._select(_ENTRIES, sandbox_id, seqs):
                entry = _entry(row)
                entries[entry.id] = entry
                names.add(entry.debit_account)
                names.add(entry.credit_account)
            for hold_id, kind in self._select(_CLOSINGS, sandbox_id, entries):
                closings[hold_id] = Kind(kind)
        accounts, last_seq = self._accounts(sandbox_id, names)
        return State(accounts, entries, closings, spent, last_seq)

    def load_due(self, sandbox_id: str, now: Micros, limit: int) -> tuple[State, list[Entry]]:
        """Read the first `limit` open holds due at `now`, by (expires_at, seq), and their facts."""
        holds = [_entry(row) for row in self._execute(_DUE, (sandbox_id, now, limit))]
        names = {name for hold in holds for name in (hold.debit_account, hold.credit_account)}
        accounts, last_seq = self._accounts(sandbox_id, names)
        return State(accounts, {hold.id: hold for hold in holds}, {}, set(), last_seq), holds

    def save(self, sandbox_id: str, outcome: Outcome) -> None:
        """Write an outcome.

        Raises StorageError when the book has moved on since it was read; then roll back.
        """
        entries = outcome.entries
        if entries:
            advance = (outcome.last_seq, sandbox_id, outcome.last_seq - len(entries))
            if self._execute(_ADVANCE_BOOK, advance).rowcount != 1:
                message = f"a second writer has written to the book of {sandbox_id}"
                raise StorageError(message)
            # Binding an enum makes sqlite3 look for an adapter; a plain int does not.
            self._executemany(
                _INSERT_ENTRY,
                [(sandbox_id, e[0], e[1], int(e[2]), *e[3:]) for e in entries],
            )
            self._executemany(
                _UPDATE_ACCOUNT,
                [(a[4], a[5], a[6], a[7], sandbox_id, a[0]) for a in outcome.accounts.values()],
            )
        if outcome.holds_opened:
            self._executemany(
                _INSERT_OPEN_HOLD,
                [(sandbox_id, h.id, h.seq, h.expires_at) for h in outcome.holds_opened],
            )
        if outcome.holds_ended:
            self._executemany(_DELETE_OPEN_HOLD, [(sandbox_id, hold_id) for hold_id in outcome.holds_ended])
        if outcome.spent:
            self._executemany(_INSERT_SPENT, [(sandbox_id, name) for name in outcome.spent])

    def insert_accounts(self, sandbox_id: str, accounts: Sequence[Account]) -> None:
        """Write new accounts, and the book itself with its first ones."""
        self._execute(_OPEN_BOOK, (sandbox_id,))
        self._executemany(_INSERT_ACCOUNT, [(sandbox_id, *account) for account in accounts])

    def set_flags(self, sandbox_id: str, account_id: str, flags: int) -> None:
        """Replace the flags of an account."""
        self._execute(_SET_FLAGS, (flags, sandbox_id, account_id))

    def accounts(self, sandbox_id: str, ids: Sequence[str]) -> dict[str, Account]:
        """Read accounts in the order asked for; unknown ids are left out."""
        return self._accounts(sandbox_id, dict.fromkeys(ids))[0]

    def entry(self, sandbox_id: str, entry_id: str) -> Entry | None:
        """Read one entry."""
        row = self._execute(_ENTRY, (sandbox_id, entry_id)).fetchone()
        return None if row is None else _entry(row)

    def statement(
        self, sandbox_id: str, account_id: str, after_seq: int, limit: int
    ) -> list[tuple[Entry, int]]:
        """Read an account's entries after `after_seq`, oldest first.

        Each comes with the full amount of the hold that it ended, 0 if it ended none.
        """
        rows = self._execute(_STATEMENT, (sandbox_id, account_id, after_seq, limit))
        return [(_entry(row[:-1]), row[-1]) for row in rows]

    def query(self, sql: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Run a reading statement, written for every storage, with `:named` parameters."""
        return self._execute(sql, parameters).fetchall()

    def _accounts(self, sandbox_id: str, ids: Collection[str]) -> tuple[dict[str, Account], int]:
        """Read accounts and the last seq, which stays 0 without accounts: nothing can be written."""
        accounts: dict[str, Account] = {}
        last_seq = 0
        for row in self._select(_ACCOUNTS, sandbox_id, ids):
            accounts[row[0]] = Account._make(row[:_ACCOUNT_WIDTH])
            last_seq = row[_ACCOUNT_WIDTH]
        return accounts, last_seq

    def _select(self, sql: str, sandbox_id: str, wanted: Collection[int | str]) -> list[Any]:
        """Run a statement with a list of wanted values; more than one bite is rare."""
        if len(wanted) <= _MOST_IN_ONE:
            if not wanted:
                return []
            return self._execute(_filled(sql, len(wanted)), (sandbox_id, *wanted)).fetchall()
        values = list(wanted)
        return [
            row
            for start in range(0, len(values), _MOST_IN_ONE)
            for row in self._select(sql, sandbox_id, values[start : start + _MOST_IN_ONE])
        ]


def _entry(row: Sequence[Any]) -> Entry:
    return Entry(row[0], row[1], Kind(row[2]), *row[3:])


@cache
def _filled(sql: str, count: int) -> str:
    """Put `count` numbered places into the list of wanted values, after ?1."""
    return sql.format(", ".join(f"(?{number})" for number in range(2, count + 2)))


def _schema() -> list[str]:
    dialect = sqlite.dialect()
    statements = []
    for table in metadata.sorted_tables:
        statements.append(str(CreateTable(table, if_not_exists=True).compile(dialect=dialect)))
        statements += [
            str(CreateIndex(index, if_not_exists=True).compile(dialect=dialect)) for index in table.indexes
        ]
    return statements + append_only_ddl("sqlite")
