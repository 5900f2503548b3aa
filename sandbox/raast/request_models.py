"""Requests to pay: what is stored, asked and shown."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from connectors.rtp import STATUSES, Mode
from ledger.clock import to_rfc3339
from sandbox.accounts.models import CURRENCY, Paisa
from sandbox.aliases.models import AccountRef, AliasRef
from sandbox.shelf import Shelf

MOST_S = 90 * 24 * 3600
"""The longest that a request may wait; ours."""


class Step(BaseModel):
    """A status, and since when."""

    status: str
    at: int


class RequestToPay(BaseModel):
    """Somebody asks for money. Without a payer anybody may pay it who is shown its code."""

    id: str
    mode: Mode
    status: str
    payee: str
    payee_iban: str
    merchant: str | None
    payer: str | None
    amount_paisa: int
    reference: str | None
    note: str | None
    created_at: int
    expires_at: int
    reason: str | None = None
    payment: str | None = None
    history: list[Step]


REQUESTS = Shelf("raast", "request_to_pay", RequestToPay)


class AskToPay(BaseModel):
    """Money asked of somebody, for an account (`payee`) or a merchant."""

    model_config = {"extra": "forbid"}

    payee: Annotated[
        AccountRef | None, Field(description="Who is to be paid: an account; or a merchant.")
    ] = None
    merchant: Annotated[str | None, Field(max_length=40)] = None
    payer_alias: Annotated[AliasRef | None, Field(description="Who is asked, by a Raast id.")] = None
    payer: Annotated[AccountRef | None, Field(description="Who is asked, by an account.")] = None
    amount_paisa: Paisa
    mode: Annotated[Mode, Field(description="now: 30 minutes unless it says; later: a day.")] = "now"
    expires_in_s: Annotated[int | None, Field(strict=True, ge=1, le=MOST_S)] = None
    reference: Annotated[str | None, Field(max_length=35)] = None
    note: Annotated[str | None, Field(max_length=140)] = None


class Accept(BaseModel):
    """The account to pay from; left out, the one that was asked."""

    model_config = {"extra": "forbid"}

    source: AccountRef | None = None


class StepView(BaseModel):
    """A status of the request, and since when."""

    status: str
    at: str


class RequestView(BaseModel):
    """A request to pay as the API shows it, and as its events carry it."""

    id: str
    object: Literal["request_to_pay"] = "request_to_pay"
    rtp_id: str
    mode: Mode
    status: str
    status_meaning: str
    final: bool
    reason: str | None
    payee: str
    payee_iban: str
    merchant: str | None
    payer: str | None
    amount_paisa: int
    currency: str = CURRENCY
    reference: str | None
    note: str | None
    payment: str | None
    history: list[StepView]
    created_at: str
    expires_at: str


def rtp_id(request_id: str) -> str:
    """Write a request's id as codes and end-to-end ids can hold it."""
    return request_id.replace("_", "-")


def request_id_of(written: str) -> str:
    """The other way."""
    return written.replace("-", "_")


def view_request(request: RequestToPay) -> RequestView:
    """Show a request."""
    status = STATUSES[request.status]
    return RequestView(
        id=request.id,
        rtp_id=rtp_id(request.id),
        mode=request.mode,
        status=status.code,
        status_meaning=status.meaning,
        final=status.final,
        reason=request.reason,
        payee=request.payee,
        payee_iban=request.payee_iban,
        merchant=request.merchant,
        payer=request.payer,
        amount_paisa=request.amount_paisa,
        reference=request.reference,
        note=request.note,
        payment=request.payment,
        history=[StepView(status=step.status, at=to_rfc3339(step.at)) for step in request.history],
        created_at=to_rfc3339(request.created_at),
        expires_at=to_rfc3339(request.expires_at),
    )
