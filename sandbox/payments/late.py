"""Late outcomes: what was unknown becomes known, once."""

from connectors.contract import Rail
from connectors.registry import RAILS
from ledger.clock import to_rfc3339
from ledger.model import Kind
from ledger.status import Status
from sandbox import jobs
from sandbox.http import Empty
from sandbox.payments.counting import release_payment
from sandbox.payments.course import POLLS, asked_enough
from sandbox.payments.models import PAYMENTS, InquiryView, Payment, PaymentStatus, view_payment
from sandbox.payments.queries import find_payment
from sandbox.payments.service import RESOLVE, announce, end_hold
from sandbox.world import World


def inquire(world: World, _request: Empty, *, payment_id: str) -> InquiryView:
    """Ask the rail about a payment. What it knows by now becomes the payment's outcome."""
    payment = find_payment(world, payment_id)
    rail = RAILS[payment.rail]
    if payment.status == PaymentStatus.UNKNOWN and _is_known(world, payment):
        payment = conclude(world, rail, payment)
        jobs.cancel(world, RESOLVE, payment.id, due_at=payment.late_at)
    view = view_payment(payment, rail.reasons[payment.reason] if payment.reason else None)
    return InquiryView(
        outcome="not_known" if view.status is PaymentStatus.UNKNOWN else view.status.value,
        asked_at=to_rfc3339(world.now),
        payment=view,
    )


def resolve(world: World, payment_id: str) -> None:
    """Take in the rail's late answer, unless an inquiry did before."""
    payment = find_payment(world, payment_id)
    if payment.status == PaymentStatus.UNKNOWN:
        POLLS.remove(world, payment_id)
        conclude(world, RAILS[payment.rail], payment)


def _is_known(world: World, payment: Payment) -> bool:
    """Say whether the rail knows the outcome by now: its time has come, or enough have asked."""
    if payment.late_at is not None and payment.late_at <= world.now:
        return True
    return asked_enough(world, payment.id)


def conclude(world: World, rail: Rail, payment: Payment) -> Payment:
    """Post or release the hold; one that ran out is released by the ledger itself.

    A payment that comes to nothing no longer counts against limits.
    """
    settled = payment.late_reason is None
    ran_out = (
        payment.late_reason == rail.hold_expired and payment.late_at == payment.created_at + rail.hold_us
    )
    if ran_out:
        world.book.expire(now=world.now, recorded_at=world.uow.now)
    else:
        end = end_hold(payment.id, Kind.POST if settled else Kind.VOID)
        result = world.book.post([end], now=world.now, recorded_at=world.uow.now)[0]
        if result.status is not Status.CREATED:
            raise AssertionError(f"the ledger refused to end a hold: {result.status}")
    if not settled:
        release_payment(world, payment)
    payment = PAYMENTS.update(
        world.uow,
        payment,
        status=PaymentStatus.SETTLED if settled else PaymentStatus.REFUSED,
        reason=payment.late_reason,
        completed_at=world.now,
    )
    announce(world, rail, payment)
    return payment
