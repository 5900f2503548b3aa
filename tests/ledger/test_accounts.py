from typing import Any

import pytest

from ledger import Account, AccountFlag, AccountNotFoundError, AccountStatus, Book, Store, Why
from ledger.chart import AccountClass, chart_row
from tests.ledger.town import LATER, NOW

S = AccountStatus
LIMITS = AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS | AccountFlag.CREDITS_MUST_NOT_EXCEED_DEBITS

IMPORTED = AccountFlag.IMPORTED
EVERYTHING_WRONG = {"id": "", "flags": LIMITS | 64, "currency": "", "code": 0, "opened_at": NOW - 1}

# Each row mends one fault and leaves the rest; the last column is what else is in the list before it.
NEW: list[tuple[AccountStatus, dict[str, Any], list[Account]]] = [
    (S.IMPORTED_EXPECTED, EVERYTHING_WRONG, [Account("", "", 0, IMPORTED, opened_at=1)]),
    (S.OPENED_AT_NOT_ALLOWED, {}, []),
    (S.FLAGS_UNKNOWN, {"opened_at": 0}, []),
    (S.ID_MISSING, {"flags": LIMITS, "debits_pending": 1, "debits_posted": 1}, []),
    (S.ID_TOO_LONG, {"id": "x" * 65, "credits_pending": 1, "credits_posted": 1, "credit_limit": 1}, []),
    (S.EXISTS_WITH_DIFFERENT_FLAGS, {"id": "ali"}, []),
    (S.EXISTS_WITH_DIFFERENT_CURRENCY, {"flags": AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS}, []),
    (S.EXISTS_WITH_DIFFERENT_CODE, {"currency": "PKR"}, []),
    (S.EXISTS, {"code": 2}, []),
    (S.LIMITS_EXCLUDE_EACH_OTHER, {"id": "x" * 64, "flags": LIMITS, "currency": "", "code": 0}, []),
    (S.DEBITS_PENDING_MUST_BE_ZERO, {"flags": AccountFlag.CLOSED}, []),
    (S.DEBITS_POSTED_MUST_BE_ZERO, {"debits_pending": 0}, []),
    (S.CREDITS_PENDING_MUST_BE_ZERO, {"debits_posted": 0}, []),
    (S.CREDITS_POSTED_MUST_BE_ZERO, {"credits_pending": 0}, []),
    (S.CREDIT_LIMIT_MUST_BE_ZERO, {"credits_posted": 0}, []),
    (S.CREDIT_LIMIT_MUST_BE_ZERO, {"credit_limit": 0, "limit_due_at": 1}, []),
    (S.CURRENCY_MISSING, {"limit_due_at": 0}, []),
    (S.CODE_MISSING, {"currency": "PKR"}, []),
    (S.CODE_TOO_LARGE, {"code": 2**31}, []),
    (S.CODE_NOT_IN_CHART, {"code": 4}, []),
    (S.CREATED, {"code": 2**31 - 1}, []),
]

FROM_ELSEWHERE: list[tuple[AccountStatus, dict[str, Any], list[Account]]] = [
    (
        S.IMPORTED_NOT_EXPECTED,
        EVERYTHING_WRONG | {"flags": LIMITS | IMPORTED | 64, "opened_at": 0},
        [Account("", "", 0)],
    ),
    (S.IMPORTED_TIME_OUT_OF_RANGE, {}, []),
    (S.IMPORTED_TIME_OUT_OF_RANGE, {"opened_at": 2**63}, []),
    (S.IMPORTED_TIME_NOT_PAST, {"opened_at": LATER}, []),
    (S.FLAGS_UNKNOWN, {"opened_at": NOW - 1}, []),
    (S.ID_MISSING, {"flags": LIMITS | IMPORTED}, []),
    (S.EXISTS_WITH_DIFFERENT_FLAGS, {"id": "ali", "flags": IMPORTED | 1, "currency": "PKR", "code": 2}, []),
    (S.CURRENCY_MISSING, {"id": "new", "currency": "", "code": 0}, []),
    (S.CODE_MISSING, {"currency": "PKR"}, []),
    (S.CODE_NOT_IN_CHART, {"code": 4}, []),
    (S.IMPORTED_TIME_RUNS_BACKWARDS, {"code": 1}, []),
    (S.CREATED, {"opened_at": NOW}, []),
    (S.EXISTS, {"opened_at": NOW - 1}, []),
]


@pytest.mark.parametrize("ladder", [NEW, FROM_ELSEWHERE])
def test_the_first_rule_that_refuses_an_account_gives_the_status(
    book: Book, any_store: Store, ladder: list[tuple[AccountStatus, dict[str, Any], list[Account]]]
) -> None:
    chart = [chart_row(code, "of the town", AccountClass.LIABILITY) for code in (1, 2, 3, 2**31 - 1)]
    any_store.save_chart("sbx_1", chart)
    fields: dict[str, Any] = {}
    for status, mended, before in ladder:
        fields |= mended
        result = book.open_accounts([*before, Account(**fields)], now=LATER, recorded_at=LATER)[-1]
        assert result.status == status
        assert (result.account is None) == (status not in (S.CREATED, S.EXISTS))
        assert (result.detail is None) == (status in (S.CREATED, S.EXISTS))


def test_statuses_of_accounts_are_declared_in_order_of_precedence() -> None:
    order = list(AccountStatus)
    for ladder in (NEW, FROM_ELSEWHERE[:-1]):
        places = [order.index(status) for status, _, _ in ladder[:-1]]
        assert places == sorted(places)
    assert {status for status, _, _ in NEW + FROM_ELSEWHERE} == set(order)


def test_a_refusal_of_an_account_is_explained(book: Book) -> None:
    asked = [
        Account("x" * 65, "PKR", 1),
        Account("bank", "PKR", 7),
        Account("new", "PKR", 1, credits_posted=5),
    ]
    assert [result.detail for result in book.open_accounts(asked, now=NOW, recorded_at=NOW)] == [
        Why("id", limit=64, current=0, needed=65),
        Why("code", "bank", current=1, needed=7),
        Why("credits_posted", "new", limit=0, current=0, needed=5),
    ]


def test_no_accounts_at_all_are_fine(book: Book) -> None:
    assert book.open_accounts([], now=NOW, recorded_at=NOW) == []


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
