from collections.abc import Iterator

import pytest

from ledger import Book, SqliteStore
from tests.ledger.memory import MemoryStore
from tests.ledger.town import settle


@pytest.fixture
def store() -> Iterator[SqliteStore]:
    """An empty database in memory."""
    store = SqliteStore.open(":memory:")
    yield store
    store.close()


@pytest.fixture(params=["memory", "sqlite"])
def book(request: pytest.FixtureRequest, store: SqliteStore) -> Book:
    """A settled book, once on plain dicts and once on SQLite: every rule must hold on both."""
    book = Book(store if request.param == "sqlite" else MemoryStore(), "sbx_1")
    settle(book)
    return book
