"""What the store on PostgreSQL says: its statements, and values written as arrays."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Table, Text

from ledger.chart import ChartRow
from ledger.model import Account, Change, Entry, Head, Kind
from ledger.storage import tables

_ENTRY_COLUMNS: Final = ", ".join(f"e.{column}" for column in Entry._fields)

# Each list of values is a table. What is looked up for each of its rows stands in a LATERAL with a LIMIT,
# which keeps the planner to one look-up per value: it cannot know that a book is a small part of a table.
_WANTED: Final = "unnest(%(wanted)s::text[]) AS wanted (value)"
MISSING: Final = "SELECT 1 FROM unnest(%s::text[]) AS t (name) WHERE to_regclass(t.name) IS NULL"
LOCK: Final = f"""\
SELECT {", ".join(Head._fields)} FROM ledger_book WHERE sandbox_id = %(sandbox_id)s FOR UPDATE"""
OPEN_BOOK: Final = """\
INSERT INTO ledger_book VALUES (%(sandbox_id)s, 0, 0, 0, 0, %(digest)s) ON CONFLICT DO NOTHING"""
KNOWN: Final = f"""\
SELECT {_ENTRY_COLUMNS}, o.remaining, o.expires_at, s.id FROM {_WANTED}
LEFT JOIN LATERAL (SELECT * FROM ledger_entry AS f
  WHERE f.sandbox_id = %(sandbox_id)s AND f.id = wanted.value LIMIT 1) AS e ON true
LEFT JOIN LATERAL (SELECT h.remaining, h.expires_at FROM ledger_open_hold AS h
  WHERE h.sandbox_id = %(sandbox_id)s AND h.hold_id = e.id LIMIT 1) AS o ON true
LEFT JOIN LATERAL (SELECT f.id FROM ledger_spent_id AS f
  WHERE f.sandbox_id = %(sandbox_id)s AND f.id = wanted.value LIMIT 1) AS s ON true
WHERE e.seq IS NOT NULL OR s.id IS NOT NULL"""
ACTS: Final = f"""\
SELECT a.target_id, a.id, a.kind, a.amount, a.expires_at FROM {_WANTED}
CROSS JOIN LATERAL (SELECT * FROM ledger_entry AS f
  WHERE f.sandbox_id = %(sandbox_id)s AND f.target_id = wanted.value AND f.target_id <> ''
  ORDER BY f.seq LIMIT ALL OFFSET 0) AS a
ORDER BY a.seq"""
ACCOUNTS: Final = f"""\
SELECT a.* FROM {_WANTED}
CROSS JOIN LATERAL (SELECT {", ".join(Account._fields)} FROM ledger_account AS f
  WHERE f.sandbox_id = %(sandbox_id)s AND f.id = wanted.value LIMIT 1) AS a"""
LIMITS: Final = f"""\
SELECT c.account_id, c.effective_at, c.value FROM {_WANTED}
CROSS JOIN LATERAL (SELECT * FROM ledger_account_change AS f
  WHERE f.sandbox_id = %(sandbox_id)s AND f.account_id = wanted.value AND f.change = {Change.LIMIT:d}
  OFFSET 0) AS c
ORDER BY c.account_id, c.effective_at, c.seq"""

ENTRY: Final = f"SELECT {_ENTRY_COLUMNS} FROM ledger_entry AS e WHERE e.sandbox_id = %s AND e.id = %s"
ACTING_ON: Final = f"""\
SELECT {_ENTRY_COLUMNS} FROM ledger_entry AS e
WHERE e.sandbox_id = %s AND e.target_id = %s AND e.target_id <> '' ORDER BY e.seq"""
# The entries of a chain follow one another: the first that is not of it ends the look.
CHAIN: Final = f"""\
SELECT {_ENTRY_COLUMNS} FROM ledger_entry AS e
WHERE e.sandbox_id = %(sandbox_id)s AND e.seq >= %(chain)s AND e.chain = %(chain)s AND e.seq < coalesce(
  (SELECT f.seq FROM ledger_entry AS f WHERE f.sandbox_id = %(sandbox_id)s AND f.seq > %(chain)s
    AND f.chain <> %(chain)s ORDER BY f.seq LIMIT 1), 9223372036854775807)
ORDER BY e.seq"""
ANY_BETWEEN: Final = """\
SELECT EXISTS (SELECT 1 FROM ledger_entry
    WHERE sandbox_id = %(sandbox_id)s AND id BETWEEN %(first)s AND %(last)s)
  OR EXISTS (SELECT 1 FROM ledger_spent_id
    WHERE sandbox_id = %(sandbox_id)s AND id BETWEEN %(first)s AND %(last)s)"""
DUE: Final = f"""\
SELECT {_ENTRY_COLUMNS}, o.remaining, o.expires_at
FROM ledger_open_hold AS o JOIN ledger_entry AS e ON e.sandbox_id = o.sandbox_id AND e.seq = o.seq
WHERE o.sandbox_id = %(sandbox_id)s AND o.expires_at > 0 AND o.expires_at <= %(now)s
ORDER BY o.expires_at, o.seq LIMIT %(limit)s"""
# Each half stops after a page by itself, so that a page costs the same in a long history. A POST
# releases what the captures before it have left of the hold; whatever else releases, its amount.
STATEMENT: Final = f"""\
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

ADVANCE_BOOK: Final = """\
UPDATE ledger_book SET last_seq = %s, last_batch = %s, happened_at = %s, recorded_at = %s, digest = %s
WHERE sandbox_id = %s AND last_seq = %s"""
INSERT_BATCH: Final = "INSERT INTO ledger_batch VALUES (%s, %s, %s, %s, %s, %s, %s)"


def _arrays(table: Table) -> str:
    """Return one table of an array for each column after the sandbox's."""
    arrays = ("text[]" if isinstance(column.type, Text) else "bigint[]" for column in [*table.columns][1:])
    return f"unnest({', '.join(f'%s::{array}' for array in arrays)})"


INSERTS: Final = {
    table.name: f"INSERT INTO {table.name} SELECT %s, * FROM {_arrays(table)}"
    for table in (
        tables.entry,
        tables.account_change,
        tables.account,
        tables.open_hold,
        tables.spent_id,
        tables.chart,
    )
}
_CHANGING: Final = Account._fields[3:10]
# Not an UPDATE: without statistics the planner joins it with all accounts of the book. This looks each up.
UPDATE_ACCOUNTS: Final = f"""\
{INSERTS[tables.account.name]} ON CONFLICT (sandbox_id, id)
DO UPDATE SET {", ".join(f"{column} = excluded.{column}" for column in _CHANGING)}"""
# The list stands here twice for the same reason: as what is looked up, and as what it is joined with.
UPDATE_OPEN_HOLDS: Final = """\
UPDATE ledger_open_hold AS o SET remaining = n.remaining, expires_at = n.expires_at
FROM unnest(%(holds)s::text[], %(remaining)s::bigint[], %(expires_at)s::bigint[])
  AS n (hold_id, remaining, expires_at)
WHERE o.sandbox_id = %(sandbox_id)s AND o.hold_id = ANY(%(holds)s::text[]) AND o.hold_id = n.hold_id"""
DELETE_OPEN_HOLDS: Final = "DELETE FROM ledger_open_hold WHERE sandbox_id = %s AND hold_id = ANY(%s::text[])"

CHART: Final = f"SELECT {', '.join(ChartRow._fields)} FROM ledger_chart WHERE sandbox_id = %s ORDER BY code"
DELETE_CHART: Final = "DELETE FROM ledger_chart WHERE sandbox_id = %s"


def literals(table: Table, rows: Sequence[tuple[Any, ...]]) -> Iterator[str]:
    """Turn rows of a table into one array for each column after the sandbox's."""
    for column, values in zip([*table.columns][1:], zip(*rows, strict=True), strict=True):
        yield array(values, texts if isinstance(column.type, Text) else numbers)


def array(values: Sequence[Any], write: Callable[[Sequence[Any]], str]) -> str:
    """Write a column as one array: by `write`, but only once what is the same in every row, as most are."""
    count = len(values)
    if values.count(values[0]) < count:
        return write(values)
    value = write(values[:1])[1:-1]
    return "{" + ",".join([value] * count) + "}"


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


_TOKENS: Final = re.compile(r"'(?:[^']|'')*'|::|:([a-z_][a-z0-9_]*)\b")


@cache
def translated(sql: str) -> str:
    """Write `:name` as psycopg does, and leave casts and what is quoted alone."""
    return _TOKENS.sub(lambda found: f"%({found[1]})s" if found[1] else found[0], sql.replace("%", "%%"))
