from ledger import Book, Kind, StatementLine, Transfer
from tests.ledger.town import LATER, NOW, end, hold, pay, post

GIFT = StatementLine(6, "gift", Kind.TRANSFER, "bank", 0, 100, 0, 100, 100, "", NOW)


def test_a_statement_tells_each_step_with_the_balance_after_it(book: Book) -> None:
    post(
        book,
        Transfer("fee", "ali", "bank", 1, reference="fee_1"),
        hold("h", 15, 10),
        end(Kind.POST, "p", "h", 13),
        hold("h2", 5, 10),
        end(Kind.VOID, "v", "h2"),
        hold("h3", 4, 10),
    )
    book.expire(now=LATER, recorded_at=LATER)
    # seq, id, kind, counterparty, debit, credit, held, balance, available, reference, time
    assert book.statement("ali") == [
        GIFT,
        StatementLine(7, "fee", Kind.TRANSFER, "bank", 1, 0, 0, 99, 99, "fee_1", NOW),
        StatementLine(8, "h", Kind.HOLD, "sara", 0, 0, 15, 99, 84, "", NOW),
        StatementLine(9, "p", Kind.POST, "sara", 13, 0, -15, 86, 86, "", NOW),
        StatementLine(10, "h2", Kind.HOLD, "sara", 0, 0, 5, 86, 81, "", NOW),
        StatementLine(11, "v", Kind.VOID, "sara", 0, 0, -5, 86, 86, "", NOW),
        StatementLine(12, "h3", Kind.HOLD, "sara", 0, 0, 4, 86, 82, "", NOW),
        StatementLine(13, "h3:expired", Kind.EXPIRE, "sara", 0, 0, -4, 86, 86, "", LATER),
    ]
    assert book.statement("sara")[:2] == [
        StatementLine(8, "h", Kind.HOLD, "ali", 0, 0, 15, 0, 0, "", NOW),
        StatementLine(9, "p", Kind.POST, "ali", 0, 13, -15, 13, 13, "", NOW),
    ]


def test_statements_come_in_pages_of_both_sides_mixed(book: Book) -> None:
    for number in range(10):
        post(book, pay(f"out{number}", 2), Transfer(f"in{number}", "bank", "ali", 1))
    whole = book.statement("ali")
    assert [line.seq for line in whole] == list(range(6, 27))
    pages: list[StatementLine] = []
    while page := book.statement("ali", after_seq=pages[-1].seq if pages else 0, limit=4):
        assert len(page) <= 4
        pages += page
    assert pages == whole


def test_an_unknown_account_has_no_lines(book: Book) -> None:
    assert book.statement("nobody") == []


def test_an_entry_carries_both_times_and_both_accounts_after_it(book: Book) -> None:
    post(book, hold("h", 15, 10), now=LATER)
    entry = book.entry("h")
    assert entry is not None
    assert (entry.seq, entry.happened_at, entry.recorded_at, entry.expires_at) == (
        7,
        LATER,
        LATER + 7,
        LATER + 10,
    )
    assert entry.timeout_us == 10
    assert entry[-8:] == (15, 0, 0, 100, 0, 0, 15, 0)
    assert book.entry("nothing") is None
