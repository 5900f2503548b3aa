"""Routes of merchants, requests to pay and QR codes."""

from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response

from sandbox.accounts.service import SEED
from sandbox.commands import PROBLEMS, Cursor, Limit, Page, command, look, query, secret_of, services, takes
from sandbox.http import Empty
from sandbox.raast import codes, merchants, requests
from sandbox.raast.code_models import CodeView, MakeCode, PaidView, PayCode, ScanCode, ScannedView
from sandbox.raast.merchants import MerchantView, RegisterMerchant
from sandbox.raast.request_models import Accept, AskToPay, RequestView
from sandbox.routing import DirectRoute

router = APIRouter(route_class=DirectRoute, prefix="/v1/raast", responses=PROBLEMS)

RICH, SHOP = SEED["rich"].iban, SEED["shop"].iban
STORE = {
    "account": SHOP,
    "uid": {"type": "NTN", "value": "9000001-2"},
    "name": "Bilal General Store",
    "city": "Karachi",
    "category": "5411",
    "till": "12345",
}


@router.post(
    "/merchants",
    status_code=201,
    response_model=MerchantView,
    tags=["Merchants"],
    summary="Register a merchant",
    openapi_extra=takes(RegisterMerchant, store=STORE),
)
async def post_merchant(request: Request) -> Response:
    """Its till id becomes a Raast id of the account."""
    use_case = partial(merchants.register_merchant, allowed=services(request.app).settings.real_numbers)
    return await command(request, RegisterMerchant, use_case)


@router.get("/merchants", response_model=Page[MerchantView], tags=["Merchants"], summary="List merchants")
async def get_merchants(request: Request, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """The newest first."""
    return await query(request, partial(merchants.list_merchants, limit=limit, cursor=cursor))


@router.get(
    "/merchants/{merchant_id}", response_model=MerchantView, tags=["Merchants"], summary="Show a merchant"
)
async def get_merchant(request: Request, merchant_id: str) -> Response:
    """As it was registered."""
    return await query(request, partial(merchants.get_merchant, merchant_id=merchant_id))


ASK = {"payee": SHOP, "payer": RICH, "amount_paisa": 250_000, "note": "Invoice 7"}


@router.post(
    "/requests-to-pay",
    status_code=201,
    response_model=RequestView,
    tags=["Requests to pay"],
    summary="Ask to be paid",
    openapi_extra=takes(AskToPay, invoice=ASK),
)
async def post_request(request: Request) -> Response:
    """Now (30 minutes to answer) or later (a day), unless it says when it ends."""
    return await command(request, AskToPay, requests.ask_to_pay)


@router.get(
    "/requests-to-pay",
    response_model=Page[RequestView],
    tags=["Requests to pay"],
    summary="List requests to pay",
)
async def get_requests(request: Request, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """The newest first."""
    return await query(request, partial(requests.list_requests, limit=limit, cursor=cursor))


@router.get(
    "/requests-to-pay/{request_id}",
    response_model=RequestView,
    tags=["Requests to pay"],
    summary="Show a request to pay",
)
async def get_request(request: Request, request_id: str) -> Response:
    """As it stands now, with all steps."""
    return await query(request, partial(requests.get_request, request_id=request_id))


@router.post(
    "/requests-to-pay/{request_id}/accept",
    status_code=200,
    response_model=RequestView,
    tags=["Requests to pay"],
    summary="Accept a request to pay",
    openapi_extra=takes(Accept),
)
async def post_accept(request: Request, request_id: str) -> Response:
    """Pays it, once: settled (ACSC), refused (RJCT), or accepted (ACCP) while the outcome is unknown."""
    return await command(request, Accept, partial(requests.accept, request_id=request_id), status=200)


@router.post(
    "/requests-to-pay/{request_id}/reject",
    status_code=200,
    response_model=RequestView,
    tags=["Requests to pay"],
    summary="Reject a request to pay",
    openapi_extra=takes(Empty),
)
async def post_reject(request: Request, request_id: str) -> Response:
    """The payer will not pay."""
    return await command(request, Empty, partial(requests.reject, request_id=request_id), status=200)


@router.post(
    "/requests-to-pay/{request_id}/cancel",
    status_code=200,
    response_model=RequestView,
    tags=["Requests to pay"],
    summary="Cancel a request to pay",
    openapi_extra=takes(Empty),
)
async def post_cancel(request: Request, request_id: str) -> Response:
    """The payee takes it back, before it was accepted."""
    return await command(request, Empty, partial(requests.cancel, request_id=request_id), status=200)


@router.post(
    "/qr-codes",
    status_code=201,
    response_model=CodeView,
    tags=["QR codes"],
    summary="Make a QR code",
    openapi_extra=takes(MakeCode, person={"code": {"kind": "p2p", "account": SHOP, "amount_paisa": 150_000}}),
)
async def post_code(request: Request) -> Response:
    """A person's or a merchant's; a merchant's dynamic one makes a request to pay."""
    return await command(request, MakeCode, codes.make_code)


@router.get("/qr-codes", response_model=Page[CodeView], tags=["QR codes"], summary="List QR codes")
async def get_codes(request: Request, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """The newest first."""
    return await query(request, partial(codes.list_codes, limit=limit, cursor=cursor))


@router.post(
    "/qr-codes/scan",
    status_code=200,
    response_model=ScannedView,
    tags=["QR codes"],
    summary="Scan a QR code",
    openapi_extra=takes(ScanCode),
)
async def post_scan(request: Request) -> Response:
    """What it says, if it is whole and may be paid now."""
    return await command(request, ScanCode, codes.scan_code, status=200)


@router.post(
    "/qr-codes/pay",
    status_code=201,
    response_model=PaidView,
    tags=["QR codes"],
    summary="Pay a QR code",
    openapi_extra=takes(PayCode),
)
async def post_pay(request: Request) -> Response:
    """Title fetch and payment in one; a dynamic merchant's code pays its request, once."""
    return await command(request, PayCode, codes.pay_code)


@router.get("/qr-codes/{code_id}", response_model=CodeView, tags=["QR codes"], summary="Show a QR code")
async def get_code(request: Request, code_id: str) -> Response:
    """As it was made."""
    return await query(request, partial(codes.get_code, code_id=code_id))


PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The picture.", "content": {"image/png": {}, "image/svg+xml": {}}}
}


@router.get("/qr-codes/{code_id}/png", responses=PICTURE, tags=["QR codes"], summary="Draw a QR code (PNG)")
async def get_png(request: Request, code_id: str) -> Response:
    """Black on white, with the border that readers need."""
    return await _draw(request, code_id, "png")


@router.get("/qr-codes/{code_id}/svg", responses=PICTURE, tags=["QR codes"], summary="Draw a QR code (SVG)")
async def get_svg(request: Request, code_id: str) -> Response:
    """As the PNG, for print."""
    return await _draw(request, code_id, "svg")


async def _draw(request: Request, code_id: str, kind: str) -> Response:
    found = await services(request.app).readers.read(
        look, secret_of(request), partial(codes.draw, code_id=code_id, kind=kind)
    )
    return Response(found, media_type=codes.DRAWN[kind][1])
