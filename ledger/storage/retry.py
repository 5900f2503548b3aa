"""A unit of work on PostgreSQL, repeated until it is written once."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, Generic, NamedTuple, TypeVar

import psycopg
from psycopg import Connection

from ledger.errors import CommitUnknownError
from ledger.storage.postgres import PostgresStore, Sealed

T = TypeVar("T")

DELAYS: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
"""Seconds to wait after each attempt that failed, if the caller knows no better; then comes the last one."""

# The database has taken the transaction back by itself: not serializable, deadlock.
_TAKEN_BACK: Final = frozenset({"40001", "40P01"})
# The connection has ended, or could not be made: by an administrator, a crash, a start, a timeout, too
# many others. Without a state it is the network, or the client itself has seen the end.
_LOST: Final = frozenset({"57P01", "57P02", "57P03", "57P05", "25P03", "53300"})

_XID: Final = "SELECT pg_current_xact_id_if_assigned()::text"
_LOCK: Final = "SELECT 1 FROM ledger_book WHERE sandbox_id = %s FOR UPDATE"
_SPENT: Final = "SELECT 1 FROM ledger_spent_id WHERE sandbox_id = %s AND id = %s"
_SEALED: Final = "SELECT 1 FROM ledger_batch WHERE sandbox_id = %s AND number = %s AND digest = %s"
# A number that was not given yet is one that a failed server gave and its successor never heard of.
_STATUS: Final = """\
SELECT CASE WHEN %(xid)s::xid8 < pg_current_xact_id()
  THEN pg_xact_status(%(xid)s::xid8) END"""


class _Done(NamedTuple, Generic[T]):
    """Work that was done, up to its COMMIT."""

    result: T
    sealed: Sealed | None
    """The newest batch that it wrote to a book."""
    spent: tuple[str, str] | None
    """An id that it spent."""
    xid: str | None
    """Its transaction, if it has written anything to this server."""
    lost: psycopg.Error | None = None
    """What came instead of the answer to its COMMIT, if nothing did."""


def run_in_transaction(
    connect: Callable[[], AbstractContextManager[Connection[Any]]],
    work: Callable[[PostgresStore], T],
    *,
    sleep: Callable[[float], object],
    delays: Sequence[float] = DELAYS,
) -> T:
    """Run `work` in a transaction of its own, commit it and return what it returned.

    `connect` gives a connection that is in no transaction, such as `pool.connection` or a
    `psycopg.connect` with its arguments; `sleep` waits for so many seconds, and may add some noise. `work`
    may run several times, so it does nothing but read and write through its store's connection: of its
    runs, one is written. After a serialization failure, a deadlock or a lost connection it runs again, up
    to `len(delays)` times, then the error is raised; other errors are raised at once.

    A connection lost during COMMIT leaves open whether it took effect. The next one looks for what was
    written, and only if that is not there does the work run again. Raises CommitUnknownError when there
    was none to ask.
    """
    done: _Done[T] | None = None
    attempt = 0
    while True:
        try:
            with connect() as connection:
                if done is not None:
                    done = _found(connection, done)
                if done is None:
                    done = _once(connection, work)
        except psycopg.Error as error:
            if done is None and (attempt == len(delays) or not _passes(error)):
                raise
        if done is not None:
            if done.lost is None:
                return done.result
            if attempt == len(delays):
                message = "the connection was lost during COMMIT, and there was none to ask what became of it"
                raise CommitUnknownError(message) from done.lost
        sleep(delays[attempt])
        attempt += 1


def _once(connection: Connection[Any], work: Callable[[PostgresStore], T]) -> _Done[T]:
    """Do the work. An error that is raised says that nothing was written."""
    done: _Done[T] | None = None
    try:
        with connection.transaction():
            store = PostgresStore(connection)
            result = work(store)
            ((xid,),) = connection.execute(_XID).fetchall()
            done = _Done(result, store.sealed, store.spent, xid)
    except psycopg.Error as error:
        if done is None or not _is_lost(error):
            raise
        return done._replace(lost=error)
    return done


def _found(connection: Connection[Any], done: _Done[T]) -> _Done[T] | None:
    """Look for what was written in a transaction whose COMMIT was not answered; None if nothing was.

    Raises OperationalError while that transaction is still running, as the lost connection may be slow to
    notice that it is.
    """
    with connection.transaction():
        witness: tuple[object, ...] | None = done.sealed or done.spent
        if witness is not None:
            # Whoever still writes to the book holds this lock, except to one that it has just begun.
            connection.execute(_LOCK, witness[:1])
        # On a cluster the books may be on other servers, and this one knows of no transaction.
        status = None if done.xid is None else _status(connection, done.xid)
        if status == "in progress":
            raise psycopg.OperationalError(f"transaction {done.xid} is still running")
        if witness is None:
            kept = status == "committed"
        else:
            # A server that crashed, or took another's place, may have given the number anew.
            row = connection.execute(_SEALED if done.sealed else _SPENT, witness).fetchone()
            kept = row is not None and status in (None, "committed")
    return done._replace(lost=None) if kept else None


def _status(connection: Connection[Any], xid: str) -> str:
    ((status,),) = connection.execute(_STATUS, {"xid": xid}).fetchall()
    return status or "unknown"


def _is_lost(error: psycopg.Error) -> bool:
    """Whether the connection has ended, so that what it last asked may have been done or not."""
    if error.sqlstate is None:
        return isinstance(error, psycopg.OperationalError)
    return error.sqlstate.startswith("08") or error.sqlstate in _LOST


def _passes(error: psycopg.Error) -> bool:
    return error.sqlstate in _TAKEN_BACK or _is_lost(error)
