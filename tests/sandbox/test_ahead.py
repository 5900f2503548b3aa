"""While one group is being committed the next is decided, and nobody can tell."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from threading import Event
from typing import Any

import httpx
import pytest

from sandbox.db import UnitOfWork
from sandbox.problems import Problem
from tests.startup import Startup

PATIENCE_S = 20


def listen_to(startup: Startup, listener: Callable[[str], object]) -> None:
    """Be told by SQLite itself of every statement of the writer, just before it runs."""
    driver = startup.services.executor._driver  # noqa: SLF001 - there is no other way to stop a commit half-way
    driver.set_trace_callback(listener)


class Stop:
    """Stops the next commit just before it happens, until told to go on."""

    def __init__(self, startup: Startup, then: Callable[[str], object] = lambda _: None) -> None:
        self._begun, self._go_on = Event(), Event()
        self._then = then
        listen_to(startup, self._listen)

    def _listen(self, statement: str) -> None:
        if statement == "COMMIT" and not self._begun.is_set():
            self._begun.set()
            assert self._go_on.wait(PATIENCE_S)
        self._then(statement)

    async def reached(self) -> None:
        assert await asyncio.to_thread(self._begun.wait, PATIENCE_S)

    def go_on(self) -> None:
        self._go_on.set()


async def send(startup: Startup, order: dict[str, Any]) -> "asyncio.Task[httpx.Response]":
    """Send a payment and let it come as far as it can."""
    task = asyncio.create_task(startup.post("/v1/payments", order))
    for _ in range(20):
        await asyncio.sleep(0)
    assert not task.done()
    return task


def outcome(answer: httpx.Response) -> tuple[int, str]:
    body = answer.json()
    return answer.status_code, body["reason"]["code"] if body.get("reason") else body.get("code", "")


@pytest.fixture
async def warm(startup: Startup) -> Startup:
    """One payment has run before, so that what payments look up is in memory."""
    assert (await startup.post("/v1/payments", await startup.order())).status_code == 201
    return startup


async def test_what_is_decided_ahead_stands_on_what_is_being_committed(warm: Startup) -> None:
    poor = warm.accounts["poor"]
    balance = (await warm.get(f"/v1/accounts/{poor}"))["balance"]["available_paisa"]
    first = await warm.order(amount=balance, source=poor, end_to_end_id="order-1")
    empty = await warm.order(amount=1, source=poor)
    same_id = await warm.order(amount=1, source=poor, end_to_end_id="order-1")
    commits = warm.services.executor.commits
    stop = Stop(warm)
    paying = asyncio.create_task(warm.post("/v1/payments", first))
    await stop.reached()
    ahead = [await send(warm, order) for order in (first, empty, same_id, empty)]
    stop.go_on()
    assert outcome(await paying) == (201, "")
    assert [outcome(await task) for task in ahead] == [
        (409, "title_fetch_used"),
        (201, "AM04"),
        (201, "AM05"),
        (409, "title_fetch_used"),
    ]
    assert warm.services.executor.commits == commits + 2
    assert (await warm.get("/v1/ledger/trial-balance"))["balanced"]


async def test_when_the_commit_fails_what_was_decided_ahead_is_decided_again(warm: Startup) -> None:
    order, other = await warm.order(), await warm.order()
    stop = Stop(warm)
    write = warm.services.executor.write
    paying = asyncio.create_task(warm.post("/v1/payments", order))
    breaking = asyncio.create_task(write(unbalance))
    await stop.reached()
    ahead = [await send(warm, each) for each in (order, other)]
    stop.go_on()
    assert outcome(await paying) == (503, "storage_unavailable")
    with pytest.raises(Problem):
        await breaking
    assert [outcome(await task) for task in ahead] == [(201, ""), (201, "")]
    assert warm.count("payment") == 3


def unbalance(uow: UnitOfWork) -> None:
    """Put off a row that SQLite refuses only when it commits."""
    uow.before_commit["defer"] = ("PRAGMA defer_foreign_keys = ON", ())
    uow.before_commit["orphan"] = ("INSERT INTO ledger_open_hold VALUES ('sbx_nowhere', 'h', 1, 1, 0)", ())


async def test_what_another_process_writes_in_between_makes_it_void(warm: Startup) -> None:
    first, second = await warm.order(), await warm.order()
    rich = warm.accounts["rich"]
    armed: list[bool] = []

    def freeze_before_the_next_begins(statement: str) -> None:
        if statement == "BEGIN IMMEDIATE" and armed:
            armed.clear()
            with closing(sqlite3.connect(warm.services.settings.database)) as elsewhere, elsewhere:
                elsewhere.execute("UPDATE bank_account SET status = 'frozen' WHERE id = ?", (rich,))

    stop = Stop(warm, then=freeze_before_the_next_begins)
    paying = asyncio.create_task(warm.post("/v1/payments", first))
    await stop.reached()
    ahead = await send(warm, second)
    armed.append(True)
    stop.go_on()
    assert outcome(await paying) == (201, "")
    assert outcome(await ahead) == (422, "account_frozen")


async def test_what_needs_the_database_waits_its_turn(warm: Startup) -> None:
    def count(uow: UnitOfWork) -> int:
        found: int = uow.driver.execute("SELECT count(*) FROM payment").fetchone()[0]
        return found

    order = await warm.order()
    stop = Stop(warm)
    paying = asyncio.create_task(warm.post("/v1/payments", order))
    await stop.reached()
    counting = asyncio.create_task(warm.services.executor.write(count))
    await asyncio.sleep(0)
    stop.go_on()
    assert await counting == 2
    assert (await paying).status_code == 201


async def test_nothing_is_decided_ahead_of_a_group_that_already_wrote(warm: Startup) -> None:
    """Opening an account gives rows to the database before the group ends: no other connection sees them."""
    body = {"institution": "SBXA", "holder": "Nadia Aziz", "balance_paisa": 500}
    stop = Stop(warm)
    opening = asyncio.create_task(warm.post("/v1/accounts", body))
    await stop.reached()
    both = asyncio.create_task(warm.post("/v1/accounts", body))
    for _ in range(20):
        await asyncio.sleep(0)
    stop.go_on()
    accounts = [(await task).json() for task in (opening, both)]
    assert len({account["iban"] for account in accounts}) == 2
    assert [account["balance"]["available_paisa"] for account in accounts] == [500, 500]
