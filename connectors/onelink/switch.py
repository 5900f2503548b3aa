"""From ISO 8583 messages to the rail's questions, and from its answers back to messages.

No answer is an answer too: while the outcome is unknown nothing is sent, the other side runs into its own
time-out and reverses (0420) or inquires. That is how a link behaves; no source of 1LINK's says so (weak).
"""

from typing import NamedTuple

from connectors.contract import Accepted, Answer, Declined, TitleFound
from connectors.identifiers.iban import IbanError
from connectors.onelink.accounts import BY_IMD, iban_for
from connectors.onelink.codes import FIELD_39
from connectors.onelink.fields import Iso8583Error
from connectors.onelink.iso8583 import Message, answer_to, operation_of

APPROVED, INVALID_TRANSACTION, NO_SUCH_ISSUER, INVALID_TO_ACCOUNT = "00", "12", "15", "76"

LONGEST_TITLE = 40
"""Characters, as the OpenConnect gateway has it; longer titles are cut."""


class Request(NamedTuple):
    """What a 0200 or 0220 asks: `operation` is `title_fetch` or a transfer (`ibft`, `transfer`)."""

    operation: str
    iban: str
    amount_paisa: int


def request_of(message: Message) -> Request | Message:
    """Read what a financial message asks, or return the answer that refuses it.

    Raises `Iso8583Error` when it is neither a 0200 nor a 0220.
    """
    if message.mti not in ("0200", "0220"):
        raise Iso8583Error("t", "only a financial request or advice asks for something")
    operation = operation_of(message)
    if operation is None:
        return answer_to(message, INVALID_TRANSACTION)
    bank = BY_IMD.get((message.receiver or "").lstrip("0"))
    if bank is None:
        return answer_to(message, NO_SUCH_ISSUER)
    try:
        iban = iban_for(bank.code, message.to_account or "")
    except IbanError:
        return answer_to(message, INVALID_TO_ACCOUNT)
    return Request(operation, iban, message.amount_paisa or 0)


def title_answer(message: Message, found: TitleFound | Declined) -> Message:
    """Answer a title fetch. What ASCII cannot write of a title goes out as question marks."""
    if isinstance(found, Declined):
        return answer_to(message, FIELD_39[found.reason])
    return answer_to(message, APPROVED, title=_sendable(found.title))


def transfer_answer(message: Message, answer: Answer, authorisation: str) -> Message | None:
    """Answer a transfer; None while the outcome is unknown. `authorisation` is six letters or digits."""
    if isinstance(answer, Accepted):
        return answer_to(message, APPROVED, authorisation=authorisation)
    return answer_to(message, FIELD_39[answer.reason]) if isinstance(answer, Declined) else None


def _sendable(title: str) -> str:
    return "".join(sign if " " <= sign <= "~" else "?" for sign in title[:LONGEST_TITLE]).rstrip() or "?"
