from collections.abc import Iterator

import pytest

from ledger import Book, SqliteStore, Store
from tests.ledger.memory import MemoryStore
from tests.ledger.town import settle


@pytest.fixture
def store() -> Iterator[SqliteStore]:
    """An empty SQLite database in memory."""
    store = SqliteStore.open(":memory:")
    yield store
    store.close()


@pytest.fixture(params=["memory", "sqlite"])
def any_store(request: pytest.FixtureRequest) -> Store:
    """An empty store of each kind: every rule must hold on all of them.

    A new kind joins by its name here and a fixture of that name below.
    """
    store: Store = request.getfixturevalue(f"{request.param}_store")
    return store


@pytest.fixture
def memory_store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def sqlite_store(store: SqliteStore) -> SqliteStore:
    return store


@pytest.fixture
def book(any_store: Store) -> Book:
    """A settled book on each kind of store."""
    book = Book(any_store, "sbx_1")
    settle(book)
    return book
