"""Events: what happened in a sandbox, append-only, written in the commit of what they tell.

The stored body is what webhooks send, byte for byte, on every attempt.
"""

from enum import StrEnum
from typing import NamedTuple

import orjson

from ledger.clock import to_rfc3339
from sandbox.records import Records
from sandbox.world import World


class EventType(StrEnum):
    """Every type of event; `EVENT_HELP` says when it is sent."""

    PAYMENT_SETTLED = "payment.settled"
    PAYMENT_REFUSED = "payment.refused"
    PAYMENT_UNKNOWN = "payment.unknown"
    PAYMENT_RETURNED = "payment.returned"
    CREDIT_RECEIVED = "credit.received"
    CREDIT_REFUSED = "credit.refused"
    REQUEST_SENT = "request_to_pay.sent"
    REQUEST_SETTLED = "request_to_pay.settled"
    REQUEST_REJECTED = "request_to_pay.rejected"
    REQUEST_CANCELLED = "request_to_pay.cancelled"
    REQUEST_EXPIRED = "request_to_pay.expired"
    RECALL_ASKED = "recall.asked"
    RECALL_ANSWERED = "recall.answered"
    BULK_COMPLETED = "bulk.completed"
    BILL_UNKNOWN = "bill_payment.unknown"
    BILL_SETTLED = "bill_payment.settled"
    BILL_REFUSED = "bill_payment.refused"
    ACCOUNT_OPENED = "account.opened"
    WEBHOOK_TEST = "webhook.test"


EVENT_HELP: dict[EventType, str] = {
    EventType.PAYMENT_SETTLED: "A payment is final: the money has moved. Sent once per payment.",
    EventType.PAYMENT_REFUSED: "A payment is final: nothing moved, the hold is released. Sent once per payment.",
    EventType.PAYMENT_UNKNOWN: "The rail gave no answer in time. The hold stays; the outcome follows as another event.",
    EventType.PAYMENT_RETURNED: "A settled payment was sent back by its receiver, or reversed by its sender's bank. Sent once per payment.",
    EventType.CREDIT_RECEIVED: "Money from outside the sandbox arrived on one of its accounts.",
    EventType.CREDIT_REFUSED: "Money from outside was turned away: the account, or a limit of it, does not take it.",
    EventType.REQUEST_SENT: "A request to pay was made.",
    EventType.REQUEST_SETTLED: "A request to pay was paid: its money has moved (ACSC). Sent once per request.",
    EventType.REQUEST_REJECTED: "A request to pay was refused, or its payment was (RJCT). Sent once per request.",
    EventType.REQUEST_CANCELLED: "A request to pay was taken back by who made it (CANC). Sent once per request.",
    EventType.REQUEST_EXPIRED: "Nobody answered a request to pay in time (RJCT, DS24). Sent once per request.",
    EventType.RECALL_ASKED: "The sender of a settled payment asked for it back.",
    EventType.RECALL_ANSWERED: "A recall was answered: the money came back, or the receiver keeps it.",
    EventType.BULK_COMPLETED: "All payments of a bulk file were sent. Sent once per file.",
    EventType.BILL_UNKNOWN: "A bill's payment got no answer in time. The hold stays; the outcome follows as another event.",
    EventType.BILL_SETTLED: "The biller marked a bill paid, whole or in part; the receipt's number is there. Sent once per payment.",
    EventType.BILL_REFUSED: "A bill's payment came to nothing after all, and the hold is released. Sent once per payment.",
    EventType.ACCOUNT_OPENED: "An account was opened by a request (not by the seeding of a fresh sandbox).",
    EventType.WEBHOOK_TEST: "You asked for a test event.",
}


class Event(NamedTuple):
    """One thing that happened; `body` is the JSON text that webhooks carry."""

    sandbox_id: str
    id: str
    type: str
    subject: str
    created_at: int
    body: str


EVENTS = Records(Event, "event")


def emit(world: World, kind: EventType, subject: str, data: bytes) -> Event:
    """Append an event about the object `subject`, whose JSON is `data`, and tell the subscribers."""
    head = orjson.dumps({"type": kind.value, "timestamp": to_rfc3339(world.now)})
    body = b'%b,"data":%b}' % (head[:-1], data)
    event = Event(
        sandbox_id=world.id,
        id=world.new_id("evt"),
        type=kind.value,
        subject=subject,
        created_at=world.now,
        body=body.decode(),
    )
    EVENTS.insert(world.uow, event)
    for subscriber in world.uow.subscribers:
        subscriber(world, event)
    return event
