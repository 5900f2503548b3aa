import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.listener import Listener


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    listener = Listener()
    async with await asyncio.start_server(listener.take, "127.0.0.1", 0) as server:
        listener.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hooks"
        yield listener
