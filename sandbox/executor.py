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

from sqlalchemy import Connection, Engine

from ledger.clock import utc_now
from sandbox.db import BUSY_MS, NotAheadError, Snapshot, UnitOfWork, open_snapshot
from sandbox.problems import Problem

P = ParamSpec("P")
T = TypeVar("T")

UNSTORED = "The database did not take the change, so nothing was stored. Send the same request again."


class _Call(NamedTuple):
    """A use case and the future that waits for its answer."""

    use_case: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    future: "asyncio.Future[Any]"


class _Answer(NamedTuple):
    call: _Call
    value: Any
    error: Exception | None


class Executor:
    """The write connection of one partition. Belongs to the event loop that first writes.

    While a commit is under way, the next group is decided as soon as `ahead_from` use cases wait for it.
    `on_wake` is called after a commit that scheduled jobs due at once. `commits` and `rollbacks` count
    transactions since the start.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        group_size: int = 128,
        ahead_from: int = 1,
        now: Callable[[], int] = utc_now,
        subscribers: Sequence[Callable[[Any, Any], None]] = (),
    ) -> None:
        self._connection, self._reading = engine.connect(), engine.connect()
        self._driver, reader = _driver_of(self._connection), _driver_of(self._reading)
        reader.execute("PRAGMA query_only = 1")
        self._uow = UnitOfWork(self._connection, reader, subscribers)
        self._execute = self._driver.execute
        self._execute("PRAGMA busy_timeout = 0")
        self._group_size = group_size
        self._ahead_from = ahead_from
        self._now = now
        self._latest = 0
        self._queue: deque[_Call] = deque()
        self._waiting: list[_Call] = []
        self._decided: list[_Answer] = []
        self._ahead = self._deciding = False
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
        if self._ahead and not self._deciding and len(self._queue) >= self._ahead_from:
            # Not one by one: the same code run many times in a row costs less each time.
            self._deciding = True
            loop.call_soon(self._decide_ahead)
        if self._draining is None:
            self._draining = loop.create_task(self._drain())
        return await future

    async def close(self) -> None:
        """Finish what is queued, then let go of the connections."""
        if self._draining is not None:
            await self._draining
        self._disk.shutdown()
        self._connection.close()
        self._reading.close()

    def _decide_ahead(self) -> None:
        """Run use cases for the next group while a commit is under way, but for those that have to wait for it."""
        self._deciding = False
        while self._ahead and self._queue and len(self._decided) < self._group_size:
            if not self._decided:
                self._uow.begin(self._time())
            call = self._queue.popleft()
            try:
                self._decided.append(_attempt(self._uow, call))
            except NotAheadError:
                self._waiting.append(call)

    async def _drain(self) -> None:
        try:
            while self._queue or self._decided:
                for call, value, error in await self._run():
                    if call.future.cancelled():
                        continue
                    if error is None:
                        call.future.set_result(value)
                    else:
                        call.future.set_exception(error)
        finally:
            self._draining = None

    async def _run(self) -> list[_Answer]:
        """Run a group in one transaction; whatever breaks the transaction is each caller's failure."""
        group: list[_Answer] = []
        try:
            await self._begin()
            group = self._decide()
            try:
                self._uow.flush()
            except Exception as error:  # noqa: BLE001 - whose fault it is shows when each runs alone
                self._roll_back()
                if len(group) == 1:
                    return [_Answer(group[0].call, None, error)]
                return [await self._run_alone(answer.call) for answer in group]
            await self._commit(ahead=True)
        except Exception as error:  # noqa: BLE001 - every caller must hear of it
            self._roll_back()
            return [_unstored(call, error) for call in self._calls_of(group)]
        return group

    def _decide(self) -> list[_Answer]:
        """Decide a group: what was decided ahead stands if nobody else wrote, what is queued comes now."""
        if not self._uow.come_inside():
            self._decide_again()
        group, self._decided = self._decided, []
        if not group:
            self._uow.begin(self._time())
        while self._queue and len(group) < self._group_size:
            group.append(_attempt(self._uow, self._queue.popleft()))
        return group

    async def _run_alone(self, call: _Call) -> _Answer:
        """Run a use case in a transaction of its own."""
        try:
            await self._begin()
            self._uow.come_inside()
            self._uow.begin(self._time())
            answer = _attempt(self._uow, call)
            try:
                self._uow.flush()
            except Exception as error:  # noqa: BLE001 - it is this one's fault
                self._roll_back()
                return _Answer(call, None, error)
            await self._commit(ahead=False)
        except Exception as error:  # noqa: BLE001 - the caller must hear of it
            self._roll_back()
            return _unstored(call, error)
        return answer

    async def _commit(self, *, ahead: bool) -> None:
        """Commit in a thread. Meanwhile the next group is decided; if this fails, it is decided again."""
        wake = self._uow.wake
        self._ahead = ahead and self._uow.go_ahead()
        try:
            await asyncio.get_running_loop().run_in_executor(self._disk, self._execute, "COMMIT")
        except Exception:
            self._decide_again()
            raise
        finally:
            self._ahead = False
            self._queue.extendleft(reversed(self._waiting))
            self._waiting = []
        self.commits += 1
        if wake:
            self.on_wake()

    def _decide_again(self) -> None:
        """Put what was decided ahead before what is queued."""
        self._queue.extendleft(answer.call for answer in reversed(self._decided))
        self._decided = []

    def _calls_of(self, group: list[_Answer]) -> list[_Call]:
        """Return who has to be told when a transaction fails, be it that it did not even begin."""
        if not group:
            self._decide_again()
            return [self._queue.popleft() for _ in range(min(len(self._queue), self._group_size))]
        return [answer.call for answer in group]

    def _time(self) -> int:
        """Return the system's time; where its clock is set back, it stands still: a book's time never runs back."""
        self._latest = max(self._latest, self._now())
        return self._latest

    def _roll_back(self) -> None:
        self.rollbacks += 1
        self._uow.abandon()
        if self._driver.in_transaction:
            self._execute("ROLLBACK")

    async def _begin(self) -> None:
        if not self._begin_at_once():
            await asyncio.get_running_loop().run_in_executor(self._disk, self._begin_patiently)

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
    except NotAheadError:
        uow.take_back()
        raise
    except Exception as error:  # noqa: BLE001 - handed to its caller as it is
        uow.take_back()
        return _Answer(call, None, error)
    uow.leave()
    return _Answer(call, value, None)


def _unstored(call: _Call, error: Exception) -> _Answer:
    problem = Problem("storage_unavailable", UNSTORED)
    problem.__cause__ = error
    return _Answer(call, None, problem)


def _driver_of(connection: Connection) -> sqlite3.Connection:
    return cast("sqlite3.Connection", connection.connection.driver_connection)


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
