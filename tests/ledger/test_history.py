"""Filters, balances and events: what happened, in one order, found without scanning the book."""

from typing import Any

import pytest

from ledger import AccountChange, Book, Change, Kind, Store, Transfer
from ledger.history import AccountFilter, Balance, QueryFilter, changes, transfers
from tests.ledger.town import LATER, NOW, end, hold, post, settle


@pytest.fixture
def busy(sql_store: Store) -> Book:
    """A town in which entries 6 to 15 happen one after the other, at NOW plus their number from 7 on."""
    book = Book(sql_store, "sbx_1")
    settle(book)
    batch = [
        Transfer("salary", "bank", "ali", 50, code=7, reference="june"),
        Transfer("fee", "ali", "bank", 1, code=9, reference="june"),
        hold("h", 15, 100),
        end(Kind.CAPTURE, "c", "h", 5),
        Transfer("x", kind=Kind.EXTEND, target_id="h", timeout_us=200),
        end(Kind.POST, "p", "h", 8),
        Transfer("r", kind=Kind.REVERSAL, target_id="p"),
        hold("h2", 7, 10),
        end(Kind.VOID, "v", "h2"),
    ]
    for seq, transfer in enumerate(batch, 7):
        post(book, transfer, now=NOW + seq)
    post(book, Transfer("usd", "dollars", "ali", 1), now=NOW + 16)
    return book


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({}, "gift salary fee h c x p r h2 v"),
        ({"debits": False}, "gift salary r"),
        ({"credits": False}, "fee h c x p h2 v"),
        ({"kind": Kind.HOLD}, "h h2"),
        ({"code": 7}, "salary"),
        ({"code": 8}, ""),
        ({"reference": "june"}, "salary fee"),
        ({"reference": "june", "debits": False}, "salary"),
        ({"happened_min": NOW + 14}, "h2 v"),
        ({"happened_max": NOW + 7}, "gift salary"),
        ({"happened_min": NOW + 9, "happened_max": NOW + 9}, "h"),
        ({"happened_min": NOW + 99}, ""),
        ({"happened_max": NOW - 1}, ""),
        ({"seq_min": 13}, "r h2 v"),
        ({"seq_max": 6}, "gift"),
        ({"seq_min": 8, "seq_max": 8}, "fee"),
        ({"seq_min": 8, "happened_min": NOW + 14}, "h2 v"),
        ({"limit": 2}, "gift salary"),
        ({"limit": 2, "reversed": True}, "v h2"),
        ({"kind": Kind.HOLD, "limit": 1, "reversed": True}, "h2"),
        ({"reversed": True, "seq_max": 8}, "fee salary gift"),
    ],
)
def test_each_filter_of_an_account(busy: Book, fields: dict[str, Any], found: str) -> None:
    assert [entry.id for entry in busy.transfers(AccountFilter("ali", **fields))] == found.split()


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({}, "gift salary fee h c x p r h2 v"),
        ({"currency": "PKR", "limit": 1}, "gift"),
        ({"currency": "USD"}, ""),
        ({"kind": Kind.REVERSAL}, "r"),
        ({"code": 9, "reference": "june"}, "fee"),
        ({"happened_min": NOW + 8, "seq_max": 9}, "fee h"),
        ({"reversed": True, "limit": 3}, "v h2 r"),
    ],
)
def test_each_filter_of_a_book(busy: Book, fields: dict[str, Any], found: str) -> None:
    assert [entry.id for entry in busy.transfers(QueryFilter(**fields))] == found.split()


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (AccountFilter(""), "account_id names no account"),
        (AccountFilter("ali", debits=False, credits=False), "debits and credits"),
        (AccountFilter("ali", limit=0), "limit is 1 or more, not 0"),
        (QueryFilter(limit=-1), "limit is 1 or more, not -1"),
        (QueryFilter(code=-1), "code is 0 .any. to 2147483647, not -1"),
        (QueryFilter(code=2**31), "code is 0 .any. to 2147483647"),
        (QueryFilter(happened_min=-1), "happened_min and happened_max are 0 .none. or more, not -1"),
        (QueryFilter(happened_max=-1), "happened_min and happened_max are 0"),
        (QueryFilter(seq_min=5, seq_max=4), "seq_min is 5, after seq_max, which is 4"),
        (AccountFilter("ali", happened_min=5, happened_max=4), "happened_min is 5, after happened_max"),
    ],
)
def test_a_filter_that_makes_no_sense_is_an_error(
    busy: Book, wanted: AccountFilter | QueryFilter, says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        busy.transfers(wanted)


def test_a_page_of_no_events_is_an_error(busy: Book) -> None:
    with pytest.raises(ValueError, match="limit is 1 or more, not 0"):
        busy.changes(limit=0)


def test_an_unknown_account_or_book_has_nothing(busy: Book, sql_store: Store) -> None:
    assert busy.transfers(AccountFilter("nobody")) == []
    assert busy.balances(AccountFilter("nobody", happened_min=NOW, happened_max=LATER)) == []
    assert transfers(sql_store, "sbx_2", QueryFilter(happened_min=NOW)) == []
    assert changes(sql_store, "sbx_2", after_seq=0, limit=10) == []


def test_pages_of_a_filter_follow_the_last_seq(busy: Book) -> None:
    whole = busy.transfers(AccountFilter("ali"))
    pages, seq = [], 0
    while page := busy.transfers(AccountFilter("ali", seq_min=seq + 1, limit=3)):
        pages += page
        seq = page[-1].seq
    assert pages == whole


def test_balances_stand_beside_each_entry(busy: Book) -> None:
    assert busy.balances(AccountFilter("ali", seq_min=8, seq_max=13)) == [
        # debits pending, debits posted, credits pending, credits posted
        Balance(8, "fee", Kind.TRANSFER, NOW + 8, 0, 1, 0, 150),
        Balance(9, "h", Kind.HOLD, NOW + 9, 15, 1, 0, 150),
        Balance(10, "c", Kind.CAPTURE, NOW + 10, 10, 6, 0, 150),
        Balance(11, "x", Kind.EXTEND, NOW + 11, 10, 6, 0, 150),
        Balance(12, "p", Kind.POST, NOW + 12, 0, 14, 0, 150),
        Balance(13, "r", Kind.REVERSAL, NOW + 13, 0, 14, 0, 158),
    ]
    (last,) = busy.balances(AccountFilter("ali", limit=1, reversed=True))
    account = busy.account("ali")
    assert account is not None
    assert last[4:] == account[4:8]


def test_a_hold_that_ran_out_has_its_balance_too(busy: Book) -> None:
    post(busy, hold("h3", 9, 10), now=NOW + 20)
    busy.expire(now=LATER, recorded_at=LATER)
    held, expired = busy.balances(AccountFilter("ali", seq_min=16))
    assert (held.debits_pending, expired.kind, expired.debits_pending) == (9, Kind.EXPIRE, 0)


def test_events_tell_everything_in_one_order(busy: Book) -> None:
    busy.close_account("till", now=LATER, recorded_at=LATER)
    busy.reopen_account("till", now=LATER, recorded_at=LATER)
    busy.set_credit_limit("ali", 5, LATER + 9, now=LATER, recorded_at=LATER)
    post(busy, hold("h3", 9, 10), now=LATER)
    busy.expire(now=LATER + 10, recorded_at=LATER + 10)
    events = busy.changes()
    assert [event.seq for event in events] == list(range(1, 21))
    assert [event.name for event in events] == [
        *["account_open"] * 5,
        *["transfer"] * 3,
        *["hold", "capture", "extend", "post", "reversal", "hold", "void"],
        *["account_close", "account_reopen", "account_limit"],
        *["hold", "expire"],
    ]
    limit, last = events[17], events[19]
    assert limit.account_change == AccountChange(18, "ali", Change.LIMIT, 5, LATER + 9, LATER, LATER)
    assert limit.entry is None
    assert last.account_change is None
    assert last.entry == busy.entry("h3:expired")
    assert (last.happened_at, last.recorded_at) == (LATER + 10, LATER + 10)


def test_balances_equal_the_events_of_the_same_seq(busy: Book) -> None:
    entries = {event.seq: event.entry for event in busy.changes() if event.entry is not None}
    for row in busy.balances(AccountFilter("ali")):
        entry = entries[row.seq]
        assert row[4:] == (entry[-8:-4] if entry.debit_account == "ali" else entry[-4:])


def test_pages_of_events_follow_the_last_seq(busy: Book) -> None:
    pages, seq = [], 0
    while page := busy.changes(after_seq=seq, limit=4):
        assert len(page) <= 4
        pages += page
        seq = page[-1].seq
    assert pages == busy.changes()


def test_links_lead_both_ways(busy: Book) -> None:
    reversal = busy.reversal_of("p")
    assert reversal is not None
    assert (reversal.id, reversal.target_id) == ("r", "p")
    assert busy.reversal_of("h") is None
    assert busy.reversal_of("") is None
    assert [entry.id for entry in busy.acting_on("h")] == ["c", "x", "p"]
    assert [entry.id for entry in busy.acting_on("p")] == ["r"]
