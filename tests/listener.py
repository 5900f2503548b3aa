"""A receiver of webhooks whose answers a test chooses."""

import asyncio
from typing import Any

from tests.startup import Startup


class Listener:
    """A receiver on a loopback socket that answers with a status of the test's choice."""

    def __init__(self) -> None:
        self.status = 204
        self.body = b""
        self.headers: dict[str, str] = {}
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.url = ""

    @property
    def ids(self) -> list[str]:
        """The ids of the events that came, in order."""
        return [headers["webhook-id"] for headers, _ in self.received]

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:]
        pairs = (line.split(": ", 1) for line in lines if line)
        headers = {name.lower(): value for name, value in pairs}
        self.received.append((headers, await reader.readexactly(int(headers["content-length"]))))
        more = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        head = (
            f"HTTP/1.1 {self.status} X\r\n{more}content-length: {len(self.body)}\r\nconnection: close\r\n\r\n"
        )
        writer.write(head.encode() + self.body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()


async def register(startup: Startup, url: str, **more: object) -> dict[str, Any]:
    answer = await startup.post("/v1/webhook-endpoints", {"url": url, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def next_event(startup: Startup) -> None:
    assert (await startup.post("/v1/clock/advance", {"to_next_event": True})).status_code == 200


async def only_delivery(startup: Startup) -> str:
    [delivery] = (await startup.get("/v1/webhook-deliveries"))["data"]
    return str(delivery["id"])
