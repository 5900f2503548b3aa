"""Holds that close an account, and open it again when they are voided or run out."""

import pytest

from ledger import AccountFlag, Book, Kind, Status, Transfer, TransferFlag
from tests.ledger.town import NOW, act, close, end, hold, pay, post, reopen

DEBIT, CREDIT = TransferFlag.CLOSING_DEBIT, TransferFlag.CLOSING_CREDIT
CREATED = Status.CREATED


def closing(name: str, flags: int, amount: int = 0, timeout_us: int = 0, *, linked: bool = False) -> Transfer:
    """Ali's hold for Sara that closes one of them, or both."""
    return hold(name, amount, timeout_us, linked=linked)._replace(flags=flags)


def closed(book: Book) -> set[str]:
    accounts = book.accounts(["ali", "sara"]).values()
    return {account.id for account in accounts if account.flags & AccountFlag.CLOSED}


SIDES = [(DEBIT, {"ali"}), (CREDIT, {"sara"}), (DEBIT | CREDIT, {"ali", "sara"})]


@pytest.mark.parametrize(("flags", "names"), SIDES)
def test_a_closing_hold_closes_and_its_void_opens_again(book: Book, flags: int, names: set[str]) -> None:
    assert post(book, hold("before", 10), closing("c", flags, 5)) == [CREATED, CREATED]
    assert closed(book) == names
    refused = Status.DEBIT_ACCOUNT_CLOSED if "ali" in names else Status.CREDIT_ACCOUNT_CLOSED
    assert post(
        book,
        pay("p", 1),
        closing("again", flags),
        end(Kind.POST, "post", "before"),
        act(Kind.CAPTURE, "capture", "before", 1),
        act(Kind.EXTEND, "extend", "before"),
        end(Kind.POST, "post it", "c"),
        end(Kind.VOID, "void", "before"),
    ) == [refused] * 6 + [CREATED]
    assert post(book, end(Kind.VOID, "v", "c")) == [CREATED]
    assert closed(book) == set()
    assert post(book, pay("p2", 1), closing("again2", flags)) == [CREATED, CREATED]


@pytest.mark.parametrize(("flags", "names"), SIDES)
def test_the_expiry_of_a_closing_hold_opens_again(book: Book, flags: int, names: set[str]) -> None:
    post(book, hold("h", 3, 5), closing("c", flags, 5, timeout_us=10))
    assert [entry.target_id for entry in book.expire(now=NOW + 5, recorded_at=NOW + 5)] == ["h"]
    assert closed(book) == names
    assert [entry.target_id for entry in book.expire(now=NOW + 10, recorded_at=NOW + 10)] == ["c"]
    assert closed(book) == set()


def test_an_undone_chain_has_closed_and_opened_nothing(book: Book) -> None:
    assert post(book, closing("c", DEBIT | CREDIT, linked=True), pay("p", 1)) == [
        Status.CHAIN_FAILED,
        Status.DEBIT_ACCOUNT_CLOSED,
    ]
    assert closed(book) == set()
    post(book, closing("c2", DEBIT))
    void = end(Kind.VOID, "v", "c2", linked=True)
    assert post(book, void, pay("p2", 1000)) == [Status.CHAIN_FAILED, Status.EXCEEDS_CREDITS]
    assert closed(book) == {"ali"}


def test_close_pay_the_rest_out_and_leave(book: Book) -> None:
    """The rest goes first, then the account closes: one chain, nothing in between."""
    rest = Transfer("rest", "ali", "sara", flags=TransferFlag.BALANCING_DEBIT, linked=True)
    assert post(book, rest, closing("c", DEBIT)) == [CREATED, CREATED]
    assert closed(book) == {"ali"}


def test_a_closing_hold_balances_too(book: Book) -> None:
    flags = DEBIT | TransferFlag.BALANCING_DEBIT
    assert post(book, closing("c", flags, 1000)) == [CREATED]
    account = book.account("ali")
    assert account is not None
    assert (account.available, account.debits_pending) == (0, 100)
    assert post(book, closing("c", flags, 1000), closing("c", DEBIT, 1000)) == [
        Status.EXISTS,
        Status.EXISTS_WITH_DIFFERENT_FLAGS,
    ]


def test_a_hold_of_a_reopened_account_can_be_posted_and_then_opens_nothing(book: Book) -> None:
    post(book, closing("c", DEBIT, 5), hold("other", 1))
    reopen(book, "ali")
    assert post(book, end(Kind.POST, "p", "c")) == [CREATED]
    close(book, "ali")
    assert post(book, end(Kind.POST, "p", "c")) == [Status.EXISTS]
    assert closed(book) == {"ali"}


def test_a_void_opens_what_was_closed_by_hand_in_between(book: Book) -> None:
    post(book, closing("c", DEBIT))
    reopen(book, "ali")
    close(book, "ali")
    post(book, end(Kind.VOID, "v", "c"))
    assert closed(book) == set()
