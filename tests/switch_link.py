"""A member's end of a connection to the switch, on a real socket."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

from connectors.identifiers.iban import account_of, institution_of
from connectors.identifiers.institutions import INSTITUTIONS
from connectors.onelink.frames import FrameReader, frame
from connectors.onelink.iso8583 import Message, pack, reversal_of, unpack
from sandbox.rails.onelink.listener import listening
from tests.startup import AMOUNT, RICH, SHOP, Startup

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


@asynccontextmanager
async def switch(startup: Startup) -> AsyncIterator[Dial]:
    """Run a switch on a free port of this machine; what is yielded opens connections to it."""
    async with AsyncExitStack() as stack:
        bound = socket.create_server(("127.0.0.1", 0))
        await stack.enter_async_context(listening(startup.services.executor, bound))

        async def dial() -> Link:
            link = Link(*await asyncio.open_connection(*bound.getsockname()))
            stack.push_async_callback(link.close)
            return link

        yield dial
