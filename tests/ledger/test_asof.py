"""What was there at T as known at T2, beside a plain replay of the whole log."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import Book, Entry, Kind, SqliteStore, StorageError, Store, Transfer
from ledger.asof import PAGE, BalanceAsOf, balance_as_of
from tests.ledger.lives import NAMES, Step, live, steps
from tests.ledger.town import NOW, end, hold, pay, post, settle


@pytest.fixture
def shop(sql_store: Store) -> Book:
    """A town in which Ali has 100."""
    book = Book(sql_store, "sbx_1")
    settle(book)
    return book


def seen(book: Book, account: str, at: int, known_at: int | None = None) -> tuple[int, int] | None:
    """Return balance and available."""
    found = book.balance_as_of(account, at, known_at)
    return None if found is None else (found.balance, found.available)


def test_an_hour_of_ali(shop: Book) -> None:
    """Recording runs 7 behind in the town. Times are counted from NOW."""
    post(shop, hold("h", 15, 10), now=NOW + 1)
    post(shop, Transfer("x", kind=Kind.EXTEND, target_id="h", timeout_us=20), now=NOW + 5)
    post(shop, end(Kind.CAPTURE, "c", "h", 4), now=NOW + 6)
    post(shop, hold("h2", 30, 3), now=NOW + 7)
    post(shop, pay("p", 1), now=NOW + 8)
    shop.set_credit_limit("ali", 50, NOW + 40, now=NOW + 8, recorded_at=NOW + 15)
    swept = shop.expire(now=NOW + 30, recorded_at=NOW + 90)
    assert [entry.id for entry in swept] == ["h2:expired", "h:expired"]
    rows = [
        # at, known at, (balance, available)
        (-1, None, None),  # not open yet
        (0, -1, None),  # open, but not known to be
        (0, 6, (0, 0)),  # the gift is not known yet
        (0, None, (100, 100)),
        (0, 7, (100, 100)),
        (1, None, (100, 85)),
        (4, None, (100, 85)),
        (5, None, (100, 85)),
        (6, None, (96, 85)),  # 4 captured, 11 still held
        (7, None, (96, 55)),
        (8, None, (95, 54)),
        (9, None, (95, 54)),
        (10, None, (95, 84)),  # the second hold has run out, long before it is swept
        (24, None, (95, 84)),
        (25, None, (95, 95)),  # so has the first, 20 after it was extended
        (30, None, (95, 95)),
        # As known when the extension was not: the first hold runs out at 11.
        (10, 11, (100, 85)),
        (11, 11, (100, 100)),
        (99, 11, (100, 100)),
        (24, 12, (100, 85)),  # the extension is known, the capture is not
        (24, 13, (96, 85)),
        (99, 89, (95, 95)),  # known before it was swept
    ]
    for at, known_at, expected in rows:
        known = None if known_at is None else NOW + known_at
        assert seen(shop, "ali", NOW + at, known) == expected, (at, known_at)
    assert shop.balance_as_of("sara", NOW + 8) == BalanceAsOf("sara", 11, 0, 0, 41, 5, 0)
    assert shop.balance_as_of("sara", NOW + 30) == BalanceAsOf("sara", 14, 0, 0, 0, 5, 0)


def test_a_limit_counts_from_its_time_on_once_it_is_known(shop: Book) -> None:
    shop.set_credit_limit("ali", 50, NOW + 40, now=NOW + 8, recorded_at=NOW + 15)
    shop.set_credit_limit("ali", 70, NOW + 20, now=NOW + 9, recorded_at=NOW + 16)
    shop.set_credit_limit("ali", 60, NOW + 40, now=NOW + 10, recorded_at=NOW + 17)
    rows = [(8, 17, 0), (19, 17, 0), (20, 17, 70), (39, 17, 70), (40, 17, 60), (40, 16, 50), (39, 15, 0)]
    for at, known_at, limit in rows:
        found = shop.balance_as_of("ali", NOW + at, NOW + known_at)
        assert found is not None
        assert found.credit_limit == limit, (at, known_at)


def test_nothing_is_known_of_what_is_not_there(shop: Book, sql_store: Store) -> None:
    assert shop.balance_as_of("nobody", NOW) is None
    assert Book(sql_store, "sbx_2").balance_as_of("ali", NOW) is None


def test_an_old_hold_is_found_behind_many_entries(shop: Book) -> None:
    post(shop, hold("old", 10, 50), hold("older", 0, 50))
    post(shop, *(pay(f"p{number}", 0) for number in range(2 * PAGE + 3)))
    assert seen(shop, "ali", NOW) == (100, 90)
    assert seen(shop, "ali", NOW + 50) == (100, 100)


def test_what_no_hold_explains_is_an_error(store: SqliteStore) -> None:
    book = Book(store, "sbx_1")
    settle(book)
    post(book, hold("h", 10, 50))
    store.query("DROP TRIGGER ledger_entry_no_update", {})
    store.query("UPDATE ledger_entry SET debit_debits_pending = 11 WHERE id = 'h'", {})
    with pytest.raises(StorageError, match="pending on 'ali' of sbx_1"):
        book.balance_as_of("ali", NOW)


def replayed(log: list[Entry], account: str, at: int, known_at: int) -> tuple[int, int, int, int]:
    """Work out the four totals from what each entry did, without the totals on it."""
    log = [entry for entry in log if entry.happened_at <= at and entry.recorded_at <= known_at]
    moving = (Kind.TRANSFER, Kind.POST, Kind.CAPTURE, Kind.REVERSAL)
    moved = [entry for entry in log if entry.kind in moving]
    debits = sum(entry.amount for entry in moved if entry.debit_account == account)
    credits_ = sum(entry.amount for entry in moved if entry.credit_account == account)
    pending = {"debit": 0, "credit": 0}
    for held in log:
        if held.kind != Kind.HOLD:
            continue
        acts = [entry for entry in log if entry.target_id == held.id]
        ended = any(entry.kind in (Kind.POST, Kind.VOID, Kind.EXPIRE) for entry in acts)
        expiry = [held.expires_at, *(entry.expires_at for entry in acts if entry.kind == Kind.EXTEND)][-1]
        if ended or 0 < expiry <= at:
            continue
        rest = held.amount - sum(entry.amount for entry in acts if entry.kind == Kind.CAPTURE)
        pending["debit"] += rest * (held.debit_account == account)
        pending["credit"] += rest * (held.credit_account == account)
    return (pending["debit"], debits, pending["credit"], credits_)


@given(life=st.lists(steps, max_size=40), times=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 40))))
@settings(deadline=None)
def test_any_life_at_any_time_as_known_at_any_other(life: list[Step], times: list[tuple[int, int]]) -> None:
    store = SqliteStore.open(":memory:")
    log = live(store, life)
    newest = log[-1]
    for at, known_at in [*times, (newest.happened_at, newest.recorded_at), (60, newest.recorded_at)]:
        for account in NAMES:
            found = balance_as_of(store, "sbx_1", account, at, known_at)
            assert found is not None
            assert found[2:6] == replayed(log, account, at, known_at), (account, at, known_at)
    store.close()
