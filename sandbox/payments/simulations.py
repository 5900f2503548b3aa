"""Simulations: what somebody else would do. A payment moves on to a state that may follow; money comes in from outside.

Each is a posting: nothing here changes a status alone.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from connectors.contract import Declined, Rail, TitleQuery
from connectors.identifiers.institutions import INSTITUTIONS
from connectors.registry import RAILS
from ledger.clock import to_rfc3339
from ledger.model import Kind, Transfer
from ledger.status import Status
from sandbox import jobs
from sandbox.accounts.models import CODE_CUSTOMER, CURRENCY, BankAccount, Name, Paisa
from sandbox.accounts.service import outside
from sandbox.commands import Page
from sandbox.events import EventType, emit
from sandbox.limits.rules import Direction
from sandbox.limits.service import count
from sandbox.payments.counting import over_limit
from sandbox.payments.course import POLLS
from sandbox.payments.late import conclude
from sandbox.payments.models import (
    PAYMENTS,
    EndToEndId,
    Payment,
    PaymentStatus,
    PaymentView,
    RailCode,
    ReasonView,
    view_payment,
    view_reason,
)
from sandbox.payments.queries import find_payment
from sandbox.payments.service import RESOLVE, account_named, end_hold
from sandbox.payments.titles import party_of, rail_of
from sandbox.problems import Problem
from sandbox.shelf import Shelf
from sandbox.world import World, WorldView


class Step(StrEnum):
    """Where a payment can be pushed: an unknown one to settled or refused, a settled one to returned."""

    SETTLED = "settled"
    REFUSED = "refused"
    RETURNED = "returned"


class PushPayment(BaseModel):
    """The state that follows; `reason` is a final code of the rail, with `refused` and only with it."""

    model_config = {"extra": "forbid"}

    to: Step
    reason: Annotated[str | None, Field(max_length=40)] = None


class CreateInboundCredit(BaseModel):
    """Money that somebody outside the sandbox sends to one of its accounts."""

    model_config = {"extra": "forbid"}

    destination: Annotated[str, Field(max_length=40, description="An account of yours: its id or its IBAN.")]
    amount_paisa: Paisa
    rail: RailCode = "raast"
    institution: Annotated[str, Field(max_length=40, description="Where the money comes from.")] = "SBXB"
    sender: Annotated[Name, Field(description="An invented name.")] = "Somebody Outside"
    end_to_end_id: EndToEndId | None = None


class InboundCreditView(BaseModel):
    """Money from outside, as the API shows it, its event carries it, and the shelf keeps it."""

    id: str
    object: Literal["inbound_credit"] = "inbound_credit"
    rail: str
    status: Literal["settled", "refused"]
    reason: ReasonView | None
    institution: str
    sender: str
    destination: str
    destination_iban: str
    amount_paisa: int
    currency: str = CURRENCY
    end_to_end_id: str | None
    created_at: str


CREDITS = Shelf("simulations", "inbound", InboundCreditView)


def push_payment(world: World, request: PushPayment, *, payment_id: str) -> PaymentView:
    """Let a payment come to what the caller wants, where that may follow on its present state."""
    payment = find_payment(world, payment_id)
    rail = RAILS[payment.rail]
    _check_reason(rail, request)
    if request.to is Step.RETURNED:
        _give_back(world, payment)
    else:
        payment = _end(world, rail, payment, request.reason)
    view = view_payment(payment, rail.reasons[payment.reason] if payment.reason else None)
    if request.to is Step.RETURNED:
        emit(world, EventType.PAYMENT_RETURNED, payment.id, view.json_bytes())
    return view


def _check_reason(rail: Rail, request: PushPayment) -> None:
    refusals = [code for code, row in rail.reasons.items() if row.final and code != rail.approved]
    if request.to is Step.REFUSED and request.reason not in refusals:
        raise Problem(
            "invalid_field",
            f"A refusal has a final reason of the rail: {', '.join(refusals)}.",
            field="reason",
        )
    if request.to is not Step.REFUSED and request.reason is not None:
        raise Problem("invalid_field", "Only a refusal has a reason.", field="reason")


def _end(world: World, rail: Rail, payment: Payment, reason: str | None) -> Payment:
    """Bring the outcome of an unknown payment, in place of the one that would have come."""
    due_at = payment.late_at
    if payment.status != PaymentStatus.UNKNOWN:
        raise Problem("payment_not_open", f"It is {payment.status}; only a return follows a settled one.")
    if due_at is not None and due_at <= world.now:
        raise Problem("payment_not_open", "Its outcome is due by now: ask for it with an inquiry.")
    changed = PAYMENTS.update(world.uow, payment, late_at=world.now, late_reason=reason)
    POLLS.remove(world, payment.id)
    ended = conclude(world, rail, changed)
    jobs.cancel(world, RESOLVE, payment.id, due_at=due_at)
    return ended


def _give_back(world: World, payment: Payment) -> None:
    """Reverse a settled payment, once. What was counted against limits stays counted: the payment was made."""
    if payment.status != PaymentStatus.SETTLED:
        raise Problem("payment_not_open", f"It is {payment.status}; only a settled payment is returned.")
    back = Transfer(
        world.new_id("ret"),
        kind=Kind.REVERSAL,
        target_id=end_hold(payment.id, Kind.POST).id,
        reference=payment.id,
    )
    result = world.book.post([back], now=world.now, recorded_at=world.uow.now)[0]
    if result.status is Status.ALREADY_REVERSED:
        raise Problem("payment_not_open", "It was returned before.")
    if result.status is Status.EXCEEDS_CREDITS:
        raise Problem("payment_not_open", "The receiver no longer holds that much.")
    if result.status is not Status.CREATED:
        raise AssertionError(f"the ledger refused a return: {result.status}")


def receive(world: World, request: CreateInboundCredit) -> InboundCreditView:
    """Bring in money from outside, if the account and its limits take it. A refusal is an outcome and is kept."""
    rail = rail_of(request.rail)
    if request.institution not in INSTITUTIONS:
        raise Problem("unknown_institution", f"Give one of {', '.join(INSTITUTIONS)}.", field="institution")
    account = account_named(world, request.destination)
    if account is None:
        raise Problem(
            "unknown_account",
            f"There is no account {request.destination!r} in this sandbox.",
            field="destination",
        )
    credit_id = world.new_id("in")
    reason, breach = _take(world, rail, account, credit_id, request)
    view = InboundCreditView(
        id=credit_id,
        rail=rail.code,
        status="settled" if reason is None else "refused",
        reason=None if reason is None else view_reason(rail.reasons[reason], breach),
        institution=request.institution,
        sender=request.sender,
        destination=account.id,
        destination_iban=account.iban,
        amount_paisa=request.amount_paisa,
        end_to_end_id=request.end_to_end_id,
        created_at=to_rfc3339(world.now),
    )
    CREDITS.put(world, credit_id, view)
    kind = EventType.CREDIT_RECEIVED if reason is None else EventType.CREDIT_REFUSED
    emit(world, kind, credit_id, view.model_dump_json().encode())
    return view


def _take(
    world: World, rail: Rail, account: BankAccount, credit_id: str, request: CreateInboundCredit
) -> tuple[str | None, str | None]:
    """Post the money, or return why not: the rail's code and, for a limit, which one."""
    answer = rail.fetch_title(TitleQuery(account.iban, request.amount_paisa), party_of(account))
    if isinstance(answer, Declined):
        return answer.reason, None
    over = over_limit(world, rail, account, Direction.CREDIT, request.amount_paisa)
    if over is not None:
        return over.answer.reason, over.breach
    credit = Transfer(
        f"{credit_id}:post",
        outside(request.institution),
        account.id,
        request.amount_paisa,
        currency=CURRENCY,
        code=CODE_CUSTOMER,
        reference=credit_id,
    )
    result = world.book.post([credit], now=world.now, recorded_at=world.uow.now)[0]
    if result.status is not Status.CREATED:
        raise AssertionError(f"the ledger refused money from outside: {result.status}")
    count(world, account.id, account.tier, Direction.CREDIT, request.amount_paisa)
    return None, None


def get_credit(world: WorldView, credit_id: str) -> InboundCreditView:
    """Show money that came from outside."""
    found = CREDITS.get(world, credit_id)
    if found is None:
        raise Problem("not_found", f"There is no inbound credit {credit_id!r} in this sandbox.")
    return found


def list_credits(world: WorldView, *, limit: int, cursor: str | None) -> Page[InboundCreditView]:
    """List what came from outside, the newest first."""
    rows = CREDITS.page(world, after=cursor or "", limit=limit + 1, newest_first=True)
    shown, more = rows[:limit], len(rows) > limit
    return Page(
        data=[credit for _, credit in shown], has_more=more, next_cursor=shown[-1][0] if more else None
    )
