"""The switch over TCP: lost answers and reversals, plans of scenarios, bad bytes."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator

import pytest

from connectors.identifiers.iban import make_iban
from connectors.onelink.frames import frame
from connectors.onelink.iso8583 import pack
from ledger.model import Kind, Transfer
from sandbox.db import UnitOfWork
from sandbox.payments.queries import list_triggers
from sandbox.problems import Problem
from sandbox.rails.onelink import listener as listener_module
from sandbox.world import enter
from tests.onelink_client import START, nothing_is_left
from tests.startup import AMOUNT, RICH, SHOP, SignUp, Startup
from tests.switch_link import Dial, Link, switch

ROWS = {row.name: row for row in list_triggers().data if row.rail == "onelink"}
LATER = ROWS["late_credit"].destination_iban
REFUSED_LATER = ROWS["late_refusal"].destination_iban
SILENT = ROWS["unknown_for_good"].destination_iban
PATIENCE_S = 20


@pytest.fixture
async def startup(sign_up: SignUp) -> Startup:
    return await sign_up(frozen_at=START)


@pytest.fixture
async def dial(startup: Startup) -> AsyncIterator[Dial]:
    async with switch(startup) as dial:
        yield dial


@pytest.fixture
async def link(dial: Dial, startup: Startup) -> Link:
    """A connection that has signed on."""
    link = await dial()
    assert (await link.sign_on(startup.secret)).response == "00"
    return link


# --- reversals ---------------------------------------------------------------------------------


async def test_a_lost_answer_is_reversed_once(link: Link, startup: Startup) -> None:
    order = link.order()
    link.send(order)  # nobody reads the answer
    reversal = link.take_back(order)
    link.send(reversal, reversal)
    assert [
        (answer.mti, answer.response)
        for answer in [await link.read(), await link.read(), await link.read()]
        if answer
    ] == [
        ("0210", "00"),
        ("0430", "00"),
        ("0430", "00"),
    ]
    assert (await startup.balance())["ledger_paisa"] == 1_000_000_000
    assert (await link.tell(order)).response == "94"
    statement = await startup.get(f"/v1/accounts/{startup.accounts['rich']}/statement")
    assert [line["kind"] for line in statement["data"]][-1] == "reversal"
    (payment,) = (await startup.get("/v1/payments"))["data"]
    returned = await startup.get(f"/v1/payments/{payment['id']}/return")
    assert (returned["amount_paisa"], returned["reason"]) == (AMOUNT, None)
    events = [event["type"] for event in (await startup.get("/v1/events"))["data"]]
    assert events == ["payment.returned", "payment.settled"]
    await nothing_is_left(startup)


@pytest.mark.parametrize("iban", [LATER, REFUSED_LATER, SILENT])
async def test_while_nobody_knows_a_reversal_gives_the_money_back(
    link: Link, startup: Startup, iban: str
) -> None:
    order = link.order(iban)
    await link.hears_nothing(order)
    assert (await startup.balance())["held_paisa"] == AMOUNT
    assert (await link.tell(link.take_back(order))).response == "00"
    (payment,) = (await startup.get("/v1/payments"))["data"]
    assert (payment["status"], payment["reason"]["code"]) == ("refused", "0191")
    await nothing_is_left(startup)
    await startup.advance(25 * 3600)
    assert (await startup.balance()) == {
        "available_paisa": 1_000_000_000,
        "ledger_paisa": 1_000_000_000,
        "held_paisa": 0,
    }
    assert (await link.tell(order._replace(mti="0220"))).response == "05"


async def test_a_refused_transfer_has_nothing_to_be_taken_back(link: Link, startup: Startup) -> None:
    order = link.order(ROWS["pay_0195"].destination_iban)
    assert (await link.tell(order)).response == "05"
    assert (await link.tell(link.take_back(order))).response == "00"
    await nothing_is_left(startup)


async def test_a_reversal_that_overtakes_its_transfer_stops_it(link: Link, startup: Startup) -> None:
    order = link.order()
    reversal = link.take_back(order)
    assert (await link.tell(reversal)).response == "00"
    assert (await link.tell(reversal)).response == "00"
    assert (await link.tell(order)).response == "94"
    assert (await link.tell(order._replace(mti="0220"))).response == "94"
    assert startup.count("payment") == 0


async def test_a_reversal_of_another_amount_takes_nothing_back(link: Link, startup: Startup) -> None:
    order = link.order()
    assert (await link.tell(order)).response == "00"
    assert (await link.tell(link.take_back(order, amount_paisa=AMOUNT - 1))).response == "13"
    assert (await startup.balance())["ledger_paisa"] == 1_000_000_000 - AMOUNT


async def test_money_that_is_spent_does_not_come_back(link: Link, startup: Startup) -> None:
    order = link.order(amount=5_000_000)
    assert (await link.tell(order)).response == "00"
    await startup.pay(RICH, 9_000_000, source=SHOP)
    assert (await link.tell(link.take_back(order))).response == "51"
    await startup.pay(SHOP, 9_000_000)
    assert (await link.tell(link.take_back(order))).response == "00"
    await nothing_is_left(startup)


async def test_what_was_given_back_before_is_not_given_back_again(link: Link, startup: Startup) -> None:
    order = link.order()
    assert (await link.tell(order)).response == "00"
    (payment,) = (await startup.get("/v1/payments"))["data"]

    def give_back(uow: UnitOfWork) -> None:
        world = enter(uow, startup.sandbox_id)
        back = Transfer("ret_1", kind=Kind.REVERSAL, target_id=f"{payment['id']}:post")
        world.book.post([back], now=world.now, recorded_at=uow.now)

    await startup.services.executor.write(give_back)
    assert (await link.tell(link.take_back(order))).response == "00"
    assert (await link.tell(link.take_back(order))).response == "00"
    assert (await startup.balance())["ledger_paisa"] == 1_000_000_000


# --- plans of scenarios ------------------------------------------------------------------------


async def plan(startup: Startup, **more: object) -> None:
    assert (await startup.send("PUT", "/v1/scenarios", more)).status_code == 200


async def test_an_answer_that_a_plan_loses_is_learned_by_an_advice(link: Link, startup: Startup) -> None:
    await plan(startup, faults=[{"kind": "lost_answer", "rail": "onelink"}])
    order = link.order()
    await link.hears_nothing(order)
    assert (await startup.balance())["ledger_paisa"] == 1_000_000_000 - AMOUNT
    assert (await link.tell(order._replace(mti="0220"))).response == "00"
    assert startup.count("payment") == 1


async def test_a_strict_sandbox_refuses_what_no_table_lists(link: Link, startup: Startup) -> None:
    await plan(startup, strict=True)
    assert (await link.tell(link.order(make_iban("SBXB", "424242")))).response == "76"
    assert (await link.tell(link.order())).response == "00"


# --- bytes -------------------------------------------------------------------------------------


async def test_frames_may_come_in_any_cut_and_many_at_once(link: Link) -> None:
    orders = [link.order() for _ in range(3)]
    stream = b"".join(frame(pack(order)) for order in orders)
    for place in range(0, len(stream), 7):
        link.writer.write(stream[place : place + 7])
        await link.writer.drain()
        await asyncio.sleep(0)
    answers = [await link.read() for _ in orders]
    assert [answer.stan for answer in answers if answer] == [order.stan for order in orders]


@pytest.mark.parametrize("data", [b"0", b"0200", b"\x00" * 64, b"\xff" * 64, b"9999" + b"0" * 60])
async def test_a_message_that_cannot_be_read_is_dropped(link: Link, startup: Startup, data: bytes) -> None:
    link.writer.write(frame(data))
    assert (await link.tell(link.network("301"))).response == "00"
    assert startup.count("shelf_item") == 0


async def test_an_answer_is_not_answered(link: Link) -> None:
    answer = await link.tell(link.order())
    await link.hears_nothing(answer)


@pytest.mark.parametrize("header", [b"\x00\x00", b"\xff\xff"])
async def test_a_lost_stream_is_ended_after_what_came_before(link: Link, header: bytes) -> None:
    link.writer.write(frame(pack(link.network("301"))) + header + b"x" * 100)
    answer = await link.read()
    assert answer is not None
    assert answer.mti == "0810"
    assert await link.read() is None


async def test_a_connection_that_ends_within_a_frame_leaves_nothing(link: Link, startup: Startup) -> None:
    link.writer.write(frame(pack(link.order()))[:-1])
    link.writer.write_eof()
    assert await link.read() is None
    assert startup.count("payment") == 0


async def test_a_cut_connection_harms_no_other(link: Link, dial: Dial, startup: Startup) -> None:
    other = await dial()
    assert (await other.tell(other.network("301"))).response == "00"
    at_once = struct.pack("ii", 1, 0)
    other.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
    other.writer.transport.abort()
    assert (await link.tell(link.order())).response == "00"
    assert startup.count("payment") == 1


async def test_there_are_only_so_many_sessions(dial: Dial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener_module, "MOST_SESSIONS", 1)
    first = await dial()
    assert (await first.tell(first.network("301"))).response == "00"
    second = await dial()
    assert await second.read() is None


@pytest.mark.parametrize(
    "error", [RuntimeError("a defect"), Problem("storage_unavailable", "Send it again.")]
)
async def test_a_defect_and_a_full_disk_are_system_errors(
    link: Link, startup: Startup, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def break_down(*_: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(listener_module, "handle", break_down)
        assert (await link.tell(link.order())).response == "96"
    assert startup.count("payment") == 0
    assert (await link.tell(link.order())).response == "00"
