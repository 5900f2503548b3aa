"""A statement for a period: the opening balance, the lines, and the closing balance that they lead to."""

import pytest

from ledger import AccountNotFoundError, Book, Kind, SqliteStore, StorageError, Store, Transfer
from ledger.statements import PeriodStatement
from tests.ledger.town import NOW, end, hold, pay, post, settle


def lived(store: Store) -> Book:
    """Let Ali have 100 at NOW, and then move at NOW plus 10, 20 … 50."""
    book = Book(store, "sbx_1")
    settle(book)
    post(book, pay("p1", 10), now=NOW + 10)
    post(book, hold("h", 30), Transfer("in", "bank", "ali", 7), now=NOW + 20)
    post(book, end(Kind.POST, "post", "h", 25), now=NOW + 30)
    post(book, Transfer("back", kind=Kind.REVERSAL, target_id="p1"), now=NOW + 40)
    post(book, pay("p2", 1), now=NOW + 50)
    return book


@pytest.fixture
def busy(sql_store: Store) -> Book:
    return lived(sql_store)


ROWS = [
    # from, to, opening, debits, credits, closing, lines
    (0, 10, 0, 0, 100, 100, "gift"),
    (-5, 0, 0, 0, 0, 0, ""),
    (10, 20, 100, 10, 0, 90, "p1"),
    (11, 20, 90, 0, 0, 90, ""),
    (10, 10, 100, 0, 0, 100, ""),
    (20, 50, 90, 25, 17, 82, "h in post back"),
    (20, 51, 90, 26, 17, 81, "h in post back p2"),
    (0, 999, 0, 36, 117, 81, "gift p1 h in post back p2"),
    (900, 999, 81, 0, 0, 81, ""),
]


@pytest.mark.parametrize(("start", "end_", "opening", "debits", "credits_", "closing", "ids"), ROWS)
def test_the_lines_lead_from_one_balance_to_the_other(
    busy: Book, start: int, end_: int, opening: int, debits: int, credits_: int, closing: int, ids: str
) -> None:
    found = busy.statement_for("ali", NOW + start, NOW + end_)
    assert [line.id for line in found.lines] == ids.split()
    assert found == PeriodStatement(
        "ali",
        "PKR",
        NOW + start,
        NOW + end_,
        opening,
        debits,
        credits_,
        closing,
        opening,
        found.lines,
        closing,
        more=False,
    )
    assert opening + credits_ - debits == closing
    assert sum(line.debit for line in found.lines) == debits
    assert sum(line.credit for line in found.lines) == credits_


def test_pages_carry_the_balance_forward(busy: Book) -> None:
    period = ("ali", NOW + 10, NOW + 50)
    whole = busy.statement_for(*period)
    pages = [busy.statement_for(*period, limit=2)]
    while pages[-1].more:
        pages.append(busy.statement_for(*period, after_seq=pages[-1].lines[-1].seq, limit=2))
    assert [len(page.lines) for page in pages] == [2, 2, 1]
    assert [line for page in pages for line in page.lines] == whole.lines
    assert [(page.brought_forward, page.carried_forward) for page in pages] == [
        (100, 90),
        (90, 72),
        (72, 82),
    ]
    assert {(page.opening, page.closing) for page in pages} == {(100, 82)}


def test_a_page_that_takes_all_lines_has_no_more(busy: Book) -> None:
    assert not busy.statement_for("ali", NOW + 10, NOW + 50, limit=5).more
    assert busy.statement_for("ali", NOW + 10, NOW + 50, limit=4).more


def test_a_page_after_the_last_line_is_empty(busy: Book) -> None:
    found = busy.statement_for("ali", NOW + 10, NOW + 50, after_seq=999)
    assert (found.lines, found.brought_forward, found.carried_forward) == ([], 82, 82)


def test_what_cannot_be_asked_is_said(busy: Book) -> None:
    with pytest.raises(ValueError, match="ends at 4, before it starts at 5"):
        busy.statement_for("ali", 5, 4)
    with pytest.raises(ValueError, match="1 line or more, not 0"):
        busy.statement_for("ali", 4, 5, limit=0)
    with pytest.raises(AccountNotFoundError, match="nobody"):
        busy.statement_for("nobody", 4, 5)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ("UPDATE ledger_entry SET amount = 26 WHERE id = 'post'", "'post' leaves 'ali' at 72, not at 71"),
        ("UPDATE ledger_entry SET amount = 9 WHERE id = 'p1'", "'p1' leaves 'ali' at 90, not at 91"),
        ("UPDATE ledger_entry SET debit_account = 'bank' WHERE id = 'p2'", "'p2' leaves 'bank'"),
    ],
)
def test_lines_that_do_not_add_up_are_an_error(store: SqliteStore, damage: str, says: str) -> None:
    book = lived(store)
    store.query("DROP TRIGGER ledger_entry_no_update", {})
    store.query(damage, {})
    with pytest.raises(StorageError, match=says):
        book.statement_for("bank" if "bank" in damage else "ali", NOW, NOW + 99)
