from typing import Any

import pytest

from ledger import Book, Kind, Status, Transfer
from tests.ledger.town import LATER, NOW, end, hold, pay, post, totals

TRANSFER = Transfer("t", "ali", "sara", 5, reference="ref")
HOLD = Transfer("t", "ali", "sara", 5, Kind.HOLD, timeout_us=10, reference="ref")
POST = Transfer("t", kind=Kind.POST, target_id="held", amount=5)
VOID = Transfer("t", kind=Kind.VOID, target_id="held")

DIFFERENCES = [
    ({"kind": Kind.HOLD}, Status.EXISTS_WITH_DIFFERENT_KIND, [TRANSFER, POST, VOID]),
    ({"kind": Kind.TRANSFER}, Status.EXISTS_WITH_DIFFERENT_KIND, [HOLD, POST, VOID]),
    ({"target_id": "other"}, Status.EXISTS_WITH_DIFFERENT_TARGET, [TRANSFER, HOLD, POST, VOID]),
    ({"timeout_us": 11}, Status.EXISTS_WITH_DIFFERENT_TIMEOUT, [TRANSFER, HOLD, POST, VOID]),
    ({"debit_account": "bank"}, Status.EXISTS_WITH_DIFFERENT_DEBIT_ACCOUNT, [TRANSFER, HOLD, POST, VOID]),
    ({"credit_account": "bank"}, Status.EXISTS_WITH_DIFFERENT_CREDIT_ACCOUNT, [TRANSFER, HOLD, POST, VOID]),
    ({"amount": 4}, Status.EXISTS_WITH_DIFFERENT_AMOUNT, [TRANSFER, HOLD, POST, VOID]),
    ({"amount": None}, Status.EXISTS_WITH_DIFFERENT_AMOUNT, [TRANSFER, HOLD, POST]),
    ({"reference": "other"}, Status.EXISTS_WITH_DIFFERENT_REFERENCE, [TRANSFER, HOLD, POST, VOID]),
    ({"currency": "USD"}, Status.EXISTS_WITH_DIFFERENT_CURRENCY, [TRANSFER, HOLD, POST, VOID]),
    ({"code": 2}, Status.EXISTS_WITH_DIFFERENT_CODE, [TRANSFER, HOLD, POST, VOID]),
    ({}, Status.EXISTS, [TRANSFER, HOLD, POST, VOID]),
    ({"currency": "PKR", "code": 1}, Status.EXISTS, [TRANSFER, HOLD, POST, VOID]),
    (
        {"debit_account": "ali", "credit_account": "sara", "reference": "the hold's"},
        Status.EXISTS,
        [POST, VOID],
    ),
]


@pytest.mark.parametrize(
    ("first", "change", "status"),
    [
        pytest.param(first, change, status, id=f"{first.kind.name} {change}")
        for change, status, firsts in DIFFERENCES
        for first in firsts
    ],
)
def test_a_repeat_is_compared_field_by_field(
    book: Book, first: Transfer, change: dict[str, Any], status: Status
) -> None:
    post(book, hold("held", 9)._replace(reference="the hold's"), hold("other", 1))
    assert post(book, first) == [Status.CREATED]
    before = totals(book, "ali")
    assert post(book, first._replace(**change), now=LATER) == [status]
    assert totals(book, "ali") == before


def test_a_repeat_gives_back_the_entry_with_its_own_time(book: Book) -> None:
    (first,) = book.post([TRANSFER], now=NOW, recorded_at=NOW)
    (again,) = book.post([TRANSFER], now=LATER, recorded_at=LATER)
    assert again.status == Status.EXISTS
    assert again.entry == first.entry


def test_the_same_id_twice_in_one_batch(book: Book) -> None:
    assert post(book, pay("p", 5), pay("p", 5), pay("p", 6)) == [
        Status.CREATED,
        Status.EXISTS,
        Status.EXISTS_WITH_DIFFERENT_AMOUNT,
    ]


def test_a_repeat_works_on_a_closed_or_empty_account(book: Book) -> None:
    post(book, pay("p", 100))
    book.close_account("ali", now=NOW, recorded_at=NOW)
    assert post(book, pay("p", 100)) == [Status.EXISTS]


def test_a_timeout_that_was_repeated_without_it_differs(book: Book) -> None:
    post(book, HOLD)
    assert post(book, HOLD._replace(timeout_us=0)) == [Status.EXISTS_WITH_DIFFERENT_TIMEOUT]


def test_a_post_of_a_transfer_that_is_no_hold_of_ours_is_compared_as_it_stands(book: Book) -> None:
    post(book, pay("p", 5))
    assert post(book, end(Kind.POST, "p", "nothing")) == [Status.EXISTS_WITH_DIFFERENT_KIND]
