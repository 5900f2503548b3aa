"""Use cases of requests to pay: ask, accept, reject, cancel, and what time and payments do to them.

Statuses move by `connectors/rtp.toml` and no other way. Accepting pays at once; while the payment's outcome
is unknown the request stays accepted (ACCP), and what the payment comes to moves it on.
"""

import orjson

from connectors.rtp import SENT, STATUSES, RtpMoveError, expires_at, is_over, move
from ledger.clock import SECOND_US
from sandbox import jobs
from sandbox.accounts.models import BankAccount
from sandbox.aliases.lookup import account_of, resolve_alias
from sandbox.commands import Page
from sandbox.events import Event, EventType, emit
from sandbox.http import Empty
from sandbox.payments.models import PaymentStatus, PaymentView
from sandbox.problems import Problem
from sandbox.raast.merchants import find_merchant
from sandbox.raast.pages import page_of
from sandbox.raast.paying import Paid, pay_iban
from sandbox.raast.request_models import (
    REQUESTS,
    Accept,
    AskToPay,
    RequestToPay,
    RequestView,
    Step,
    request_id_of,
    rtp_id,
    view_request,
)
from sandbox.world import World, WorldView

EXPIRE = "raast.request.expire"
NO_ANSWER = "DS24"
PAYER_REFUSES = "CUST"
ENDS = {PaymentStatus.SETTLED: "settle", PaymentStatus.REFUSED: "fail"}
FINAL_EVENTS = {EventType.PAYMENT_SETTLED: "settle", EventType.PAYMENT_REFUSED: "fail"}
EVENT_OF = {"settle": EventType.REQUEST_SETTLED, "cancel": EventType.REQUEST_CANCELLED}
EVENT_OF |= {"reject": EventType.REQUEST_REJECTED, "fail": EventType.REQUEST_REJECTED}
EVENT_OF |= {"expire": EventType.REQUEST_EXPIRED}
OURS = '"end_to_end_id":"rtp-'
"""How the event of a payment looks that may be for a request; JSON text escapes quotes, so nothing else does."""


def ask_to_pay(world: World, ask: AskToPay) -> RequestView:
    """Make a request. It reaches its payer at once, when it names one."""
    return view_request(make_request(world, ask))


def make_request(world: World, ask: AskToPay) -> RequestToPay:
    """Make a request and schedule its end."""
    if (ask.payee is None) == (ask.merchant is None):
        raise Problem("invalid_field", "Name an account or a merchant, one of both.", field="payee")
    if ask.merchant is not None:
        account = account_of(world, find_merchant(world, ask.merchant, field="merchant").account)
    else:
        account = account_of(world, ask.payee or "", field="payee")
    payer = _payer_of(world, ask)
    if payer is not None and payer.id == account.id:
        raise Problem("same_account", "Nobody asks themselves for money.", field="payer")
    asked = None if ask.expires_in_s is None else world.now + ask.expires_in_s * SECOND_US
    request = RequestToPay(
        id=world.new_id("rtp"),
        mode=ask.mode,
        status=SENT,
        payee=account.id,
        payee_iban=account.iban,
        merchant=ask.merchant,
        payer=None if payer is None else payer.id,
        amount_paisa=ask.amount_paisa,
        reference=ask.reference,
        note=ask.note,
        created_at=world.now,
        expires_at=expires_at(ask.mode, asked, world.now),
        history=[Step(status=SENT, at=world.now)],
    )
    if payer is not None:
        _step(world, request, "deliver")
    jobs.schedule(world, EXPIRE, request.id, due_at=request.expires_at)
    REQUESTS.put(world, request.id, request)
    emit(world, EventType.REQUEST_SENT, request.id, view_request(request).model_dump_json().encode())
    return request


def _payer_of(world: World, ask: AskToPay) -> BankAccount | None:
    if ask.payer is not None and ask.payer_alias is not None:
        raise Problem(
            "invalid_field", "Name the payer by an account or by an alias, not by both.", field="payer"
        )
    if ask.payer_alias is not None:
        return resolve_alias(world, ask.payer_alias.type, ask.payer_alias.value, field="payer_alias")
    return None if ask.payer is None else account_of(world, ask.payer, field="payer")


def _step(world: World, request: RequestToPay, event: str) -> None:
    """Move the request, or refuse what may not happen to it now."""
    if (
        event != "expire"
        and "expire" in STATUSES[request.status].moves
        and is_over(request.expires_at, world.now)
    ):
        raise Problem("request_to_pay_state", "The request has expired. Ask for the money anew.")
    try:
        request.status = move(request.status, event)
    except RtpMoveError as wrong:
        raise Problem("request_to_pay_state", f"{wrong}.") from wrong
    request.history.append(Step(status=request.status, at=world.now))


def _end(world: World, request: RequestToPay, event: str, *, reason: str | None = None) -> RequestView:
    """Take the last step, store it and tell of it."""
    _step(world, request, event)
    request.reason = reason
    REQUESTS.put(world, request.id, request)
    view = view_request(request)
    emit(world, EVENT_OF[event], request.id, view.model_dump_json().encode())
    return view


def accept(world: World, body: Accept, *, request_id: str) -> RequestView:
    """Pay a request, once."""
    request = find_request(world, request_id)
    pay_request(world, request, body.source)
    return view_request(request)


def pay_request(world: World, request: RequestToPay, source: str | None) -> Paid:
    """Accept a request and pay it; refusals of the rail end it, and so does a refused title fetch."""
    _step(world, request, "accept")
    source = _source_of(world, request, source)
    jobs.cancel(world, EXPIRE, request.id, due_at=request.expires_at)
    paid = pay_iban(
        world,
        source,
        request.payee_iban,
        request.amount_paisa,
        end_to_end_id=rtp_id(request.id),
        narration=request.note,
    )
    if paid.payment is None:
        _end(world, request, "fail", reason=paid.title.reason.code if paid.title.reason else None)
        return paid
    request.payment, request.payer = paid.payment.id, paid.payment.source
    event = ENDS.get(paid.payment.status)
    if event is None:
        REQUESTS.put(world, request.id, request)
    else:
        _end(world, request, event, reason=_reason_of(paid.payment))
    return paid


def _reason_of(payment: PaymentView) -> str | None:
    return None if payment.reason is None else payment.reason.code


def _source_of(world: World, request: RequestToPay, source: str | None) -> str:
    if source is None and request.payer is None:
        raise Problem("invalid_field", "This request names no payer: say which account pays.", field="source")
    if source is None:
        return request.payer or ""
    if request.payer is not None and account_of(world, source, field="source").id != request.payer:
        raise Problem("invalid_field", "The request was sent to another account.", field="source")
    return source


def reject(world: World, _body: Empty, *, request_id: str) -> RequestView:
    """The payer will not pay."""
    request = find_request(world, request_id)
    jobs.cancel(world, EXPIRE, request.id, due_at=request.expires_at)
    return _end(world, request, "reject", reason=PAYER_REFUSES)


def cancel(world: World, _body: Empty, *, request_id: str) -> RequestView:
    """The payee takes it back, before it was accepted."""
    request = find_request(world, request_id)
    jobs.cancel(world, EXPIRE, request.id, due_at=request.expires_at)
    return _end(world, request, "cancel")


def expire(world: World, request_id: str) -> None:
    """End a request that nobody answered. One that was answered has no such job any more."""
    request = find_request(world, request_id)
    if "expire" in STATUSES[request.status].moves:
        _end(world, request, "expire", reason=NO_ANSWER)


def follow(world: World, event: Event) -> None:
    """Hear of every event: the end of a payment whose outcome was unknown ends its request."""
    moved = FINAL_EVENTS.get(EventType(event.type))
    if moved is None or OURS not in event.body:
        return
    payment = PaymentView.model_validate(orjson.loads(event.body)["data"])
    request = REQUESTS.get(world, request_id_of(payment.end_to_end_id or ""))
    if request is not None and request.payment == payment.id and not STATUSES[request.status].final:
        _end(world, request, moved, reason=_reason_of(payment))


def find_request(world: WorldView, request_id: str) -> RequestToPay:
    """Return the request, or say that it is not here."""
    request = REQUESTS.get(world, request_id)
    if request is None:
        raise Problem("not_found", f"There is no request to pay {request_id!r} in this sandbox.")
    return request


def get_request(world: WorldView, *, request_id: str) -> RequestView:
    """Show one request."""
    return view_request(find_request(world, request_id))


def list_requests(world: WorldView, *, limit: int, cursor: str | None) -> Page[RequestView]:
    """List requests, the newest first."""
    return page_of(world, REQUESTS, view_request, limit=limit, cursor=cursor)
