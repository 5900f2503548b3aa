"""Messages of the system to the participant: they wait until they are fetched and acknowledged.

Delivery is guaranteed and may repeat: the oldest message is given until it is acknowledged.
"""

from typing import NamedTuple

from connectors.iso20022.wire import Message, name_of, write
from sandbox.db import UnitOfWork
from sandbox.participants.service import authenticate
from sandbox.payments.models import PaymentStatus
from sandbox.payments.queries import find_payment
from sandbox.rails.raast.answers import reference_for, standing
from sandbox.rails.raast.memory import INBOX, PENDING, Waiting
from sandbox.world import World, enter

MOST_SWEPT = 200


class Letter(NamedTuple):
    """What the inbox gives: the oldest message, or none."""

    id: str | None
    body: bytes
    sandbox_id: str
    time: int


def lay_ready(world: World, message: Message) -> None:
    """Put a message into the inbox."""
    INBOX.put(world, world.new_id("msg"), Waiting(name=name_of(message), body=write(message).decode()))


def oldest(uow: UnitOfWork, secret: str) -> Letter:
    """Return the oldest message that was not acknowledged; outcomes that became known are looked up first."""
    world = enter(uow, authenticate(uow, secret).sandbox_id)
    _sweep(world)
    found = INBOX.page(world, limit=1)
    world.leave()
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


def _sweep(world: World) -> None:
    """Lay ready the reports on payments whose outcome has become known since they were sent."""
    after = ""
    while page := PENDING.page(world, after=after, limit=MOST_SWEPT):
        for payment_id, transaction in page:
            payment = find_payment(world, payment_id)
            if payment.status == PaymentStatus.UNKNOWN:
                continue
            reference = reference_for("late", world.id, payment_id)
            told_at = payment.completed_at or world.now
            lay_ready(world, standing(payment, transaction, reference, told_at))
            PENDING.remove(world, payment_id)
        after = page[-1][0]
