"""Messages of the system to the participant: they wait until they are fetched and acknowledged.

Delivery is guaranteed and may repeat: the oldest message is given until it is acknowledged.
"""

from typing import NamedTuple

from connectors.iso20022.wire import Message, name_of, write
from sandbox.db import Snapshot, UnitOfWork
from sandbox.participants.service import authenticate
from sandbox.rails.raast.memory import INBOX, Waiting
from sandbox.world import World, enter, look_into


class Letter(NamedTuple):
    """What the inbox gives: the oldest message, or none."""

    id: str | None
    body: bytes
    sandbox_id: str
    time: int


def lay_ready(world: World, message: Message) -> None:
    """Put a message into the inbox."""
    INBOX.put(world, world.new_id("msg"), Waiting(name=name_of(message), body=write(message).decode()))


def oldest(snapshot: Snapshot, secret: str) -> Letter:
    """Return the oldest message that was not acknowledged."""
    world = look_into(snapshot, authenticate(snapshot, secret).sandbox_id)
    found = INBOX.page(world, limit=1)
    if not found:
        return Letter(None, b"", world.id, world.now)
    key, waiting = found[0]
    return Letter(key, waiting.body.encode(), world.id, world.now)


def acknowledge(uow: UnitOfWork, secret: str, message_id: str) -> Letter:
    """Take a message out of the inbox; one that is not there is no mistake, since deliveries repeat."""
    world = enter(uow, authenticate(uow, secret).sandbox_id)
    INBOX.remove(world, message_id)
    world.leave()
    return Letter(None, b"", world.id, world.now)
