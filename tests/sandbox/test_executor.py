import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
from fastapi import FastAPI

from sandbox.commands import services
from sandbox.db import UnitOfWork, engine_for
from sandbox.executor import Executor
from sandbox.participants.models import PARTICIPANTS, Participant
from sandbox.problems import Problem
from tests.startup import Startup, count_rows

INSERT = "INSERT INTO participant (id, name, email, created_at) VALUES (?, 'n', 'e', 1)"


def store(uow: UnitOfWork, name: str) -> str:
    uow.driver.execute(INSERT, (name,))
    return name


def store_and_fail(uow: UnitOfWork, name: str) -> str:
    store(uow, name)
    raise LookupError(name)


def break_the_commit(uow: UnitOfWork) -> None:
    """Leave a row behind that SQLite refuses only when it commits."""
    uow.driver.execute("PRAGMA defer_foreign_keys = ON")
    cursor = uow.driver.execute("SELECT * FROM ledger_account LIMIT 1")
    names = [column[0] for column in cursor.description]
    row = dict(zip(names, cursor.fetchone(), strict=True)) | {"sandbox_id": "sbx_nowhere"}
    holes = ", ".join("?" * len(names))
    uow.driver.execute(
        f"INSERT INTO ledger_account ({', '.join(names)}) VALUES ({holes})", [row[name] for name in names]
    )


async def test_many_payments_share_few_commits(startup: Startup) -> None:
    orders = await asyncio.gather(*(startup.order() for _ in range(200)))
    run: list[str] = []
    # SQLite itself tells what it runs; the first COMMIT is that of setting this up.
    await startup.services.executor.write(lambda uow: uow.driver.set_trace_callback(run.append))
    answers = await asyncio.gather(*(startup.post("/v1/payments", order) for order in orders))
    assert {answer.status_code for answer in answers} == {201}
    assert startup.count("payment") == 200
    assert 1 <= run.count("COMMIT") - 1 <= 20


async def test_a_use_case_that_fails_leaves_no_trace_and_its_neighbours_are_stored(startup: Startup) -> None:
    write = startup.services.executor.write
    before = startup.services.executor.commits
    results = await asyncio.gather(
        write(store, "first"), write(store_and_fail, "second"), write(store, "third"), return_exceptions=True
    )
    assert (results[0], results[2]) == ("first", "third")
    assert isinstance(results[1], LookupError)
    assert startup.services.executor.commits == before + 1
    assert startup.count("participant WHERE id IN ('first', 'third')") == 2
    assert startup.count("participant WHERE id = 'second'") == 0


async def test_a_commit_that_fails_is_each_callers_failure_and_the_next_one_works(startup: Startup) -> None:
    shared = startup.services
    results = await asyncio.gather(
        shared.executor.write(store, "first"),
        shared.executor.write(break_the_commit),
        shared.executor.write(store, "third"),
        return_exceptions=True,
    )
    for result in results:
        assert isinstance(result, Problem)
        assert result.entry.code == "storage_unavailable"
        assert isinstance(result.__cause__, sqlite3.IntegrityError)
    assert count_rows(shared, "participant WHERE id IN ('first', 'third')") == 0
    assert await shared.executor.write(store, "fourth") == "fourth"
    assert count_rows(shared, "participant WHERE id = 'fourth'") == 1


async def test_whoever_shares_a_commit_that_fails_is_told_503_and_may_send_again(startup: Startup) -> None:
    orders = [await startup.order() for _ in range(20)]

    async def pay_all() -> list[httpx.Response]:
        sent = (startup.post("/v1/payments", order, key=f"k{n}") for n, order in enumerate(orders))
        return await asyncio.gather(*sent)

    paying = asyncio.create_task(pay_all())
    breaking: list[asyncio.Task[None]] = []
    while not paying.done():
        breaking.append(asyncio.create_task(startup.services.executor.write(break_the_commit)))
        await asyncio.sleep(0)
    await asyncio.gather(*breaking, return_exceptions=True)
    refused = [answer for answer in paying.result() if answer.status_code == 503]
    assert refused
    assert {answer.json()["code"] for answer in refused} == {"storage_unavailable"}
    assert startup.count("payment") == 20 - len(refused)
    assert {answer.status_code for answer in await pay_all()} == {201}
    assert startup.count("payment") == 20


async def test_a_request_waits_for_the_transaction_of_another_process(startup: Startup) -> None:
    order = await startup.order()
    with closing(sqlite3.connect(startup.services.settings.database, isolation_level=None)) as elsewhere:
        elsewhere.execute("BEGIN IMMEDIATE")
        paying = asyncio.create_task(startup.post("/v1/payments", order))
        done, _ = await asyncio.wait([paying], timeout=0.1)
        assert not done
        elsewhere.execute("ROLLBACK")
        assert (await paying).json()["status"] == "settled"


async def test_a_caller_that_goes_away_takes_no_neighbour_along(startup: Startup) -> None:
    write = startup.services.executor.write
    gone = asyncio.create_task(write(store, "gone"))
    neighbour = asyncio.create_task(write(store, "neighbour"))
    await asyncio.sleep(0)
    gone.cancel()
    assert await neighbour == "neighbour"
    assert gone.cancelled()
    assert await write(store, "next") == "next"


async def test_what_is_queued_when_the_app_ends_is_stored(app: FastAPI) -> None:
    executor = services(app).executor
    writing = asyncio.create_task(executor.write(store, "last"))
    await asyncio.sleep(0)
    await executor.close()
    assert await writing == "last"
    assert count_rows(services(app), "participant WHERE id = 'last'") == 1


async def test_of_payments_sent_at_once_under_one_end_to_end_id_one_settles(startup: Startup) -> None:
    orders = [await startup.order(end_to_end_id="order-1") for _ in range(5)]
    answers = await asyncio.gather(*(startup.post("/v1/payments", order) for order in orders))
    outcomes = [(answer.json()["status"], answer.json()["reason"]) for answer in answers]
    assert sorted(status for status, _ in outcomes) == ["refused"] * 4 + ["settled"]
    assert {reason["code"] for status, reason in outcomes if status == "refused"} == {"AM05"}


async def test_a_key_that_is_taken_is_the_failure_of_who_takes_it_alone(startup: Startup) -> None:
    def take(uow: UnitOfWork, name: str) -> str:
        PARTICIPANTS.insert(uow, Participant(id=name, name="n", email="e", created_at=1))
        return name

    write = startup.services.executor.write
    results = await asyncio.gather(
        write(take, "one"), write(take, "one"), write(take, "two"), return_exceptions=True
    )
    assert [results[0], results[2]] == ["one", "two"]
    assert isinstance(results[1], Exception)
    assert startup.count("participant WHERE id IN ('one', 'two')") == 2


async def test_a_system_clock_that_is_set_back_stands_still(tmp_path: Path) -> None:
    times = iter([50, 40, 60])
    engine = engine_for(tmp_path / "clock.db")
    executor = Executor(engine, now=lambda: next(times))
    assert [await executor.write(lambda uow: uow.now) for _ in range(3)] == [50, 50, 60]
    await executor.close()
    engine.dispose()
