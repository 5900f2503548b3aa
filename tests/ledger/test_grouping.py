"""Many callers share a commit, and each is answered as if it had come alone."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psycopg
import pytest
from psycopg import Connection
from psycopg.conninfo import make_conninfo

from ledger import Book, Result, SqliteStore, Status, TimeOrderError, Transfer
from ledger.grouping import GroupCommit, OwnStore
from ledger.storage.postgres import PostgresStore
from tests.ledger.town import LATER, NOW, pay, settle

BROKEN = Transfer("broken", "ali", "sara", "much")  # type: ignore[arg-type]  # what no rule foresees


class DiskFullError(Exception):
    """What a storage may raise in the middle of a COMMIT."""


class Full(SqliteStore):
    """A store whose next commits can be made to fail."""

    failures = 0
    opened = 0

    @classmethod
    def open(cls, path: str | Path) -> "Full":
        cls.opened += 1
        return super().open(path)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with super().transaction():
            yield
            if Full.failures:
                Full.failures -= 1
                raise DiskFullError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    store = SqliteStore.open(tmp_path / "group.db")
    with store.transaction():
        settle(Book(store, "sbx_1"))
        settle(Book(store, "sbx_2"))
    store.close()
    Full.failures = Full.opened = 0
    return tmp_path / "group.db"


@pytest.fixture
def postgres(postgres_uri: str) -> Callable[[], OwnStore]:
    """A database of its own, as what is committed here would be found by other tests."""
    with Connection.connect(postgres_uri, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS grouping")
        connection.execute("CREATE DATABASE grouping")
    uri = make_conninfo(postgres_uri, dbname="grouping")
    store = PostgresStore.open(uri)
    with store.transaction():
        settle(Book(store, "sbx_1"))
        settle(Book(store, "sbx_2"))
    store.close()
    return partial(PostgresStore.open, uri)


@pytest.fixture(params=["sqlite", "postgres"])
def open_store(request: pytest.FixtureRequest) -> Callable[[], OwnStore]:
    if request.param == "sqlite":
        return partial(SqliteStore.open, request.getfixturevalue("path"))
    found: Callable[[], OwnStore] = request.getfixturevalue("postgres")
    return found


@pytest.fixture
async def group(path: Path) -> AsyncIterator[GroupCommit]:
    async with GroupCommit(partial(Full.open, path), clock=lambda: NOW) as group:
        yield group


async def post(
    group: GroupCommit, *callers: Sequence[Transfer], sandbox: str = "sbx_1"
) -> list[list[Status]]:
    answers = await asyncio.gather(*(group.post(sandbox, batch) for batch in callers))
    return [[result.status for result in results] for results in answers]


async def test_those_who_come_together_share_a_commit(open_store: Callable[[], OwnStore]) -> None:
    async with GroupCommit(open_store, clock=lambda: NOW) as group:
        answers = await asyncio.gather(
            group.post("sbx_1", [pay("p1", 60)]),
            group.post("sbx_2", [pay("p1", 100)]),
            group.post("sbx_1", [pay("p2", 60), pay("p3", 40)]),
            group.post("sbx_2", []),
        )
        assert group.groups == 1
    assert [[result.status for result in results] for results in answers] == [
        [Status.CREATED],
        [Status.CREATED],
        [Status.EXCEEDS_CREDITS, Status.CREATED],
        [],
    ]
    store = open_store()
    head = store.load_accounts("sbx_1", ()).head
    # The accounts, the gift, and one batch for both callers.
    assert (head.last_batch, head.happened_at) == (3, NOW)
    store.close()


async def test_a_chain_never_takes_in_the_next_caller(group: GroupCommit) -> None:
    assert await post(group, [pay("p1", 1, linked=True)], [pay("p2", 1)]) == [
        [Status.CHAIN_OPEN],
        [Status.CREATED],
    ]


async def test_who_comes_while_a_group_is_written_is_in_the_next(group: GroupCommit) -> None:
    first = asyncio.ensure_future(group.post("sbx_1", [pay("p1", 1)]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = [group.post("sbx_1", [pay(f"p{number}", 1)]) for number in range(2, 9)]
    assert len(await asyncio.gather(first, *others)) == 8
    assert group.groups == 2


async def test_a_group_takes_in_no_more_than_fit(path: Path) -> None:
    async with GroupCommit(partial(SqliteStore.open, path), clock=lambda: NOW, most_transfers=2) as group:
        assert await post(group, *([pay(f"p{number}", 1)] for number in range(5))) == [[Status.CREATED]] * 5
        assert group.groups == 3


async def test_a_time_of_ones_own_counts_and_a_wrong_one_hurts_nobody_else(group: GroupCommit) -> None:
    answers = await asyncio.gather(
        group.post("sbx_1", [pay("p1", 1)], now=LATER),
        group.post("sbx_1", [pay("p2", 1)], now=NOW - 1),
        group.post("sbx_2", [pay("p3", 1)]),
        return_exceptions=True,
    )
    assert isinstance(answers[0], list)
    assert isinstance(answers[1], TimeOrderError)
    assert isinstance(answers[2], list)
    times = [
        result.entry.happened_at for answer in (answers[0], answers[2]) for result in answer if result.entry
    ]
    assert times == [LATER, NOW]


async def test_a_clock_that_is_set_back_turns_nobody_away(path: Path) -> None:
    times = iter([LATER, NOW])
    async with GroupCommit(partial(SqliteStore.open, path), clock=lambda: next(times)) as group:
        assert await post(group, [pay("p1", 1)]) == [[Status.CREATED]]
        assert await post(group, [pay("p2", 1)]) == [[Status.CREATED]]


async def test_what_breaks_is_heard_by_the_one_who_sent_it(group: GroupCommit) -> None:
    calls = [group.post("sbx_1", [each]) for each in (pay("p1", 1), BROKEN, pay("p2", 1))]
    good, broken, other = await asyncio.gather(*calls, return_exceptions=True)
    assert isinstance(broken, TypeError)
    for answer in (good, other):
        assert isinstance(answer, list)
        assert [result.status for result in answer] == [Status.CREATED]


async def test_a_commit_that_fails_is_the_failure_of_all_and_can_be_repeated(group: GroupCommit) -> None:
    assert await post(group, [pay("p0", 1)]) == [[Status.CREATED]]
    Full.failures = 1
    calls = [group.post("sbx_1", [pay("p1", 1)]), group.post("sbx_2", [pay("p1", 1)])]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(answer) for answer in answers] == [DiskFullError, DiskFullError]
    assert group.groups == 1
    assert await post(group, [pay("p1", 1)], [pay("p2", 99), pay("p3", 98)]) == [
        [Status.CREATED],
        [Status.EXCEEDS_CREDITS, Status.CREATED],
    ]
    # The store that failed was not trusted again.
    assert Full.opened == 2


async def test_a_storage_that_is_not_there_is_everyones_failure(tmp_path: Path) -> None:
    async with GroupCommit(partial(SqliteStore.open, tmp_path / "nowhere" / "a.db")) as group:
        calls = [group.post("sbx_1", [pay(name, 1)]) for name in ("p1", "p2")]
        answers = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(answer).__name__ for answer in answers] == ["OperationalError", "OperationalError"]


async def test_a_connection_that_was_lost_is_made_anew(postgres: Callable[[], PostgresStore]) -> None:
    async with GroupCommit(postgres, clock=lambda: NOW) as group:
        assert await post(group, [pay("p1", 1)]) == [[Status.CREATED]]
        other = postgres()
        other.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = 'grouping' AND pid <> pg_backend_pid()",
            {},
        )
        other.close()
        with pytest.raises(psycopg.OperationalError):
            await group.post("sbx_1", [pay("p2", 1)])
        assert await post(group, [pay("p2", 1)]) == [[Status.CREATED]]


async def test_who_goes_before_it_is_its_turn_writes_nothing(group: GroupCommit) -> None:
    gone = asyncio.ensure_future(group.post("sbx_1", [pay("p1", 1)]))
    stays = asyncio.ensure_future(group.post("sbx_1", [pay("p2", 1)]))
    await asyncio.sleep(0)
    gone.cancel()
    assert [result.status for result in await stays] == [Status.CREATED]
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert await post(group, [Transfer("p1", "ali", "sara", 7)]) == [[Status.CREATED]]


async def test_who_goes_while_it_is_written_finds_it_later(group: GroupCommit) -> None:
    gone = asyncio.ensure_future(group.post("sbx_1", [pay("p1", 1)]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gone.cancel()
    assert await post(group, [pay("p1", 1)]) == [[Status.EXISTS]]


async def test_close_writes_what_waits(path: Path) -> None:
    group = GroupCommit(partial(SqliteStore.open, path), clock=lambda: NOW)
    call = asyncio.ensure_future(group.post("sbx_1", [pay("p1", 1)]))
    await asyncio.sleep(0)
    await group.close()
    assert [result.status for result in await call] == [Status.CREATED]


async def test_nothing_was_opened_for_nothing(path: Path) -> None:
    async with GroupCommit(partial(Full.open, path)):
        pass
    assert Full.opened == 0


async def test_another_thread_can_post(group: GroupCommit) -> None:
    loop = asyncio.get_running_loop()

    def post_here() -> list[Result]:
        call = group.post("sbx_1", [pay("p1", 1)])
        return asyncio.run_coroutine_threadsafe(call, loop).result(10)

    (result,) = await loop.run_in_executor(None, post_here)
    assert result.status is Status.CREATED
