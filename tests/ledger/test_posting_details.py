"""A refusal says which rule, which account and which figures."""

import pytest

from ledger import Book, Kind, Transfer, TransferFlag, Why
from ledger.clock import MAX_TIME
from ledger.money import MAX_AMOUNT
from tests.ledger.town import NOW, act, end, hold, pay, post


def past(time: int) -> Transfer:
    return Transfer("new", "bank", "ali", 5, flags=TransferFlag.IMPORTED, happened_at=time)


DETAILS = [
    (Transfer("x" * 65), Why("id", limit=64, current=0, needed=65)),
    (Transfer("gift:expired"), Why("id")),
    (Transfer("gift", "bank", "ali", 101), Why("amount", current=100, needed=101)),
    (Transfer("gift", "bank", "sara", 100), Why("credit_account")),
    (Transfer("gift", "bank", "ali"), Why("amount", current=100, needed=None)),
    (Transfer("new", "bank", "bank", 1), Why("credit_account", "bank")),
    (Transfer("new", "nobody", "ali", 1), Why("debit_account", "nobody")),
    (Transfer("new", "ali", "nobody", 1), Why("credit_account", "nobody")),
    (Transfer("new", "ali", "dollars", 1), Why("credit_account", "dollars")),
    (Transfer("new", "ali", "sara", 1, currency="USD"), Why("currency", "ali")),
    (pay("new", 81), Why("amount", "ali", limit=100, current=20, needed=101)),
    (Transfer("new", "bank", "till", 1), Why("amount", "till", limit=0, current=0, needed=1)),
    (
        Transfer("new", "sara", "ali", MAX_AMOUNT),
        Why("amount", "sara", limit=MAX_AMOUNT, current=1, needed=MAX_AMOUNT + 1),
    ),
    (hold("new", 1, MAX_TIME), Why("timeout_us", limit=MAX_TIME, current=NOW + 1, needed=MAX_TIME + NOW + 1)),
    (end(Kind.POST, "new", "held", 11), Why("amount", limit=10, current=0, needed=11)),
    (end(Kind.VOID, "new", "held", 9), Why("amount", limit=10, current=0, needed=9)),
    (end(Kind.POST, "new", "held")._replace(code=5), Why("code", current=1, needed=5)),
    (end(Kind.POST, "new", "held")._replace(debit_account="bank"), Why("debit_account", "ali")),
    (end(Kind.POST, "new", "late"), Why("target_id", limit=NOW + 1, current=NOW + 1)),
    (end(Kind.POST, "new", "part", 7), Why("amount", limit=6, current=0, needed=7)),
    (end(Kind.VOID, "new", "part", 10), Why("amount", limit=6, current=0, needed=10)),
    (act(Kind.CAPTURE, "new", "part", 7), Why("amount", limit=6, current=0, needed=7)),
    (act(Kind.CAPTURE, "cut", "part", 5), Why("amount", current=4, needed=5)),
    (act(Kind.EXTEND, "new", "held", 3), Why("amount", limit=0, current=0, needed=3)),
    (act(Kind.EXTEND, "new", "held", None, -2), Why("timeout_us", limit=0, current=0, needed=-2)),
    (
        act(Kind.EXTEND, "new", "held", None, MAX_TIME),
        Why("timeout_us", limit=MAX_TIME, current=NOW + 1, needed=MAX_TIME + NOW + 1),
    ),
    (act(Kind.REVERSAL, "new", "gift", 99), Why("amount", limit=100, current=100, needed=99)),
    (act(Kind.REVERSAL, "new", "cut"), Why("amount", "sara", limit=4, current=1, needed=5)),
    (act(Kind.REVERSAL, "new", "taken"), Why("target_id")),
    (act(Kind.REVERSAL, "new", "gift")._replace(debit_account="bank"), Why("debit_account", "ali")),
    (Transfer("new", "bank", "ali", -5), Why("amount", limit=0, current=0, needed=-5)),
    (Transfer("new", "bank", "ali", 5, flags=64), Why("flags")),
    (Transfer("new", "bank", "ali", 5, flags=TransferFlag.CLOSING_DEBIT), Why("flags")),
    (Transfer("new", "bank", "ali", 5, happened_at=9), Why("happened_at", limit=0, current=0, needed=9)),
    (past(NOW + 1), Why("happened_at", limit=NOW, current=NOW + 1, needed=NOW + 1)),
    (past(-3), Why("happened_at", limit=MAX_TIME, current=NOW + 1, needed=-3)),
    (past(NOW - 1), Why("happened_at", limit=NOW, current=NOW, needed=NOW - 1)),
    (past(NOW), Why("happened_at", "bank", limit=NOW + 1, current=NOW, needed=NOW)),
    (
        Transfer("gift", "bank", "ali", 100, flags=TransferFlag.BALANCING_DEBIT),
        Why("flags", current=0, needed=1),
    ),
]


@pytest.mark.parametrize(("transfer", "why"), DETAILS)
def test_a_refusal_is_explained(book: Book, transfer: Transfer, why: Why) -> None:
    post(book, hold("held", 10), hold("late", 0, 1), hold("part", 10), act(Kind.CAPTURE, "cut", "part", 4))
    post(book, Transfer("sent", "sara", "bank", 1), pay("taken", 0), act(Kind.REVERSAL, "undo", "taken"))
    (result,) = book.post([transfer], now=NOW + 1, recorded_at=NOW)
    assert result.entry is None
    assert result.detail == why
