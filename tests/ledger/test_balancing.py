"""Transfers that move what there is, up to an amount."""

import pytest

from ledger import Account, AccountFlag, Book, Kind, Status, Transfer, TransferFlag
from tests.ledger.town import NOW, end, hold, pay, post, totals

DEBIT, CREDIT = TransferFlag.BALANCING_DEBIT, TransferFlag.BALANCING_CREDIT
BOTH = DEBIT | CREDIT
CREATED = Status.CREATED


def moved(book: Book, transfer: Transfer) -> int:
    (result,) = book.post([transfer], now=NOW, recorded_at=NOW)
    assert result.status == CREATED
    assert result.entry is not None
    return result.entry.amount


# Ali has 100; Sara has nothing, and "debtor" lacks 40.
@pytest.mark.parametrize(
    ("debit", "credit", "flags", "asked", "amount"),
    [
        ("ali", "sara", DEBIT, 99, 99),
        ("ali", "sara", DEBIT, 100, 100),
        ("ali", "sara", DEBIT, 101, 100),
        ("ali", "sara", DEBIT, None, 100),
        ("sara", "ali", DEBIT, 5, 0),
        ("bank", "sara", DEBIT, 5, 0),
        ("ali", "debtor", CREDIT, 39, 39),
        ("ali", "debtor", CREDIT, 40, 40),
        ("ali", "debtor", CREDIT, 41, 40),
        ("ali", "debtor", CREDIT, None, 40),
        ("ali", "sara", CREDIT, 5, 0),
        ("ali", "debtor", BOTH, 1000, 40),
        ("ali", "debtor", BOTH, None, 40),
        ("ali", "debtor", BOTH, 0, 0),
        ("ali", "sara", 0, 7, 7),
    ],
)
@pytest.mark.parametrize("kind", [Kind.TRANSFER, Kind.HOLD])
def test_what_is_there_is_moved_up_to_the_amount(
    book: Book, debit: str, credit: str, flags: int, asked: int | None, amount: int, kind: Kind
) -> None:
    book.open_accounts([Account("debtor", "PKR", 1)], now=NOW, recorded_at=NOW)
    post(book, Transfer("debt", "debtor", "bank", 40))
    assert moved(book, Transfer("t", debit, credit, asked, kind, flags=flags)) == amount


def test_what_is_held_is_not_there(book: Book) -> None:
    post(book, hold("h", 30))
    assert moved(book, Transfer("t", "ali", "sara", flags=DEBIT)) == 70
    assert post(book, end(Kind.VOID, "v", "h")) == [CREATED]
    assert moved(book, Transfer("t2", "ali", "sara", 1000, flags=DEBIT)) == 30


def test_what_is_held_for_an_account_lowers_what_it_lacks(book: Book) -> None:
    post(book, Transfer("h", "ali", "bank", 30, Kind.HOLD))
    assert moved(book, Transfer("t", "ali", "bank", flags=CREDIT)) == 70


def test_the_limits_of_both_accounts_hold_for_what_is_found(book: Book) -> None:
    assert post(book, Transfer("t", "ali", "till", 5, flags=DEBIT)) == [Status.EXCEEDS_DEBITS]
    assert post(book, Transfer("t2", "sara", "bank", 5, flags=CREDIT)) == [Status.EXCEEDS_CREDITS]
    assert moved(book, Transfer("t3", "ali", "till", 5, flags=BOTH)) == 0


def test_a_credit_limit_is_not_spent_by_balancing(book: Book) -> None:
    book.set_credit_limit("ali", 500, NOW, now=NOW, recorded_at=NOW)
    assert moved(book, Transfer("t", "ali", "sara", 1000, flags=DEBIT)) == 100
    assert post(book, pay("p", 500)) == [CREATED]


@pytest.mark.parametrize(
    ("again", "status"),
    [
        (None, Status.EXISTS),
        (1000, Status.EXISTS),
        (101, Status.EXISTS),
        (100, Status.EXISTS),
        (99, Status.EXISTS_WITH_DIFFERENT_AMOUNT),
    ],
)
def test_a_repeat_may_ask_for_as_much_as_was_moved_or_more(
    book: Book, again: int | None, status: Status
) -> None:
    transfer = Transfer("t", "ali", "sara", 101, flags=DEBIT)
    assert moved(book, transfer) == 100
    assert post(book, transfer._replace(amount=again)) == [status]
    assert post(book, transfer._replace(flags=0)) == [Status.EXISTS_WITH_DIFFERENT_FLAGS]
    assert post(book, transfer._replace(flags=BOTH)) == [Status.EXISTS_WITH_DIFFERENT_FLAGS]


def sources(book: Book, *amounts: int) -> None:
    names = [f"source{number}" for number in range(len(amounts))]
    book.open_accounts([Account(name, "PKR", 1) for name in names], now=NOW, recorded_at=NOW)
    book.open_accounts(
        [
            Account("control", "PKR", 1, AccountFlag.CREDITS_MUST_NOT_EXCEED_DEBITS),
            Account("limit", "PKR", 1, AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS),
        ],
        now=NOW,
        recorded_at=NOW,
    )
    for name, amount in zip(names, amounts, strict=True):
        assert post(book, Transfer(f"fund {name}", "bank", name, amount)) == [CREATED]


def gather(*, of: int) -> list[Transfer]:
    """Gather 100 from the sources in turn: what is missing in one is asked of the next, in one chain."""
    steps = [
        # From now on the control account lacks 100, and may take in no more than that.
        Transfer("open", "control", "limit", 100),
        *(Transfer(f"from{number}", f"source{number}", "control", 100, flags=BOTH) for number in range(of)),
        # What it still lacks then is taken from the limit account, which must pay 100 out.
        Transfer("missing", "limit", "control", 100, flags=CREDIT),
        Transfer("pay", "limit", "sara", 100),
    ]
    return [*(step._replace(linked=True) for step in steps[:-1]), steps[-1]]


def test_a_sum_is_gathered_from_many_sources_in_turn(book: Book) -> None:
    sources(book, 70, 20, 40)
    assert set(post(book, *gather(of=3))) == {CREATED}
    assert [totals(book, f"source{number}")[1] for number in range(3)] == [70, 20, 10]
    assert totals(book, "sara") == (0, 0, 0, 100)
    assert totals(book, "control") == (0, 100, 0, 100)


def test_a_gathering_that_is_short_by_one_moves_nothing(book: Book) -> None:
    sources(book, 70, 20, 9)
    assert post(book, *gather(of=3)) == [Status.CHAIN_FAILED] * 5 + [Status.EXCEEDS_CREDITS]
    assert [totals(book, f"source{number}")[1] for number in range(3)] == [0, 0, 0]
    assert totals(book, "sara") == (0, 0, 0, 0)


def test_a_hold_against_an_opposite_limit_is_a_limit_for_one_transfer(book: Book) -> None:
    """The hold is of 1 only while the payer keeps 1, or the void of 1 fails; its void leaves no trace of it."""
    watch = [
        Account("watch", "PKR", 1, AccountFlag.CREDITS_MUST_NOT_EXCEED_DEBITS),
        Account("payer", "PKR", 1),
    ]
    book.open_accounts(watch, now=NOW, recorded_at=NOW)
    post(book, Transfer("fund", "bank", "payer", 10), Transfer("room", "watch", "bank", 1))

    def paid(name: str, amount: int) -> list[Status]:
        return post(
            book,
            Transfer(f"{name} pay", "payer", "sara", amount, linked=True),
            Transfer(f"{name} test", "payer", "watch", 1, Kind.HOLD, flags=DEBIT, linked=True),
            end(Kind.VOID, f"{name} free", f"{name} test", 1),
        )

    assert paid("all", 10) == [Status.CHAIN_FAILED, Status.CHAIN_FAILED, Status.EXCEEDS_HOLD_AMOUNT]
    assert paid("some", 9) == [CREATED] * 3
    assert totals(book, "payer") == (0, 9, 0, 10)
