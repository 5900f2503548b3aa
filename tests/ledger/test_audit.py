"""Every invariant finds what breaks it, and nothing in a sound book."""

import pytest
from sqlalchemy import CheckConstraint

from ledger import Account, AccountFlag, Book, Kind, SqliteStore, Store, Transfer, TransferFlag
from ledger.audit import CHECKS, Finding, examine
from ledger.storage.tables import metadata
from tests.ledger.town import NOW, act, close, end, hold, pay, post, reopen, settle

CURRENT = NOW + 100


@pytest.fixture
def busy(sql_store: Store) -> Store:
    """A book in which everything has happened, with its guards taken off."""
    book = Book(sql_store, "sbx_1")
    settle(book)
    post(book, hold("h1", 10), hold("h2", 9, 50), hold("h3", 8, 50), hold("h4", 7, 5000), pay("poor", 1000))
    post(book, end(Kind.POST, "p1", "h1", 4), end(Kind.VOID, "v2", "h2"), pay("p", 30))
    post(book, Transfer("lend", "till", "bank", 5), Transfer("back", "bank", "till", 5))
    # A hold captured in part and then posted, one captured to the last, one that is still open.
    post(book, hold("h5", 6), act(Kind.CAPTURE, "c5", "h5", 2), end(Kind.POST, "p5", "h5", 3))
    post(book, hold("h6", 6), act(Kind.CAPTURE, "c6", "h6", 2), act(Kind.CAPTURE, "d6", "h6"))
    post(book, hold("h7", 6), act(Kind.EXTEND, "x7", "h7", timeout_us=5000), act(Kind.CAPTURE, "c7", "h7", 2))
    post(book, act(Kind.REVERSAL, "r5", "p5"), act(Kind.REVERSAL, "r6", "c6"))
    post(book, pay("l1", 1, linked=True), pay("l2", 1, linked=True), pay("l3", 1))
    closing = hold("h8", 1, 50)._replace(flags=TransferFlag.CLOSING_CREDIT)
    post(book, closing)
    book.open_accounts([Account("shut", "PKR", 1, AccountFlag.CLOSED)], now=NOW, recorded_at=NOW)
    for name, limit, moment in (("ali", 50, 0), ("ali", 20, 10), ("ali", 70, 9000), ("till", 5, 9000)):
        book.set_credit_limit(name, limit, NOW + moment, now=NOW, recorded_at=NOW)
    post(book, Transfer("debt", "ali", "bank", 60))
    close(book, "till")
    reopen(book, "till")
    close(book, "dollars")
    book.expire(now=CURRENT, recorded_at=CURRENT)
    post(book, Transfer("more", "bank", "ali", 1), now=CURRENT)
    other = Book(sql_store, "sbx_2")
    settle(other)
    post(other, hold("h1", 10, 50), pay("p", 30))
    for statement in UNGUARDED_SQLITE if isinstance(sql_store, SqliteStore) else UNGUARDED_POSTGRESQL:
        sql_store.query(statement, {})
    return sql_store


UNGUARDED_SQLITE = [
    *(
        f"DROP TRIGGER ledger_{table}_no_{operation}"
        for table in ("entry", "account_change", "batch", "spent_id")
        for operation in ("update", "delete")
    ),
    "DROP INDEX ledger_entry_once",
    "PRAGMA ignore_check_constraints = ON",
    "PRAGMA foreign_keys = OFF",
]
UNGUARDED_POSTGRESQL = [
    *(f"ALTER TABLE {table.name} DISABLE TRIGGER ALL" for table in metadata.sorted_tables),
    "DROP INDEX ledger_entry_once",
    *(
        f"ALTER TABLE {table.name} DROP CONSTRAINT {constraint.name}"
        for table in metadata.sorted_tables
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    ),
]


def test_a_sound_book_has_no_findings(busy: Store) -> None:
    assert examine(busy, "sbx_1", CURRENT) == []


def test_another_book_is_not_our_concern(busy: Store) -> None:
    assert examine(busy, "sbx_2", CURRENT) == [
        Finding("holds_in_time", "h1", f"should have expired at {NOW + 50}")
    ]


A, E = "UPDATE ledger_account SET", "UPDATE ledger_entry SET"
B, C = "UPDATE ledger_batch SET", "UPDATE ledger_account_change SET"
BREAKS = [
    (f"{A} credits_posted = credits_posted + 1 WHERE id = 'bank'", "balanced", "PKR"),
    (f"{A} debits_pending = debits_pending + 1 WHERE id = 'bank'", "balanced", "PKR"),
    (f"{A} credits_posted = 1 WHERE id = 'dollars'", "balanced", "USD"),
    (f"{A} credits_posted = 1 WHERE id = 'dollars'", "account_totals", "dollars"),
    (f"{A} debits_posted = debits_posted + 1 WHERE id = 'ali'", "account_totals", "ali"),
    (f"{E} debit_debits_posted = 101 WHERE id = 'p'", "account_limits", "p"),
    (f"{E} debit_debits_pending = 101 WHERE id = 'h1'", "account_limits", "h1"),
    (f"{E} credit_credits_pending = 6 WHERE id = 'back'", "account_limits", "back"),
    (f"{C} value = 1 WHERE account_id = 'ali' AND value = 50", "account_limits", "debt"),
    (f"{C} effective_at = 5000000 WHERE account_id = 'ali' AND value = 50", "account_limits", "debt"),
    (f"{A} flags = flags | 4 WHERE id = 'till'", "account_closed", "till"),
    (f"{A} flags = 0 WHERE id = 'dollars'", "account_closed", "dollars"),
    (f"{A} flags = 0 WHERE id = 'shut'", "account_closed", "shut"),
    (f"{A} flags = flags | 4 WHERE id = 'sara'", "account_closed", "sara"),
    (f"{E} flags = 4 WHERE id = 'p'", "account_closed", "ali"),
    ("DELETE FROM ledger_account_change WHERE account_id = 'bank'", "account_closed", "bank"),
    (f"{A} credit_limit = 51 WHERE id = 'ali'", "credit_limits", "ali"),
    (f"{A} credit_limit = 1 WHERE id = 'sara'", "credit_limits", "sara"),
    (f"{A} limit_due_at = 0 WHERE id = 'till'", "credit_limits", "till"),
    (f"{A} limit_due_at = 77 WHERE id = 'ali'", "credit_limits", "ali"),
    (f"{E} amount = 31 WHERE id = 'p'", "running_totals", "p"),
    (f"{E} amount = 11 WHERE id = 'h1'", "running_totals", "h1"),
    (f"{E} amount = 3 WHERE id = 'p1'", "running_totals", "p1"),
    (f"{E} debit_debits_posted = 1 WHERE id = 'gift'", "running_totals", "gift"),
    (f"{E} credit_debits_pending = 1 WHERE id = 'h3:expired'", "running_totals", "h3:expired"),
    (f"{E} debit_credits_posted = 1 WHERE id = 'v2'", "running_totals", "v2"),
    (f"{E} currency = 'USD' WHERE id = 'p'", "entry_accounts", "p"),
    ("DELETE FROM ledger_account WHERE id = 'sara'", "entry_accounts", "p"),
    ("DELETE FROM ledger_entry WHERE id = 'p'", "numbers", "sbx_1"),
    (f"{E} seq = 99 WHERE id = 'back'", "numbers", "sbx_1"),
    ("UPDATE ledger_book SET last_seq = 99", "numbers", "sbx_1"),
    (f"{C} seq = 6 WHERE account_id = 'ali' AND change = 1", "numbers", "sbx_1"),
    (f"{E} happened_at = 1 WHERE id = 'p'", "times", "#13"),
    (f"{C} recorded_at = 9 WHERE account_id = 'till' AND change = 2", "times", "#37"),
    (f"{E} chain = 0 WHERE id = 'l2'", "chains", "l3"),
    (f"{E} chain = chain + 1 WHERE id = 'l1'", "chains", "l2"),
    (f"{B} last_seq = last_seq + 1 WHERE number = 2", "batches", "batch 3"),
    ("DELETE FROM ledger_batch WHERE number = 3", "batches", "batch 4"),
    ("DELETE FROM ledger_batch WHERE number = 1", "batches", "batch 2"),
    (
        f"{B} digest = (SELECT digest FROM ledger_book WHERE sandbox_id = 'sbx_2') WHERE number = (SELECT last_batch FROM ledger_book WHERE sandbox_id = 'sbx_1')",
        "batches",
        "sbx_1",
    ),
    (f"{B} last_seq = 0 WHERE number = 2", "batches", "batch 2"),
    (f"{E} amount = 11 WHERE id = 'p1'", "holds_acted_on", "p1"),
    (f"{E} amount = 5 WHERE id = 'p5'", "holds_acted_on", "p5"),
    (f"{E} amount = 5 WHERE id = 'd6'", "holds_acted_on", "d6"),
    (f"{E} amount = 8 WHERE id = 'v2'", "holds_acted_on", "v2"),
    (f"{E} target_id = 'gift' WHERE id = 'v2'", "holds_acted_on", "v2"),
    (f"{E} target_id = 'h1' WHERE id = 'v2'", "holds_acted_on", "v2"),
    (f"{E} target_id = 'h6' WHERE id = 'c7'", "holds_acted_on", "c7"),
    (f"{E} target_id = 'h7' WHERE id = 'c5'", "holds_acted_on", "c5"),
    (f"{E} target_id = 'nothing' WHERE id = 'h3:expired'", "holds_acted_on", "h3:expired"),
    (f"{E} amount = 2 WHERE id = 'r5'", "reversals", "r5"),
    (f"{E} target_id = 'h5' WHERE id = 'r5'", "reversals", "r5"),
    (f"{E} target_id = 'debt' WHERE id = 'r6'", "reversals", "r6"),
    ("DELETE FROM ledger_open_hold WHERE hold_id = 'h4'", "holds_listed", "h4"),
    ("UPDATE ledger_open_hold SET expires_at = 0 WHERE hold_id = 'h4'", "holds_listed", "h4"),
    ("UPDATE ledger_open_hold SET remaining = 6 WHERE hold_id = 'h7'", "holds_listed", "h7"),
    (f"UPDATE ledger_open_hold SET expires_at = {NOW + 4999} WHERE hold_id = 'h7'", "holds_listed", "h7"),
    ("INSERT INTO ledger_open_hold VALUES ('sbx_1', 'h6', 23, 0, 0)", "holds_listed", "h6"),
    ("INSERT INTO ledger_open_hold VALUES ('sbx_1', 'h1', 7, 0, 0)", "holds_listed", "h1"),
    (f"UPDATE ledger_open_hold SET expires_at = {CURRENT}", "holds_in_time", "h4"),
    ("INSERT INTO ledger_spent_id VALUES ('sbx_1', 'p')", "spent_ids", "p"),
]


@pytest.mark.parametrize(("damage", "check", "subject"), BREAKS)
def test_damage_is_found(busy: Store, damage: str, check: str, subject: str) -> None:
    guarded = " AND sandbox_id = 'sbx_1'" if " WHERE " in damage else ""
    busy.query(damage + guarded, {})
    assert (check, subject) in [finding[:2] for finding in examine(busy, "sbx_1", CURRENT)]


def test_every_check_was_seen_to_find_something() -> None:
    assert {check for _, check, _ in BREAKS} == {"balanced", *CHECKS}


def test_sums_beyond_64_bits_do_not_disturb_an_audit(sql_store: Store) -> None:
    book = Book(sql_store, "sbx_1")
    book.open_accounts([Account(name, "PKR", 1, AccountFlag(0)) for name in "ab"], now=NOW, recorded_at=NOW)
    most = 2**63 - 1
    for number in range(3):
        post(
            book,
            Transfer(f"h{number}", "a", "b", most, Kind.HOLD),
            end(Kind.VOID, f"v{number}", f"h{number}"),
        )
    post(book, Transfer("t", "a", "b", most))
    assert examine(sql_store, "sbx_1", CURRENT) == []
