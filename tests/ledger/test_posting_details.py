"""A refusal says which rule, which account and which figures."""

import pytest

from ledger import Book, Kind, Transfer, Why
from ledger.clock import MAX_TIME
from ledger.money import MAX_AMOUNT
from tests.ledger.town import NOW, end, hold, pay, post

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
    (pay("new", 91), Why("amount", "ali", limit=100, current=10, needed=101)),
    (Transfer("new", "bank", "till", 1), Why("amount", "till", limit=0, current=0, needed=1)),
    (
        Transfer("new", "sara", "ali", MAX_AMOUNT),
        Why("amount", "ali", limit=MAX_AMOUNT, current=100, needed=MAX_AMOUNT + 100),
    ),
    (hold("new", 1, MAX_TIME), Why("timeout_us", limit=MAX_TIME, current=NOW + 1, needed=MAX_TIME + NOW + 1)),
    (end(Kind.POST, "new", "held", 11), Why("amount", limit=10, current=0, needed=11)),
    (end(Kind.VOID, "new", "held", 9), Why("amount", limit=10, current=0, needed=9)),
    (end(Kind.POST, "new", "held")._replace(code=5), Why("code", current=1, needed=5)),
    (end(Kind.POST, "new", "held")._replace(debit_account="bank"), Why("debit_account", "ali")),
    (end(Kind.POST, "new", "late"), Why("target_id", limit=NOW + 1, current=NOW + 1)),
]


@pytest.mark.parametrize(("transfer", "why"), DETAILS)
def test_a_refusal_is_explained(book: Book, transfer: Transfer, why: Why) -> None:
    post(book, hold("held", 10), hold("late", 0, 1))
    (result,) = book.post([transfer], now=NOW + 1, recorded_at=NOW)
    assert result.entry is None
    assert result.detail == why
