"""What use cases of one group see of one another, and what is left when one of them fails."""

import asyncio
import sqlite3
from typing import Any

import pytest

from ledger.model import Transfer
from sandbox.accounts.models import CURRENCY, FUNDING
from sandbox.clock import freeze
from sandbox.db import UnitOfWork
from sandbox.participants.models import PARTICIPANTS, Participant
from sandbox.world import enter
from tests.startup import Startup


def sign(uow: UnitOfWork, name: str) -> str:
    PARTICIPANTS.insert(uow, Participant(name, "n", "e", 1))
    return name


def look(uow: UnitOfWork, name: str) -> tuple[bool, bool, bool]:
    """See a participant by key, by a condition and by SQL."""
    return (
        PARTICIPANTS.get(uow, name) is not None,
        bool(PARTICIPANTS.select(uow, PARTICIPANTS.c.id == name)),
        bool(uow.driver.execute("SELECT 1 FROM participant WHERE id = ?", (name,)).fetchone()),
    )


async def group(startup: Startup, *calls: tuple[Any, ...]) -> list[Any]:
    """Run use cases in one group; failures are answers."""
    write = startup.services.executor.write
    return await asyncio.gather(*(write(*call) for call in calls), return_exceptions=True)


def fail(_uow: UnitOfWork) -> None:
    raise LookupError


async def test_a_row_is_seen_at_once_in_every_way(startup: Startup) -> None:
    def rename(uow: UnitOfWork) -> str:
        PARTICIPANTS.update(uow, PARTICIPANTS.get(uow, "par_1") or pytest.fail("it is gone"), name="other")
        return (PARTICIPANTS.get(uow, "par_1") or pytest.fail("it is gone")).name

    def leave(uow: UnitOfWork) -> Participant | None:
        PARTICIPANTS.delete(uow, "par_1")
        return PARTICIPANTS.get(uow, "par_1")

    results = await group(startup, (sign, "par_1"), (look, "par_1"), (rename,), (leave,), (look, "par_1"))
    assert results == ["par_1", (True, True, True), "other", None, (False, False, False)]


@pytest.mark.parametrize("looks_first", [False, True])
async def test_what_fails_is_forgotten_and_what_came_before_it_stays(
    startup: Startup, looks_first: bool
) -> None:
    """Whether the failed one was still in memory, or already in the database, in its savepoint."""

    def sign_and_fail(uow: UnitOfWork) -> None:
        sign(uow, "par_2")
        if looks_first:
            assert look(uow, "par_1") == look(uow, "par_2") == (True, True, True)
        raise LookupError

    results = await group(
        startup, (sign, "par_1"), (sign_and_fail,), (look, "par_1"), (look, "par_2"), (sign, "par_3")
    )
    assert isinstance(results[1], LookupError)
    assert results[2:4] == [(True, True, True), (False, False, False)]
    assert startup.count("participant WHERE id IN ('par_1', 'par_3')") == 2
    assert startup.count("participant WHERE id = 'par_2'") == 0


async def test_of_a_group_that_the_database_refuses_only_the_one_at_fault_fails(startup: Startup) -> None:
    taken = await startup.services.executor.write(sign, "par_1")
    results = await group(startup, (sign, "par_2"), (sign, taken), (sign, "par_3"))
    assert (results[0], results[2]) == ("par_2", "par_3")
    assert isinstance(results[1], sqlite3.IntegrityError)
    assert startup.count("participant WHERE id LIKE 'par__'") == 3


async def test_postings_of_what_fails_are_forgotten(startup: Startup) -> None:
    rich = startup.accounts["rich"]

    def give(uow: UnitOfWork, name: str, *, breaks: bool) -> int:
        world = enter(uow, startup.sandbox_id)
        transfer = Transfer(name, FUNDING, rich, 100, currency=CURRENCY)
        world.book.post([transfer], now=world.now, recorded_at=uow.now)
        if breaks:
            raise LookupError
        return world.book.accounts([rich])[rich].balance

    def one(uow: UnitOfWork) -> int:
        return give(uow, "tr_1", breaks=False)

    def broken(uow: UnitOfWork) -> int:
        return give(uow, "tr_2", breaks=True)

    def three(uow: UnitOfWork) -> int:
        return give(uow, "tr_3", breaks=False)

    results = await group(startup, (one,), (broken,), (three,), (broken,))
    assert results[2] - results[0] == 100
    assert [type(result) for result in results[1::2]] == [LookupError, LookupError]
    account = await startup.get(f"/v1/accounts/{rich}")
    assert account["balance"]["ledger_paisa"] == results[2]
    assert (await startup.get("/v1/ledger/trial-balance"))["balanced"]


async def test_two_payments_of_one_group_do_not_both_use_an_end_to_end_id(startup: Startup) -> None:
    orders = [await startup.order(end_to_end_id="order-1") for _ in range(2)]
    answers = await asyncio.gather(*(startup.post("/v1/payments", order) for order in orders))
    found = sorted(
        (answer.json()["status"], (answer.json()["reason"] or {}).get("code")) for answer in answers
    )
    assert found == [("refused", "AM05"), ("settled", None)]


async def test_two_payments_of_one_group_do_not_both_use_a_title_fetch(startup: Startup) -> None:
    order = await startup.order()
    answers = await asyncio.gather(*(startup.post("/v1/payments", order) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_ids_go_on_after_a_failure_and_after_the_clock_was_set(startup: Startup) -> None:
    def name(uow: UnitOfWork) -> str:
        world = enter(uow, startup.sandbox_id)
        made = world.new_id("x")
        world.leave()
        return made

    def name_and_fail(uow: UnitOfWork) -> str:
        enter(uow, startup.sandbox_id).new_id("x")
        raise LookupError

    def stop_the_clock(uow: UnitOfWork) -> None:
        freeze(enter(uow, startup.sandbox_id))

    rounds = [await group(startup, (name,), (name_and_fail,), (name,), (stop_the_clock,), (name,))]
    rounds += [await group(startup, (stop_the_clock,), (name,)) for _ in range(2)]
    made = [answer for answers in rounds for answer in answers if isinstance(answer, str)]
    assert len(made) == 5
    assert made == sorted(set(made))


async def test_a_group_of_failures_stores_nothing_and_the_next_one_works(startup: Startup) -> None:
    results = await group(startup, (fail,), (fail,))
    assert [type(result) for result in results] == [LookupError, LookupError]
    assert await startup.services.executor.write(sign, "par_1") == "par_1"
