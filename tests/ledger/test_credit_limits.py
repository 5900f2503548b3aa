"""Credit limits: how far debits may exceed credits, and from when."""

import pytest

from ledger import Account, AccountNotFoundError, Book, Kind, Status, Transfer, TransferFlag, Why
from tests.ledger.town import NOW, act, end, hold, pay, post, totals

CREATED, EXCEEDS = Status.CREATED, Status.EXCEEDS_CREDITS


def limit(
    book: Book, amount: int, effective_at: int = NOW, *, account: str = "ali", now: int = NOW
) -> Account:
    return book.set_credit_limit(account, amount, effective_at, now=now, recorded_at=now)


def test_debits_may_exceed_credits_by_the_limit_and_no_more(book: Book) -> None:
    assert limit(book, 50)[-3:] == (50, 0, NOW)
    (result,) = book.post([pay("p", 151)], now=NOW, recorded_at=NOW)
    assert result.detail == Why("amount", "ali", limit=150, current=0, needed=151)
    assert post(book, hold("h", 60), pay("p2", 90), pay("p3", 1)) == [CREATED, CREATED, EXCEEDS]


def test_the_mirror_for_accounts_that_limit_their_credits(book: Book) -> None:
    limit(book, 50, account="till")
    assert post(book, Transfer("t", "bank", "till", 51), Transfer("t2", "bank", "till", 50)) == [
        Status.EXCEEDS_DEBITS,
        CREATED,
    ]


def test_a_lower_limit_takes_nothing_back_and_refuses_what_is_new(book: Book) -> None:
    limit(book, 50)
    post(book, hold("h", 20), pay("p", 130))
    limit(book, 10)
    assert post(book, pay("p2", 0), end(Kind.POST, "e", "h"), Transfer("in", "bank", "ali", 40)) == [
        EXCEEDS,
        CREATED,
        CREATED,
    ]
    assert post(book, pay("p3", 0), pay("p4", 1)) == [CREATED, EXCEEDS]


def test_a_scheduled_limit_takes_force_at_its_very_microsecond(book: Book) -> None:
    account = limit(book, 50, NOW + 10)
    assert (account.credit_limit, account.limit_due_at) == (0, NOW + 10)
    assert post(book, pay("early", 101), now=NOW + 9) == [EXCEEDS]
    assert post(book, pay("p", 150), now=NOW + 10) == [CREATED]
    after = book.account("ali")
    assert after is not None
    assert (after.credit_limit, after.limit_due_at) == (50, 0)


def test_many_changes_take_force_each_in_its_turn(book: Book) -> None:
    limit(book, 30, NOW + 30)
    limit(book, 10, NOW + 10)
    limit(book, 25, NOW + 20)
    limit(book, 20, NOW + 20)
    limit(book, 5)
    for moment, amount in [(0, 5), (9, 5), (10, 10), (20, 20), (29, 20), (30, 30), (99, 30)]:
        (result,) = book.post([pay(f"p{moment}", 1000)], now=NOW + moment, recorded_at=NOW)
        assert result.detail is not None
        assert result.detail.limit == 100 + amount
        # Whatever is written keeps what is in force, and when the next one is due.
        post(book, Transfer(f"t{moment}", "bank", "ali", 0), now=NOW + moment)
        account = book.account("ali")
        assert account is not None
        due = next((NOW + each for each in (10, 20, 30) if each > moment), 0)
        assert (account.credit_limit, account.limit_due_at) == (amount, due)


def test_a_change_sees_what_has_taken_force_in_between(book: Book) -> None:
    limit(book, 50, NOW + 10)
    account = limit(book, 70, NOW + 30, now=NOW + 20)
    assert (account.credit_limit, account.limit_due_at) == (50, NOW + 30)
    account = limit(book, 60, NOW + 1, now=NOW + 20)
    assert (account.credit_limit, account.limit_due_at) == (60, NOW + 30)
    account = limit(book, 90, NOW + 30, now=NOW + 30)
    assert (account.credit_limit, account.limit_due_at) == (90, 0)


def test_the_limits_of_both_accounts_take_force(book: Book) -> None:
    limit(book, 50, NOW + 10)
    limit(book, 50, NOW + 10, account="till")
    assert post(book, Transfer("t", "ali", "till", 51), now=NOW + 10) == [Status.EXCEEDS_DEBITS]
    assert post(book, Transfer("t2", "ali", "till", 50), now=NOW + 10) == [CREATED]
    assert [each.credit_limit for each in book.accounts(["ali", "till"]).values()] == [50, 50]


def test_an_undone_chain_has_let_nothing_take_force(book: Book) -> None:
    limit(book, 50, NOW + 10)
    chain = [pay("p", 150, linked=True), pay("p2", 1)]
    assert post(book, *chain, now=NOW + 10) == [Status.CHAIN_FAILED, EXCEEDS]
    account = book.account("ali")
    assert account is not None
    assert (account.credit_limit, account.limit_due_at) == (0, NOW + 10)
    assert post(book, pay("p3", 150), now=NOW + 10) == [CREATED]


def test_a_reversal_may_use_the_limit_too(book: Book) -> None:
    post(book, pay("p", 60), Transfer("gone", "sara", "bank", 60))
    limit(book, 60, account="sara")
    assert post(book, act(Kind.REVERSAL, "r", "p")) == [CREATED]
    assert totals(book, "sara") == (0, 120, 0, 60)


def test_what_is_imported_knows_the_limit_of_its_own_time(book: Book) -> None:
    limit(book, 50, NOW + 10)
    limit(book, 80, NOW + 20)

    def past(name: str, amount: int, moment: int) -> Transfer:
        return pay(name, amount)._replace(flags=TransferFlag.IMPORTED, happened_at=NOW + moment)

    batch = [past("a", 101, 9), past("b", 180, 10), past("c", 150, 10), past("d", 30, 20), past("e", 1, 30)]
    assert post(book, *batch, now=NOW + 50) == [EXCEEDS, EXCEEDS, CREATED, CREATED, EXCEEDS]


def test_a_limit_must_be_a_limit_of_an_account(book: Book) -> None:
    for wrong in (-1, 2**63):
        with pytest.raises(ValueError, match=f"0 to {2**63 - 1}, not {wrong}"):
            limit(book, wrong)
    with pytest.raises(AccountNotFoundError, match="nobody"):
        limit(book, 1, account="nobody")


def test_the_largest_limit_is_no_way_past_the_largest_amount(book: Book) -> None:
    limit(book, 2**63 - 1)
    assert post(book, pay("p", 2**63 - 1), pay("p2", 1)) == [CREATED, Status.OVERFLOWS_DEBITS_POSTED]
