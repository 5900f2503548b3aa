"""Every statement of the store on PostgreSQL finds its rows by a key: none reads a table, or a whole book."""

from collections.abc import Iterator, Mapping, Sequence

import pytest
from psycopg import Connection

from ledger.model import Account, Entry
from ledger.storage import postgres_sql as say
from ledger.storage import tables

BOOKS, ENTRIES = 20, 1000
IN_LISTS = {"sandbox_id": "sbx_plan_7", "wanted": '{"t5","t6","a5","a6"}'}
VALUES = IN_LISTS | {
    "digest": b"",
    "chain": 5,
    "now": 1,
    "limit": 3,
    "account_id": "a5",
    "after": 500,
}
STATEMENTS: dict[str, tuple[str, Sequence[object] | Mapping[str, object]]] = {
    "LOCK": (say.LOCK, VALUES),
    "KNOWN": (say.KNOWN, VALUES),
    "ACTS": (say.ACTS, VALUES),
    "ACCOUNTS": (say.ACCOUNTS, VALUES),
    "LIMITS": (say.LIMITS, VALUES),
    "ENTRY": (say.ENTRY, ("sbx_plan_7", "t5")),
    "ACTING_ON": (say.ACTING_ON, ("sbx_plan_7", "t5")),
    "CHAIN": (say.CHAIN, VALUES),
    "ANY_BETWEEN": (say.ANY_BETWEEN, VALUES | {"first": "t5", "last": "t7"}),
    "DUE": (say.DUE, VALUES),
    "STATEMENT": (say.STATEMENT, VALUES),
    "ADVANCE_BOOK": (say.ADVANCE_BOOK, (1, 1, 1, 1, b"", "sbx_plan_7", 0)),
    "UPDATE_OPEN_HOLDS": (
        say.UPDATE_OPEN_HOLDS,
        VALUES | {"holds": "{t5}", "remaining": "{1}", "expires_at": "{1}"},
    ),
    "DELETE_OPEN_HOLDS": (say.DELETE_OPEN_HOLDS, ("sbx_plan_7", "{t5}")),
    "CHART": (say.CHART, ("sbx_plan_7",)),
    "DELETE_CHART": (say.DELETE_CHART, ("sbx_plan_7",)),
}
OF_A_WHOLE_BOOK = {"LOCK", "ADVANCE_BOOK", "CHART", "DELETE_CHART"}


def columns(fields: tuple[str, ...], given: dict[str, str]) -> str:
    return ", ".join(given.get(field, "0") for field in fields)


@pytest.fixture(scope="module")
def large(postgres_uri: str) -> Iterator[Connection]:
    """Many books of a thousand rows each, and what the planner should know of them."""
    entry = columns(
        Entry._fields,
        {
            "seq": "n",
            "id": "'t' || n",
            "debit_account": "'a' || n % 300",
            "credit_account": "'b' || n % 300",
            "currency": "'PKR'",
            "target_id": "CASE WHEN n % 3 = 0 THEN 't' || n / 2 ELSE '' END",
            "reference": "repeat('x', 40)",
        },
    )
    account = columns(Account._fields, {"id": "'a' || n", "currency": "'PKR'"})
    with Connection.connect(postgres_uri) as connection:
        rows = f"generate_series(1, {BOOKS}) AS b, generate_series(1, {ENTRIES}) AS n"
        for statement in (
            f"INSERT INTO ledger_book SELECT 'sbx_plan_' || b, 0, 0, 0, 0, '' FROM generate_series(1, {50 * BOOKS}) AS b",
            f"INSERT INTO ledger_entry SELECT 'sbx_plan_' || b, {entry} FROM {rows}",
            f"INSERT INTO ledger_account SELECT 'sbx_plan_' || b, {account} FROM {rows}",
            f"INSERT INTO ledger_open_hold SELECT 'sbx_plan_' || b, 't' || n, n, 1, n FROM {rows}",
            f"INSERT INTO ledger_account_change SELECT 'sbx_plan_' || b, n, 'a' || n % 300, 4, 0, 0, 0, 0 FROM {rows}",
            f"INSERT INTO ledger_chart SELECT 'sbx_plan_' || b, n, 'x', 'asset', 'debit' FROM {rows}",
            f"INSERT INTO ledger_spent_id SELECT 'sbx_plan_' || b, 's' || n FROM {rows}",
            *(f"ANALYZE {name}" for name in tables.metadata.tables),
        ):
            connection.execute(statement.encode())
        yield connection
        connection.rollback()


@pytest.mark.parametrize("name", list(STATEMENTS))
def test_rows_are_found_by_a_key(large: Connection, name: str) -> None:
    sql, values = STATEMENTS[name]
    plan = [line for (line,) in large.execute(f"EXPLAIN {sql}".encode(), values)]
    assert [line for line in plan if "Seq Scan on ledger_" in line] == []
    keys = [line.count("=") + line.count(" > ") for line in plan if "Index Cond" in line]
    assert min(keys) >= (1 if name in OF_A_WHOLE_BOOK else 2), plan


def test_every_statement_that_looks_for_rows_is_here() -> None:
    others = {"MISSING", "OPEN_BOOK", "INSERT_BATCH", "UPDATE_ACCOUNTS"}
    all_of_them = {name for name, value in vars(say).items() if name.isupper() and isinstance(value, str)}
    private = {name for name in all_of_them if name.startswith("_")}
    assert all_of_them - private - others == set(STATEMENTS)
