"""ISO 8583 over TCP: frames in, frames out, each connection a session of its own.

A session begins with a sign-on (0800, 001) that carries a key of the sandbox in field 48; until then echo tests
are answered and everything else is refused (63). The key is looked at again with every message, so a revoked one
ends its sessions. Messages of one session are answered in their order; a slow reader is waited for. A
plan of scenarios delays and loses answers here as well.
"""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from connectors.onelink.fields import Iso8583Error
from connectors.onelink.frames import FrameError, FrameReader, frame
from connectors.onelink.iso8583 import Message, answer_to, pack, unpack
from connectors.onelink.switch import APPROVED, INVALID_TRANSACTION
from sandbox.db import UnitOfWork
from sandbox.executor import Executor
from sandbox.participants.service import authenticate
from sandbox.problems import Problem
from sandbox.rails.onelink.link import ECHO, NOT_SIGNED_ON, SIGN_OFF, SIGN_ON, handle, key_in
from sandbox.wire import Wire
from sandbox.world import enter

logger = logging.getLogger("kasauti")

CHUNK = 65_536
MILLIS = 1_000
MOST_SESSIONS = 256
SYSTEM_ERROR = "96"
ASKED = frozenset({"0200", "0220", "0420"})


class Session:
    """One connection: who signed on, and what is answered."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._secret = ""

    async def answer(self, data: bytes) -> bytes | None:
        """Answer one message; None where nothing is to be answered, or nobody knows what."""
        try:
            message = unpack(data)
            reply = await self._reply(message)
        except Iso8583Error as error:
            logger.warning("an ISO 8583 message was dropped: %s", error)
            return None
        return None if reply is None else pack(reply)

    async def _reply(self, message: Message) -> Message | None:
        if message.mti == "0800":
            return await self._network(message)
        if message.mti not in ASKED:
            return None
        if not self._secret:
            return answer_to(message, NOT_SIGNED_ON)
        wire = Wire()
        try:
            reply = await self._executor.write(_run, self._secret, message, wire)
        except Problem as problem:
            refused = problem.entry.code == "unauthenticated"
            if refused:
                self._secret = ""
            return answer_to(message, NOT_SIGNED_ON if refused else SYSTEM_ERROR)
        except Exception:
            logger.exception("an ISO 8583 message of type %s broke", message.mti)
            return answer_to(message, SYSTEM_ERROR)
        await asyncio.sleep(wire.latency_ms / MILLIS)
        return None if wire.lost else reply

    async def _network(self, message: Message) -> Message:
        """Sign on, sign off, or echo."""
        code = message.network_code
        if code == ECHO:
            return answer_to(message, APPROVED)
        if code not in {SIGN_ON, SIGN_OFF}:
            return answer_to(message, INVALID_TRANSACTION)
        self._secret = ""
        if code == SIGN_ON:
            secret = key_in(message)
            try:
                await self._executor.write(authenticate, secret)
            except Problem:
                return answer_to(message, NOT_SIGNED_ON)
            self._secret = secret
        return answer_to(message, APPROVED)


class Listener:
    """Takes connections; no more than `MOST_SESSIONS` at a time."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._sessions: set[asyncio.Task[None]] = set()

    def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection, or turn it away when there are too many."""
        if len(self._sessions) >= MOST_SESSIONS:
            writer.close()
            return
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._sessions.add(task)
        task.add_done_callback(self._sessions.discard)

    async def close(self) -> None:
        """End all sessions; what a session's last message did stays done."""
        for task in tuple(self._sessions):
            task.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session, frames = Session(self._executor), FrameReader()
        try:
            while data := await reader.read(CHUNK):
                messages, lost = _cut(frames, data)
                for message in messages:
                    reply = await session.answer(message)
                    if reply is not None:
                        writer.write(frame(reply))
                        await writer.drain()
                if lost:
                    break
        except ConnectionError:
            logger.info("an ISO 8583 connection was cut")
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


@asynccontextmanager
async def listening(executor: Executor, bound: socket.socket) -> AsyncIterator[None]:
    """Take connections on a socket that is bound already."""
    listener = Listener(executor)
    server = await asyncio.start_server(listener.take, sock=bound)
    try:
        yield
    finally:
        server.close()
        await listener.close()
        await server.wait_closed()


def _cut(frames: FrameReader, data: bytes) -> tuple[tuple[bytes, ...], bool]:
    """Return the messages that are complete now, and whether the stream is lost behind them."""
    try:
        return frames.feed(data), False
    except FrameError as error:
        logger.warning("an ISO 8583 stream is lost: %s", error)
        return error.complete, True


def _run(uow: UnitOfWork, secret: str, message: Message, wire: Wire) -> Message | None:
    """Answer in the sandbox of the key; what its plan does to the answer is on the wire."""
    world = enter(uow, authenticate(uow, secret).sandbox_id)
    world.reached_by(wire)
    reply = handle(world, message)
    world.leave()
    return reply
