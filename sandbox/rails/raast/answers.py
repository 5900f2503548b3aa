"""Answers of the system: what a status report says, and the references that it carries.

A reference is made of the message that is answered, so that the same message is answered under the same one.
"""

from hashlib import blake2b
from typing import Final, NamedTuple, TypeAlias

from connectors.iso20022.header import Header
from connectors.iso20022.parts import Agent, Reason
from connectors.iso20022.payments import (
    CreditTransfer,
    GroupStatus,
    PaymentReturn,
    StatusReport,
    StatusRequest,
)
from connectors.iso20022.recalls import Recall, RecallAnswer
from connectors.iso20022.references import CODES, make_message_id
from connectors.iso20022.requests import RequestAnswer, RequestToPay
from connectors.iso20022.wire import Message, name_of
from ledger.clock import Micros
from sandbox.payments.models import Payment, PaymentStatus
from sandbox.rails.raast.codes import NARRATIVE
from sandbox.rails.raast.memory import Transaction

ACCEPTED: Final = CODES["accepted"].code
REJECTED: Final = CODES["rejected"].code
PENDING: Final = CODES["request_waiting"].code
"""ISO's status for what is not decided yet; that a payment of unknown outcome is told so is ours."""

SYSTEM: Final = Agent(member=CODES["system"].code)
SERVICE: Final = CODES["business_service"].code
TRANSFER_NAME: Final = "pacs.008.001.08"
NOT_PROVIDED: Final = "NOTPROVIDED"
LONGEST_TEXT: Final = 105

GIVEN_BACK: Final = "CNCL"
NOT_GIVEN_BACK: Final = "RJCR"
WAITS: Final = "PDCR"
"""What a camt.029 confirms: the payment comes back, does not, or may yet."""

STATUS_OF: Final = {
    PaymentStatus.SETTLED: ACCEPTED,
    PaymentStatus.REFUSED: REJECTED,
    PaymentStatus.UNKNOWN: PENDING,
}

Incoming: TypeAlias = (
    CreditTransfer
    | StatusReport
    | StatusRequest
    | PaymentReturn
    | Recall
    | RecallAnswer
    | RequestToPay
    | RequestAnswer
)


class Done(NamedTuple):
    """What a message came to: the answer, and the payment that it made or is about.

    `transaction` is the key of one that it made; `keep` tells whether the message is remembered.
    """

    answer: Message
    payment: str | None = None
    transaction: str | None = None
    keep: bool = True


class RefusedError(Exception):
    """A message that is not acted on: the code, and in words what is wrong."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


def reference_for(*parts: str) -> str:
    """Make a `MsgId` of the system's that follows from these texts."""
    digest = blake2b("\n".join(parts).encode(), digest_size=8).digest()
    return make_message_id("SBPPPKKA", int.from_bytes(digest) % 10**18)


def reason_of(code: str, text: str = "") -> Reason:
    """Make the reason of an answer."""
    return Reason(code=code, texts=(text[:LONGEST_TEXT],) if text else ())


def header_for(asked: Header | None, answer: Message, message_id: str, now: Micros) -> Header | None:
    """Make the header of an answer, when what is answered came with one."""
    if asked is None:
        return None
    return Header(SYSTEM, asked.sender, message_id, name_of(answer), now, SERVICE)


def id_of(message: Message) -> str:
    """Return what tells a message apart from all others."""
    return message.id if isinstance(message, Recall | RecallAnswer) else message.message_id


def rejection(message: Message, now: Micros, code: str, text: str) -> StatusReport:
    """Say that a message was not acted on: nothing moved, nothing was stored."""
    tx = message if isinstance(message, CreditTransfer) else None
    return StatusReport(
        reference_for("rejection", id_of(message)),
        now,
        REJECTED,
        group=GroupStatus(id_of(message), name_of(message), status=REJECTED),
        original_instruction_id=tx.instruction_id if tx else None,
        original_end_to_end_id=tx.end_to_end_id if tx else None,
        original_tx_id=tx.tx_id if tx else None,
        original_uetr=tx.uetr if tx else None,
        reason=reason_of(code, text),
        instructing_agent=SYSTEM,
        instructed_agent=tx.debtor_agent if tx else None,
    )


def unreadable(message_id: str, now: Micros, text: str) -> StatusReport:
    """Say of a body that it is no message that can be read."""
    return StatusReport(
        reference_for("unreadable", message_id),
        now,
        REJECTED,
        group=GroupStatus(message_id, NOT_PROVIDED, status=REJECTED),
        reason=reason_of(NARRATIVE, text),
        instructing_agent=SYSTEM,
    )


def accepted(message: PaymentReturn | RecallAnswer, now: Micros) -> StatusReport:
    """Say that a return, or the answer to a recall, was acted on."""
    return StatusReport(
        reference_for("answer", id_of(message)),
        now,
        ACCEPTED,
        group=GroupStatus(id_of(message), name_of(message), status=ACCEPTED),
        original_instruction_id=message.original_instruction_id,
        original_end_to_end_id=message.original_end_to_end_id,
        original_tx_id=message.original_tx_id,
        original_uetr=message.original_uetr,
        accepted_at=now,
        instructing_agent=SYSTEM,
    )


def standing(
    payment: Payment | None, known: Transaction | None, message_id: str, now: Micros
) -> StatusReport:
    """Say how a payment stands, in the ids under which it came; without one it was refused."""
    status = REJECTED if payment is None else STATUS_OF[PaymentStatus(payment.status)]
    reason = payment.reason if payment is not None else known.reason if known is not None else None
    settled_at = payment.completed_at if payment is not None and status == ACCEPTED else None
    return StatusReport(
        message_id,
        now,
        status,
        group=GroupStatus(known.message_id, TRANSFER_NAME, status=status) if known else None,
        original_instruction_id=known.instruction_id if known else None,
        original_end_to_end_id=known.end_to_end_id if known else payment and payment.end_to_end_id,
        original_tx_id=known.tx_id if known else None,
        original_uetr=known.uetr if known else None,
        reason=reason_of(reason) if reason else None,
        accepted_at=settled_at,
        servicer_reference=None if payment is None else payment.id,
        instructing_agent=SYSTEM,
        instructed_agent=Agent(member=known.member) if known and known.member else None,
    )
