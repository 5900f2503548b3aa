"""Routes of simulations: what somebody else would do."""

from functools import partial

from fastapi import APIRouter, Request, Response

from sandbox.accounts.service import SEED
from sandbox.commands import PROBLEMS, Cursor, Limit, Page, command, query, takes
from sandbox.payments.models import PaymentView
from sandbox.payments.simulations import (
    CreateInboundCredit,
    InboundCreditView,
    PushPayment,
    get_credit,
    list_credits,
    push_payment,
    receive,
)
from sandbox.routing import DirectRoute

router = APIRouter(
    route_class=DirectRoute, prefix="/v1/simulations", tags=["Simulations"], responses=PROBLEMS
)


@router.post(
    "/payments/{payment_id}",
    status_code=200,
    response_model=PaymentView,
    summary="Push a payment on",
    openapi_extra=takes(PushPayment, settled={"to": "settled"}, refused={"to": "refused", "reason": "MS03"}),
)
async def post_push(request: Request, payment_id: str) -> Response:
    """An unknown payment becomes settled or refused now; a settled one is returned."""
    return await command(request, PushPayment, partial(push_payment, payment_id=payment_id), status=200)


@router.post(
    "/inbound-credits",
    status_code=201,
    response_model=InboundCreditView,
    summary="Bring in money from outside",
    openapi_extra=takes(
        CreateInboundCredit, salary={"destination": SEED["wallet"].iban, "amount_paisa": 5_000_000}
    ),
)
async def post_inbound_credit(request: Request) -> Response:
    """Somebody at another institution pays one of your accounts. A refusal is an outcome, not an error."""
    return await command(request, CreateInboundCredit, receive)


@router.get("/inbound-credits", response_model=Page[InboundCreditView], summary="List money from outside")
async def get_inbound_credits(request: Request, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """The newest first."""
    return await query(request, partial(list_credits, limit=limit, cursor=cursor))


@router.get(
    "/inbound-credits/{credit_id}", response_model=InboundCreditView, summary="Show money from outside"
)
async def get_inbound_credit(request: Request, credit_id: str) -> Response:
    """As it was answered."""
    return await query(request, partial(get_credit, credit_id=credit_id))
