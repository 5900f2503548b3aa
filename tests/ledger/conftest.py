from collections.abc import Iterator

import pytest
from psycopg import Connection

from ledger import Book, SqliteStore, Store
from ledger.storage.buffered import BufferedStore
from ledger.storage.postgres import PostgresStore
from tests.ledger import server
from tests.ledger.fifteen import FifteenStore
from tests.ledger.memory import MemoryStore
from tests.ledger.town import settle


@pytest.fixture
def store() -> Iterator[SqliteStore]:
    """An empty SQLite database in memory."""
    store = SqliteStore.open(":memory:")
    yield store
    store.close()


@pytest.fixture(params=["memory", "sqlite", "postgres", "buffered"])
def any_store(request: pytest.FixtureRequest) -> Store:
    """An empty store of each kind: every rule must hold on all of them.

    A new kind joins by its name here and a fixture of that name below.
    """
    store: Store = request.getfixturevalue(f"{request.param}_store")
    return store


@pytest.fixture(params=["sqlite", "postgres"])
def sql_store(request: pytest.FixtureRequest) -> Store:
    """An empty store of each kind that knows SQL, for what asks in SQL."""
    store: Store = request.getfixturevalue(f"{request.param}_store")
    return store


@pytest.fixture
def memory_store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def sqlite_store(store: SqliteStore) -> SqliteStore:
    return store


@pytest.fixture
def buffered_store(store: SqliteStore) -> BufferedStore:
    """SQLite behind a buffer that is written only when something has to be read from it."""
    return BufferedStore(store)


@pytest.fixture(scope="session")
def postgres_uri() -> Iterator[str]:
    """A running PostgreSQL with the schema, one for all tests."""
    with server.running() as running:
        uri = running.get_uri()
        PostgresStore.open(uri).close()
        yield uri


@pytest.fixture(scope="session")
def postgres_connection(postgres_uri: str) -> Iterator[Connection]:
    with Connection.connect(postgres_uri) as connection:
        yield connection


@pytest.fixture
def postgres_store(postgres_connection: Connection) -> Iterator[PostgresStore]:
    """A store in a transaction that is rolled back, so that the next test finds nothing of it."""
    yield FifteenStore(postgres_connection)
    postgres_connection.rollback()


@pytest.fixture
def book(any_store: Store) -> Book:
    """A settled book on each kind of store."""
    book = Book(any_store, "sbx_1")
    settle(book)
    return book
