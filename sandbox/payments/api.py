"""Routes of title fetches, payments and triggers."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from sandbox.accounts.service import SEED
from sandbox.commands import PROBLEMS, Cursor, Limit, Page, command, query, takes
from sandbox.http import Empty
from sandbox.payments import queries
from sandbox.payments.by_alias import FindTitle, find_title
from sandbox.payments.late import inquire
from sandbox.payments.models import (
    CreatePayment,
    InquiryView,
    PaymentStatus,
    PaymentView,
    TitleFetchView,
)
from sandbox.payments.queries import TriggersView
from sandbox.payments.rails import RailsView, list_rails
from sandbox.payments.service import create_payment
from sandbox.routing import DirectRoute

router = APIRouter(route_class=DirectRoute, prefix="/v1", tags=["Payments"], responses=PROBLEMS)

SCENARIO = {
    "name": "Kasauti-Scenario",
    "in": "header",
    "required": False,
    "description": "The name of a trigger of the rail, or one of its final reason codes, which this request meets.",
    "schema": {"type": "string"},
}


def meets(model: type[BaseModel], **examples: dict[str, Any]) -> dict[str, Any]:
    """Describe a body as `takes` does, and the header that names a scenario."""
    described = takes(model, **examples)
    return described | {"parameters": [*described["parameters"], SCENARIO]}


SHOP_IBAN = SEED["shop"].iban


@router.post(
    "/title-fetches",
    status_code=201,
    response_model=TitleFetchView,
    summary="Fetch an account's title",
    openapi_extra=meets(
        FindTitle,
        shop={"destination_iban": SHOP_IBAN, "amount_paisa": 15_000},
        alias={"destination_alias": {"type": "MOBILE", "value": "0390 1234567"}, "amount_paisa": 15_000},
    ),
)
async def post_title_fetch(request: Request) -> Response:
    """Asks whose account it is and whether it can be credited this much. A payment quotes its id."""
    return await command(request, FindTitle, find_title)


@router.get("/title-fetches/{fetch_id}", response_model=TitleFetchView, summary="Show a title fetch")
async def get_title_fetch(request: Request, fetch_id: str) -> Response:
    """As it was answered."""
    return await query(request, partial(queries.get_title_fetch, fetch_id=fetch_id))


@router.post(
    "/payments",
    status_code=201,
    response_model=PaymentView,
    summary="Pay",
    openapi_extra=meets(
        CreatePayment,
        raast={
            "source": SEED["rich"].iban,
            "destination_iban": SHOP_IBAN,
            "amount_paisa": 15_000,
            "title_fetch": "tf_…",
            "end_to_end_id": "order-1",
        },
    ),
)
async def post_payment(request: Request) -> Response:
    """Sends a payment over a rail. A refusal by the rail is an outcome (`status` refused), not an error."""
    return await command(request, CreatePayment, create_payment)


@router.get("/payments", response_model=Page[PaymentView], summary="List payments")
async def get_payments(
    request: Request,
    limit: Limit = 50,
    cursor: Cursor = None,
    status: Annotated[PaymentStatus | None, Query(description="Only those that stand so.")] = None,
) -> Response:
    """The newest first."""
    return await query(request, partial(queries.list_payments, limit=limit, cursor=cursor, status=status))


@router.get("/payments/{payment_id}", response_model=PaymentView, summary="Show a payment")
async def get_payment(request: Request, payment_id: str) -> Response:
    """As it stands now."""
    return await query(request, partial(queries.get_payment, payment_id=payment_id))


@router.post(
    "/payments/{payment_id}/inquiry",
    status_code=200,
    response_model=InquiryView,
    summary="Ask the rail about a payment",
    openapi_extra=takes(Empty),
)
async def post_inquiry(request: Request, payment_id: str) -> Response:
    """For a payment whose outcome is unknown: the rail says what it knows by now."""
    return await command(request, Empty, partial(inquire, payment_id=payment_id), status=200)


@router.get("/rails", response_model=RailsView, tags=["Rails"], summary="List the rails")
async def get_rails(request: Request) -> Response:
    """Each with its members: what they take part in, and whether they are up in this sandbox."""
    return await query(request, list_rails)


@router.get(
    "/triggers", response_model=TriggersView, tags=["Triggers"], summary="List the published triggers"
)
async def get_triggers() -> TriggersView:
    """The values that make the rails answer in a known way; no key is needed."""
    return queries.list_triggers()
