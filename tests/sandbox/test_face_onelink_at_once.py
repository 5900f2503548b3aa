"""1LINK's faces when much happens at once, and the switch inside a real server."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from connectors.onelink.frames import frame
from connectors.onelink.iso8583 import Message, pack, unpack
from sandbox.cli import app as command_line
from sandbox.server import running
from sandbox.settings import Settings
from tests.onelink_client import START, Member, code, nothing_is_left
from tests.startup import AMOUNT, SHOP, SignUp, Startup
from tests.switch_link import Dial, Link, switch

AT_ONCE = 16
FULL = 1_000_000_000


@pytest.fixture
async def startup(sign_up: SignUp) -> Startup:
    return await sign_up(frozen_at=START)


@pytest.fixture
async def member(startup: Startup) -> Member:
    return await Member(startup).log_in()


@pytest.fixture
async def dial(startup: Startup) -> AsyncIterator[Dial]:
    async with switch(startup) as dial:
        yield dial


async def signed_on(dial: Dial, startup: Startup) -> Link:
    link = await dial()
    assert (await link.sign_on(startup.secret)).response == "00"
    return link


async def test_a_transfer_that_is_sent_many_times_at_once_moves_once(member: Member) -> None:
    order = await member.send()
    answers = await asyncio.gather(*(member.tell("ibft/transfer", order) for _ in range(AT_ONCE)))
    assert sorted(code(answer) for answer in answers) == ["0000"] + ["0110"] * (AT_ONCE - 1)
    assert (await member.startup.balance())["ledger_paisa"] == FULL - AMOUNT


async def test_a_request_that_is_accepted_many_times_at_once_is_paid_once(member: Member) -> None:
    rtp_id = await member.requested()
    answers = await asyncio.gather(
        *(member.tell("payer/accept", {"rtpId": rtp_id}) for _ in range(AT_ONCE)),
        member.status(rtp_id, path="rtpCancellation"),
    )
    assert [code(answer) for answer in answers].count("00") == 1
    assert (await member.startup.balance())["ledger_paisa"] == FULL - AMOUNT
    await nothing_is_left(member.startup)


async def test_an_advice_and_its_reversal_over_two_connections_leave_nothing_behind(
    dial: Dial, startup: Startup
) -> None:
    one, two = await signed_on(dial, startup), await signed_on(dial, startup)
    advice = one.order()._replace(mti="0220")
    reversal = two.take_back(advice)
    for _ in range(AT_ONCE):
        one.send(advice)
        two.send(reversal)
    told = [await one.read() for _ in range(AT_ONCE)]
    assert {answer.response for answer in told if answer} <= {"00", "05", "94"}
    assert {answer.response for answer in [await two.read() for _ in range(AT_ONCE)] if answer} == {"00"}
    assert (await startup.balance())["ledger_paisa"] == FULL
    await nothing_is_left(startup)


async def test_a_message_with_any_byte_changed_does_no_harm(dial: Dial, startup: Startup) -> None:
    link = await signed_on(dial, startup)
    whole = pack(link.order(amount=1))
    for place in range(len(whole)):
        for bit in (1, 128):
            changed = bytearray(whole)
            changed[place] ^= bit
            link.writer.write(frame(bytes(changed)))
    echo = link.network("301")
    link.send(echo)
    while (answer := await link.read()) is not None and answer.mti != "0810":
        assert answer.mti in {"0210", "0230", "0430"}
    assert answer is not None
    await nothing_is_left(startup)


def test_a_real_server_takes_frames_and_requests_side_by_side(tmp_path: Path) -> None:
    settings = Settings(database=tmp_path / "kasauti.db", port=0, iso8583_port=0)
    with running(settings) as server:
        assert server.iso8583 is not None
        signed_up = httpx.post(f"{server.url}/v1/signup", json={"name": "A", "email": "a@a.example"}).json()
        key = signed_up["key"]["secret"]
        host, _, port = server.iso8583.partition(":")
        with socket.create_connection((host, int(port)), timeout=20) as link:
            sign_on = Message(
                "0800", transmitted="1124065500", stan="000001", network_code="001", private=((48, key),)
            )
            link.sendall(frame(pack(sign_on)))
            assert unpack(link.recv(8192)[2:]).response == "00"
            fetch = Message(
                "0200",
                processing_code="620000",
                amount_paisa=AMOUNT,
                transmitted="1124065500",
                stan="000002",
                local_time="115500",
                local_date="1124",
                acquirer="999001",
                rrn="632811000002",
                currency="586",
                receiver="999002",
                to_account=SHOP,
            )
            link.sendall(frame(pack(fetch)))
            assert unpack(link.recv(8192)[2:]).response == "00"


def test_without_a_port_no_frames_are_taken(tmp_path: Path) -> None:
    with running(Settings(database=tmp_path / "kasauti.db", port=0)) as server:
        assert server.iso8583 is None


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        options = ["up", "--port", "0", "--iso8583-port", port, "--database", str(tmp_path / "kasauti.db")]
        result = CliRunner().invoke(command_line, options, env={"COLUMNS": "200"})
    assert result.exit_code == 1
    assert f"for ISO 8583, 127.0.0.1:{port}" in result.output
