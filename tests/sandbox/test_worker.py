import asyncio
import logging
import sqlite3
from contextlib import closing, suppress

import pytest

from connectors.identifiers.iban import make_iban
from ledger.clock import SECOND_US, from_rfc3339
from sandbox.clock import freeze
from sandbox.db import UnitOfWork
from sandbox.jobs import CANCEL, Job
from sandbox.payments.service import RESOLVE
from sandbox.worker import Worker
from sandbox.world import enter
from tests.startup import AMOUNT, SETTLES_LATER, Startup

LATE_S = 90


async def wait_for_late_answer(startup: Startup) -> str:
    """Pay, and let the time of the late answer come without running what became due."""
    payment = await startup.pay(make_iban("SBXB", SETTLES_LATER))
    late = from_rfc3339(payment["created_at"]) + LATE_S * SECOND_US

    def pass_time(uow: UnitOfWork) -> None:
        world = enter(uow, startup.sandbox_id)
        world.set_clock(offset_us=0, frozen_at=late)
        freeze(world)

    await startup.services.executor.write(pass_time)
    return str(payment["id"])


async def test_the_worker_runs_what_is_due(startup: Startup) -> None:
    payment = await wait_for_late_answer(startup)
    assert await startup.services.worker.run_due() == 1
    assert (await startup.get(f"/v1/payments/{payment}"))["status"] == "settled"
    assert await startup.services.worker.run_due() == 0


async def test_an_inquiry_that_comes_before_the_worker_brings_the_outcome_once(startup: Startup) -> None:
    payment = await wait_for_late_answer(startup)
    inquiry = (await startup.post(f"/v1/payments/{payment}/inquiry")).json()
    assert (inquiry["outcome"], inquiry["payment"]["status"]) == ("settled", "settled")
    assert startup.count("job", kind=RESOLVE) == 0
    assert await startup.services.worker.run_due() == 0
    events = (await startup.get(f"/v1/events?subject={payment}"))["data"]
    assert [event["type"] for event in events] == ["payment.settled", "payment.unknown"]
    assert (await startup.balance())["held_paisa"] == 0


async def test_an_inquiry_leaves_the_late_answers_of_other_payments_alone(startup: Startup) -> None:
    await startup.freeze()
    other = await startup.pay(make_iban("SBXB", SETTLES_LATER))
    payment = await wait_for_late_answer(startup)
    await startup.post(f"/v1/payments/{payment}/inquiry")
    assert startup.count("job", kind=RESOLVE) == 1
    assert await startup.services.worker.run_due() == 1
    assert (await startup.get(f"/v1/payments/{other['id']}"))["status"] == "settled"


async def test_a_job_is_struck_off_by_its_due_time_without_walking_all_jobs(startup: Startup) -> None:
    with closing(sqlite3.connect(startup.services.settings.database)) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {CANCEL}", ("sbx", 1, "kind", "subject")).fetchall()
    assert [row[3] for row in plan] == ["SEARCH job USING INDEX job_due (sandbox_id=? AND due_at=?)"]


async def test_a_job_that_fails_is_logged_and_kept(
    startup: Startup, caplog: pytest.LogCaptureFixture
) -> None:
    payment = await wait_for_late_answer(startup)

    async def fail(_job: Job) -> None:
        raise ConnectionError("the rail is down")

    worker = Worker(startup.services.executor, {RESOLVE: fail}, poll_s=1)
    with caplog.at_level(logging.ERROR, "kasauti"):
        assert await worker.run_due() == 1
    assert f"{RESOLVE} of {payment}" in caplog.text
    assert startup.count("job", kind=RESOLVE) == 1
    assert (await startup.balance())["held_paisa"] == AMOUNT


async def test_an_advance_waits_for_what_the_worker_has_begun(startup: Startup) -> None:
    payment = await wait_for_late_answer(startup)
    begun, go_on = asyncio.Event(), asyncio.Event()
    run: list[str] = []

    async def run_slowly(job: Job) -> None:
        begun.set()
        await go_on.wait()
        run.append(job.subject)
        await startup.services.executor.write(lambda uow: uow.driver.execute("DELETE FROM job"))

    worker = Worker(startup.services.executor, {RESOLVE: run_slowly}, poll_s=1)
    working = asyncio.create_task(worker.run_due())
    await begun.wait()
    advancing = asyncio.create_task(startup.advance(1))
    done, _ = await asyncio.wait([advancing], timeout=0.1)
    assert not done
    go_on.set()
    assert (await advancing)["fired"] == []
    assert await working == 1
    assert run == [payment]


class Heard(logging.Handler):
    """Says when something was logged."""

    def __init__(self) -> None:
        super().__init__()
        self.something = asyncio.Event()

    def emit(self, _record: logging.LogRecord) -> None:
        self.something.set()


async def test_the_worker_goes_on_after_a_failure_to_look(startup: Startup) -> None:
    payment = await wait_for_late_answer(startup)
    ran = asyncio.get_running_loop().create_future()

    async def note(job: Job) -> None:
        ran.set_result(job.subject)

    heard, logger = Heard(), logging.getLogger("kasauti")
    logger.addHandler(heard)
    worker = Worker(startup.services.executor, {RESOLVE: note}, poll_s=0.01)
    with closing(sqlite3.connect(startup.services.settings.database)) as connection:
        connection.execute("ALTER TABLE job RENAME TO hidden")
        running = asyncio.create_task(worker.run_forever())
        await heard.something.wait()
        connection.execute("ALTER TABLE hidden RENAME TO job")
    logger.removeHandler(heard)
    assert await ran == payment
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
