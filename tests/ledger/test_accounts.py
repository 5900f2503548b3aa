from typing import Any

import pytest

from ledger import Account, AccountFlag, AccountNotFoundError, AccountStatus, Book
from tests.ledger.town import LATER, NOW

S = AccountStatus
LIMITS = AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS | AccountFlag.CREDITS_MUST_NOT_EXCEED_DEBITS

NEW: list[tuple[AccountStatus, dict[str, Any]]] = [
    (S.FLAGS_UNKNOWN, {"id": "", "flags": LIMITS | 8, "currency": "", "code": 0}),
    (S.ID_MISSING, {"flags": LIMITS, "debits_pending": 1, "debits_posted": 1}),
    (S.ID_TOO_LONG, {"id": "x" * 65, "credits_pending": 1, "credits_posted": 1}),
    (S.EXISTS_WITH_DIFFERENT_FLAGS, {"id": "ali"}),
    (S.EXISTS_WITH_DIFFERENT_CURRENCY, {"flags": AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS}),
    (S.EXISTS_WITH_DIFFERENT_CODE, {"currency": "PKR"}),
    (S.EXISTS, {"code": 2}),
    (S.LIMITS_EXCLUDE_EACH_OTHER, {"id": "x" * 64, "flags": LIMITS, "currency": "", "code": 0}),
    (S.DEBITS_PENDING_MUST_BE_ZERO, {"flags": AccountFlag.CLOSED}),
    (S.DEBITS_POSTED_MUST_BE_ZERO, {"debits_pending": 0}),
    (S.CREDITS_PENDING_MUST_BE_ZERO, {"debits_posted": 0}),
    (S.CREDITS_POSTED_MUST_BE_ZERO, {"credits_pending": 0}),
    (S.CURRENCY_MISSING, {"credits_posted": 0}),
    (S.CODE_MISSING, {"currency": "PKR"}),
    (S.CODE_TOO_LARGE, {"code": 2**31}),
    (S.CREATED, {"code": 2**31 - 1}),
]


def test_the_first_rule_that_refuses_an_account_gives_the_status(book: Book) -> None:
    fields: dict[str, Any] = {}
    for status, mended in NEW:
        fields |= mended
        (result,) = book.open_accounts([Account(**fields)], now=NOW, recorded_at=NOW)
        assert result.status == status
        assert (result.account is None) == (status not in (S.CREATED, S.EXISTS))


def test_statuses_of_accounts_are_declared_in_order_of_precedence() -> None:
    assert [status for status, _ in NEW[:-1]] == list(AccountStatus)[1:]


def test_an_account_opens_empty_at_its_time(book: Book) -> None:
    (result,) = book.open_accounts([Account("new", "PKR", 9)], now=LATER, recorded_at=LATER)
    assert result.account == Account("new", "PKR", 9, opened_at=LATER)
    assert book.account("new") == result.account


def test_a_repeat_gives_the_account_as_it_is_now(book: Book) -> None:
    (result,) = book.open_accounts(
        [Account("ali", "PKR", 2, AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS)], now=LATER, recorded_at=LATER
    )
    assert result.status == S.EXISTS
    assert result.account is not None
    assert (result.account.credits_posted, result.account.opened_at) == (100, NOW)


def test_closing_an_account_does_not_spoil_the_repeat_of_its_opening(book: Book) -> None:
    book.close_account("bank", now=NOW, recorded_at=NOW)
    assert book.open_accounts([Account("bank", "PKR", 1)], now=NOW, recorded_at=NOW)[0].status == S.EXISTS


def test_the_same_account_twice_in_one_list(book: Book) -> None:
    twice = [Account("new", "PKR", 1), Account("new", "PKR", 1), Account("new", "PKR", 2)]
    statuses = [result.status for result in book.open_accounts(twice, now=NOW, recorded_at=NOW)]
    assert statuses == [S.CREATED, S.EXISTS, S.EXISTS_WITH_DIFFERENT_CODE]


def test_accounts_come_in_the_order_asked_for_without_the_unknown(book: Book) -> None:
    assert list(book.accounts(["sara", "nobody", "ali", "bank", "sara"])) == ["sara", "ali", "bank"]
    assert book.account("nobody") is None
    assert book.accounts([]) == {}


def test_close_and_reopen(book: Book) -> None:
    limited = AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS
    for _ in range(2):
        assert book.close_account("ali", now=NOW, recorded_at=NOW).flags == limited | AccountFlag.CLOSED
    for _ in range(2):
        assert book.reopen_account("ali", now=NOW, recorded_at=NOW).flags == limited
    assert book.accounts(["ali"])["ali"].flags == limited


def test_an_unknown_account_cannot_be_closed(book: Book) -> None:
    with pytest.raises(AccountNotFoundError, match="nobody"):
        book.close_account("nobody", now=NOW, recorded_at=NOW)
