"""A chart of accounts: what it refuses, and the trial balance that it makes possible."""

import pytest

from ledger import Account, AccountStatus, Book, SqliteStore, Status, StorageError, Store, Transfer, Why
from ledger.chart import AccountClass, ChartRow, Side, chart_row
from ledger.trial import ClassBalances, CodeBalance
from tests.ledger.town import NOW, hold, post

CASH = chart_row(10, "Cash at the central bank", AccountClass.ASSET)
WORN = ChartRow(19, "Depreciation of machines", AccountClass.ASSET, Side.CREDIT)
DEPOSITS = chart_row(20, "Deposits of customers", AccountClass.LIABILITY)
CAPITAL = chart_row(30, "Share capital", AccountClass.EQUITY)
FEES = chart_row(40, "Fees", AccountClass.INCOME)
RENT = chart_row(50, "Rent", AccountClass.EXPENSE)
CHART = [CASH, WORN, DEPOSITS, CAPITAL, FEES, RENT]


@pytest.fixture
def book(sql_store: Store) -> Book:
    """A book with one account, of code 10, and no chart."""
    book = Book(sql_store, "sbx_1")
    assert opened(book, Account("cash", "PKR", 10)) == [AccountStatus.CREATED]
    return book


def opened(book: Book, *accounts: Account) -> list[AccountStatus]:
    return [each.status for each in book.open_accounts(accounts, now=NOW, recorded_at=NOW)]


def test_rows_take_the_normal_side_of_their_class() -> None:
    sides = {each.account_class.value: each.normal_side.value for each in CHART if each != WORN}
    assert sides == {
        "asset": "debit",
        "liability": "credit",
        "equity": "credit",
        "income": "credit",
        "expense": "debit",
    }


def test_a_chart_is_the_books_own_and_gives_way_to_the_next(book: Book, sql_store: Store) -> None:
    assert book.chart() == []
    book.set_chart(CHART[::-1])
    assert book.chart() == CHART
    assert Book(sql_store, "sbx_2").chart() == []
    book.set_chart([CASH])
    assert book.chart() == [CASH]
    book.set_chart([])
    assert book.chart() == []


def test_an_account_whose_code_is_not_in_the_chart_is_refused(book: Book) -> None:
    assert opened(book, Account("a", "PKR", 77)) == [AccountStatus.CREATED]
    with pytest.raises(ValueError, match="accounts with code 77, which the chart leaves out"):
        book.set_chart(CHART)
    book.set_chart([*CHART, chart_row(77, "Suspense", AccountClass.LIABILITY)])
    assert opened(
        book,
        Account("b", "PKR", 78),
        Account("c", "PKR", 77),
        Account("a", "PKR", 77),
        Account("d", "PKR", 20),
    ) == [
        AccountStatus.CODE_NOT_IN_CHART,
        AccountStatus.CREATED,
        AccountStatus.EXISTS,
        AccountStatus.CREATED,
    ]
    (refused,) = book.open_accounts([Account("b", "PKR", 78)], now=NOW, recorded_at=NOW)
    assert refused.detail == Why("code", "b", needed=78)
    book.set_chart([])
    assert opened(book, Account("b", "PKR", 78)) == [AccountStatus.CREATED]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([ChartRow(0, "x", AccountClass.ASSET, Side.DEBIT)], "code is 1 to 2147483647, not 0"),
        ([ChartRow(2**31, "x", AccountClass.ASSET, Side.DEBIT)], "not 2147483648"),
        ([ChartRow(10, "", AccountClass.ASSET, Side.DEBIT)], "code 10 has no name"),
        ([*CHART, CASH, RENT, RENT], "more than one row for code 10, 50"),
        ([RENT], "accounts with code 10, which"),
    ],
)
def test_a_chart_that_is_not_sound_is_refused(book: Book, rows: list[ChartRow], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        book.set_chart(rows)
    assert book.chart() == []


def test_the_trial_balance_by_code_and_class(book: Book) -> None:
    book.set_chart(CHART)
    opened(
        book,
        Account("machines", "PKR", 10),
        Account("worn", "PKR", 19),
        Account("ali", "PKR", 20),
        Account("sara", "PKR", 20),
        Account("capital", "PKR", 30),
        Account("fees", "PKR", 40),
        Account("rent", "PKR", 50),
        Account("nostro", "USD", 10),
        Account("ann", "USD", 20),
    )
    assert set(
        post(
            book,
            Transfer("1", "cash", "capital", 500),
            Transfer("2", "machines", "cash", 100),
            Transfer("3", "rent", "worn", 30),
            Transfer("4", "cash", "ali", 70),
            Transfer("5", "ali", "sara", 20),
            Transfer("6", "sara", "fees", 3),
            Transfer("7", "nostro", "ann", 2**62, currency="USD"),
            hold("held", 9),
        )
    ) == {Status.CREATED}
    found = book.trial_balance_by_chart()
    assert found.codes == [
        # currency, the row of the chart, accounts, debits, credits
        CodeBalance("PKR", *CASH, 2, 670, 100),
        CodeBalance("PKR", *WORN, 1, 0, 30),
        CodeBalance("PKR", *DEPOSITS, 2, 23, 90),
        CodeBalance("PKR", *CAPITAL, 1, 0, 500),
        CodeBalance("PKR", *FEES, 1, 0, 3),
        CodeBalance("PKR", *RENT, 1, 30, 0),
        CodeBalance("USD", *CASH, 1, 2**62, 0),
        CodeBalance("USD", *DEPOSITS, 1, 0, 2**62),
    ]
    assert [each.balance for each in found.codes] == [570, 30, 67, 500, 3, 30, 2**62, 2**62]
    assert found.classes == [
        ClassBalances("PKR", assets=540, expenses=30, liabilities=67, equity=500, income=3),
        ClassBalances("USD", assets=2**62, expenses=0, liabilities=2**62, equity=0, income=0),
    ]
    assert found.balanced


def test_a_book_without_a_chart_has_no_such_balance(book: Book) -> None:
    with pytest.raises(ValueError, match="sbx_1 has no chart"):
        book.trial_balance_by_chart()


def test_damage_is_seen(store: SqliteStore) -> None:
    book = Book(store, "sbx_1")
    opened(book, Account("cash", "PKR", 10))
    book.set_chart(CHART)
    store.query("UPDATE ledger_account SET debits_posted = 1", {})
    assert not book.trial_balance_by_chart().balanced
    store.query("UPDATE ledger_account SET code = 11", {})
    with pytest.raises(StorageError, match="accounts with code 11, which its chart leaves out"):
        book.trial_balance_by_chart()
