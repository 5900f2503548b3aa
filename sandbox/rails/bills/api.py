"""The face of bills over HTTP: `/rails/bills/...`, in the words of the OpenConnect gateway.

A call that was understood is answered with HTTP 200, whatever came of it; one that was not, with 400. The paths
are ours: the gateway's own are not public.
"""

import re
from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors.bills import wire
from connectors.bills.rail import known_billers
from connectors.contract import Declined, Reason
from connectors.identifiers.people import Kind
from connectors.onelink.body import GatewayError
from connectors.onelink.ibft import read_inquiry
from ledger.clock import to_rfc3339
from sandbox.commands import services
from sandbox.http import STATUS, header_of
from sandbox.problems import Kind as ProblemKind
from sandbox.problems import Problem
from sandbox.rails.bills import service
from sandbox.rails.gate import Reply, answer, call
from sandbox.routing import DirectRoute
from sandbox.world import World

START = "/rails/bills"
ONELINK_BILLS = "04"
"""What the gateway calls the bills of 1LINK when it is asked about a transaction."""

router = APIRouter(route_class=DirectRoute, prefix=START, include_in_schema=False)

_CORRELATION = re.compile(r"[0-9A-Za-z-]{1,40}")
_NONE = wire.Numbers("", "", "")
_CODES = {
    ProblemKind.UNAVAILABLE: "0299",
    ProblemKind.INTERNAL: "0299",
    ProblemKind.NOT_FOUND: "0290",
    ProblemKind.METHOD: "0290",
}

B = TypeVar("B", bound=BaseModel)


class _Slip(BaseModel):
    """A payment slip to be made; the names are ours."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    customer_name: Annotated[wire.Text40, Field(validation_alias="customerName")]
    amount_paisa: Annotated[wire.Rupees, Field(validation_alias="amount")]


def show(problem: Problem) -> Response:
    """Say in the gateway's words what the server itself refuses."""
    status = STATUS[problem.entry.kind]
    if status == STATUS[ProblemKind.UNAUTHENTICATED]:
        response = answer(status, {"error": "invalid_token", "error_description": problem.detail})
        response.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
        return response
    return answer(status, _refusal(_CODES.get(problem.entry.kind, wire.MALFORMED), problem.detail, _NONE))


@router.post("/billInquiry")
async def post_inquiry(request: Request) -> Response:
    """Show a bill; its payment quotes the correlation id of the answer."""

    def inquire(world: World, raw: bytes) -> Reply:
        body = wire.read_inquiry(raw)
        correlation = _correlation(request, world)
        numbers = wire.Numbers(body.info.stan, body.info.rrn, correlation)
        found = service.inquire(world, body, correlation)
        if isinstance(found, Declined):
            return Reply(200, wire.answer(_reason(found.reason), numbers))
        return Reply(200, wire.bill_answer(_reason(service.APPROVED), numbers, found))

    return await call(request, _guarded(inquire), keys_too=True)


@router.post("/billPayment")
async def post_payment(request: Request) -> Response:
    """Pay a bill that was inquired about."""

    def pay(world: World, raw: bytes) -> Reply:
        body = wire.read_payment(raw)
        numbers = wire.Numbers(body.info.stan, body.info.rrn, _correlation(request, world))
        return Reply(200, _told(service.pay(world, body, _allowed(request)), numbers))

    return await call(request, _guarded(pay), keys_too=True)


@router.post("/transactionInquiry")
async def post_transaction_inquiry(request: Request) -> Response:
    """Say what became of a payment."""

    def look_up(world: World, raw: bytes) -> Reply:
        body = _understood(read_inquiry, raw)
        numbers = wire.Numbers(body.info.stan, body.info.rrn, _correlation(request, world))
        one = body.original
        key = f"{one.txndate}{one.txntime}-{one.rrn}-{one.stan}"
        found = (
            service.look_up(world, key) if one.system == ONELINK_BILLS else service.Answer(service.NOT_FOUND)
        )
        return Reply(200, _told(found, numbers))

    return await call(request, _guarded(look_up), keys_too=True)


@router.post("/psid")
async def post_slip(request: Request) -> Response:
    """Make a payment slip, as the tax office's own portal would (ours: no gateway offers it)."""

    def make(world: World, raw: bytes) -> Reply:
        try:
            slip = _Slip.model_validate_json(raw)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            raise wire.BillWireError(wire.MALFORMED, ".".join(map(str, first["loc"])), first["msg"]) from None
        bill = service.make_slip(world, slip.customer_name, slip.amount_paisa)
        numbers = wire.Numbers("", "", _correlation(request, world))
        made = wire.bill_answer(_reason(service.APPROVED), numbers, bill)
        made["billInfo"]["expiresAt"] = to_rfc3339(bill.expires or 0)
        return Reply(201, made)

    return await call(request, _guarded(make), keys_too=True)


@router.get("/billers")
async def get_billers(request: Request) -> Response:
    """List the billers that are open for payments."""

    def show_billers(_world: World, _raw: bytes) -> Reply:
        rows = [
            {"billerId": one.id, "billerName": one.name, "category": one.category} for one in known_billers()
        ]
        return Reply(200, wire.answer(_reason(service.APPROVED), _NONE) | {"billers": rows})

    return await call(request, show_billers, keys_too=True)


def _guarded(use_case: Callable[[World, bytes], Reply]) -> Callable[[World, bytes], Reply]:
    """Answer what was not understood in the gateway's words; nothing is stored then."""

    def run(world: World, raw: bytes) -> Reply:
        try:
            return use_case(world, raw)
        except wire.BillWireError as error:
            return Reply(400, _refusal(error.code, str(error), _NONE))

    return run


def _understood(read: Callable[[bytes], B], raw: bytes) -> B:
    """Read a body of the other gateway's, whose error becomes ours."""
    try:
        return read(raw)
    except GatewayError as error:
        raise wire.BillWireError(wire.MALFORMED, error.field, error.detail) from None


def _correlation(request: Request, world: World) -> str:
    """Return the caller's correlation id, or make one."""
    given = header_of(request, b"x-correlation-id")
    if given is None:
        return world.new_id("corr").replace("_", "-")
    if not _CORRELATION.fullmatch(given):
        raise wire.BillWireError(
            wire.MALFORMED, "X-Correlation-Id", "1 to 40 letters, digits and dashes, as a UUID has"
        )
    return given


def _allowed(request: Request) -> frozenset[Kind]:
    return services(request.app).settings.real_numbers


def _reason(code: str) -> Reason:
    return service.RAIL.reasons[code]


def _told(found: service.Answer, numbers: wire.Numbers) -> object:
    if found.receipt is None:
        return wire.answer(_reason(found.code), numbers)
    return wire.receipt_answer(_reason(found.code), numbers, found.receipt)


def _refusal(code: str, detail: str, numbers: wire.Numbers) -> object:
    return wire.answer(_reason(code)._replace(name=detail), numbers)
