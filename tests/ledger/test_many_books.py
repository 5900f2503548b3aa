"""Several books at once: their heads are read, and their outcomes written, as if one after another."""

from ledger import Book, Store, Transfer, apply
from ledger.model import Head
from tests.ledger.town import NOW, settle

BOOKS = ["sbx_1", "sbx_2"]


def test_outcomes_of_several_books_are_written_as_each_alone_would_be(any_store: Store) -> None:
    books = {name: Book(any_store, name) for name in BOOKS}
    for book in books.values():
        settle(book)
    before = any_store.heads(BOOKS)
    batch = [Transfer("tr_1", "ali", "sara", 40)]
    outcomes = [(name, apply(any_store.load(name, batch), batch, NOW, recorded_at=NOW + 7)) for name in BOOKS]
    any_store.save_many(outcomes)
    after = any_store.heads(BOOKS)
    assert {name: after[name].last_seq - before[name].last_seq for name in BOOKS} == {"sbx_1": 1, "sbx_2": 1}
    assert {name: book.accounts(["sara"])["sara"].balance for name, book in books.items()} == {
        "sbx_1": 40,
        "sbx_2": 40,
    }


def test_a_book_that_is_not_there_has_the_head_of_an_empty_one(any_store: Store) -> None:
    assert any_store.heads(["sbx_nowhere"]) == {"sbx_nowhere": Head()}
    assert any_store.heads([]) == {}
