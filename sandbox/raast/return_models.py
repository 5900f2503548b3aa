"""Returns and recalls: what is stored, asked and shown."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from connectors.raast.directory import RETURNS
from ledger.clock import to_rfc3339
from sandbox.accounts.models import CURRENCY
from sandbox.shelf import Shelf

Code = Annotated[str, Field(max_length=4, description="A code of the table of reasons.")]


class RecallStatus(StrEnum):
    """`asked` waits for the receiver; the others are final."""

    ASKED = "asked"
    RETURNED = "returned"
    REFUSED = "refused"


class Return(BaseModel):
    """A payment that was sent back; `reason` is empty when the rail's own face did it."""

    id: str
    payment: str
    reason: str
    amount_paisa: int
    returned_at: int


class Recall(BaseModel):
    """The sender of a payment wants it back."""

    id: str
    payment: str
    reason: str
    note: str | None
    status: RecallStatus
    answer: str | None
    asked_at: int
    answered_at: int | None


class OpenRecall(BaseModel):
    """Which recall of a payment waits for an answer."""

    id: str


RETURNED = Shelf("raast", "payment_return", Return)
RECALLS = Shelf("raast", "payment_recall", Recall)
OPEN_RECALLS = Shelf("raast", "payment_recall_open", OpenRecall)


class SendBack(BaseModel):
    """Why the receiver sends it back."""

    model_config = {"extra": "forbid"}

    reason: Code = "MS03"


class AskBack(BaseModel):
    """Why the sender wants it back."""

    model_config = {"extra": "forbid"}

    reason: Code
    note: Annotated[str | None, Field(max_length=140)] = None


class Keep(BaseModel):
    """Why the receiver keeps it."""

    model_config = {"extra": "forbid"}

    reason: Code


class WhyView(BaseModel):
    """A reason, and how sure it is."""

    code: str
    meaning: str
    standing: str


class ReturnView(BaseModel):
    """A return as the API shows it, and as its event carries it."""

    id: str
    object: Literal["payment_return"] = "payment_return"
    payment: str
    reason: WhyView | None
    amount_paisa: int
    currency: str = CURRENCY
    returned_at: str


class RecallView(BaseModel):
    """A recall as the API shows it, and as its events carry it."""

    id: str
    object: Literal["payment_recall"] = "payment_recall"
    payment: str
    reason: WhyView | None
    note: str | None
    status: RecallStatus
    answer: WhyView | None
    asked_at: str
    answered_at: str | None


def view_why(code: str | None) -> WhyView | None:
    """Show a reason."""
    if not code:
        return None
    row = RETURNS[code]
    return WhyView(code=code, meaning=row.meaning, standing=row.standing)


def view_return(found: Return) -> ReturnView:
    """Show a return."""
    return ReturnView(
        id=found.id,
        payment=found.payment,
        reason=view_why(found.reason),
        amount_paisa=found.amount_paisa,
        returned_at=to_rfc3339(found.returned_at),
    )


def view_recall(recall: Recall) -> RecallView:
    """Show a recall."""
    return RecallView(
        id=recall.id,
        payment=recall.payment,
        reason=view_why(recall.reason),
        note=recall.note,
        status=recall.status,
        answer=view_why(recall.answer),
        asked_at=to_rfc3339(recall.asked_at),
        answered_at=None if recall.answered_at is None else to_rfc3339(recall.answered_at),
    )
