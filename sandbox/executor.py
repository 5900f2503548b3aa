"""One writer, groups of commits; readers beside it.

The writer takes what is queued, runs the use cases one after another in one unit of work, writes together
what they did, commits once, and only then answers all of them. So every use case sees a serial world, a
failed one leaves nothing behind, and a hundred payments share one disk flush. When the database refuses
what a group wrote, each of its use cases runs again alone, so that only the one at fault hears of it.

Use cases run in the event loop's own thread and never wait; only what waits for the disk or for another
process (commit, a busy begin) goes to a thread. Two Python threads that pass the interpreter's lock to and
fro at every statement made this three times slower: see the page on performance.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar, cast

from sqlalchemy import Engine

from ledger.clock import utc_now
from sandbox.db import BUSY_MS, Snapshot, UnitOfWork, open_snapshot
from sandbox.problems import Problem

P = ParamSpec("P")
T = TypeVar("T")

UNSTORED = "The database did not take the change, so nothing was stored. Send the same request again."


class _Call(NamedTuple):
    """A queued use case and the future that waits for its answer."""

    use_case: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    future: "asyncio.Future[Any]"


class _Answer(NamedTuple):
    future: "asyncio.Future[Any]"
    value: Any
    error: Exception | None


class Executor:
    """The write connection of one partition. Belongs to the event loop that first writes.

    `on_wake` is called after a commit that scheduled jobs due at once. `commits` and `rollbacks` count
    transactions since the start.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        group_size: int = 128,
        now: Callable[[], int] = utc_now,
        subscribers: Sequence[Callable[[Any, Any], None]] = (),
    ) -> None:
        self._connection = engine.connect()
        self._uow = UnitOfWork(self._connection, subscribers)
        self._driver = cast("sqlite3.Connection", self._connection.connection.driver_connection)
        self._execute = self._driver.execute
        self._execute("PRAGMA busy_timeout = 0")
        self._group_size = group_size
        self._now = now
        self._latest = 0
        self._queue: deque[_Call] = deque()
        self._draining: asyncio.Task[None] | None = None
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="kasauti-commit")
        self.on_wake: Callable[[], None] = lambda: None
        self.commits = 0
        self.rollbacks = 0

    async def write(
        self, use_case: Callable[Concatenate[UnitOfWork, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a use case in the next group and return what it returned, once that is on disk.

        Raises what the use case raised (then nothing of it was stored), or `storage_unavailable` when
        the commit failed (then nothing of the whole group was).
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._queue.append(_Call(use_case, args, kwargs, future))
        if self._draining is None:
            self._draining = loop.create_task(self._drain())
        return await future

    async def close(self) -> None:
        """Finish what is queued, then let go of the connection."""
        if self._draining is not None:
            await self._draining
        self._disk.shutdown()
        self._connection.close()

    async def _drain(self) -> None:
        try:
            while self._queue:
                group = [self._queue.popleft() for _ in range(min(len(self._queue), self._group_size))]
                for future, value, error in await self._run(group):
                    if future.cancelled():
                        continue
                    if error is None:
                        future.set_result(value)
                    else:
                        future.set_exception(error)
                if self._uow.wake:
                    self.on_wake()
        finally:
            self._draining = None

    async def _run(self, group: list[_Call]) -> list[_Answer]:
        """Run a group in one transaction; whatever breaks the transaction is each caller's failure."""
        uow = self._uow
        loop = asyncio.get_running_loop()
        try:
            if not self._begin_at_once():
                await loop.run_in_executor(self._disk, self._begin_patiently)
            # A system clock that is set back a little stands still here: a book's time never runs back.
            self._latest = max(self._latest, self._now())
            uow.begin(self._latest)
            answers = [_attempt(uow, call) for call in group]
            try:
                uow.flush()
            except Exception as error:  # noqa: BLE001 - whose fault it is shows when each runs alone
                self._roll_back()
                if len(group) == 1:
                    return [_Answer(group[0].future, None, error)]
                return [answer for call in group for answer in await self._run([call])]
            await loop.run_in_executor(self._disk, self._execute, "COMMIT")
        except Exception as error:  # noqa: BLE001 - every caller must hear of it
            self._roll_back()
            problem = Problem("storage_unavailable", UNSTORED)
            problem.__cause__ = error
            return [_Answer(call.future, None, problem) for call in group]
        self.commits += 1
        return answers

    def _roll_back(self) -> None:
        self.rollbacks += 1
        self._uow.abandon()
        if self._driver.in_transaction:
            self._execute("ROLLBACK")

    def _begin_at_once(self) -> bool:
        try:
            self._execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            return False
        return True

    def _begin_patiently(self) -> None:
        """Wait for another process's transaction, but not for ever."""
        self._execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        try:
            self._execute("BEGIN IMMEDIATE")
        finally:
            self._execute("PRAGMA busy_timeout = 0")


def _attempt(uow: UnitOfWork, call: _Call) -> _Answer:
    """Run one use case; its failure is its own."""
    uow.enter()
    try:
        value = call.use_case(uow, *call.args, **call.kwargs)
    except Exception as error:  # noqa: BLE001 - handed to its caller as it is
        uow.take_back()
        return _Answer(call.future, None, error)
    uow.leave()
    return _Answer(call.future, value, None)


class Readers:
    """A few threads, each with a read-only connection of its own."""

    def __init__(self, engine: Engine, threads: int) -> None:
        self._engine = engine
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="kasauti-reader")

    async def read(
        self, query: Callable[Concatenate[Snapshot, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a query on the last committed state and return what it returned."""

        def run() -> T:
            with open_snapshot(self._engine) as snapshot:
                return query(snapshot, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._pool, run)

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()
