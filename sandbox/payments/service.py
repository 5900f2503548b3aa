"""Use cases of payments: the way of one payment, from request to postings.

The rail answers first (it is pure and instant), then one ledger batch records what follows: hold and
post when the receiver takes the money, hold and void when it refuses, the hold alone while the outcome
is unknown. What the accounts' limits have to say is asked and counted in the same piece of work, see
`counting.py`. Late outcomes are in `late.py`.
"""

from typing import NamedTuple

from connectors.contract import Accepted, Answer, Declined, Instruction, Rail, Unknown
from connectors.identifiers.iban import LENGTH
from ledger.model import Kind, Transfer
from ledger.status import Status
from sandbox import jobs
from sandbox.accounts.models import ACCOUNTS, CODE_CUSTOMER, CURRENCY, AccountStatus, BankAccount
from sandbox.accounts.queries import account_by_iban
from sandbox.events import EventType, emit
from sandbox.limits.rules import Direction
from sandbox.payments.counting import count_payment, over_limit
from sandbox.payments.course import Course, course_of
from sandbox.payments.models import (
    PAYMENTS,
    TITLE_FETCHES,
    CreatePayment,
    Payment,
    PaymentStatus,
    PaymentView,
    TitleFetch,
    view_payment,
)
from sandbox.payments.titles import party_of, quoted_title, rail_of, receiving_account
from sandbox.problems import Problem
from sandbox.scenarios.callbacks import come_first
from sandbox.scenarios.service import require_listed
from sandbox.world import World

RESOLVE = "payment.resolve"

EVENT_OF = {
    PaymentStatus.SETTLED: EventType.PAYMENT_SETTLED,
    PaymentStatus.REFUSED: EventType.PAYMENT_REFUSED,
    PaymentStatus.UNKNOWN: EventType.PAYMENT_UNKNOWN,
}


class _Outcome(NamedTuple):
    """What a payment comes to at once."""

    status: PaymentStatus
    reason: str | None = None
    late_at: int | None = None
    late_reason: str | None = None
    breach: str | None = None


def create_payment(world: World, request: CreatePayment) -> PaymentView:
    """Send a payment over its rail and record what it answered."""
    rail = rail_of(request.rail)
    course = course_of(world, rail)
    source = _paying_account(world, request.source)
    fetch = quoted_title(world, request)
    if fetch.destination == source.id:
        raise Problem(
            "same_account", "Pay another account than the one you pay from.", field="destination_iban"
        )
    payment_id = world.new_id("pay")
    instruction = Instruction(
        fetch.iban, fetch.amount_paisa, source.limit_paisa, _repeated(world, source, request)
    )
    receiver = receiving_account(world, fetch)
    if course is not None:
        require_listed(course.plan, rail, fetch.iban, fetch.amount_paisa, known=receiver is not None)
    outcome = _send(world, rail, payment_id, instruction, source, receiver, fetch, course)
    if outcome.status is not PaymentStatus.REFUSED:
        count_payment(world, source, receiver, fetch.amount_paisa)
    payment = Payment(
        sandbox_id=world.id,
        id=payment_id,
        rail=rail.code,
        status=outcome.status,
        reason=outcome.reason,
        source=source.id,
        destination_iban=fetch.iban,
        destination=fetch.destination,
        title=fetch.title,
        amount_paisa=fetch.amount_paisa,
        title_fetch=fetch.id,
        end_to_end_id=request.end_to_end_id,
        narration=request.narration,
        created_at=world.now,
        completed_at=None if outcome.status is PaymentStatus.UNKNOWN else world.now,
        late_at=outcome.late_at,
        late_reason=outcome.late_reason,
        breach=outcome.breach,
    )
    PAYMENTS.insert(world.uow, payment)
    TITLE_FETCHES.update(world.uow, fetch, payment_id=payment_id)
    view = announce(world, rail, payment)
    if (
        course is not None
        and course.plan is not None
        and come_first(course.plan, EVENT_OF[view.status], payment_id)
    ):
        world.wire.callbacks_first = world.now
    return view


def announce(world: World, rail: Rail, payment: Payment) -> PaymentView:
    """Tell the sandbox's subscribers how a payment stands now, and show it."""
    view = view_payment(payment, rail.reasons[payment.reason] if payment.reason else None)
    emit(world, EVENT_OF[view.status], payment.id, view.json_bytes())
    return view


def hold_id(payment_id: str) -> str:
    """Return the id of the transfer that holds a payment's money."""
    return f"{payment_id}:hold"


def end_hold(payment_id: str, kind: Kind) -> Transfer:
    """Make the transfer that posts or voids a payment's hold."""
    return Transfer(
        f"{payment_id}:{kind.name.lower()}", kind=kind, target_id=hold_id(payment_id), reference=payment_id
    )


def account_named(world: World, text: str) -> BankAccount | None:
    """Return the account with this id or IBAN, if the sandbox has it."""
    iban = text.replace(" ", "").upper()
    if len(iban) == LENGTH and iban.startswith("PK"):
        return account_by_iban(world, iban)
    return ACCOUNTS.get(world.uow, world.id, text)


def _paying_account(world: World, source: str) -> BankAccount:
    account = account_named(world, source)
    if account is None:
        raise Problem("unknown_account", f"There is no account {source!r} in this sandbox.", field="source")
    if account.status != AccountStatus.ACTIVE:
        detail = f"The account {account.nickname or account.id} is {account.status}; pay from another one."
        raise Problem(f"account_{account.status}", detail, field="source")
    return account


def _repeated(world: World, source: BankAccount, request: CreatePayment) -> bool:
    """Say whether this sender has used the end-to-end id for a payment that was not refused."""
    if request.end_to_end_id is None:
        return False
    for payment in PAYMENTS.unwritten(world.uow):
        if (
            payment.end_to_end_id == request.end_to_end_id
            and payment.source == source.id
            and payment.sandbox_id == world.id
            and payment.status != PaymentStatus.REFUSED
        ):
            return True
    found = world.uow.ask(
        "SELECT id FROM payment WHERE sandbox_id = ? AND source = ? AND end_to_end_id = ? AND status <> ?",
        (world.id, source.id, request.end_to_end_id, PaymentStatus.REFUSED.value),
    )
    return any(not PAYMENTS.is_unwritten(world.uow, world.id, payment_id) for (payment_id,) in found)


def _send(
    world: World,
    rail: Rail,
    payment_id: str,
    instruction: Instruction,
    source: BankAccount,
    receiver: BankAccount | None,
    fetch: TitleFetch,
    course: Course | None,
) -> _Outcome:
    """Ask in the order in which the parties see it: the sender's side, its limits, the receiver, its limits.

    The sender's refusals hold no money; the receiver's find it held, so want of money is said before them.
    """
    refusal = rail.admit(instruction)
    if refusal is not None:
        return _Outcome(PaymentStatus.REFUSED, refusal.reason)
    over = over_limit(world, rail, source, Direction.DEBIT, fetch.amount_paisa)
    if over is not None:
        return _Outcome(PaymentStatus.REFUSED, over.answer.reason, breach=over.breach)
    answer = rail.handle(instruction, party_of(receiver))
    if course is not None:
        answer = course.take(world, rail, payment_id, instruction, answer)
    if not isinstance(answer, Declined):
        over = over_limit(world, rail, receiver, Direction.CREDIT, fetch.amount_paisa)
    outcome = _move_money(world, rail, payment_id, source, fetch, over.answer if over else answer)
    if over is not None and outcome.reason == over.answer.reason:
        outcome = outcome._replace(breach=over.breach)
    return outcome


def _move_money(
    world: World, rail: Rail, payment_id: str, source: BankAccount, fetch: TitleFetch, answer: Answer
) -> _Outcome:
    """Post the batch that the answer asks for; the hold is refused when the money is not there."""
    never = isinstance(answer, Unknown) and answer.after_us is None
    hold = Transfer(
        hold_id(payment_id),
        source.id,
        fetch.destination,
        fetch.amount_paisa,
        Kind.HOLD,
        timeout_us=rail.hold_us if never else 0,
        currency=CURRENCY,
        code=CODE_CUSTOMER,
        reference=payment_id,
        linked=not isinstance(answer, Unknown),
    )
    batch = [hold]
    if not isinstance(answer, Unknown):
        batch.append(end_hold(payment_id, Kind.POST if isinstance(answer, Accepted) else Kind.VOID))
    result = world.book.post(batch, now=world.now, recorded_at=world.uow.now)[0]
    if result.status is Status.EXCEEDS_CREDITS:
        return _Outcome(PaymentStatus.REFUSED, rail.insufficient_funds)
    if result.status is not Status.CREATED:
        raise AssertionError(f"the ledger refused a payment's hold: {result.status}")
    match answer:
        case Accepted():
            return _Outcome(PaymentStatus.SETTLED)
        case Declined(reason):
            return _Outcome(PaymentStatus.REFUSED, reason)
        case Unknown(reason, after_us, later):
            late_at = world.now + (rail.hold_us if after_us is None else after_us)
            jobs.schedule(world, RESOLVE, payment_id, due_at=late_at)
            return _Outcome(
                PaymentStatus.UNKNOWN, reason, late_at, later.reason if isinstance(later, Declined) else None
            )
