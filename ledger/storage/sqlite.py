"""Books in SQLite, the embedded default: one file, one writer."""

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, Self

from ledger import proof
from ledger.chart import AccountClass, ChartRow, Side
from ledger.clock import Micros
from ledger.errors import StorageError
from ledger.model import (
    Account,
    AccountChange,
    Batch,
    Change,
    Entry,
    Head,
    HoldNow,
    Kind,
    LimitChange,
    OpenHold,
    Outcome,
    State,
    Transfer,
)
from ledger.storage.kept import KeptAccounts
from ledger.storage.store import named, told_by_acts
from ledger.storage.tables import schema_ddl

SQLITE_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    # Without it INSERT OR REPLACE would delete a row behind the back of the append-only triggers.
    "PRAGMA recursive_triggers = ON",
    # In KiB. Index pages that leave the cache inside a transaction are written twice.
    "PRAGMA cache_size = -65536",
    # A page that many commits change is copied into the database once in 20,000, not in 1,000 pages.
    "PRAGMA wal_autocheckpoint = 20000",
)
"""What a writing connection should be set to."""

# Long lists go in bites of one size, whose statement then stays prepared.
_MOST_IN_ONE: Final = 500

# To read so many ids that lie between those of a batch costs about as much as to look up one of them.
_WORTH_A_LOOK_UP: Final = 4

_HOLD: Final = Kind.HOLD

_ENTRY_COLUMNS: Final = ", ".join(f"e.{column}" for column in Entry._fields)
_ENTRY_WIDTH: Final = len(Entry._fields)

# Without statistics SQLite would rather read the whole book by its primary key.
_BY_TARGET: Final = "INDEXED BY ledger_entry_target"
_BY_ACCOUNT: Final = "INDEXED BY ledger_account_change_account"

# Every list is joined as a table, outermost: one look-up per value, and no set built first as IN would.
_WANTED: Final = "WITH wanted (value) AS (VALUES {})"
# Ids that rise with time, as ULIDs do, find the place between the first and the last of a batch empty: one
# look-up for all of them. Where others lie there, each half stops soon and they are looked up one by one.
_BETWEEN: Final = """\
SELECT * FROM (SELECT seq, id, 0 FROM ledger_entry
  WHERE sandbox_id = ?1 AND id >= ?2 AND id <= ?3 ORDER BY id LIMIT ?4)
UNION ALL
SELECT * FROM (SELECT 0, id, 1 FROM ledger_spent_id
  WHERE sandbox_id = ?1 AND id >= ?2 AND id <= ?3 ORDER BY id LIMIT ?4)"""
_ANY_BETWEEN: Final = """\
SELECT EXISTS (SELECT 1 FROM ledger_entry WHERE sandbox_id = ?1 AND id BETWEEN ?2 AND ?3)
  OR EXISTS (SELECT 1 FROM ledger_spent_id WHERE sandbox_id = ?1 AND id BETWEEN ?2 AND ?3)"""
# Two narrow columns, since sqlite3 describes every column anew for each statement, rows or not.
_KNOWN_IDS: Final = f"""{_WANTED}
SELECT e.seq, s.id FROM wanted
LEFT JOIN ledger_entry AS e ON e.sandbox_id = ?1 AND e.id = wanted.value
LEFT JOIN ledger_spent_id AS s ON s.sandbox_id = ?1 AND s.id = wanted.value
WHERE e.seq IS NOT NULL OR s.id IS NOT NULL"""
_ENTRIES: Final = f"""{_WANTED}
SELECT {_ENTRY_COLUMNS}, o.remaining, o.expires_at
FROM wanted CROSS JOIN ledger_entry AS e
LEFT JOIN ledger_open_hold AS o ON o.sandbox_id = ?1 AND o.hold_id = e.id
WHERE e.sandbox_id = ?1 AND e.seq = wanted.value"""
_ACTS: Final = f"""{_WANTED}
SELECT target_id, id, kind, amount, expires_at FROM wanted CROSS JOIN ledger_entry {_BY_TARGET}
WHERE sandbox_id = ?1 AND target_id = wanted.value AND target_id <> '' ORDER BY wanted.value, seq"""
_ACCOUNTS: Final = f"""{_WANTED}
SELECT {", ".join(Account._fields)} FROM wanted CROSS JOIN ledger_account
WHERE sandbox_id = ?1 AND id = wanted.value"""
_LIMITS: Final = f"""{_WANTED}
SELECT c.account_id, c.effective_at, c.value FROM wanted CROSS JOIN ledger_account_change AS c {_BY_ACCOUNT}
WHERE c.sandbox_id = ?1 AND c.account_id = wanted.value AND c.change = {Change.LIMIT:d}
ORDER BY c.account_id, c.effective_at, c.seq"""

_HEAD: Final = f"SELECT {', '.join(Head._fields)} FROM ledger_book WHERE sandbox_id = ?"
_HEADS: Final = f"""\
SELECT sandbox_id, {", ".join(Head._fields)} FROM json_each(?) CROSS JOIN ledger_book
WHERE sandbox_id = json_each.value"""
_ENTRY: Final = f"SELECT {_ENTRY_COLUMNS} FROM ledger_entry AS e WHERE sandbox_id = ? AND id = ?"
_ACTING_ON: Final = f"""\
SELECT {_ENTRY_COLUMNS} FROM ledger_entry AS e {_BY_TARGET}
WHERE sandbox_id = ? AND target_id = ? AND target_id <> '' ORDER BY seq"""
# The entries of a chain follow one another: the first that is not of it ends the look.
_CHAIN: Final = f"""\
SELECT {_ENTRY_COLUMNS} FROM ledger_entry AS e
WHERE sandbox_id = ?1 AND seq >= ?2 AND chain = ?2 AND seq < coalesce(
  (SELECT seq FROM ledger_entry WHERE sandbox_id = ?1 AND seq > ?2 AND chain <> ?2 ORDER BY seq LIMIT 1),
  9223372036854775807)
ORDER BY seq"""
_DUE: Final = f"""\
SELECT {_ENTRY_COLUMNS}, o.remaining, o.expires_at
FROM ledger_open_hold AS o JOIN ledger_entry AS e ON e.sandbox_id = o.sandbox_id AND e.seq = o.seq
WHERE o.sandbox_id = ? AND o.expires_at > 0 AND o.expires_at <= ?
ORDER BY o.expires_at, o.seq LIMIT ?"""
# Each half stops after a page by itself, so that a page costs the same in a long history. A POST
# releases what the captures before it have left of the hold; whatever else releases, its amount.
_STATEMENT: Final = f"""\
SELECT {_ENTRY_COLUMNS}, CASE
  WHEN e.kind = {Kind.POST:d} THEN
    (SELECT h.amount FROM ledger_entry AS h WHERE h.sandbox_id = ?1 AND h.id = e.target_id)
    - coalesce((SELECT sum(c.amount) FROM ledger_entry AS c {_BY_TARGET} WHERE c.sandbox_id = ?1
      AND c.target_id = e.target_id AND c.target_id <> '' AND c.kind = {Kind.CAPTURE:d}), 0)
  WHEN e.kind IN ({Kind.VOID:d}, {Kind.EXPIRE:d}, {Kind.CAPTURE:d}) THEN e.amount
  ELSE 0 END
FROM (
  SELECT seq FROM (SELECT seq FROM ledger_entry
    WHERE sandbox_id = ?1 AND debit_account = ?2 AND seq > ?3 ORDER BY seq LIMIT ?4)
  UNION ALL
  SELECT seq FROM (SELECT seq FROM ledger_entry
    WHERE sandbox_id = ?1 AND credit_account = ?2 AND seq > ?3 ORDER BY seq LIMIT ?4)
) AS own
JOIN ledger_entry AS e ON e.sandbox_id = ?1 AND e.seq = own.seq
ORDER BY e.seq LIMIT ?4"""


def _insert(table: str, columns: int) -> str:
    return f"INSERT INTO {table} VALUES (?{', ?' * columns})"


_OPEN_BOOK: Final = _insert("ledger_book", len(Head._fields)) + " ON CONFLICT DO NOTHING"
_ADVANCE_BOOK: Final = """\
UPDATE ledger_book SET last_seq = ?, last_batch = ?, happened_at = ?, recorded_at = ?, digest = ?
WHERE sandbox_id = ? AND last_seq = ?"""
_INSERT_BATCH: Final = _insert("ledger_batch", len(Batch._fields))
INSERT_ENTRY: Final = _insert("ledger_entry", _ENTRY_WIDTH)
_INSERT_CHANGE: Final = _insert("ledger_account_change", len(AccountChange._fields))
_INSERT_ACCOUNT: Final = _insert("ledger_account", len(Account._fields))
_UPDATE_ACCOUNT: Final = """\
UPDATE ledger_account SET flags = ?, debits_pending = ?, debits_posted = ?, credits_pending = ?,
  credits_posted = ?, credit_limit = ?, limit_due_at = ?
WHERE sandbox_id = ? AND id = ?"""
_INSERT_OPEN_HOLD: Final = _insert("ledger_open_hold", len(OpenHold._fields))
_UPDATE_OPEN_HOLD: Final = """\
UPDATE ledger_open_hold SET remaining = ?, expires_at = ? WHERE sandbox_id = ? AND hold_id = ?"""
_DELETE_OPEN_HOLD: Final = "DELETE FROM ledger_open_hold WHERE sandbox_id = ? AND hold_id = ?"
_INSERT_SPENT: Final = _insert("ledger_spent_id", 1)
_CHART: Final = f"SELECT {', '.join(ChartRow._fields)} FROM ledger_chart WHERE sandbox_id = ? ORDER BY code"
_DELETE_CHART: Final = "DELETE FROM ledger_chart WHERE sandbox_id = ?"
_INSERT_CHART: Final = _insert("ledger_chart", len(ChartRow._fields))


class SqliteStore:
    """A `Store` on one connection, whose transactions belong to the caller."""

    _extend = staticmethod(proof.extend)

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Work on a connection to a database that has the schema; for reading it may be read-only.

        A writing connection should be set by `SQLITE_PRAGMAS`.
        """
        self._connection = connection
        self._execute = connection.execute
        self._executemany = connection.executemany
        self._kept = KeptAccounts()

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open a database of its own, ":memory:" too, and make the schema where it is missing."""
        connection = sqlite3.connect(path, isolation_level=None)
        for pragma in SQLITE_PRAGMAS:
            connection.execute(pragma)
        store = cls(connection)
        with store.transaction():
            for statement in schema_ddl("sqlite"):
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
        """Read what `apply` needs: three statements as a rule, more if ids are known already."""
        head = self._head(sandbox_id)
        ids, targets, names, acted_on = named(batch)
        seqs, spent = self._known(sandbox_id, ids, targets)
        entries: dict[str, Entry] = {}
        holds: dict[str, HoldNow] = {}
        reversals: dict[str, str] = {}
        if seqs:
            ended: list[Entry] = []
            for row in self._select(_ENTRIES, sandbox_id, seqs):
                entry = _entry(row)
                entries[entry.id] = entry
                names.add(entry.debit_account)
                names.add(entry.credit_account)
                if row[_ENTRY_WIDTH] is not None:
                    holds[entry.id] = HoldNow(row[_ENTRY_WIDTH], row[_ENTRY_WIDTH + 1])
                elif entry.kind is _HOLD:
                    ended.append(entry)
                    acted_on.add(entry.id)
            if acted_on:
                rows = self._select(_ACTS, sandbox_id, acted_on)
                told, reversals = told_by_acts(ended, rows)
                holds |= told
        accounts = self._kept_accounts(sandbox_id, head, names)
        return State(accounts, entries, holds, spent, head, reversals, self._limits(sandbox_id, accounts))

    def surely_new(self, sandbox_id: str, ids: Collection[str]) -> bool:
        """Say whether nothing is written or spent under any of these ids; False: it may be."""
        return not self._execute(_ANY_BETWEEN, (sandbox_id, min(ids), max(ids))).fetchone()[0]

    def load_due(self, sandbox_id: str, now: Micros, limit: int) -> tuple[State, list[Entry]]:
        """Read the first `limit` open holds due at `now`, by (expires_at, seq), and their facts."""
        rows = self._execute(_DUE, (sandbox_id, now, limit)).fetchall()
        due = [_entry(row) for row in rows]
        state = self.load_accounts(
            sandbox_id, {name for hold in due for name in (hold.debit_account, hold.credit_account)}
        )
        holds = {row[1]: HoldNow(*row[_ENTRY_WIDTH:]) for row in rows}
        return state._replace(entries={hold.id: hold for hold in due}, holds=holds), due

    def load_accounts(self, sandbox_id: str, ids: Collection[str]) -> State:
        """Read what the opening or change of these accounts needs: a state without entries."""
        head = self._head(sandbox_id)
        accounts = self._accounts(sandbox_id, ids)
        return State(accounts, {}, {}, set(), head, {}, self._limits(sandbox_id, accounts))

    def save(self, sandbox_id: str, outcome: Outcome) -> None:
        """Write an outcome and seal its rows, if it has any, as the book's next batch.

        Raises StorageError when the book has moved on since it was read; then roll back.
        """
        self.save_many([(sandbox_id, outcome)])

    def save_many(self, outcomes: Sequence[tuple[str, Outcome]]) -> None:
        """Write outcomes of several books, one for each, with no more statements than for one."""
        self._seal(outcomes)
        # Binding an enum makes sqlite3 look for an adapter; a plain int does not.
        if any(outcome.entries for _, outcome in outcomes):
            self._executemany(
                INSERT_ENTRY,
                ((book, e[0], e[1], int(e[2]), *e[3:]) for book, each in outcomes for e in each.entries),
            )
        if any(outcome.changes for _, outcome in outcomes):
            self._executemany(
                _INSERT_CHANGE,
                ((book, c[0], c[1], int(c[2]), *c[3:]) for book, each in outcomes for c in each.changes),
            )
        self._write(_INSERT_ACCOUNT, [(book, *account) for book, each in outcomes for account in each.opened])
        if any(outcome.accounts for _, outcome in outcomes):
            self._executemany(
                _UPDATE_ACCOUNT,
                ((*a[3:10], book, a[0]) for book, each in outcomes for a in each.accounts.values()),
            )
        self._write(
            _INSERT_OPEN_HOLD, [(book, *hold) for book, each in outcomes for hold in each.holds_opened]
        )
        self._write(
            _UPDATE_OPEN_HOLD,
            [(h[2], h[3], book, h[0]) for book, each in outcomes for h in each.holds_changed],
        )
        self._write(_DELETE_OPEN_HOLD, [(book, name) for book, each in outcomes for name in each.holds_ended])
        self._write(_INSERT_SPENT, [(book, name) for book, each in outcomes for name in each.spent])

    def heads(self, sandbox_ids: Collection[str]) -> dict[str, Head]:
        """Read the heads of books; one that is not there yet has the head of an empty one."""
        rows = self._execute(_HEADS, (json.dumps([*sandbox_ids]),))
        found = {row[0]: Head._make(row[1:]) for row in rows}
        return {sandbox_id: found.get(sandbox_id, Head()) for sandbox_id in sandbox_ids}

    def accounts(self, sandbox_id: str, ids: Sequence[str]) -> dict[str, Account]:
        """Read accounts in the order asked for; unknown ids are left out."""
        return self._accounts(sandbox_id, dict.fromkeys(ids))

    def entry(self, sandbox_id: str, entry_id: str) -> Entry | None:
        """Read one entry."""
        row = self._execute(_ENTRY, (sandbox_id, entry_id)).fetchone()
        return None if row is None else _entry(row)

    def acting_on(self, sandbox_id: str, target_id: str) -> list[Entry]:
        """Read what ends or changes a hold, or takes a transfer back, oldest first."""
        return [_entry(row) for row in self._execute(_ACTING_ON, (sandbox_id, target_id))]

    def chain(self, sandbox_id: str, chain: int) -> list[Entry]:
        """Read the entries of one chain, named by the `seq` of its first, in order."""
        return [_entry(row) for row in self._execute(_CHAIN, (sandbox_id, chain))]

    def statement(
        self, sandbox_id: str, account_id: str, after_seq: int, limit: int
    ) -> list[tuple[Entry, int]]:
        """Read an account's entries after `after_seq`, oldest first.

        Each comes with what it released of a hold, 0 if nothing.
        """
        rows = self._execute(_STATEMENT, (sandbox_id, account_id, after_seq, limit))
        return [(_entry(row), row[-1]) for row in rows]

    def chart(self, sandbox_id: str) -> list[ChartRow]:
        """Read the chart of accounts, by code; empty if the book has none."""
        rows = self._execute(_CHART, (sandbox_id,))
        return [ChartRow(code, name, AccountClass(kind), Side(side)) for code, name, kind, side in rows]

    def save_chart(self, sandbox_id: str, rows: Sequence[ChartRow]) -> None:
        """Put a chart in the place of the one there is."""
        self._execute(_DELETE_CHART, (sandbox_id,))
        self._executemany(
            _INSERT_CHART,
            [
                (sandbox_id, row.code, row.name, row.account_class.value, row.normal_side.value)
                for row in rows
            ],
        )

    def query(self, sql: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Run a reading statement, written for every storage, with `:named` parameters."""
        return self._execute(sql, parameters).fetchall()

    def _write(self, sql: str, rows: list[tuple[object, ...]]) -> None:
        if rows:
            self._executemany(sql, rows)

    def _seal(self, outcomes: Sequence[tuple[str, Outcome]]) -> None:
        """Move each book's head over its new rows and write their batch."""
        new: list[tuple[object, ...]] = []
        heads: list[tuple[object, ...]] = []
        batches: list[tuple[object, ...]] = []
        for sandbox_id, outcome in outcomes:
            rows: Sequence[Entry] | Sequence[AccountChange] = outcome.entries or outcome.changes
            if not rows:
                continue
            head, newest = outcome.head, rows[-1]
            number = head.last_batch + 1
            ends = (head.last_seq + 1, newest.seq, newest.happened_at, newest.recorded_at)
            digest = self._extend(head.digest, proof.BatchHeader(sandbox_id, number, *ends), rows)
            if not head.last_batch:
                new.append((sandbox_id, *Head()))
            heads.append((newest.seq, number, *ends[2:], digest, sandbox_id, head.last_seq))
            batches.append((sandbox_id, number, *ends, digest))
            self._kept.move(sandbox_id, head.digest, digest, outcome.accounts)
        self._write(_OPEN_BOOK, new)
        if heads and self._executemany(_ADVANCE_BOOK, heads).rowcount != len(heads):
            books = ", ".join(sandbox_id for sandbox_id, _ in outcomes)
            message = f"a second writer has written to the book of {books}"
            raise StorageError(message)
        self._write(_INSERT_BATCH, batches)

    def _known(self, sandbox_id: str, ids: set[str], targets: set[str]) -> tuple[list[int], set[str]]:
        """Return the `seq` of the entries of these names, and those of the ids that are spent."""
        first, last = (min(ids), max(ids)) if ids else ("", "")
        most = 2 + len(ids) // _WORTH_A_LOOK_UP
        between = self._execute(_BETWEEN, (sandbox_id, first, last, most)).fetchall()
        spent = {name for _, name, is_spent in between if is_spent}
        if len(spent) < most and len(between) - len(spent) < most:
            seqs = [seq for seq, name, is_spent in between if not is_spent and name in ids]
            spent &= ids
            wanted = targets
        else:
            seqs, spent, wanted = [], set(), ids | targets
        for seq, spent_id in self._select(_KNOWN_IDS, sandbox_id, wanted):
            if spent_id is None:
                seqs.append(seq)
            else:
                spent.add(spent_id)
        return seqs, spent

    def _head(self, sandbox_id: str) -> Head:
        row = self._execute(_HEAD, (sandbox_id,)).fetchone()
        return Head() if row is None else Head._make(row)

    def _accounts(self, sandbox_id: str, ids: Collection[str]) -> dict[str, Account]:
        return {row[0]: Account._make(row) for row in self._select(_ACCOUNTS, sandbox_id, ids)}

    def _kept_accounts(self, sandbox_id: str, head: Head, ids: Collection[str]) -> dict[str, Account]:
        """Return accounts that are read only if they are not kept. The head was read before."""
        kept = self._kept.under(sandbox_id, head.digest)
        accounts = {name: kept[name] for name in ids if name in kept}
        if len(accounts) < len(ids):
            found = self._accounts(sandbox_id, [name for name in ids if name not in accounts])
            self._kept.add(sandbox_id, head.digest, found)
            accounts |= found
        return accounts

    def _limits(self, sandbox_id: str, accounts: Mapping[str, Account]) -> dict[str, list[LimitChange]]:
        """Read the changes of credit limits that are still to take force."""
        waiting = [account.id for account in accounts.values() if account.limit_due_at]
        if not waiting:
            return {}
        limits: dict[str, list[LimitChange]] = {name: [] for name in waiting}
        for name, effective_at, value in self._select(_LIMITS, sandbox_id, waiting):
            if effective_at >= accounts[name].limit_due_at:
                limits[name].append(LimitChange(effective_at, value))
        return limits

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
    """Make an entry of a row that begins with its columns."""
    return Entry(row[0], row[1], Kind(row[2]), *row[3:_ENTRY_WIDTH])


@cache
def _filled(sql: str, count: int) -> str:
    """Put `count` numbered places into the list of wanted values, after ?1."""
    return sql.format(", ".join(f"(?{number})" for number in range(2, count + 2)))
