"""An id refused for a reason that may pass is spent, so that a late repeat cannot move money."""

import pytest

from ledger import Account, Book, Kind, Status, Transfer
from tests.ledger.town import NOW, act, end, hold, pay, post

FAILED = Status.ID_ALREADY_FAILED


def test_too_little_money_now_spends_the_id_for_good(book: Book) -> None:
    assert post(book, pay("p1", 101)) == [Status.EXCEEDS_CREDITS]
    post(book, Transfer("raise", "bank", "ali", 1000))
    assert post(book, pay("p1", 101)) == [FAILED]
    assert post(book, pay("p1", 1)) == [FAILED]
    assert post(book, pay("p2", 101)) == [Status.CREATED]


def test_it_is_spent_inside_its_own_batch_too(book: Book) -> None:
    assert post(book, pay("p1", 101), pay("p1", 1)) == [Status.EXCEEDS_CREDITS, FAILED]


@pytest.mark.parametrize(
    ("transfer", "status"),
    [
        (Transfer("t", "ghost", "ali", 1), Status.DEBIT_ACCOUNT_NOT_FOUND),
        (Transfer("t", "bank", "ghost", 1), Status.CREDIT_ACCOUNT_NOT_FOUND),
        (end(Kind.POST, "t", "ghost"), Status.TARGET_NOT_FOUND),
        (end(Kind.VOID, "t", "ghost"), Status.TARGET_NOT_FOUND),
        (act(Kind.CAPTURE, "t", "ghost"), Status.TARGET_NOT_FOUND),
        (act(Kind.EXTEND, "t", "ghost"), Status.TARGET_NOT_FOUND),
        (act(Kind.REVERSAL, "t", "ghost"), Status.TARGET_NOT_FOUND),
    ],
)
def test_what_is_not_there_yet_spends_the_id(book: Book, transfer: Transfer, status: Status) -> None:
    assert post(book, transfer) == [status]
    book.open_accounts([Account("ghost", "PKR", 1)], now=NOW, recorded_at=NOW)
    post(book, hold("ghost", 1))
    assert post(book, transfer) == [FAILED]


def test_a_closed_account_spends_the_id(book: Book) -> None:
    book.close_account("sara", now=NOW, recorded_at=NOW)
    assert post(book, pay("p1", 1)) == [Status.CREDIT_ACCOUNT_CLOSED]
    book.reopen_account("sara", now=NOW, recorded_at=NOW)
    assert post(book, pay("p1", 1), pay("p2", 1)) == [FAILED, Status.CREATED]


def test_a_faulty_request_leaves_the_id_free(book: Book) -> None:
    assert post(book, Transfer("p1", "ali", "sara")) == [Status.AMOUNT_MISSING]
    assert post(book, pay("p1", 1)) == [Status.CREATED]


def test_in_a_chain_only_the_id_that_failed_is_spent_and_stays_so(book: Book) -> None:
    chain = [pay("a", 1, linked=True), pay("b", 1000, linked=True), pay("c", 1)]
    assert post(book, *chain) == [Status.CHAIN_FAILED, Status.EXCEEDS_CREDITS, Status.CHAIN_FAILED]
    assert post(book, pay("a", 1), pay("b", 1), pay("c", 1)) == [Status.CREATED, FAILED, Status.CREATED]


def test_a_spent_id_breaks_a_chain(book: Book) -> None:
    post(book, pay("b", 1000))
    assert post(book, pay("a", 1, linked=True), pay("b", 1)) == [Status.CHAIN_FAILED, FAILED]
