"""Routes of returns, recalls and the 20-second rule."""

from functools import partial

from fastapi import APIRouter, Request, Response

from sandbox.commands import PROBLEMS, Cursor, Limit, Page, command, query, takes
from sandbox.http import Empty
from sandbox.raast import returns, twenty
from sandbox.raast.return_models import AskBack, Keep, RecallView, ReturnView, SendBack
from sandbox.raast.twenty import CreditTimeView, TwentySecondsView
from sandbox.routing import DirectRoute

router = APIRouter(route_class=DirectRoute, prefix="/v1", responses=PROBLEMS)

TAG = "Returns and recalls"


@router.post(
    "/payments/{payment_id}/return",
    status_code=201,
    response_model=ReturnView,
    tags=[TAG],
    summary="Send a payment back",
    openapi_extra=takes(SendBack, closed={"reason": "AC04"}),
)
async def post_return(request: Request, payment_id: str) -> Response:
    """As its receiver's institution does: whole and once."""
    return await command(request, SendBack, partial(returns.send_back, payment_id=payment_id))


@router.get(
    "/payments/{payment_id}/return", response_model=ReturnView, tags=[TAG], summary="Show a payment's return"
)
async def get_return(request: Request, payment_id: str) -> Response:
    """Why and when it was sent back."""
    return await query(request, partial(returns.get_return, payment_id=payment_id))


@router.post(
    "/payments/{payment_id}/recalls",
    status_code=201,
    response_model=RecallView,
    tags=[TAG],
    summary="Ask for a payment back",
    openapi_extra=takes(AskBack, twice={"reason": "DUPL"}),
)
async def post_recall(request: Request, payment_id: str) -> Response:
    """As its sender does. Nothing moves until the receiver answers."""
    return await command(request, AskBack, partial(returns.ask_back, payment_id=payment_id))


@router.get("/raast/recalls", response_model=Page[RecallView], tags=[TAG], summary="List recalls")
async def get_recalls(request: Request, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """The newest first."""
    return await query(request, partial(returns.list_recalls, limit=limit, cursor=cursor))


@router.get("/raast/recalls/{recall_id}", response_model=RecallView, tags=[TAG], summary="Show a recall")
async def get_recall(request: Request, recall_id: str) -> Response:
    """As it stands now."""
    return await query(request, partial(returns.get_recall, recall_id=recall_id))


@router.post(
    "/raast/recalls/{recall_id}/accept",
    status_code=200,
    response_model=RecallView,
    tags=[TAG],
    summary="Accept a recall",
    openapi_extra=takes(Empty),
)
async def post_accept(request: Request, recall_id: str) -> Response:
    """The receiver agrees, and the money goes back (FOCR)."""
    return await command(request, Empty, partial(returns.accept_recall, recall_id=recall_id), status=200)


@router.post(
    "/raast/recalls/{recall_id}/refuse",
    status_code=200,
    response_model=RecallView,
    tags=[TAG],
    summary="Refuse a recall",
    openapi_extra=takes(Keep, customer={"reason": "CUST"}),
)
async def post_refuse(request: Request, recall_id: str) -> Response:
    """The receiver keeps the money and says why."""
    return await command(request, Keep, partial(returns.refuse_recall, recall_id=recall_id), status=200)


@router.get(
    "/raast/twenty-seconds",
    response_model=TwentySecondsView,
    tags=["The 20-second rule"],
    summary="Measure the 20-second rule",
)
async def get_twenty_seconds(request: Request) -> Response:
    """How soon receivers were credited, by the sandbox clock."""
    return await query(request, twenty.twenty_seconds)


@router.get(
    "/raast/twenty-seconds/{payment_id}",
    response_model=CreditTimeView,
    tags=["The 20-second rule"],
    summary="Measure one payment",
)
async def get_credit_time(request: Request, payment_id: str) -> Response:
    """From the credit advice to the credit."""
    return await query(request, partial(twenty.credit_time, payment_id=payment_id))
