"""The faces of 1LINK over HTTP: `/rails/onelink/...`.

The merchant gateway has the paths of two public integrations. Those of interbank transfers, of the token endpoint
and of the payer's side are ours. Whatever the rail has to say comes with HTTP 200; 400 is a call that was not
understood, 401 one without its keys.
"""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus
from typing import Literal
from urllib.parse import parse_qs, unquote_plus

from fastapi import APIRouter, Request, Response

from connectors.identifiers.people import Kind
from connectors.onelink import gateway
from connectors.onelink.body import GatewayError
from sandbox.commands import services
from sandbox.http import STATUS, body_of, header_of
from sandbox.problems import Problem
from sandbox.rails.gate import TOKEN_S, Reply, UseCase, answer, call, grant
from sandbox.rails.onelink import requests, transfers
from sandbox.rails.onelink.paying import MALFORMED
from sandbox.routing import DirectRoute
from sandbox.world import World

START = "/rails/onelink"

router = APIRouter(route_class=DirectRoute, prefix=START, include_in_schema=False)

Handler = Callable[[Request], Awaitable[Response]]
Refuse = Callable[[GatewayError], object]
Handle = Callable[[World, bytes, str | None], Reply]
"""What a call does, given its correlation id, if it has one."""

_MOST_FIELDS = 20


def show(problem: Problem) -> Response:
    """Say as API Connect does what the server itself refuses (its body from memory)."""
    status = HTTPStatus(STATUS[problem.entry.kind])
    body = {
        "httpCode": str(status.value),
        "httpMessage": status.phrase,
        "moreInformation": problem.detail,
    }
    response = answer(status.value, body)
    if status is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


@router.post("/oauth2/token")
async def post_token(request: Request) -> Response:
    """Give a token for client credentials: the sandbox's id and one of its keys (RFC 6749, section 4.4)."""
    fields = _form(await body_of(request))
    if fields is None or "grant_type" not in fields:
        return _no_token("invalid_request", "Send a form: grant_type, client_id and client_secret.")
    if fields.get("grant_type") != "client_credentials":
        return _no_token("unsupported_grant_type", "grant_type is client_credentials.")
    basic = _basic(header_of(request, b"authorization"))
    client_id, secret = basic or (fields.get("client_id", ""), fields.get("client_secret", ""))
    token = await services(request.app).readers.read(grant, client_id, secret)
    if token is None:
        detail = "The client id is the id of a sandbox (sbx_…), the secret one of its keys (sk_test_…)."
        return _no_token("invalid_client", detail)
    found = answer(200, {"token_type": "Bearer", "access_token": token, "expires_in": TOKEN_S})
    found.headers["Cache-Control"] = "no-store"
    return found


def _form(raw: bytes) -> dict[str, str] | None:
    """Read a form; None when it is none, or names a field twice."""
    try:
        found = parse_qs(raw.decode("ascii"), strict_parsing=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return None
    return {name: values[0] for name, values in found.items()} if _once(found) else None


def _once(found: dict[str, list[str]]) -> bool:
    return all(len(values) == 1 for values in found.values())


def _basic(header: str | None) -> tuple[str, str] | None:
    """Read HTTP Basic credentials; None when there are none that can be read."""
    scheme, _, coded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, secret = b64decode(coded.strip(), validate=True).decode("ascii").partition(":")
    except (Base64Error, ValueError):
        return None
    return unquote_plus(client_id), unquote_plus(secret)


def _no_token(error: str, detail: str) -> Response:
    refused = error == "invalid_client"
    response = answer(401 if refused else 400, {"error": error, "error_description": detail})
    if refused:
        response.headers["WWW-Authenticate"] = "Basic"
    return response


# --- calls with a token ------------------------------------------------------------------------


def _guarded(request: Request, handle: Handle, refuse: Refuse) -> UseCase:
    """Check a call's headers, then do it; what is wrong with either is said in the gateway's words."""
    headers = {str(name, "latin-1"): str(value, "latin-1") for name, value in request.scope["headers"]}

    def run(world: World, raw: bytes) -> Reply:
        try:
            return handle(world, raw, gateway.check_headers(headers, world.id))
        except GatewayError as error:
            if error.kind == "unauthorised":
                return Reply(401, gateway.rejected(error))
            return Reply(400, refuse(error))

    return run


def _allowed(request: Request) -> frozenset[Kind]:
    return services(request.app).settings.real_numbers


async def _call(request: Request, handle: Handle, refuse: Refuse) -> Response:
    response = await call(request, _guarded(request, handle, refuse))
    correlation = header_of(request, b"x-correlation-id")
    if correlation is not None and response.status_code == HTTPStatus.OK:
        response.headers["X-Correlation-Id"] = correlation
    return response


def _merchants(read: Callable[[bytes], gateway.Order]) -> Handler:
    """Make the handler of one path of the merchant gateway."""

    async def handler(request: Request) -> Response:
        def handle(world: World, raw: bytes, _correlation: str | None) -> Reply:
            return requests.handle(world, read(raw), _allowed(request))

        return await _call(request, handle, gateway.rejected)

    return handler


def _payers(verdict: Literal["accept", "reject"]) -> Handler:
    """Make the handler of the payer's side of a request."""

    async def handler(request: Request) -> Response:
        def handle(world: World, raw: bytes, _correlation: str | None) -> Reply:
            return requests.answer_request(world, raw, verdict)

        return await _call(request, handle, gateway.rejected)

    return handler


Transfer = Callable[[World, bytes, str], Reply]


def _transfers(choose: Callable[[Request], Transfer]) -> Handler:
    """Make the handler of a call about interbank transfers, all of which carry a correlation id."""

    async def handler(request: Request) -> Response:
        use_case = choose(request)

        def handle(world: World, raw: bytes, correlation: str | None) -> Reply:
            return use_case(world, raw, correlation or world.new_id("corr").replace("_", "-"))

        return await _call(request, handle, _malformed)

    return handler


def _malformed(error: GatewayError) -> object:
    """Refuse a transfer's call that was not understood."""
    return {
        "response": {"response_code": MALFORMED, "response_desc": str(error)},
        "info": {"stan": "", "rrn": "", "correlationId": ""},
    }


def _send(request: Request) -> Transfer:
    return partial(transfers.transfer, allowed=_allowed(request))


def _routes() -> dict[str, Handler]:
    """List what is served: every path of the merchant gateway, and ours."""
    return {
        **{path: _merchants(read) for path, read in gateway.ENDPOINTS.items()},
        "/payer/accept": _payers("accept"),
        "/payer/reject": _payers("reject"),
        "/ibft/titleFetch": _transfers(lambda _request: transfers.fetch_title),
        "/ibft/transfer": _transfers(_send),
        "/ibft/transactionInquiry": _transfers(lambda _request: transfers.inquire),
    }


for _path, _handler in _routes().items():
    router.add_api_route(_path, _handler, methods=["POST"])
