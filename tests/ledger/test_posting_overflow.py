"""Each of the six sums at the largest amount, and one more; with 64 bits and with 128."""

from typing import NamedTuple

import pytest

from ledger import Account, AccountFlag, Book, Head, Kind, State, Status, Transfer, TransferFlag, apply
from ledger.money import MAX_AMOUNT
from tests.ledger.memory import MemoryStore

WIDE = 2**128 - 1
HOLD, TRANSFER = Kind.HOLD, Kind.TRANSFER


class Sum(NamedTuple):
    status: Status
    kind: Kind
    debit: tuple[int, int] = (0, 0)
    """Pending and posted debits of the debit account before."""
    credit: tuple[int, int] = (0, 0)
    """Pending and posted credits of the credit account before."""


SUMS = [
    Sum(Status.OVERFLOWS_DEBITS_PENDING, HOLD, debit=(3, 0)),
    Sum(Status.OVERFLOWS_CREDITS_PENDING, HOLD, credit=(3, 0)),
    Sum(Status.OVERFLOWS_DEBITS_POSTED, HOLD, debit=(0, 3)),
    Sum(Status.OVERFLOWS_DEBITS_POSTED, TRANSFER, debit=(0, 3)),
    Sum(Status.OVERFLOWS_CREDITS_POSTED, HOLD, credit=(0, 3)),
    Sum(Status.OVERFLOWS_CREDITS_POSTED, TRANSFER, credit=(0, 3)),
    Sum(Status.OVERFLOWS_DEBITS, HOLD, debit=(1, 2)),
    Sum(Status.OVERFLOWS_DEBITS, TRANSFER, debit=(1, 2)),
    Sum(Status.OVERFLOWS_DEBITS, TRANSFER, debit=(3, 0)),
    Sum(Status.OVERFLOWS_CREDITS, HOLD, credit=(1, 2)),
    Sum(Status.OVERFLOWS_CREDITS, TRANSFER, credit=(2, 1)),
    Sum(Status.OVERFLOWS_CREDITS, TRANSFER, credit=(3, 0)),
]


def status_of(case: Sum, amount: int, max_amount: int) -> Status:
    debit = Account("dr", "PKR", 1, 0, case.debit[0], case.debit[1])
    credit = Account("cr", "PKR", 1, 0, 0, 0, case.credit[0], case.credit[1])
    state = State({"dr": debit, "cr": credit}, {}, {}, set(), Head())
    transfer = Transfer("t", "dr", "cr", amount, case.kind)
    return apply(state, [transfer], 0, recorded_at=0, max_amount=max_amount).results[0].status


@pytest.mark.parametrize("max_amount", [MAX_AMOUNT, WIDE])
@pytest.mark.parametrize("case", SUMS)
def test_a_sum_may_reach_the_largest_amount_and_not_pass_it(case: Sum, max_amount: int) -> None:
    assert status_of(case, max_amount - 3, max_amount) == Status.CREATED
    # Where two totals make the sum, the single ones still fit, so that only the sum is at fault.
    assert status_of(case, max_amount - 2, max_amount) == case.status


@pytest.mark.parametrize("max_amount", [MAX_AMOUNT, WIDE])
def test_the_largest_hold_can_be_posted_whole(max_amount: int) -> None:
    book = Book(MemoryStore(), "sbx_1", max_amount=max_amount)
    book.open_accounts([Account("a", "PKR", 1), Account("b", "PKR", 1)], now=0, recorded_at=0)
    batch = [Transfer("h", "a", "b", max_amount, HOLD), Transfer("p", kind=Kind.POST, target_id="h")]
    results = book.post(batch, now=0, recorded_at=0)
    assert [result.status for result in results] == [Status.CREATED, Status.CREATED]
    assert book.accounts(["b"])["b"].balance == max_amount


def widest(max_amount: int) -> Book:
    """A book without limits on its accounts, on a store that keeps any int."""
    book = Book(MemoryStore(), "sbx_1", max_amount=max_amount)
    book.open_accounts([Account(name, "PKR", 1) for name in "abc"], now=0, recorded_at=0)
    return book


def statuses(book: Book, *batch: Transfer) -> list[Status]:
    return [result.status for result in book.post(batch, now=0, recorded_at=0)]


@pytest.mark.parametrize("max_amount", [MAX_AMOUNT, WIDE])
def test_the_largest_hold_can_be_captured_in_parts_and_moved_back(max_amount: int) -> None:
    book = widest(max_amount)
    assert (
        statuses(
            book,
            Transfer("h", "a", "b", max_amount, HOLD),
            Transfer("c1", kind=Kind.CAPTURE, target_id="h", amount=max_amount - 1),
            Transfer("c2", kind=Kind.CAPTURE, target_id="h"),
            Transfer("r", kind=Kind.REVERSAL, target_id="c1"),
            Transfer("r2", kind=Kind.REVERSAL, target_id="c2"),
        )
        == [Status.CREATED] * 5
    )
    assert [account.balance for account in book.accounts(["a", "b"]).values()] == [0, 0]


@pytest.mark.parametrize("max_amount", [MAX_AMOUNT, WIDE])
def test_what_is_moved_back_counts_on_top(max_amount: int) -> None:
    assert statuses(
        widest(max_amount),
        Transfer("t", "a", "b", max_amount - 1),
        Transfer("back", "b", "a", 1),
        Transfer("more", "b", "c", 1),
        Transfer("r", kind=Kind.REVERSAL, target_id="t"),
    ) == [Status.CREATED] * 3 + [Status.OVERFLOWS_DEBITS_POSTED]


@pytest.mark.parametrize("max_amount", [MAX_AMOUNT, WIDE])
def test_balancing_without_an_amount_finds_the_largest_there_can_be(max_amount: int) -> None:
    book = widest(max_amount)
    both = TransferFlag.BALANCING_DEBIT | TransferFlag.BALANCING_CREDIT
    assert (
        statuses(book, Transfer("t", "a", "b", max_amount), Transfer("all", "b", "a", flags=both))
        == [Status.CREATED] * 2
    )
    assert book.accounts(["b"])["b"].balance == 0


@pytest.mark.parametrize("max_amount", [MAX_AMOUNT, WIDE])
def test_a_limit_of_the_largest_amount_adds_up(max_amount: int) -> None:
    book = Book(MemoryStore(), "sbx_1", max_amount=max_amount)
    spender = Account("a", "PKR", 1, AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS)
    book.open_accounts([spender, Account("b", "PKR", 1)], now=0, recorded_at=0)
    book.set_credit_limit("a", max_amount, 0, now=0, recorded_at=0)
    batch = [Transfer("in", "b", "a", max_amount), Transfer("out", "a", "b", max_amount)]
    assert statuses(book, *batch) == [Status.CREATED] * 2
