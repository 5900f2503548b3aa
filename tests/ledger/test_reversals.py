"""Money moved back, whole and once, and findable from both sides."""

from typing import Any

import pytest

from ledger import Book, Kind, Status, Transfer, Why
from tests.ledger.town import NOW, act, close, end, hold, pay, post, reopen, totals

S = Status
CREATED = S.CREATED
REVERSAL = Kind.REVERSAL


@pytest.fixture
def paid(book: Book) -> Book:
    """Ali has paid Sara 30 by transfer "t", 20 by post "p" and 10 by capture "c"."""
    batch = [pay("t", 30)._replace(code=7, reference="pay_1"), hold("h", 25), end(Kind.POST, "p", "h", 20)]
    batch += [hold("h2", 25), act(Kind.CAPTURE, "c", "h2", 10), hold("h3", 5), end(Kind.VOID, "v", "h3")]
    batch += [hold("h4", 5), act(Kind.EXTEND, "x", "h4", timeout_us=1)]
    assert post(book, *batch) == [CREATED] * 9
    book.expire(now=NOW + 1, recorded_at=NOW + 1)
    return book


@pytest.mark.parametrize(("target", "amount"), [("t", 30), ("p", 20), ("c", 10)])
@pytest.mark.parametrize("named", [True, False])
def test_what_was_moved_is_moved_back(paid: Book, target: str, amount: int, named: bool) -> None:
    before = totals(paid, "ali")
    request = act(REVERSAL, "r", target, amount if named else None)
    assert post(paid, request, now=NOW + 1) == [CREATED]
    assert totals(paid, "ali") == (before[0], before[1], 0, before[3] + amount)
    entry = paid.entry("r")
    assert entry is not None
    assert (entry.debit_account, entry.credit_account, entry.amount) == ("sara", "ali", amount)
    assert entry.target_id == target
    assert [each.id for each in paid.acting_on(target)] == ["r"]


@pytest.mark.parametrize("target", ["h", "h2", "h3", "v", "x", "h4:expired"])
def test_what_moved_nothing_cannot_be_taken_back(paid: Book, target: str) -> None:
    assert post(paid, act(REVERSAL, "r", target), now=NOW + 1) == [S.NOT_REVERSIBLE]


def test_it_happens_once_and_a_reversal_stands(paid: Book) -> None:
    batch = [act(REVERSAL, "r", "t"), act(REVERSAL, "r2", "t"), act(REVERSAL, "r3", "r")]
    assert post(paid, *batch, now=NOW + 1) == [CREATED, S.ALREADY_REVERSED, S.NOT_REVERSIBLE]
    assert post(paid, *batch, now=NOW + 1) == [S.EXISTS, S.ALREADY_REVERSED, S.NOT_REVERSIBLE]


def test_it_inherits_and_may_have_a_reference_of_its_own(paid: Book) -> None:
    post(paid, act(REVERSAL, "r", "t"), act(REVERSAL, "r2", "p")._replace(reference="mine"), now=NOW + 1)
    first, second = paid.entry("r"), paid.entry("r2")
    assert first is not None
    assert second is not None
    assert (first.code, first.reference, first.currency) == (7, "pay_1", "PKR")
    assert second.reference == "mine"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, S.EXISTS),
        ({"amount": 30}, S.EXISTS),
        ({"debit_account": "sara", "credit_account": "ali", "code": 7, "reference": "pay_1"}, S.EXISTS),
        ({"amount": 29}, S.EXISTS_WITH_DIFFERENT_AMOUNT),
        ({"debit_account": "ali"}, S.EXISTS_WITH_DIFFERENT_DEBIT_ACCOUNT),
        ({"credit_account": "sara"}, S.EXISTS_WITH_DIFFERENT_CREDIT_ACCOUNT),
        ({"target_id": "p"}, S.EXISTS_WITH_DIFFERENT_TARGET),
        ({"kind": Kind.POST}, S.EXISTS_WITH_DIFFERENT_KIND),
        ({"reference": "other"}, S.EXISTS_WITH_DIFFERENT_REFERENCE),
        ({"timeout_us": 1}, S.EXISTS_WITH_DIFFERENT_TIMEOUT),
    ],
)
def test_a_repeat_is_compared_field_by_field(paid: Book, change: dict[str, Any], status: Status) -> None:
    request = act(REVERSAL, "r", "t")
    post(paid, request, now=NOW + 1)
    assert post(paid, request._replace(**change), now=NOW + 2) == [status]


def test_the_receiver_must_still_have_it(paid: Book) -> None:
    post(paid, Transfer("gone", "sara", "bank", 60), now=NOW + 1)
    (result,) = paid.post([act(REVERSAL, "r", "t")], now=NOW + 1, recorded_at=NOW)
    assert result.status == S.EXCEEDS_CREDITS
    assert result.detail == Why("amount", "sara", limit=60, current=60, needed=90)
    post(paid, Transfer("fund", "bank", "sara", 30), now=NOW + 1)
    assert post(paid, act(REVERSAL, "r", "t"), act(REVERSAL, "r2", "t"), now=NOW + 1) == [
        S.ID_ALREADY_FAILED,
        CREATED,
    ]


def test_not_on_a_closed_account(paid: Book) -> None:
    close(paid, "ali", NOW + 1)
    assert post(paid, act(REVERSAL, "r", "t"), now=NOW + 1) == [S.CREDIT_ACCOUNT_CLOSED]
    reopen(paid, "ali", NOW + 1)
    assert post(paid, act(REVERSAL, "r2", "t"), now=NOW + 1) == [CREATED]


def test_an_undone_reversal_can_be_made_again(paid: Book) -> None:
    chain = [act(REVERSAL, "r", "t")._replace(linked=True), pay("p2", 1000)]
    assert post(paid, *chain, act(REVERSAL, "r2", "t"), now=NOW + 1) == [
        S.CHAIN_FAILED,
        S.EXCEEDS_CREDITS,
        CREATED,
    ]


def test_a_transfer_and_its_reversal_in_one_chain(book: Book) -> None:
    assert post(book, pay("t", 30, linked=True), act(REVERSAL, "r", "t")) == [CREATED, CREATED]
    assert totals(book, "sara") == (0, 30, 0, 30)
