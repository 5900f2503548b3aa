"""What the suite shares: a face that is open, and books that are looked at after every case."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from sandbox.rails.onelink.listener import listening
from tests.contract.faces import FACES, START, Dial, Face
from tests.startup import SignUp, Startup
from tests.switch_link import Link

LONGER_THAN_ANY_HOLD_S = 25 * 3600
Open = Callable[[str], Awaitable[Face]]


@pytest.fixture
async def sign_up(app: FastAPI, client: httpx.AsyncClient) -> AsyncIterator[SignUp]:
    """Makes newcomers whose clock stands still. After the case the books of each are looked at."""
    everybody: list[Startup] = []

    async def sign_up(**more: object) -> Startup:
        who = {"name": "Chai Pay", "email": "dev@chaipay.example", "frozen_at": START}
        answer = await client.post("/v1/signup", json=who | more)
        assert answer.status_code == 201, answer.text
        everybody.append(Startup(app, client, answer.json()))
        return everybody[-1]

    yield sign_up
    for startup in everybody:
        await sweep(startup)


async def sweep(startup: Startup) -> None:
    """Let the clock pass everything that may still come; then debits are credits and nothing is on hold."""
    assert (await startup.get("/v1/ledger/trial-balance"))["balanced"]
    await startup.advance(LONGER_THAN_ANY_HOLD_S)
    sums: dict[str, Any] = await startup.get("/v1/ledger/trial-balance")
    assert sums["balanced"]
    assert (sums["debits_pending_paisa"], sums["credits_pending_paisa"]) == (0, 0)
    for account in (await startup.get("/v1/accounts?limit=200"))["data"]:
        assert account["balance"]["held_paisa"] == 0
    open_still = (await startup.get("/v1/payments?status=unknown"))["data"]
    assert open_still == []


@pytest.fixture
async def dial() -> AsyncIterator[Dial]:
    """Opens connections to a switch on a free port; the switch is there once the first is opened."""
    async with AsyncExitStack() as stack:
        addresses: list[Any] = []

        async def dial(startup: Startup) -> Link:
            if not addresses:
                bound = socket.create_server(("127.0.0.1", 0))
                addresses.append(bound.getsockname())
                await stack.enter_async_context(listening(startup.services.executor, bound))
            link = Link(*await asyncio.open_connection(*addresses[0]))
            stack.push_async_callback(link.close)
            return link

        yield dial


@pytest.fixture
async def open_face(sign_up: SignUp, dial: Dial) -> Open:
    """Opens a face by its name, in a sandbox of its own."""

    async def open_face(name: str) -> Face:
        return await FACES[name](await sign_up()).open(dial)

    return open_face
