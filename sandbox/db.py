"""The database: snapshots to read from, and the unit of work to write in."""

import sqlite3
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, cast

from sqlalchemy import Connection, Engine, create_engine, event

from ledger.book import Book
from ledger.storage.buffered import BufferedStore
from ledger.storage.sqlite import SQLITE_PRAGMAS, SqliteStore
from ledger.storage.store import Store

BUSY_MS = 10_000
CHECKPOINT_PAGES = 20_000
CACHED_MOST = 50_000


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
        self._connection = connection
        self._driver = cast("sqlite3.Connection", connection.connection.driver_connection)
        self._store: Store = SqliteStore(self._driver)

    @property
    def connection(self) -> Connection:
        """SQLAlchemy's connection."""
        return self._connection

    @property
    def driver(self) -> sqlite3.Connection:
        """The driver's connection."""
        return self._driver

    def ask(self, sql: str, values: Sequence[Any]) -> sqlite3.Cursor:
        """Run a reading statement without looking at what a unit of work has yet to write."""
        return self._driver.execute(sql, values)

    def book(self, sandbox_id: str) -> Book:
        """Return the ledger's book of one sandbox."""
        return Book(self._store, sandbox_id)


_Rows: TypeAlias = dict[str, dict[tuple[Any, ...], Any]]


class Write(NamedTuple):
    """A change of one row that waits to be written; `row` is the row as it then is, None for gone."""

    table: str
    key: tuple[Any, ...]
    row: Any
    sql: str
    values: Sequence[Any]


class NotAheadError(BaseException):
    """A use case needs the database itself, which a commit is using: it has to run again after that.

    No error that a use case might handle, so not an Exception.
    """


class UnitOfWork(Snapshot):
    """What the use cases of a group write in. It never commits: the executor does, for the whole group.

    Rows and postings are kept in memory and written together when the group ends, many to a statement, so
    a use case that fails is simply forgotten. `driver` and `connection` see everything: whoever takes them
    makes the unit write first what waits, and from then on the present use case stands in a savepoint.

    While the commit of one group is under way, the next can be decided *ahead*: reads then go to `reader`,
    another connection, and what the group before has written is still shown from memory. What needs more
    raises NotAheadError.

    `now` is the system's time in microseconds, one value for the whole group; `wake` is set when a job
    is due at once, so that the worker can be told after the commit; `subscribers` are told of each event
    inside its transaction.

    `cache` keeps what is read often and changes seldom (keys, accounts, endpoints) from group to group.
    It is emptied by any write to such a table, by a use case that fails after it took the connection, and
    when another process wrote. `counters` keeps the ids' counters, which a failure does not turn back.
    """

    def __init__(
        self,
        connection: Connection,
        reader: sqlite3.Connection,
        subscribers: Sequence[Callable[[Any, Any], None]] = (),
    ) -> None:
        super().__init__(connection)
        self._buffer = self._store = BufferedStore(SqliteStore(self._driver), self.settle)
        self._reader = reader
        self._reading_store = SqliteStore(reader)
        self._asked = self._driver
        self.subscribers = subscribers
        self.now = 0
        self.wake = False
        self.cache: dict[Hashable, Any] = {}
        self.counters: dict[str, Any] = {}
        self.before_commit: dict[Hashable, tuple[str, tuple[Any, ...]]] = {}
        self._waiting: _Rows = {}
        self._written: _Rows = {}
        self._writes: list[Write] = []
        self._mark = (0, 0)
        self._ahead = self._in_savepoint = self._wrote_early = False
        self._version = -1

    @property
    def connection(self) -> Connection:
        """SQLAlchemy's connection, which sees what was written so far."""
        self.settle()
        return self._connection

    @property
    def driver(self) -> sqlite3.Connection:
        """The driver's connection, which sees what was written so far."""
        self.settle()
        return self._driver

    def ask(self, sql: str, values: Sequence[Any]) -> sqlite3.Cursor:
        """Run a reading statement without looking at what is yet to be written."""
        return self._asked.execute(sql, values)

    def begin(self, now: int) -> None:
        """Start on a new group."""
        self.now, self.wake, self._wrote_early = now, False, False

    def come_inside(self) -> bool:
        """Go on in the transaction just begun. False: another process wrote since, and decisions are void."""
        self._ahead = False
        self._asked = self._driver
        self._buffer.read_from(None)
        self._written = {}
        version = self._driver.execute("PRAGMA data_version").fetchone()[0]
        if version == self._version and len(self.cache) <= CACHED_MOST:
            return True
        self._version = version
        self.abandon()
        return False

    def go_ahead(self) -> bool:
        """Let the next group be decided while this one is being committed, if all of it is still in memory."""
        if self._wrote_early:
            return False
        self._ahead = True
        self._asked = self._reader
        self._buffer.read_from(self._reading_store)
        return True

    def enter(self) -> None:
        """Start on a use case: what follows can be taken back."""
        self._mark = len(self._writes), self._buffer.mark()

    def leave(self) -> None:
        """Keep what the use case did."""
        if self._in_savepoint:
            self._driver.execute("RELEASE use_case")
            self._in_savepoint = False

    def take_back(self) -> None:
        """Forget what the use case did."""
        writes, postings = self._mark
        if self._in_savepoint:
            self.cache.clear()
            self._driver.execute("ROLLBACK TO use_case")
            self.leave()
            self._buffer.forget()
        else:
            self._buffer.take_back(postings)
        if len(self._writes) > writes:
            del self._writes[writes:]
            self._show()

    def put(self, write: Write) -> None:
        """Let a change wait for the end of the group; it is seen at once, by table and key."""
        self._writes.append(write)
        self._waiting.setdefault(write.table, {})[write.key] = write.row

    def unwritten(self, table: str) -> Mapping[tuple[Any, ...], Any]:
        """Return a table's rows that the database may not show yet, by key; None for one that goes."""
        waiting, written = self._waiting.get(table), self._written.get(table)
        if waiting and written:
            return {**written, **waiting}
        return waiting or written or {}

    def find_unwritten(self, table: str, key: tuple[Any, ...], default: object) -> Any:
        """Return the row with this key as `unwritten` has it, or the default."""
        for rows in (self._waiting, self._written):
            of_table = rows.get(table)
            if of_table and key in of_table:
                return of_table[key]
        return default

    def settle(self) -> None:
        """Write what waits, the present use case's part into a savepoint of its own."""
        if self._ahead:
            raise NotAheadError
        self._wrote_early = True
        if not self._in_savepoint:
            writes, postings = self._mark
            self._write_out(writes, postings)
            self._driver.execute("SAVEPOINT use_case")
            self._in_savepoint, self._mark = True, (0, 0)
        self._write_out()

    def flush(self) -> None:
        """Write everything that waits, at the end of the group."""
        self._written = self._waiting
        self._waiting = {}
        self._write_out()
        for statement, values in self.before_commit.values():
            self._driver.execute(statement, values)
        self.before_commit.clear()

    def abandon(self) -> None:
        """Forget the whole group, and all that was known."""
        self.cache.clear()
        self.counters.clear()
        self.before_commit.clear()
        self._waiting, self._written = {}, {}
        self._writes.clear()
        self._buffer.forget()
        self._in_savepoint = False
        self.wake = False

    def _show(self) -> None:
        self._waiting = {}
        for write in self._writes:
            self._waiting.setdefault(write.table, {})[write.key] = write.row

    def _write_out(self, writes: int | None = None, postings: int | None = None) -> None:
        """Write the first so many of what waits, or all: table by table, in order within each."""
        self._buffer.write(postings)
        ready = self._writes if writes is None else self._writes[:writes]
        for (_, sql), run in groupby(sorted(ready, key=itemgetter(0)), key=itemgetter(0, 3)):
            self._driver.executemany(sql, [write.values for write in run])
        del self._writes[: len(ready)]
        self._show()


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
