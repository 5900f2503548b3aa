"""Clearing accounts: what has not come out even, since when, and how much of it is how old."""

import pytest

from ledger import Account, AccountFlag, Book, Kind, Status, Store, Transfer
from ledger.clearing import DAY_US, Aged, ClearingAccount
from tests.ledger.town import NOW, post

DAY = DAY_US


@pytest.fixture
def book(sql_store: Store) -> Book:
    """A book with two clearing accounts and two others."""
    book = Book(sql_store, "sbx_1")
    zero = AccountFlag.EXPECTED_ZERO
    accounts = [
        Account("bank", "PKR", 1),
        Account("ali", "PKR", 2),
        Account("raast", "PKR", 9, zero),
        Account("cards", "PKR", 9, zero),
    ]
    book.open_accounts(accounts, now=NOW, recorded_at=NOW)
    return book


def move(book: Book, at: int, *legs: tuple[str, str, str, int, str]) -> None:
    """Post transfers (id, debit, credit, amount, reference) at a time."""
    batch = [
        Transfer(name, debit, credit, amount, reference=reference)
        for name, debit, credit, amount, reference in legs
    ]
    assert set(post(book, *batch, now=at)) == {Status.CREATED}


def brief(found: list[ClearingAccount]) -> list[tuple[str, int, int, list[tuple[str, int, list[str]]]]]:
    """Return account, balance, age in days, and the items (key, amount, ids of the entries)."""
    return [
        (
            each.account.id,
            each.balance,
            each.age_us // DAY,
            [(item.key, item.amount, [entry.id for entry in item.entries]) for item in each.unmatched],
        )
        for each in found
    ]


def test_what_is_at_zero_is_not_listed(book: Book) -> None:
    assert book.clearing(now=NOW) == []
    move(
        book, NOW, ("1", "ali", "raast", 5, "a"), ("2", "raast", "bank", 5, "b"), ("3", "bank", "ali", 9, "")
    )
    assert book.clearing(now=NOW) == []


def test_a_balance_is_told_since_it_was_last_at_zero(book: Book) -> None:
    move(book, NOW, ("1", "ali", "raast", 5, "a"), ("2", "raast", "bank", 5, "a"))
    move(book, NOW + DAY, ("3", "ali", "raast", 7, "b"), ("4", "ali", "raast", 2, "c"))
    move(book, NOW + 2 * DAY, ("5", "raast", "bank", 7, "b"), ("6", "raast", "bank", 1, "c"))
    move(book, NOW + 3 * DAY, ("7", "bank", "cards", 4, ""))
    found = book.clearing(now=NOW + 5 * DAY)
    assert brief(found) == [
        # "b" has come in and gone out; of "c" 1 is left.
        ("raast", 1, 4, [("c", 1, ["4", "6"])]),
        ("cards", 4, 2, [("7", 4, ["7"])]),
    ]
    assert [each.since for each in found] == [NOW + DAY, NOW + 3 * DAY]
    assert all(each.complete for each in found)


def test_those_that_have_waited_longest_come_first(book: Book) -> None:
    move(book, NOW, ("1", "ali", "raast", 5, ""))
    move(book, NOW + 1, ("2", "cards", "ali", 5, ""))
    assert [each.account.id for each in book.clearing(now=NOW + 2)] == ["raast", "cards"]
    move(book, NOW + 3, ("3", "raast", "ali", 5, ""))
    move(book, NOW + 4, ("4", "raast", "ali", 5, ""))
    assert [(each.account.id, each.balance) for each in book.clearing(now=NOW + 5)] == [
        ("cards", -5),
        ("raast", -5),
    ]


@pytest.mark.parametrize(
    ("age", "aged"),
    [
        (0, Aged(under_1_day=5)),
        (DAY - 1, Aged(under_1_day=5)),
        (DAY, Aged(under_3_days=5)),
        (3 * DAY - 1, Aged(under_3_days=5)),
        (3 * DAY, Aged(under_7_days=5)),
        (7 * DAY - 1, Aged(under_7_days=5)),
        (7 * DAY, Aged(older=5)),
        (99 * DAY, Aged(older=5)),
    ],
)
def test_ages(book: Book, age: int, aged: Aged) -> None:
    move(book, NOW, ("1", "ali", "raast", 5, ""))
    (found,) = book.clearing(now=NOW + age)
    assert (found.aged, found.age_us) == (aged, age)


def test_the_ages_add_up_to_the_balance(book: Book) -> None:
    move(book, NOW, ("1", "ali", "raast", 100, "a"), ("2", "ali", "raast", 30, "b"))
    move(book, NOW + 5 * DAY, ("3", "raast", "ali", 60, "a"), ("4", "ali", "raast", 8, "c"))
    move(book, NOW + 9 * DAY, ("5", "raast", "bank", 9, "d"))
    (found,) = book.clearing(now=NOW + 10 * DAY)
    # What is left of "a" is as old as its first entry.
    assert found.aged == Aged(under_3_days=-9, under_7_days=8, older=70)
    assert sum(found.aged) == found.balance == 69


def test_an_entry_and_what_takes_it_back_belong_together(book: Book) -> None:
    move(
        book, NOW, ("1", "ali", "raast", 5, ""), ("2", "ali", "raast", 3, "x"), ("3", "bank", "raast", 1, "")
    )
    back = [Transfer(f"r{number}", kind=Kind.REVERSAL, target_id=str(number)) for number in (1, 2)]
    assert post(book, *back) == [Status.CREATED] * 2
    assert brief(book.clearing(now=NOW)) == [("raast", 1, 0, [("3", 1, ["3"])])]


def test_what_is_only_held_has_not_arrived(book: Book) -> None:
    assert (
        post(
            book,
            Transfer("h", "ali", "raast", 9, Kind.HOLD, reference="a"),
            Transfer("c", kind=Kind.CAPTURE, target_id="h", amount=2),
            Transfer("h2", "raast", "bank", 1, Kind.HOLD),
        )
        == [Status.CREATED] * 3
    )
    assert brief(book.clearing(now=NOW)) == [("raast", 2, 0, [("a", 2, ["c"])])]


def test_no_entries_to_look_at_are_an_error(book: Book) -> None:
    with pytest.raises(ValueError, match="limit is 1 or more, not 0"):
        book.clearing(now=NOW, limit=0)


def test_of_a_long_list_the_oldest_are_looked_at(book: Book) -> None:
    move(book, NOW, *((str(number), "ali", "raast", 1, "") for number in range(5)))
    (found,) = book.clearing(now=NOW, limit=4)
    assert (found.complete, found.balance, found.aged) == (False, 5, Aged(under_1_day=4))
    assert [item.key for item in found.unmatched] == ["0", "1", "2", "3"]
    (found,) = book.clearing(now=NOW, limit=5)
    assert (found.complete, sum(found.aged)) == (True, 5)
