"""Every invariant finds what breaks it, and nothing in a sound book."""

import pytest

from ledger import Account, AccountFlag, Book, Kind, SqliteStore, Transfer
from ledger.audit import CHECKS, Finding, examine
from tests.ledger.town import NOW, end, hold, pay, post, settle

CURRENT = NOW + 100


@pytest.fixture
def busy(store: SqliteStore) -> SqliteStore:
    """A book in which everything has happened, with its guards taken off."""
    book = Book(store, "sbx_1")
    settle(book)
    post(book, hold("h1", 10), hold("h2", 9, 50), hold("h3", 8, 50), hold("h4", 7, 5000), pay("poor", 1000))
    post(book, end(Kind.POST, "p1", "h1", 4), end(Kind.VOID, "v2", "h2"), pay("p", 30))
    post(book, Transfer("lend", "till", "bank", 5), Transfer("back", "bank", "till", 5))
    book.expire(now=CURRENT, recorded_at=CURRENT)
    other = Book(store, "sbx_2")
    settle(other)
    post(other, hold("h1", 10, 50), pay("p", 30))
    for table in ("entry", "account_change", "batch", "spent_id"):
        for operation in ("update", "delete"):
            store.query(f"DROP TRIGGER ledger_{table}_no_{operation}", {})
    store.query("PRAGMA ignore_check_constraints = ON", {})
    store.query("PRAGMA foreign_keys = OFF", {})
    return store


def test_a_sound_book_has_no_findings(busy: SqliteStore) -> None:
    assert examine(busy, "sbx_1", CURRENT) == []


def test_another_book_is_not_our_concern(busy: SqliteStore) -> None:
    assert examine(busy, "sbx_2", CURRENT) == [
        Finding("holds_in_time", "h1", f"should have expired at {NOW + 50}")
    ]


A, E = "UPDATE ledger_account SET", "UPDATE ledger_entry SET"
BREAKS = [
    (f"{A} credits_posted = credits_posted + 1 WHERE id = 'bank'", "balanced", "PKR"),
    (f"{A} debits_pending = debits_pending + 1 WHERE id = 'bank'", "balanced", "PKR"),
    (f"{A} credits_posted = 1 WHERE id = 'dollars'", "balanced", "USD"),
    (f"{A} credits_posted = 1 WHERE id = 'dollars'", "account_totals", "dollars"),
    (f"{A} debits_posted = debits_posted + 1 WHERE id = 'ali'", "account_totals", "ali"),
    (f"{A} debits_posted = 101 WHERE id = 'ali'", "account_limits", "ali"),
    (f"{A} debits_pending = 70 WHERE id = 'ali'", "account_limits", "ali"),
    (f"{A} credits_pending = 1 WHERE id = 'till'", "account_limits", "till"),
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
    (f"{E} amount = 11 WHERE id = 'p1'", "holds_ended", "p1"),
    (f"{E} target_id = 'gift' WHERE id = 'v2'", "holds_ended", "v2"),
    (f"{E} target_id = 'nothing' WHERE id = 'h3:expired'", "holds_ended", "h3:expired"),
    ("DELETE FROM ledger_open_hold WHERE hold_id = 'h4'", "holds_listed", "h4"),
    ("UPDATE ledger_open_hold SET expires_at = 0 WHERE hold_id = 'h4'", "holds_listed", "h4"),
    ("INSERT INTO ledger_open_hold VALUES ('sbx_1', 'h1', 7, 0, 0)", "holds_listed", "h1"),
    (f"UPDATE ledger_open_hold SET expires_at = {CURRENT}", "holds_in_time", "h4"),
    ("INSERT INTO ledger_spent_id VALUES ('sbx_1', 'p')", "spent_ids", "p"),
]


@pytest.mark.parametrize(("damage", "check", "subject"), BREAKS)
def test_damage_is_found(busy: SqliteStore, damage: str, check: str, subject: str) -> None:
    guarded = " AND sandbox_id = 'sbx_1'" if " WHERE " in damage else ""
    busy.query(damage + guarded, {})
    assert (check, subject) in [finding[:2] for finding in examine(busy, "sbx_1", CURRENT)]


def test_every_check_was_seen_to_find_something() -> None:
    assert {check for _, check, _ in BREAKS} == {"balanced", *CHECKS}


def test_sums_beyond_64_bits_do_not_disturb_an_audit(store: SqliteStore) -> None:
    book = Book(store, "sbx_1")
    book.open_accounts([Account(name, "PKR", 1, AccountFlag(0)) for name in "ab"], now=NOW, recorded_at=NOW)
    most = 2**63 - 1
    for number in range(3):
        post(
            book,
            Transfer(f"h{number}", "a", "b", most, Kind.HOLD),
            end(Kind.VOID, f"v{number}", f"h{number}"),
        )
    post(book, Transfer("t", "a", "b", most))
    assert examine(store, "sbx_1", CURRENT) == []
