"""What the face remembers, on the shelf: messages and their answers, transactions, returns, recalls, the inbox.

The payments themselves, and the money, are where those of `/v1` are.
"""

from typing import Final, NamedTuple, TypeAlias

from pydantic import BaseModel

from connectors.iso20022.payments import PaymentReturn, StatusReport, StatusRequest
from connectors.iso20022.recalls import Recall, RecallAnswer
from sandbox.payments.models import PAYMENTS, Payment, PaymentStatus
from sandbox.payments.queries import find_payment
from sandbox.shelf import Shelf
from sandbox.world import WorldView

RAIL: Final = "raast"

Speaking: TypeAlias = StatusRequest | StatusReport | PaymentReturn | Recall | RecallAnswer
"""Messages that speak of a payment by its ids."""


class Taken(BaseModel):
    """A message that was acted on: the SHA-256 of its bytes and the answer to the byte.

    `payment` is the payment that it made or is about, `transaction` the key of one that it made.
    """

    digest: str
    answer: str
    payment: str | None = None
    transaction: str | None = None


class Transaction(BaseModel):
    """The ids under which a payment came, and who is told of it.

    `payment` is None, and `reason` says why, where it came to none: the receiver's title was refused.
    """

    payment: str | None
    reason: str | None = None
    message_id: str
    created_at: int
    end_to_end_id: str
    instruction_id: str | None
    tx_id: str | None
    uetr: str | None
    member: str | None


class OpenRecall(BaseModel):
    """A recall that waits for the receiver: what its answer repeats, and who asked."""

    id: str
    case_id: str | None
    member: str | None
    bic: str | None


class Asked(BaseModel):
    """A request to pay that came as a message: the ids that its answers repeat, and who asked."""

    request: str
    message_id: str
    request_id: str
    end_to_end_id: str
    initiator: str


class Waiting(BaseModel):
    """A message that lies ready for the participant."""

    name: str
    body: str


MESSAGES: Final = Shelf(RAIL, "message", Taken)
"""By `MsgId`, or the id of an assignment."""

TRANSACTIONS: Final = Shelf(RAIL, "transaction", Transaction)
"""By `TxId`; by `InstrId` or `MsgId` where there is none."""

PENDING: Final = Shelf(RAIL, "pending", Transaction)
"""By payment: those that came as messages and whose outcome the sender has not been told yet."""

RECALLS: Final = Shelf(RAIL, "recall", OpenRecall)
"""By payment."""

ASKED: Final = Shelf(RAIL, "asked", Asked)
"""By request to pay, and by the `MsgId` under which it came."""

IDS: Final = Shelf(RAIL, "returned_ids", Transaction)
"""By payment, of those that were given back or asked back: the ids under which they came."""

INBOX: Final = Shelf(RAIL, "inbox", Waiting)
"""By an id that sorts by time."""


class Found(NamedTuple):
    """A payment, and the ids under which it came if it came as a message."""

    payment: Payment
    transaction: Transaction | None


def find(world: WorldView, message: Speaking) -> Found | None:
    """Return the payment that a message speaks of, or None.

    It is looked for by its `TxId`, its `InstrId`, its message, and at last its `EndToEndId`, by which
    payments over `/v1` are found too, unless several have it.
    """
    transaction = transaction_of(world, message)
    if transaction is None:
        return _by_end_to_end_id(world, message.original_end_to_end_id)
    payment = None if transaction.payment is None else find_payment(world, transaction.payment)
    return None if payment is None or payment.rail != RAIL else Found(payment, transaction)


def transaction_of(world: WorldView, message: Speaking) -> Transaction | None:
    """Return the ids under which the payment came that a message speaks of, if it came as a message."""
    keys = (message.original_tx_id, message.original_instruction_id, _key_of(world, message))
    known = (TRANSACTIONS.get(world, key) for key in keys if key is not None)
    return next((one for one in known if one is not None), None)


def _key_of(world: WorldView, message: Speaking) -> str | None:
    group = message.group if isinstance(message, StatusReport) else message.original_message
    taken = None if group is None else MESSAGES.get(world, group.message_id)
    return None if taken is None else taken.transaction


def _by_end_to_end_id(world: WorldView, end_to_end_id: str | None) -> Found | None:
    if end_to_end_id is None:
        return None
    c = PAYMENTS.c
    found = PAYMENTS.select(
        world.snapshot, c.sandbox_id == world.id, c.end_to_end_id == end_to_end_id, c.rail == RAIL
    )
    moved = [payment for payment in found if payment.status != PaymentStatus.REFUSED] or found
    return Found(moved[0], None) if len(moved) == 1 else None
