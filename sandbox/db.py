"""The database: records, snapshots to read from, and the unit of work to write in.

A *record* is one row as a named tuple; the SQLModel table is made of the same class, so that a row is
described once. Single rows go through SQL text that is built once per table and run by the driver itself,
since that costs a tenth of a statement built anew; everything else is SQLAlchemy Core.
"""

import sqlite3
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import new_class
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, get_type_hints

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Engine,
    Index,
    Integer,
    SmallInteger,
    Text,
    create_engine,
    event,
    inspect,
    select,
)
from sqlalchemy.sql.expression import ColumnCollection
from sqlmodel import Field, SQLModel

from ledger.book import Book
from ledger.storage.sqlite import SQLITE_PRAGMAS, SqliteStore

if TYPE_CHECKING:
    from sqlalchemy import Column, Table

BUSY_MS = 10_000
CHECKPOINT_PAGES = 20_000
CACHED_MOST = 50_000


R = TypeVar("R", bound=tuple[Any, ...])


def engine_for(path: Path, *, read_only: bool = False) -> Engine:
    """Make an engine for the SQLite file at `path`: WAL, synchronous=FULL, transactions begun by us."""
    engine = create_engine(
        f"sqlite:///{path}", connect_args={"isolation_level": None, "check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: object) -> None:
        for pragma in (
            f"PRAGMA busy_timeout = {BUSY_MS}",
            *SQLITE_PRAGMAS,
            "PRAGMA temp_store = MEMORY",
            f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}",
            f"PRAGMA query_only = {int(read_only)}",
        ):
            connection.execute(pragma)

    return engine


class Snapshot:
    """One consistent view of the database, to read from.

    `connection` is SQLAlchemy's, `driver` the same connection as the driver gives it. Whatever takes a
    snapshot also takes a unit of work, and then sees what that has written so far.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.driver = cast("sqlite3.Connection", connection.connection.driver_connection)
        self._store = SqliteStore(self.driver)

    def book(self, sandbox_id: str) -> Book:
        """Return the ledger's book of one sandbox."""
        return Book(self._store, sandbox_id)


class UnitOfWork(Snapshot):
    """What a use case writes in. It never commits: the executor does, for a whole group.

    `now` is the system's time in microseconds, one value for the whole group; `wake` is set when a job
    is due at once, so that the worker can be told after the commit; `subscribers` are told of each event
    inside its transaction.

    `cache` keeps what is read often and changes seldom (keys, accounts, endpoints) from group to group.
    It is emptied by any write to such a table, by a use case that fails, and when another process wrote.
    """

    def __init__(
        self, connection: Connection, subscribers: Sequence[Callable[[Any, Any], None]] = ()
    ) -> None:
        super().__init__(connection)
        self.subscribers = subscribers
        self.now = 0
        self.wake = False
        self.cache: dict[Hashable, Any] = {}
        self.before_commit: dict[Hashable, tuple[str, tuple[Any, ...]]] = {}
        self._version = -1

    def begin(self, now: int) -> None:
        """Start on a new group, inside its transaction."""
        self.now, self.wake = now, False
        version = self.driver.execute("PRAGMA data_version").fetchone()[0]
        if version != self._version or len(self.cache) > CACHED_MOST:
            self._version = version
            self.cache.clear()

    def flush(self) -> None:
        """Write what was put off to the end of the group, one statement per key of `before_commit`."""
        for statement, values in self.before_commit.values():
            self.driver.execute(statement, values)
        self.before_commit.clear()

    def abandon(self) -> None:
        """Forget the whole group."""
        self.cache.clear()
        self.before_commit.clear()
        self.wake = False


class Records(Generic[R]):
    """The rows of one table, in and out as records, which are named tuples.

    Keys are given in the order of the primary key; tenant tables have `sandbox_id` first. Rows of a
    `cached` table are kept by the unit of work, see there.
    """

    def __init__(
        self,
        record: type[R],
        name: str,
        *indexes: Index,
        key: tuple[str, ...] = ("sandbox_id", "id"),
        cached: bool = False,
    ) -> None:
        self.table = _table(record, name, indexes, key)
        self._make: Callable[[Iterable[Any]], R] = cast("Any", record)._make
        self._cached = cached
        self._key = key
        names = [column.name for column in self.table.columns]
        columns, holes = ", ".join(names), ", ".join("?" * len(names))
        self._where = " AND ".join(f"{part} = ?" for part in key)
        self._insert = f"INSERT INTO {name} ({columns}) VALUES ({holes})"
        self._select = f"SELECT {columns} FROM {name}"
        self._get = f"{self._select} WHERE {self._where}"
        self._delete = f"DELETE FROM {name} WHERE {self._where}"

    @property
    def c(self) -> "ColumnCollection[str, Column[Any]]":
        """The table's columns, for conditions."""
        return self.table.c

    def get(self, snapshot: Snapshot, *key: str) -> R | None:
        """Return the row with this primary key, or None."""
        return self._find(snapshot, self._get, key)

    def get_by(self, snapshot: Snapshot, sandbox_id: str, column: str, value: str) -> R | None:
        """Return a sandbox's row with this value in a column that is unique within the sandbox."""
        return self._find(
            snapshot, f"{self._select} WHERE sandbox_id = ? AND {column} = ?", (sandbox_id, value)
        )

    def _find(self, snapshot: Snapshot, sql: str, values: tuple[str, ...]) -> R | None:
        cache = snapshot.cache if self._cached and isinstance(snapshot, UnitOfWork) else None
        if cache is not None and (found := cache.get((sql, values))) is not None:
            return cast("R", found)
        row = snapshot.driver.execute(sql, values).fetchone()
        if row is None:
            return None
        record = self._make(row)
        if cache is not None:
            cache[sql, values] = record
        return record

    def last_key(self, record: R) -> str:
        """Return the last part of a row's primary key: what sets it apart within its sandbox."""
        return str(getattr(record, self._key[-1]))

    def insert(self, uow: UnitOfWork, record: R) -> R:
        """Add a row; a key that is taken is a defect and raises the driver's IntegrityError."""
        self._touch(uow)
        uow.driver.execute(self._insert, record)
        return record

    def update(self, uow: UnitOfWork, record: R, **changes: object) -> R:
        """Change the named columns of the row and return it as it is now."""
        self._touch(uow)
        key = [getattr(record, name) for name in self._key]
        uow.driver.execute(
            _update_sql(self.table.name, tuple(changes), self._where), (*changes.values(), *key)
        )
        changed: R = cast("Any", record)._replace(**changes)
        return changed

    def delete(self, uow: UnitOfWork, *key: str) -> None:
        """Remove the row with this primary key, if it is there."""
        self._touch(uow)
        uow.driver.execute(self._delete, key)

    def _touch(self, uow: UnitOfWork) -> None:
        if self._cached:
            uow.cache.clear()

    def select(
        self,
        snapshot: Snapshot,
        *where: ColumnElement[bool],
        order: Iterable[Any] = (),
        limit: int | None = None,
    ) -> list[R]:
        """Return the rows that meet all conditions."""
        rows = snapshot.connection.execute(select(self.table).where(*where).order_by(*order).limit(limit))
        return [self._make(row) for row in rows]


@cache
def _update_sql(table: str, columns: tuple[str, ...], where: str) -> str:
    return f"UPDATE {table} SET {', '.join(f'{name} = ?' for name in columns)} WHERE {where}"


def _table(record: type[Any], name: str, indexes: Sequence[Index], key: Sequence[str]) -> "Table":
    """Make the SQLModel table whose columns are the record's fields, in their order.

    Columns get the few types that SQLite's STRICT tables know; PostgreSQL gets its own words for them.
    Rows lie in the primary key itself: one tree less to write at each commit.
    """
    namespace: dict[str, Any] = {
        "__tablename__": name,
        "__table_args__": tuple(indexes),
        "__module__": record.__module__,
        "__annotations__": get_type_hints(record),
    }
    namespace |= {part: Field(primary_key=True) for part in key}
    model = new_class(
        f"{record.__name__}Table", (SQLModel,), {"table": True}, lambda body: body.update(namespace)
    )
    table = cast("Table", inspect(model).local_table)
    table.dialect_options["sqlite"]["strict"] = True
    table.dialect_options["sqlite"]["with_rowid"] = False
    for column in table.columns:
        if isinstance(column.type, Boolean):
            column.type = SmallInteger().with_variant(Integer(), "sqlite")
        elif isinstance(column.type, Integer):
            column.type = BigInteger().with_variant(Integer(), "sqlite")
        else:
            column.type = Text()
    return table


@contextmanager
def open_snapshot(engine: Engine) -> Iterator[Snapshot]:
    """Yield a consistent view of the database as it was last committed."""
    with engine.connect() as connection:
        snapshot = Snapshot(connection)
        snapshot.driver.execute("BEGIN")
        try:
            yield snapshot
        finally:
            snapshot.driver.execute("ROLLBACK")
