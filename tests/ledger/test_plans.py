"""No statement of a running book reads more than it needs.

Without statistics SQLite easily takes the primary key for an account or a target, and so reads the whole
book. These tests read its plans: a search must narrow more than the sandbox.
"""

import re
from itertools import product
from typing import Any

import pytest

from ledger import Kind, SqliteStore, asof, clearing, history, seek
from ledger.history import AccountFilter, QueryFilter, statement_of
from ledger.storage import sqlite

SQL = re.compile(r"\b(SELECT|UPDATE|DELETE)\b")
# One row per sandbox, and a whole chart, which is small.
WHOLE = {"ledger_book", "ledger_chart"}
# An index that has nothing but the few clearing accounts.
NARROW = "USING COVERING INDEX ledger_account_clearing "


def wide(store: SqliteStore, sql: str, parameters: Any) -> list[str]:
    """Return the steps of a plan that read a whole table, or all of it that is the sandbox's."""
    found = []
    for *_, step in store.query(f"EXPLAIN QUERY PLAN {sql}", parameters):
        words = step.split()
        if words[0] not in ("SEARCH", "SCAN") or "(sandbox_id=? AND" in step or NARROW in step:
            continue
        table = re.search(rf"(\w+)(?: AS)? {words[1]}\b", sql) if len(words[1]) == 1 else None
        name = table[1] if table else words[1]
        if name.startswith("ledger_") and name not in WHOLE:
            found.append(step)
    return found


def statements(module: Any) -> dict[str, str]:
    """Return the statements that a module keeps in its constants."""
    constants = {
        f"{name}{key}": text
        for name, value in vars(module).items()
        for key, text in (value.items() if isinstance(value, dict) else [("", value)])
        if name.isupper()
    }
    return {
        name: text.replace("VALUES {}", "VALUES (:a)")
        for name, text in constants.items()
        if isinstance(text, str)
        and "IN ({})" not in text
        and SQL.search(text)
        and not text.endswith("VALUES {})")
    }


EVERY = {
    (module.__name__, name): text
    for module in (sqlite, seek, asof, history, clearing)
    for name, text in statements(module).items()
} | {("ledger.asof", "acts_statement"): asof.acts_statement(2)}


@pytest.mark.parametrize("name", EVERY, ids=":".join)
def test_every_statement_narrows_more_than_the_sandbox(store: SqliteStore, name: tuple[str, str]) -> None:
    sql = re.sub(r"\?\d?", "1", EVERY[name])
    assert wide(store, re.sub(r":\w+", "1", sql), {}) == []


def test_the_statements_were_found() -> None:
    assert {module for module, _ in EVERY} == {
        "ledger.asof",
        "ledger.clearing",
        "ledger.history",
        "ledger.seek",
        "ledger.storage.sqlite",
    }
    assert {"_STATEMENT", "_ACTS", "acts_statement", "_LIMITS", "_REVERSAL", "_TOTALS", "_ZEROdebit"} <= {
        name for _, name in EVERY
    }


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM ledger_entry WHERE reference = 'june'",
        "SELECT * FROM ledger_entry AS e WHERE e.sandbox_id = 1 AND e.code = 7",
        "SELECT * FROM ledger_entry WHERE sandbox_id = 1 AND target_id = 2 AND target_id <> ''",
    ],
)
def test_a_statement_that_reads_the_book_is_seen(store: SqliteStore, sql: str) -> None:
    assert len(wide(store, sql, {})) == 1


NARROWING: list[dict[str, Any]] = [
    {"kind": Kind.HOLD},
    {"code": 7},
    {"reference": "june"},
    {"happened_min": 1, "happened_max": 9},
    {"seq_min": 1, "seq_max": 9},
    {"reversed": True},
]
EACH = [
    {name: value for each in chosen for name, value in each.items()}
    for chosen in product(*([{}, each] for each in NARROWING))
]


@pytest.mark.parametrize("sides", [["debit", "credit"], ["debit"], ["credit"]])
def test_no_filter_on_an_account_looks_beyond_its_own_entries(store: SqliteStore, sides: list[str]) -> None:
    for fields in EACH:
        wanted = AccountFilter("ali", debits="debit" in sides, credits="credit" in sides, **fields)
        sql, parameters = statement_of(store, "sbx_1", wanted)
        steps = [step for *_, step in store.query(f"EXPLAIN QUERY PLAN {sql}", parameters)]
        assert [step for step in steps if step.startswith("SEARCH i ")] == [
            f"SEARCH i USING COVERING INDEX ledger_entry_{side}"
            f" (sandbox_id=? AND {side}_account=? AND seq>? AND seq<?)"
            for side in sides
        ]
        assert wide(store, sql, parameters) == []
        # Each side comes in order and stops at the limit; only the pages themselves are then sorted.
        assert len([step for step in steps if "TEMP B-TREE" in step]) <= len(sides)


def test_a_filter_on_a_book_reads_one_range_of_it(store: SqliteStore) -> None:
    for fields in EACH:
        sql, parameters = statement_of(store, "sbx_1", QueryFilter(currency="PKR", **fields))
        (step,) = [step for *_, step in store.query(f"EXPLAIN QUERY PLAN {sql}", parameters)]
        assert step == "SEARCH e USING PRIMARY KEY (sandbox_id=? AND seq>? AND seq<?)"
