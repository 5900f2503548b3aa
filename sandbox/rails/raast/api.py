"""Routes of Raast's message face. They are no part of `/v1` and answer in the rail's words."""

from fastapi import APIRouter, Request, Response

from connectors.iso20022.errors import MessageError
from connectors.iso20022.wire import read
from ledger.clock import to_rfc3339
from sandbox.commands import carry, secret_of, services, wire_of
from sandbox.http import STATUS, body_of
from sandbox.problems import Kind, Problem
from sandbox.rails.gate import UseCase, answer, call
from sandbox.rails.raast import gateway, inbox, reports
from sandbox.rails.raast.door import NotKeptError, Reply, refuse_unreadable, show_in_rails_words, take
from sandbox.routing import DirectRoute

START = "/rails/raast"
GATEWAY_START = f"{START}/gateway"
XML = "application/xml"
TEXT = "text/plain; charset=utf-8"
FAILURES = 500
"""From this HTTP status on it is the server that failed."""

router = APIRouter(route_class=DirectRoute, prefix=START, include_in_schema=False)


@router.post("/messages")
async def post_message(request: Request) -> Response:
    """Takes one ISO 20022 message and answers with the message that answers it."""
    secret, wire = secret_of(request), wire_of(request)
    body = await body_of(request)
    shared = services(request.app)
    try:
        envelope = read(body)
    except MessageError as error:
        return _xml(await shared.readers.read(refuse_unreadable, secret, body, error))
    try:
        reply = await shared.executor.write(take, secret, body, envelope, wire)
    except NotKeptError as answered:
        return _xml(answered.reply)
    return await carry(request, _xml(reply), wire)


@router.get("/reports/{name}/{iban}/{day}")
async def get_report(request: Request, name: str, iban: str, day: str) -> Response:
    """Reports on an account: camt.052 or camt.054 of any day, camt.053 of one that is over."""
    secret = secret_of(request)
    return _xml(await services(request.app).readers.read(reports.report, secret, name, iban, day))


@router.get("/inbox")
async def get_inbox(request: Request) -> Response:
    """Gives the oldest message that waits, 204 when none does; it is given again until it is acknowledged."""
    letter = await services(request.app).readers.read(inbox.oldest, secret_of(request))
    return _letter(letter)


@router.delete("/inbox/{message_id}")
async def delete_message(request: Request, message_id: str) -> Response:
    """Acknowledges a message."""
    letter = await services(request.app).executor.write(inbox.acknowledge, secret_of(request), message_id)
    return _letter(letter)


@router.post("/gateway/title-fetch")
async def post_title_fetch(request: Request) -> Response:
    """Whose account it is, over Raast or 1LINK."""
    return await _gateway(request, gateway.ask_title)


@router.post("/gateway/transfer")
async def post_transfer(request: Request) -> Response:
    """A transfer that quotes its title fetch."""
    return await _gateway(request, gateway.send_transfer)


@router.post("/gateway/inquiry")
async def post_inquiry(request: Request) -> Response:
    """What became of a transfer."""
    return await _gateway(request, gateway.ask_outcome)


@router.post("/gateway/credit-advices")
async def post_credit_advices(request: Request) -> Response:
    """What came in on an account."""
    return await _gateway(request, gateway.ask_advices)


async def _gateway(request: Request, use_case: UseCase) -> Response:
    try:
        return await call(request, use_case, keys_too=True)
    except gateway.NotDoneError as answered:
        return answer(*answered.reply)


def show_gateway_problem(problem: Problem) -> Response:
    """Show what the server itself refuses as the gateway does; a failure of its own tells no outcome."""
    status = STATUS[problem.entry.kind]
    code = gateway.NO_RESPONSE if status >= FAILURES else gateway.FAILED
    shown = answer(status, gateway.answer_of(code, problem.detail))
    shown.headers.update(_advice(problem))
    return shown


def show_problem(problem: Problem) -> Response:
    """Show what the server itself refuses as a pacs.002.

    Without a key, and where the server failed or lost an answer, it is a line of text: no message is to
    tell an outcome that nobody knows.
    """
    status = STATUS[problem.entry.kind]
    if problem.entry.kind is Kind.UNAUTHENTICATED or status >= FAILURES:
        return Response(problem.detail, status, _advice(problem), media_type=TEXT)
    return Response(show_in_rails_words(problem, status), status, media_type=XML)


def _advice(problem: Problem) -> dict[str, str]:
    match problem.entry.kind:
        case Kind.UNAUTHENTICATED:
            return {"WWW-Authenticate": "Bearer"}
        case Kind.UNAVAILABLE:
            return {"Retry-After": "1"}
        case _:
            return {}


def _xml(reply: Reply) -> Response:
    return Response(reply.body, reply.status, _place(reply.sandbox_id, reply.time), media_type=XML)


def _letter(letter: inbox.Letter) -> Response:
    headers = _place(letter.sandbox_id, letter.time)
    if letter.id is None:
        return Response(status_code=204, headers=headers)
    return Response(letter.body, 200, headers | {"Kasauti-Message": letter.id}, media_type=XML)


def _place(sandbox_id: str, time: int) -> dict[str, str]:
    return {"Kasauti-Sandbox": sandbox_id, "Kasauti-Time": to_rfc3339(time)}
