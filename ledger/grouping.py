"""Many callers, one commit: whoever waits at the same time shares a transaction and a flush of the disk.

A flush costs the same for one transfer and for a thousand. So while one group is being written the next
callers line up, and all of them go together into the next one. Each is answered as if it had come alone,
and only after the commit. From another thread, hand `post` to `asyncio.run_coroutine_threadsafe`.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from itertools import groupby
from typing import Final, NamedTuple, Protocol, Self, TypeAlias

from ledger.book import Book
from ledger.clock import Micros, utc_now
from ledger.errors import LedgerError
from ledger.model import Result, Transfer
from ledger.money import MAX_AMOUNT
from ledger.storage.store import Store

MOST_TRANSFERS: Final = 8_190
"""A group takes in no further caller once it has so many transfers."""


class OwnStore(Store, Protocol):
    """A store with a connection and transactions of its own, such as SqliteStore and PostgresStore."""

    def transaction(self) -> AbstractContextManager[None]:
        """Keep all that is written in the block, or nothing if it raises."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class _Call(NamedTuple):
    """A caller's batch, and the future that waits for its answer."""

    sandbox_id: str
    now: Micros | None
    batch: Sequence[Transfer]
    future: "asyncio.Future[list[Result]]"


_Answer: TypeAlias = list[Result] | Exception


class GroupCommit:
    """Writes the batches of many callers in groups. Belongs to one event loop.

    The store is opened, used and closed in a thread of its own, so the loop never waits for it; it is
    opened anew after a failure that was not the ledger's. `groups` counts the commits since the start.
    """

    def __init__(
        self,
        open_store: Callable[[], OwnStore],
        *,
        clock: Callable[[], Micros] = utc_now,
        most_transfers: int = MOST_TRANSFERS,
        max_amount: int = MAX_AMOUNT,
    ) -> None:
        """Write to the store that `open_store` opens; `clock` gives the time of each group."""
        self._open_store = open_store
        self._clock = clock
        self._most_transfers = most_transfers
        self._max_amount = max_amount
        self._store: OwnStore | None = None
        self._waiting: deque[_Call] = deque()
        self._writing: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger-group")
        self._newest: Micros = 0
        self.groups = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def post(
        self, sandbox_id: str, batch: Sequence[Transfer], *, now: Micros | None = None
    ) -> list[Result]:
        """Post a batch to a book with the next group: one result per transfer, once that is committed.

        `now` is the book's own time, by default that of the group. Raises what `Book.post` does, then
        nothing of this batch was written; and whatever the commit of the group raised: then it may be that
        all was written or nothing, and the same batch again gives the answer.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[Result]] = loop.create_future()
        self._waiting.append(_Call(sandbox_id, now, batch, future))
        if self._writing is None:
            self._writing = loop.create_task(self._write())
        return await future

    async def close(self) -> None:
        """Write what waits, then close the store."""
        if self._writing is not None:
            await self._writing
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close_store)
        self._thread.shutdown()

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while group := list(self._next_group()):
                answers = await loop.run_in_executor(self._thread, self._answers, group)
                for call, answer in zip(group, answers, strict=True):
                    if call.future.cancelled():
                        continue
                    if isinstance(answer, Exception):
                        call.future.set_exception(answer)
                    else:
                        call.future.set_result(answer)
        finally:
            self._writing = None

    def _next_group(self) -> Iterator[_Call]:
        """Take those who wait, but for who has gone."""
        transfers = 0
        while self._waiting and transfers < self._most_transfers:
            call = self._waiting.popleft()
            if not call.future.cancelled():
                transfers += len(call.batch)
                yield call

    def _answers(self, group: list[_Call]) -> list[_Answer]:
        """Write a group. What fails before the commit is tried again by each caller alone."""
        decided = False
        try:
            store = self._store = self._store or self._open_store()
            with store.transaction():
                answers = self._decide(store, group)
                decided = True
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it
            if len(group) > 1 and not decided:
                return [answer for call in group for answer in self._answers([call])]
            if not isinstance(error, LedgerError):
                self._close_store()
            return [error for _ in group]
        self.groups += 1
        return answers

    def _decide(self, store: OwnStore, group: list[_Call]) -> list[_Answer]:
        """Post what each book gets, as one outcome where its callers gave no times of their own."""
        # A clock that is set back by a little must not turn away who gave no time of their own.
        clock = self._newest = max(self._clock(), self._newest)
        answers: list[_Answer] = [[]] * len(group)
        places = sorted(range(len(group)), key=lambda place: group[place].sandbox_id)
        for (sandbox_id, now), run in groupby(places, key=lambda place: group[place][:2]):
            own = list(run)
            book = Book(store, sandbox_id, max_amount=self._max_amount)
            found = book.post_many(
                [group[place].batch for place in own], now=clock if now is None else now, recorded_at=clock
            )
            for place, results in zip(own, found, strict=True):
                answers[place] = results
        return answers

    def _close_store(self) -> None:
        """Close the store; it may have been lost, and another is opened when one is needed."""
        if self._store is not None:
            with suppress(Exception):
                self._store.close()
            self._store = None
