import asyncio
import sqlite3
from pathlib import Path

import httpx

from sandbox.db import UnitOfWork, engine_for
from sandbox.executor import Executor
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


async def test_a_system_clock_that_is_set_back_stands_still(tmp_path: Path) -> None:
    times = iter([50, 40, 60])
    engine = engine_for(tmp_path / "clock.db")
    executor = Executor(engine, now=lambda: next(times))
    assert [await executor.write(lambda uow: uow.now) for _ in range(3)] == [50, 50, 60]
    await executor.close()
    engine.dispose()
