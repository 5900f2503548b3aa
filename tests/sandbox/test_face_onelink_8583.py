"""The switch over TCP: real sockets, cut frames, lost answers, reversals, bad bytes."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from typing import Any

import pytest

from connectors.identifiers.iban import account_of, institution_of, make_iban
from connectors.identifiers.institutions import INSTITUTIONS
from connectors.onelink.codes import FIELD_39
from connectors.onelink.frames import FrameReader, frame
from connectors.onelink.iso8583 import Message, pack, reversal_of, title_of, unpack
from ledger.model import Kind, Transfer
from sandbox.db import UnitOfWork
from sandbox.payments.queries import list_triggers
from sandbox.problems import Problem
from sandbox.rails.onelink import listener as listener_module
from sandbox.rails.onelink.listener import listening
from sandbox.world import enter
from tests.onelink_client import START, nothing_is_left
from tests.startup import AMOUNT, RICH, SHOP, SignUp, Startup

ROWS = {row.name: row for row in list_triggers().data if row.rail == "onelink"}
LATER = ROWS["late_credit"].destination_iban
REFUSED_LATER = ROWS["late_refusal"].destination_iban
SILENT = ROWS["unknown_for_good"].destination_iban
PATIENCE_S = 20


class Link:
    """A member's end of a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.frames = FrameReader()
        self.waiting: list[bytes] = []
        self.stan = 0

    async def read(self) -> Message | None:
        """Return the next message, None when the connection has ended."""
        while not self.waiting:
            data = await asyncio.wait_for(self.reader.read(65_536), PATIENCE_S)
            if not data:
                return None
            self.waiting += self.frames.feed(data)
        return unpack(self.waiting.pop(0))

    def send(self, *messages: Message) -> None:
        self.writer.write(b"".join(frame(pack(message)) for message in messages))

    async def tell(self, message: Message) -> Message:
        """Send a message and return its answer."""
        self.send(message)
        answer = await self.read()
        assert answer is not None
        assert answer.stan == message.stan
        return answer

    async def hears_nothing(self, message: Message) -> None:
        """Send a message to which nobody answers: the echo behind it is answered first."""
        self.send(message, self.network("301"))
        answer = await self.read()
        assert answer is not None
        assert answer.mti == "0810"

    def numbers(self) -> dict[str, str]:
        self.stan += 1
        return {"transmitted": "1124065500", "stan": f"{self.stan:06}"}

    def network(self, code: str, key: str = "") -> Message:
        private = ((48, key),) if key else ()
        return Message("0800", network_code=code, private=private, **self.numbers())  # type: ignore[arg-type]  # texts only

    async def sign_on(self, key: str) -> Message:
        return await self.tell(self.network("001", key))

    def order(self, iban: str = SHOP, amount: int = AMOUNT, **more: Any) -> Message:
        numbers = self.numbers()
        message = Message(
            "0200",
            processing_code="480000",
            amount_paisa=amount,
            transmitted=numbers["transmitted"],
            stan=numbers["stan"],
            local_time="115500",
            local_date="1124",
            acquirer=INSTITUTIONS[institution_of(RICH)].imd,
            rrn=f"632811{numbers['stan']}",
            currency="586",
            receiver=INSTITUTIONS[institution_of(iban)].imd,
            from_account=account_of(RICH),
            to_account=iban,
        )
        return message._replace(**more)

    def take_back(self, original: Message, **more: Any) -> Message:
        numbers = self.numbers()
        return reversal_of(original, stan=numbers["stan"], transmitted="1124065600")._replace(**more)

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


Dial = Callable[[], Awaitable[Link]]


@pytest.fixture
async def startup(sign_up: SignUp) -> Startup:
    return await sign_up(frozen_at=START)


@pytest.fixture
async def dial(startup: Startup) -> AsyncIterator[Dial]:
    """Opens connections to a switch on a free port of this machine."""
    async with AsyncExitStack() as stack:
        bound = socket.create_server(("127.0.0.1", 0))
        await stack.enter_async_context(listening(startup.services.executor, bound))

        async def dial() -> Link:
            link = Link(*await asyncio.open_connection(*bound.getsockname()))
            stack.push_async_callback(link.close)
            return link

        yield dial


@pytest.fixture
async def link(dial: Dial, startup: Startup) -> Link:
    """A connection that has signed on."""
    link = await dial()
    assert (await link.sign_on(startup.secret)).response == "00"
    return link


# --- every published row -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ROWS)
async def test_a_trigger_does_what_it_says(link: Link, startup: Startup, name: str) -> None:
    row = ROWS[name]
    expected = FIELD_39[row.reason or "0000"]
    order = link.order(row.destination_iban, row.amount_paisa)
    order = order._replace(from_account=account_of(row.source_iban))
    if row.stage == "title_fetch":
        title = await link.tell(order._replace(processing_code="620000"))
        assert (title.mti, title.response) == ("0210", expected)
        return
    if row.later_after_s is None:
        assert (await link.tell(order)).response == expected
    else:
        await link.hears_nothing(order)
        await startup.advance(row.later_after_s - 1)
        await link.hears_nothing(order._replace(mti="0220"))
        await startup.advance(1)
        told = await link.tell(order._replace(mti="0220"))
        assert (told.mti, told.response) == ("0230", FIELD_39[row.later_reason or "0000"])
    await nothing_is_left(startup)


# --- sessions ----------------------------------------------------------------------------------


async def test_a_session_begins_with_a_key_and_ends_with_a_sign_off(dial: Dial, startup: Startup) -> None:
    link = await dial()
    assert (await link.tell(link.network("301"))).response == "00"
    assert (await link.tell(link.order())).response == "63"
    assert (await link.sign_on("sk_test_wrong")).response == "63"
    assert (await link.tell(link.network("001"))).response == "63"
    assert (await link.sign_on(startup.secret)).response == "00"
    assert (await link.tell(link.order())).response == "00"
    assert (await link.tell(link.network("999"))).response == "12"
    assert (await link.tell(link.network("002"))).response == "00"
    assert (await link.tell(link.order())).response == "63"
    assert startup.count("payment") == 1


async def test_a_wrong_sign_on_ends_the_session_before_it(link: Link) -> None:
    assert (await link.sign_on("sk_test_wrong")).response == "63"
    assert (await link.tell(link.order())).response == "63"


async def test_a_revoked_key_ends_its_sessions(link: Link, startup: Startup) -> None:
    (first,) = (await startup.get("/v1/keys"))["data"]
    assert (await startup.post("/v1/keys")).status_code == 201
    assert (await startup.send("DELETE", f"/v1/keys/{first['id']}")).status_code == 200
    assert (await link.tell(link.order())).response == "63"
    assert (await link.tell(link.order())).response == "63"


async def test_two_connections_of_one_member_know_the_same_transfers(
    link: Link, dial: Dial, startup: Startup
) -> None:
    order = link.order()
    assert (await link.tell(order)).response == "00"
    await link.close()
    other = await dial()
    assert (await other.sign_on(startup.secret)).response == "00"
    assert (await other.tell(order._replace(mti="0220"))).response == "00"
    assert (await other.tell(other.take_back(order))).response == "00"
    assert (await startup.balance())["ledger_paisa"] == 1_000_000_000


async def test_another_tenant_takes_nothing_back(link: Link, dial: Dial, sign_up: SignUp) -> None:
    stranger = await sign_up(frozen_at=START)
    order = link.order()
    assert (await link.tell(order)).response == "00"
    other = await dial()
    assert (await other.sign_on(stranger.secret)).response == "00"
    assert (await other.tell(other.take_back(order))).response == "00"
    assert (await stranger.balance())["ledger_paisa"] == 1_000_000_000
    (payment,) = (await stranger.get("/v1/payments"))["data"] or [None]
    assert payment is None


# --- transfers ---------------------------------------------------------------------------------


async def test_a_transfer_is_a_payment_like_any_other(link: Link, startup: Startup) -> None:
    order = link.order(amount=150_050)
    answer = await link.tell(order)
    assert answer._replace(authorisation=None) == order._replace(mti="0210", response="00")
    (payment,) = (await startup.get("/v1/payments"))["data"]
    assert (payment["rail"], payment["amount_paisa"], payment["status"]) == ("onelink", 150_050, "settled")
    assert answer.authorisation == payment["id"][-6:]


async def test_a_title_is_told(link: Link, startup: Startup) -> None:
    answer = await link.tell(link.order(processing_code="620000", from_account=None))
    assert (answer.response, title_of(answer)) == ("00", "Bilal General Store")
    assert startup.count("payment") == 0


@pytest.mark.parametrize(
    ("change", "response"),
    [
        ({"processing_code": "010000"}, "12"),
        ({"receiver": "601492"}, "15"),
        ({"to_account": "1" * 17}, "76"),
        ({"to_account": make_iban("SBXB", "424242")}, "76"),
        ({"from_account": "424242"}, "77"),
        ({"from_account": "1" * 17}, "77"),
        ({"acquirer": "601492"}, "77"),
        ({"amount_paisa": 0}, "13"),
        ({"from_account": account_of(SHOP), "acquirer": "999002"}, "57"),
        ({"from_account": "4", "acquirer": "999002"}, "62"),
        ({"from_account": "5", "acquirer": "999002"}, "78"),
    ],
)
async def test_what_cannot_be_sent_is_told_and_not_kept(
    link: Link, startup: Startup, change: dict[str, Any], response: str
) -> None:
    assert (await link.tell(link.order(**change))).response == response
    assert startup.count("payment") == startup.count("shelf_item") == 0


async def test_the_same_transfer_again_is_a_duplicate(link: Link, startup: Startup) -> None:
    order = link.order()
    assert (await link.tell(order)).response == "00"
    assert (await link.tell(order)).response == "94"
    assert (await link.tell(order._replace(stan="999999"))).response == "94"
    assert (await link.tell(order._replace(rrn="000000000001"))).response == "94"
    assert startup.count("payment") == 1


async def test_an_advice_is_answered_alike_however_often_it_comes(link: Link, startup: Startup) -> None:
    advice = link.order()._replace(mti="0220")
    first = await link.tell(advice)
    assert (first.mti, first.response) == ("0230", "00")
    assert await link.tell(advice) == first
    assert startup.count("payment") == 1
    again = advice._replace(stan="999998")
    assert (await link.tell(again)).response == "00"
    assert (await link.tell(link.take_back(again))).response == "00"
    assert (await link.tell(advice)).response == "05"
    assert (await startup.balance())["ledger_paisa"] == 1_000_000_000


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
